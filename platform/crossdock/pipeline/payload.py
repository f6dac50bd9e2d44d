"""Reads payloads: JSON with every digit of every number, and the names that stand twice in one object."""

from __future__ import annotations

import re
from typing import Any

import msgspec

from crossdock.errors import RecordError
from crossdock.records.surrogates import has_mark
from crossdock.records.wire import Working, parse_json, parse_unmarked

# Escapes that are rare and need a closer look: of a colon, and of what shelters halves of surrogate pairs.
_ODD_ESCAPE = re.compile(rb"\\u(?:003[aA]|[fF][dD][dD]0)")
_write_into = msgspec.json.Encoder().encode_into


class PayloadReader:
    """Reads payloads one after the other; used by one thread at a time."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def read(self, raw: bytes) -> tuple[Working, list[str]]:
        """Parse a payload; gives it with the names that stand twice in one object, of which the last one counts.

        Raises:
            RecordError: it is no JSON object.
        """
        odd = has_mark(raw) or _ODD_ESCAPE.search(raw) is not None
        try:
            payload = parse_json(raw) if odd else parse_unmarked(raw)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise RecordError(f"the payload is no JSON that can be kept: {error}", stage="parse") from error
        if not isinstance(payload, dict):
            raise RecordError(f"the payload is no object but {type(payload).__name__}", stage="parse")
        # Every name is followed by a colon, so one that got lost took its colon along, and no escaped one replaced it.
        again = self._buffer
        _write_into(payload, again)
        twice = duplicate_names(raw) if odd or raw.count(b":") != again.count(b":") else []
        return payload, twice


def duplicate_names(raw: bytes) -> list[str]:
    """Find the names that stand twice in one object of a JSON text, the slow way."""
    import json  # noqa: PLC0415 - for the rare payload that is in doubt

    twice: list[str] = []

    def pairs(items: list[tuple[str, Any]]) -> dict[str, Any]:
        seen: set[str] = set()
        for name, _value in items:
            if name in seen:
                twice.append(name)
            seen.add(name)
        return dict(items)

    json.loads(raw, object_pairs_hook=pairs, parse_int=str, parse_float=str)  # numbers may be of any length
    return twice
