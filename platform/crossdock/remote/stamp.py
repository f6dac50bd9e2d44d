"""Modification times as text, ``2024-03-03T14:09:27Z``: UTC, to the second, so that text order is time order."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

_PLAIN = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ?")
_FORMAT = "%Y-%m-%dT%H:%M:%SZ"


def stamp(moment: datetime) -> str:
    """Write a moment as a stamp; a naive one is taken for UTC, fractions of a second are cut off."""
    utc = moment.astimezone(UTC) if moment.tzinfo else moment
    return f"{utc.year:04}{utc.strftime(_FORMAT[2:])}"  # strftime does not pad years everywhere


def read_stamp(value: object) -> str | None:
    """Read a remote's modification time; text without a zone is UTC. ``None`` for what is no time."""
    if not isinstance(value, str):
        return None
    if _PLAIN.fullmatch(value) and value[0] != "0":
        return value if value[-1] == "Z" else value + "Z"
    try:
        return stamp(datetime.fromisoformat(value))
    except (ValueError, OverflowError):
        return None


def shift(text: str, seconds: int) -> str:
    """Move a stamp by some seconds, staying within the years that can be written."""
    try:
        return stamp(datetime.strptime(text, _FORMAT).replace(tzinfo=UTC) + timedelta(seconds=seconds))
    except OverflowError:
        return text
