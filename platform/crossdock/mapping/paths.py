"""Paths of payloads as people write them in rules: ``line_items[].taxes``, ``customer_ip_address``, ``meta._key``."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import unquote

from crossdock.expressions.expression import ANY
from crossdock.mapping.definition import Pattern

DEEPEST = 200
"""How many steps a path may have: more than any payload, and so few that the plan of a mapping can be walked."""


class PathError(ValueError):
    """A path of a rule that cannot be read."""

    def __init__(self, text: str, segment: str) -> None:
        super().__init__(
            f"cannot read the path {text!r} at {segment!r}; write names joined by dots and [] for each list element, "
            "a dot or bracket that belongs to a name as %2E or %5B"
        )


class LongPathError(PathError):
    """A path that no payload has."""

    def __init__(self, text: str) -> None:
        ValueError.__init__(self, f"the path {text[:40]!r}... leads more than {DEEPEST} levels deep")


def read_pattern(text: str) -> Pattern:
    """Read a written path as a pattern.

    Raises:
        PathError: the text is no path.
    """
    return _bounded(text, tuple(step for segment in text.split(".") for step in _read_segment(text, segment)))


def read_rule(text: str, scope: Pattern, entries: Mapping[Pattern, Pattern]) -> tuple[Pattern, str | None]:
    """Read the path of a rule, which may name an entry of a key/value list: ``meta._key``.

    Args:
        text: the path, as it is written.
        scope: where it begins.
        entries: where the names stand that begin an entry, and the list of each. What follows one is a single key,
            dots and all; a field of the same name is written with an encoded letter (``%6Deta.x``).

    Returns:
        The pattern of the place, or of the list, and then the key of the entry.

    Raises:
        PathError: the text is no path.
    """
    pattern = scope
    rest = text
    while True:
        segment, dot, rest = rest.partition(".")
        pattern = (*pattern, *_read_segment(text, segment))
        found = entries.get(pattern) if dot and "%" not in segment else None
        if found is not None:
            return found, unquote(rest)
        if not dot:
            return _bounded(text, pattern), None


def _bounded(text: str, pattern: Pattern) -> Pattern:
    if len(pattern) > DEEPEST:
        raise LongPathError(text)
    return pattern


def _read_segment(text: str, segment: str) -> Pattern:
    name, *brackets = segment.split("[")
    if not name or any(bracket != "]" for bracket in brackets):
        raise PathError(text, segment)
    return (unquote(name), *(ANY for _ in brackets))
