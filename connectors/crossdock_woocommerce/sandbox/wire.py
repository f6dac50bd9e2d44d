"""JSON as the shop writes it: pure ASCII, slashes escaped, and every number with the digits it came with."""

from __future__ import annotations

import json
from dataclasses import dataclass
from json.encoder import encode_basestring_ascii
from typing import Any

Document = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Number:
    """A JSON number that is no integer, kept as the text it was written with."""

    text: str


def parse(data: bytes | str) -> Any:
    """Read JSON; numbers with a point or an exponent become `Number`.

    Raises:
        ValueError: the text is no JSON, or no UTF-8.
    """
    return json.loads(data, parse_float=Number)


def encode(value: object) -> bytes:
    """Write JSON; a `float` loses a `.0`, as in PHP."""
    parts: list[str] = []
    _write(value, parts.append)
    return "".join(parts).replace("/", "\\/").encode("ascii")


def encode_quickly(value: object) -> bytes:
    """Write JSON that holds neither `Number` nor a float without a fraction; five times faster than `encode`."""
    return json.dumps(value, separators=(",", ":")).replace("/", "\\/").encode("ascii")


def _write(value: object, emit: Any) -> None:
    if isinstance(value, str):
        emit(encode_basestring_ascii(value))
    elif isinstance(value, dict):
        separator = "{"
        for key, item in value.items():
            emit(separator + encode_basestring_ascii(key) + ":")
            _write(item, emit)
            separator = ","
        emit("}" if value else "{}")
    elif isinstance(value, list | tuple):
        separator = "["
        for item in value:
            emit(separator)
            _write(item, emit)
            separator = ","
        emit("]" if value else "[]")
    else:
        emit(_scalar(value))


def _scalar(value: object) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Number):
        return value.text
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return repr(value)
