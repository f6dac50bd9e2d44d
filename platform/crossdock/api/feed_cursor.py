"""The cursor of a reader of changes: how far it has come and what it reads, in one opaque word."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from typing import Annotated, TypeAlias

import msgspec

from crossdock.api.problem import Problem
from crossdock.store.reads.feed import Position

# Names and values of the query, in the order of names.
Filters: TypeAlias = tuple[tuple[str, str], ...]

_VERSION = 1
_Number: TypeAlias = Annotated[int, msgspec.Meta(ge=0)]


class _Content(msgspec.Struct, array_like=True, forbid_unknown_fields=True):
    layout: int
    record_type: str
    after: _Number
    head: _Number
    filters: Filters


def write_cursor(record_type: str, position: Position, filters: Sequence[tuple[str, str]]) -> str:
    """Write the cursor of a reader."""
    content = _Content(_VERSION, record_type, position.after, position.head, tuple(filters))
    return base64.urlsafe_b64encode(msgspec.json.encode(content)).decode().rstrip("=")


def read_cursor(record_type: str, text: str) -> tuple[Position, Filters]:
    """Read a cursor back.

    Raises:
        Problem: 422 if it was not made here, or for another record type.
    """
    try:
        raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
        content = msgspec.json.decode(raw, type=_Content)
    except (binascii.Error, ValueError, msgspec.DecodeError) as error:
        raise bad_cursor("it was not made here") from error
    if content.layout != _VERSION:
        raise bad_cursor("another version of Crossdock made it")
    if content.record_type != record_type:
        raise bad_cursor(f"it is one of {content.record_type!r}, not of {record_type!r}")
    return Position(content.after, content.head), content.filters


def bad_cursor(reason: str) -> Problem:
    """Refuse a cursor."""
    errors = [{"pointer": "", "parameter": "cursor", "in": "query", "detail": reason}]
    return Problem(
        422,
        "bad-parameter",
        "A parameter is not as it must be",
        f"the cursor cannot be used: {reason}",
        errors=errors,
        remedy="send a cursor as it was given, or leave it out to begin anew",
    )
