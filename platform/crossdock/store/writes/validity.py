"""What a direct write leaves is a valid record, or the write is refused with every problem in it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pydantic import ConfigDict, TypeAdapter, ValidationError
from pydantic_core import ErrorDetails

from crossdock.customdata.given import mistake_in_entry, type_is_wrong, with_those_beside
from crossdock.errors import RecordError
from crossdock.mistake import in_json, one_of
from crossdock.records import RECORD_TYPES, Working, decode_record, encode_record, to_wire
from crossdock.records.base import CustomData
from crossdock.records.fields import UnknownFieldError, field_text, find_field
from crossdock.records.pointer import Place, json_pointer, place_of

MOST_TOLD = 50_000  # problems, one by one; in some megabytes there can be millions, which would take gigabytes to tell
_HINTS = 50  # of names that do not exist; guessing takes its time, and nobody reads more
_ENTRIES_NAME = "customData"
_MISPLACED = {"extra_forbidden": "there is no such field", "missing": "must be given"}
_ENTRIES: TypeAdapter[CustomData] = TypeAdapter(CustomData, config=ConfigDict(strict=True))


class InvalidRecordError(RecordError):
    """A record is not valid; ``problems`` has every one, as the steps to its place and what is wrong there."""

    def __init__(self, record_type: str, problems: Sequence[tuple[Place, str]]) -> None:
        self.problems = tuple(problems)
        listing = "; ".join(f"{json_pointer(place)}: {message}" for place, message in self.problems)
        super().__init__(
            f"no valid {record_type}: {listing}", stage="validate", pointer=json_pointer(self.problems[0][0])
        )


def validated(record_type: str, record: Working) -> Working:
    """Validate a record and bring it into wire form.

    Raises:
        RecordError: it is no valid record of this type.
    """
    try:
        return decode_record(to_wire(RECORD_TYPES[record_type].model_validate(record)))
    except ValidationError as error:
        raise InvalidRecordError(record_type, _problems(record_type, error)) from error
    except UnicodeEncodeError as error:
        raise RecordError(f"text that cannot be stored: {error}", stage="validate") from error


def validated_entries(before: Mapping[str, Working], after: Mapping[str, Working]) -> Working:
    """Validate the entries of ``after`` that are not those of ``before`` and bring them into wire form.

    Those that stayed were validated when they were written.

    Raises:
        pydantic.ValidationError: an entry is not valid.
        UnicodeEncodeError: it has text that cannot be stored.
    """
    new = {key: entry for key, entry in after.items() if entry is not before.get(key)}
    if not new:
        return dict(after)
    plain = _ENTRIES.dump_python(_ENTRIES.validate_python(new), by_alias=True, exclude_defaults=True)
    return {**after, **decode_record(encode_record({"customData": plain}))["customData"]}


def _problems(record_type: str, error: ValidationError) -> list[tuple[Place, str]]:
    if error.error_count() > MOST_TOLD:
        return [((), f"{error.error_count():,} things are wrong, more than can be told; send less at once")]
    problems = with_those_beside(error.errors(include_url=False))
    return [_problem(record_type, problem, hint=at < _HINTS) for at, problem in enumerate(problems)]


def _problem(record_type: str, problem: ErrorDetails, *, hint: bool) -> tuple[Place, str]:
    place = place_of(problem["loc"])
    if _ENTRIES_NAME in place:
        return (*place, "type") if type_is_wrong(problem) else place, mistake_in_entry(problem)
    if problem["type"] not in {"extra_forbidden", "missing"}:
        return place, in_json(problem)
    if not hint:
        return place, _MISPLACED[problem["type"]]
    try:
        field = find_field(record_type, field_text(place))
        return place, f"must be given: {one_of(field.choices) if field.choices else field.description}"
    except UnknownFieldError as unknown:
        return place, str(unknown)
