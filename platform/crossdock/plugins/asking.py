"""Whether an expression over a record asks for fields that records of its type have."""

from __future__ import annotations

import re
from typing import Final

from crossdock.expressions.asked import EACH, Steps, asked_fields
from crossdock.records.fields import UnknownFieldError, find_field

_OPEN: Final = frozenset({"customData", "map"})  # what they hold is named by connections


def unknown_field(record_type: str, expression: str, at: Steps = ()) -> tuple[str, int] | None:
    """Say which field an expression asks for that no record of the type has, and where in it; ``None`` if none.

    It is asked of what stands ``at`` some steps from the record. Such an expression would give null for every record,
    and a condition never be true.
    """
    for steps in asked_fields(expression):
        try:
            _look_up(record_type, (*at, *steps))
        except UnknownFieldError as error:
            name = next(step for step in reversed(steps) if step != EACH)
            quoted = len(steps) == 1 and f'"{name}"' in expression
            message = f"{record_type} has no field {name!r}; a text stands in single quotes: '{name}'"
            found = re.search(rf"(?<!\w){re.escape(name)}(?!\w)", expression)
            return message if quoted else str(error), found.start() if found else 0
    return None


def _look_up(record_type: str, steps: Steps) -> None:
    text = ""
    for step in steps:
        text += step if step == EACH or not text else f".{step}"
        if find_field(record_type, text).kind in _OPEN:
            return
