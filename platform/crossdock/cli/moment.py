"""Times as people type them: a date, a time, or how long ago."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import typer

_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_EARLIEST = 1970


def parse_since(text: str) -> datetime:
    """Read ``2024-03-01``, ``2024-03-01T12:00:00Z`` (UTC if no zone is given) or ``90m``, ``2h``, ``7d`` ago."""
    try:
        if text[:-1].isdecimal() and text[-1:] in _UNITS:
            return datetime.now(UTC) - timedelta(**{_UNITS[text[-1]]: int(text[:-1])})
        moment = datetime.fromisoformat(text)
        moment = moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except OverflowError:
        raise typer.BadParameter(f"{text!r} is longer ago than the calendar reaches; --full reads everything") from None
    except ValueError:
        raise typer.BadParameter(f"{text!r} is no time; write 2024-03-01, 2024-03-01T12:00:00Z or 2h (ago)") from None
    if moment.year < _EARLIEST:
        raise typer.BadParameter(f"{text!r} is before anything was recorded; --full reads everything")
    if moment > (now := datetime.now(UTC)):
        raise typer.BadParameter(f"{text!r} is still to come, in UTC it is {now:%Y-%m-%dT%H:%MZ}; give an earlier time")
    return moment
