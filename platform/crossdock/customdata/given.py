"""Entries as somebody gives them under their dictionary key: whole, or short, for the key says whose they are."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from typing import Any, TypeAlias

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from crossdock.customdata.entry import JsonEntry
from crossdock.customdata.key import split_dictionary_key
from crossdock.mistake import in_json, one_of, shown_in_json
from crossdock.suggestion import did_you_mean

# What is wrong in an entry: at which of its fields ("": all of it), and how to say it.
EntryFlaw: TypeAlias = tuple[str, str]

SHAPE = "an entry is a JSON object with type and value"
IDENTITY = ("connectionId", "moduleId", "key")
_FIELDS = (*IDENTITY, "type", "value")
_TYPES = ("string", "bool", "integer", "decimal", "json")
_NUMBERS = (int, Decimal)
_OF_DIGITS = ("integer", "decimal")
_UNTYPED = ("union_tag_invalid", "union_tag_not_found")


def whole(key: str, given: Mapping[str, Any]) -> tuple[dict[str, Any], list[EntryFlaw]]:
    """Make an entry whole by what its dictionary key says, and list where it disagrees with that."""
    try:
        owner, module, name = split_dictionary_key(key)
    except ValueError as error:
        return dict(given), [("", str(error))]
    identity = {"connectionId": owner, "moduleId": module, "key": name}
    if owner is None:
        del identity["connectionId"]
    flaws = [
        (field, _disagrees(key, field, given[field], identity.get(field)))
        for field in IDENTITY
        if field in given and given[field] != identity.get(field)
    ]
    rest = {field: value for field, value in given.items() if field not in IDENTITY}
    return {**identity, **rest}, [*flaws, *flaws_of_number(given)]


def flaws_of_number(given: Mapping[str, Any]) -> list[EntryFlaw]:
    """Refuse the JSON number that an entry of digits has for its value."""
    value = given.get("value")
    if given.get("type") in _OF_DIGITS and type(value) in _NUMBERS:
        return [("value", as_text(value))]
    return []


def as_text(number: object) -> str:
    """Say why a number is no JSON number on our wire."""
    return f'is a JSON number, which readers may round; write a string: "{number}"'


def with_those_beside(errors: Iterable[ErrorDetails]) -> Iterator[ErrorDetails]:
    """Add what else is wrong with an entry whose type is none: the model read no further than that."""
    for detail in errors:
        yield detail
        if type_is_wrong(detail) and isinstance(detail["input"], dict):
            try:
                JsonEntry.model_validate({**detail["input"], "type": "json"})  # which takes any value
            except ValidationError as error:
                for one in error.errors(include_url=False):
                    yield {**one, "loc": (*detail["loc"], "json", *one["loc"])}


def type_is_wrong(detail: ErrorDetails) -> bool:
    """Say whether it is the entry's type that the model found wrong."""
    return detail["type"] in _UNTYPED


def mistake_in_entry(detail: ErrorDetails) -> str:
    """Say what the entry model found wrong."""
    if detail["type"] == "extra_forbidden":
        return f"there is no such field in an entry{did_you_mean(str(detail['loc'][-1]), _FIELDS)}"
    if detail["type"] == "union_tag_not_found":
        return f"must be given: {one_of(_TYPES)}"
    said = in_json(detail)
    field = detail["loc"][-1:]
    # What only the key says is told of where the entry stands, so it needs its name.
    return f"its {field[0]} {said}" if said.startswith("must ") and field and field[0] in IDENTITY else said


def _disagrees(key: str, field: str, given: Any, expected: str | None) -> str:
    if expected is None:
        return f"the entry {key!r} is unowned: leave {field} out"
    return (
        f"says {shown_in_json(given)}, and the dictionary key {key!r} says {expected!r}; the name of an entry cannot "
        "be changed: delete this one and create another"
    )
