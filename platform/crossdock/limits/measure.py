"""How long keys and values are, as the remote system that limits them would count."""

from __future__ import annotations

from typing import Any

import msgspec

_json = msgspec.json.Encoder(decimal_format="number").encode


def text_of(kind: str, value: Any) -> str:
    """The text a value is sent as; ``value`` as in an entry, working form or wire-level."""
    if kind == "string":
        text: str = value
        return text
    if kind == "bool":
        return "true" if value else "false"
    return _json(value).decode() if kind == "json" else str(value)


def length(text: str, unit: str) -> int:
    """How long a text is in its unit."""
    return len(text) if unit == "characters" or text.isascii() else len(text.encode(errors="surrogatepass"))


def size_in_json(key: str, kind: str, value: Any) -> int:
    """How many bytes ``"key":value`` has in compact JSON."""
    number = kind in ("integer", "decimal")  # a string on our wire, a number for everybody else
    return len(_json(key)) + 1 + (len(str(value)) if number else len(_json(value)))


def leaves_in(value: Any) -> int:
    """How many leaves a JSON value has; an empty list or object is one."""
    count, waiting = 0, [value]
    while waiting:
        part = waiting.pop()
        inner = part.values() if isinstance(part, dict) else part if isinstance(part, list) else ()
        if inner:
            waiting.extend(inner)
        else:
            count += 1
    return count
