"""JSON pointers (RFC 6901) to what is wrong in a record."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TypeAlias

Place: TypeAlias = tuple[str | int, ...]

_FIELD = re.compile(r"\w+(\[\d+\]|\.\w+)*")
_STEP = re.compile(r"\w+")
_ENTRIES = "customData"
_KEY = "[key]"


def json_pointer(steps: Sequence[str | int]) -> str:
    """Write a pointer; a slash or a tilde in a name is escaped."""
    return "".join(f"/{str(step).replace('~', '~0').replace('/', '~1')}" for step in steps)


def pointer_to(field: str | None) -> str | None:
    """Write a pointer to a field as people name it, ``rows[0].sku``; ``None`` for what is none, or in any element."""
    steps = _STEP.findall(field) if isinstance(field, str) and _FIELD.fullmatch(field) else ()
    return json_pointer(steps) if steps else None


def place_of(location: Sequence[str | int]) -> Place:
    """Take out of a location, as pydantic gives it, what is no step in the document.

    That is the kind of an entry, and the mark that a name and not its value is meant.
    """
    steps: list[str | int] = []
    for position, step in enumerate(location):
        is_kind = position >= 2 and location[position - 2] == _ENTRIES
        is_mark = step == _KEY and position == len(location) - 1
        if not (is_kind or is_mark):
            steps.append(step)
    return tuple(steps)
