"""Entries of custom data as bodies bring them: whole, or short where the address says whose they are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import ValidationError

from crossdock.api.body import invalid
from crossdock.api.problem import Problem
from crossdock.customdata import dictionary_key
from crossdock.customdata.entry import ENTRY
from crossdock.customdata.given import IDENTITY, SHAPE, flaws_of_number, mistake_in_entry, whole, with_those_beside
from crossdock.records import Working
from crossdock.records.pointer import json_pointer


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
        raise invalid([("", SHAPE)])
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
        return {}, [("", SHAPE)]
    entry, disagreements = whole(key, body)
    flaws = [(f"/{field}" if field else "", detail) for field, detail in disagreements]
    if any(not field for field, _detail in disagreements):
        return {}, flaws
    told = dict(flaws)
    # What is wrong with a part of the key that only the path names has no place in the body.
    named_elsewhere = {f"/{field}" for field in IDENTITY if field not in body}
    found = [
        ("" if pointer in named_elsewhere else pointer, detail)
        for pointer, detail in _flaws(entry)
        if pointer not in told
    ]
    return entry, flaws + found


def _flaws(entry: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    yield from ((f"/{field}", detail) for field, detail in flaws_of_number(entry))
    try:
        ENTRY.validate_python(entry)
    except ValidationError as error:
        for problem in with_those_beside(error.errors(include_url=False)):
            yield json_pointer(problem["loc"][1:] or ("type",)), mistake_in_entry(problem)
