"""Paths of payloads as people write them in rules: ``line_items[].taxes``, ``customer_ip_address``, ``meta._key``."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from urllib.parse import unquote

from crossdock.mapping.definition import Pattern
from crossdock.mapping.expression import ANY
from crossdock.records.fields import ELEMENT


class PathError(ValueError):
    """A path of a rule that cannot be read."""

    def __init__(self, text: str, segment: str) -> None:
        super().__init__(
            f"cannot read the path {text!r} at {segment!r}; write names joined by dots and [] for each list element, "
            "a dot or bracket that belongs to a name as %2E or %5B"
        )


def read_pattern(text: str | Sequence[str], prefixes: Collection[str] = ()) -> Pattern:
    """Read a written path as a pattern.

    Args:
        text: the path, or its steps already split (with ``[]`` for each element).
        prefixes: names that begin an entry of a key/value list; what follows one is a single key, dots and all.

    Raises:
        PathError: the text is no path.
    """
    if not isinstance(text, str):
        return tuple(ANY if step == ELEMENT else step for step in text)
    pattern: list[object] = []
    rest = text
    while True:
        segment, dot, tail = rest.partition(".")
        name, *brackets = segment.split("[")
        if not segment or any(bracket != "]" for bracket in brackets):
            raise PathError(text, segment)
        pattern.append(unquote(name))
        pattern.extend(ANY for _ in brackets)
        if not dot:
            break
        if segment in prefixes:
            pattern.append(unquote(tail))
            break
        rest = tail
    return tuple(pattern)  # type: ignore[arg-type]  # only names and ANY were added
