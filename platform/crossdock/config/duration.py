"""Durations as people write them in plugins.toml: ``"30s"``, ``"10m"``, ``"1h30m"``, ``"500ms"``."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Annotated, TypeAlias

from pydantic import BeforeValidator, PlainSerializer, WithJsonSchema

from crossdock.config.complaint import shown

LONGEST = timedelta(days=36_500)
"""No calendar goes on for ever: what lies further back or ahead than this may have no date at all."""

_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_PART = r"\d{1,9}(?:\.\d{1,6})?(?:ms|s|m|h|d)"
_WHOLE = re.compile(rf"(?:{_PART})+")
_PIECE = re.compile(r"([\d.]+)(ms|s|m|h|d)")


def parse_duration(text: object) -> timedelta:
    """Read a duration such as ``"30s"`` or ``"1h30m"``; a ``timedelta`` passes as it is.

    Raises:
        ValueError: it is none; the message says how one is written.
    """
    if isinstance(text, timedelta):
        return text
    if not isinstance(text, str) or not _WHOLE.fullmatch(text):
        remedy = 'write a text of number and unit (ms, s, m, h, d), such as "30s" or "1h30m"'
        message = f"{shown(text)} is no duration; {remedy}"
        raise ValueError(message)
    seconds = sum(float(number) * _UNITS[unit] for number, unit in _PIECE.findall(text))
    if seconds > LONGEST.total_seconds():
        message = f"{shown(text)} is more than {LONGEST.days}d, a hundred years"
        raise ValueError(message)
    return timedelta(seconds=seconds)


def format_duration(duration: timedelta) -> str:
    """Write a duration in the form that ``parse_duration`` reads, the largest units first."""
    milliseconds = round(duration / timedelta(milliseconds=1))
    parts = []
    for unit, size in (("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1000), ("ms", 1)):
        count, milliseconds = divmod(milliseconds, size)
        if count:
            parts.append(f"{count}{unit}")
    return "".join(parts) or "0s"


Duration: TypeAlias = Annotated[
    timedelta,
    BeforeValidator(parse_duration),
    PlainSerializer(format_duration, return_type=str),
    WithJsonSchema({"type": "string", "pattern": f"^({_PART})+$", "examples": ["30s", "10m", "1h30m"]}),
]
"""A pydantic field type: text such as ``"30s"`` in the file, ``datetime.timedelta`` in Python."""
