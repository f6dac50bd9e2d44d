"""Reads payloads: JSON with every digit of every number, and the names that stand twice in one object."""

from __future__ import annotations

import re
from typing import Any

import msgspec

from crossdock.errors import RecordError
from crossdock.records.surrogates import has_mark
from crossdock.records.wire import Working, parse_json, parse_unmarked

_ESCAPED_COLON = re.compile(rb"\\u003[aA]")
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
        again = self._buffer
        try:
            payload = parse_unmarked(raw)
            _write_into(payload, again)
            odd = has_mark(again)  # however that was written
            if odd:
                payload = parse_json(raw)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise RecordError(f"the payload is no JSON that can be kept: {error}", stage="parse") from error
        if not isinstance(payload, dict):
            raise RecordError(f"the payload is no object but {type(payload).__name__}", stage="parse")
        # Every name is followed by a colon, so one that got lost took its colon along, if no escaped one replaced it.
        odd = odd or raw.count(b":") != again.count(b":")
        if odd or (b"\\u003" in raw and _ESCAPED_COLON.search(raw)):
            return payload, duplicate_names(raw)
        return payload, []


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
