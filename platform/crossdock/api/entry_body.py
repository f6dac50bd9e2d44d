"""Entries of custom data as bodies bring them: whole, or short where the address says whose they are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from pydantic import ValidationError

from crossdock.api.body import invalid
from crossdock.api.problem import Problem
from crossdock.customdata import dictionary_key, split_dictionary_key
from crossdock.customdata.entry import ENTRY
from crossdock.records import Working
from crossdock.records.pointer import json_pointer

_IDENTITY = ("connectionId", "moduleId", "key")
_NUMBERS = (int, Decimal)
_OF_DIGITS = ("integer", "decimal")
_SHAPE = "an entry is a JSON object with type and value"


def named_entry(key: str, body: Any) -> Working:
    """Read the entry that shall stand under a dictionary key.

    Raises:
        Problem: 422 with everything that is wrong with it; what it says of itself must agree with the key.
    """
    entry, flaws = _read(key, body)
    if flaws:
        raise invalid(flaws)
    return entry


def whole_entry(body: Any) -> Working:
    """Read an entry that says itself where it stands.

    Raises:
        Problem: 422 with everything that is wrong with it.
    """
    if not isinstance(body, dict):
        raise invalid([("", _SHAPE)])
    flaws = list(_flaws(body))
    if flaws:
        raise invalid(flaws)
    return body


def entries_by_key(body: Any) -> dict[str, Working | None]:
    """Read several entries by their dictionary keys; ``None`` takes one out.

    Raises:
        Problem: 422 with everything that is wrong with any of them.
    """
    if not isinstance(body, dict):
        raise invalid([("", "custom data is a JSON object of entries by their dictionary keys")])
    found: dict[str, Working | None] = {}
    flaws: list[tuple[str, str]] = []
    for key, given in body.items():
        if given is None:
            found[key] = None
        else:
            found[key], wrong = _read(key, given)
            flaws += [(json_pointer([key]) + pointer, detail) for pointer, detail in wrong]
    if flaws:
        raise invalid(flaws)
    return found


def key_of(entry: Mapping[str, Any]) -> str:
    """The dictionary key of an entry that was read."""
    return dictionary_key(entry.get("connectionId"), entry["moduleId"], entry["key"])


def exists_already(key: str, location: str) -> Problem:
    """Refuse to create what is there."""
    return Problem(
        409,
        "entry-exists",
        "There is such an entry already",
        f"there is an entry {key!r} already, and POST only creates",
        remedy="PUT to the address in Location changes it",
        headers={"Location": location},
    )


def _read(key: str, body: Any) -> tuple[Working, list[tuple[str, str]]]:
    """Read an entry under a key, and list what is wrong with it."""
    if not isinstance(body, dict):
        return {}, [("", _SHAPE)]
    try:
        owner, module, name = split_dictionary_key(key)
    except ValueError as error:
        return {}, [("", str(error))]
    identity = {"connectionId": owner, "moduleId": module, "key": name}
    if owner is None:
        del identity["connectionId"]
    flaws = [
        (f"/{field}", _disagrees(key, field, body[field], identity.get(field)))
        for field in _IDENTITY
        if field in body and body[field] != identity.get(field)
    ]
    entry = {**identity, **{field: value for field, value in body.items() if field not in _IDENTITY}}
    told = dict(flaws)
    # What is wrong with a part of the key that only the path names has no place in the body.
    found = [
        (pointer if pointer.removeprefix("/") not in identity.keys() - body.keys() else "", detail)
        for pointer, detail in _flaws(entry)
        if pointer not in told
    ]
    return entry, flaws + found


def _disagrees(key: str, field: str, given: Any, expected: str | None) -> str:
    if expected is None:
        return f"the entry {key!r} is unowned: leave {field} out"
    return (
        f"says {given!r}, and the dictionary key {key!r} says {expected!r}; the name of an entry cannot be changed: "
        "delete this one and create another"
    )


def _flaws(entry: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    value = entry.get("value")
    if entry.get("type") in _OF_DIGITS and type(value) in _NUMBERS:
        yield "/value", f'is a JSON number, which readers may round; write a string: "{value}"'
    try:
        ENTRY.validate_python(entry)
    except ValidationError as error:
        for problem in error.errors(include_url=False, include_context=False):
            yield json_pointer(problem["loc"][1:] or ("type",)), problem["msg"]
