"""Fields of records by the dotted wire names that people write: ``billingAddress.city``, ``rows[].sku``.

Everything here is derived from the models, so a new field is known to mappings, manipulators and documentation alike.
"""

from __future__ import annotations

import difflib
import types
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from typing import Annotated, Any, Literal, TypeAlias, Union, get_args, get_origin

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError
from pydantic.alias_generators import to_camel

from crossdock.mistake import in_json
from crossdock.records.base import CustomData
from crossdock.records.personal import Personal, PersonalKind
from crossdock.records.registry import RECORD_TYPES
from crossdock.records.values import Amount, CountryCode, CurrencyCode, LanguageCode, Timestamp, canonical_time

Kind: TypeAlias = Literal[
    "string",
    "decimal",
    "integer",
    "bool",
    "timestamp",
    "country",
    "currency",
    "language",
    "choice",
    "map",
    "list",
    "object",
    "customData",
]
SCALARS: frozenset[str] = frozenset(
    {"string", "decimal", "integer", "bool", "timestamp", "country", "currency", "language", "choice"}
)
ELEMENT = "[]"

_KINDS: tuple[tuple[object, Kind], ...] = (
    (Timestamp, "timestamp"),
    (Amount, "decimal"),
    (CountryCode, "country"),
    (CurrencyCode, "currency"),
    (LanguageCode, "language"),
    (CustomData, "customData"),
)


class UnknownFieldError(LookupError):
    """No field of that name; ``offset`` is where in the text the wrong name begins, ``suggestion`` a likely one."""

    def __init__(
        self, record_type: str, text: str, offset: int, suggestion: str | None, allowed: tuple[str, ...]
    ) -> None:
        self.offset = offset
        self.suggestion = suggestion
        self.allowed = allowed
        if suggestion:
            hint = f"did you mean {suggestion!r}?"
        else:
            hint = f"allowed here: {', '.join(allowed)}" if allowed else f"{text[: offset - 1]!r} has no parts"
        super().__init__(f"{record_type} has no field {text!r}; {hint}")


@dataclass(frozen=True, slots=True)
class RecordField:
    """One field of a record type.

    ``steps`` are the wire names from the record inwards, with ``[]`` for "each element of this list".
    """

    record_type: str
    text: str
    steps: tuple[str, ...]
    kind: Kind
    choices: tuple[str, ...]
    description: str
    annotation: Any

    @property
    def personal(self) -> PersonalKind | None:
        """What kind of personal value it holds, if it is about a person."""
        return next((mark.kind for mark in get_args(self.annotation)[1:] if isinstance(mark, Personal)), None)

    def coerce(self, value: object) -> object:
        """Bring a JSON value into the working form of this field; what does not fit is returned as it is."""
        return _COERCE.get(self.kind, _unchanged)(value)

    def problem(self, value: object) -> str | None:
        """Say why ``value`` (in working form) may not stand in this field, or ``None`` if it may."""
        try:
            _adapter(self.record_type, self.text).validate_python(value)
        except ValidationError as error:
            [first, *_others] = error.errors(include_url=False)
            return first["msg"] if first["msg"].startswith("not ") else in_json(first)
        return None

    def values(self, record: dict[str, Any]) -> list[tuple[dict[str, Any], Any]]:
        """List every (parent object, value) that this field has in a record; an absent value is ``None``."""
        return [(parent, parent.get(self.steps[-1])) for parent in self.parents(record)]

    def parents(self, record: dict[str, Any], *, create: bool = False) -> list[dict[str, Any]]:
        """List the objects that directly hold this field: one, or one per list element on the way.

        With ``create``, objects that are missing on the way are made (never list elements).
        """
        found: list[Any] = [record]
        steps = self.steps[:-1]
        for position, step in enumerate(steps):
            if step == ELEMENT:
                found = [item for items in found for item in items]
                continue
            makes = create and steps[position + 1 : position + 2] != (ELEMENT,)
            found = [value for parent in found if (value := _inner(parent, step, makes)) is not None]
        return found


def _inner(parent: dict[str, Any], step: str, makes: bool) -> Any:  # noqa: FBT001 - private, called in one place
    value = parent.get(step)
    if value is None and makes:
        value = parent[step] = {}
    return value


@cache
def find_field(record_type: str, text: str) -> RecordField:
    """Find a field by its dotted wire name.

    Raises:
        UnknownFieldError: no such field; it says which part is wrong and what was probably meant.
    """
    annotation: Any = RECORD_TYPES[record_type]
    description = ""
    steps: list[str] = []
    offset = 0
    for segment in text.split("."):
        name, brackets, _rest = segment.partition(ELEMENT)
        model = _model_of(annotation)
        fields = _fields_of(model) if model else {}
        if name not in fields or (brackets and segment != name + ELEMENT):
            allowed = tuple(fields)
            close = difflib.get_close_matches(name, allowed, n=1, cutoff=0.5)
            suggestion = close[0] if close else None
            if _item_of(annotation) is not None:  # rows.sku
                suggestion = f"{text[: offset - 1]}{ELEMENT}.{text[offset:]}"
            raise UnknownFieldError(record_type, text, offset, suggestion, allowed)
        annotation, description = fields[name]
        steps.append(name)
        if brackets:
            item = _item_of(annotation)
            if item is None:
                raise UnknownFieldError(record_type, text, offset, name, (name,))
            annotation = item
            steps.append(ELEMENT)
        offset += len(segment) + 1
    kind, choices = _kind_of(annotation)
    return RecordField(record_type, text, tuple(steps), kind, choices, description, annotation)


def required(field: RecordField) -> bool:
    """Tell whether the part that holds this field cannot be without it."""
    parent, _, name = field.text.rpartition(".")
    model = _model_of(find_field(field.record_type, parent).annotation) if parent else RECORD_TYPES[field.record_type]
    return model is not None and any(info.alias == name and info.is_required() for info in model.model_fields.values())


def field_text(place: Sequence[str | int]) -> str:
    """Write the name of the field at a place in a record: ``rows[].sku`` for ``("rows", 3, "sku")``."""
    text = "".join(ELEMENT if isinstance(step, int) else f".{step}" for step in place)
    return text.removeprefix(".")


def all_fields(record_type: str) -> Iterator[RecordField]:
    """Walk every field of a record type, parts of lists included, in the order of the models."""
    yield from _walk(record_type, RECORD_TYPES[record_type], "")


def _walk(record_type: str, model: type[BaseModel], prefix: str) -> Iterator[RecordField]:
    for name in _fields_of(model):
        field = find_field(record_type, prefix + name)
        yield field
        inner = _model_of(field.annotation)
        if inner is not None:
            yield from _walk(record_type, inner, f"{field.text}.")
        item = _item_of(field.annotation)
        inner = _model_of(item) if item is not None else None
        if inner is not None:
            yield from _walk(record_type, inner, f"{field.text}[].")


@cache
def _fields_of(model: type[BaseModel]) -> dict[str, tuple[Any, str]]:
    hints = {}
    for name, info in model.model_fields.items():
        annotation = _without_none(info.annotation)
        if info.metadata:  # pydantic splits Annotated[...] into annotation and metadata; put it together again
            annotation = _rebuild(annotation, info.metadata)
        hints[info.alias or to_camel(name)] = (annotation, info.description or "")
    return hints


def _rebuild(annotation: Any, metadata: list[Any]) -> Any:
    return Annotated[(annotation, *metadata)]


def _without_none(annotation: Any) -> Any:
    if get_origin(annotation) in (Union, types.UnionType):
        rest = [part for part in get_args(annotation) if part is not type(None)]
        return rest[0] if len(rest) == 1 else annotation
    return annotation


def _model_of(annotation: Any) -> type[BaseModel] | None:
    return annotation if isinstance(annotation, type) and issubclass(annotation, BaseModel) else None


def _item_of(annotation: Any) -> Any:
    return get_args(annotation)[0] if get_origin(annotation) is list else None


def _kind_of(annotation: Any) -> tuple[Kind, tuple[str, ...]]:
    for known, kind in _KINDS:
        if annotation == known:
            return kind, ()
    plain = get_args(annotation)[0] if get_origin(annotation) is Annotated else annotation
    origin = get_origin(plain)
    if origin is Literal:
        return "choice", get_args(plain)
    if origin is list:
        return "list", ()
    if origin is dict:
        return "map", ()
    if _model_of(annotation):
        return "object", ()
    return ("bool" if plain is bool else "integer" if plain is int else "string"), ()


@cache
def _adapter(record_type: str, text: str) -> TypeAdapter[Any]:
    # Strict by configuration, as in the models: a strict call would override what single types allow.
    annotation = find_field(record_type, text).annotation
    return TypeAdapter(annotation, config=None if _model_of(annotation) else ConfigDict(strict=True))


def _unchanged(value: object) -> object:
    return value


def _to_decimal(value: object) -> object:
    if type(value) is str:
        try:
            number = Decimal(value)
        except ArithmeticError:
            return value
        plain = number.is_finite() and value.isascii() and "_" not in value and value == value.strip()
        return number if plain else value
    return Decimal(value) if type(value) is int else value


def _to_time(value: object) -> object:
    return (canonical_time(value) or value) if type(value) is str else value


_COERCE: dict[str, Callable[[object], object]] = {"decimal": _to_decimal, "timestamp": _to_time}
