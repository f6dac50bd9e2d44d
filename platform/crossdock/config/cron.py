"""Times of day and week as cron writes them: ``"*/15 8-18 * * mon-fri"``, in UTC."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, TypeAlias

from pydantic import AfterValidator, WithJsonSchema

if TYPE_CHECKING:
    from apscheduler.triggers.cron import CronTrigger

_FIELDS = ("minute", "hour", "day", "month", "day_of_week")
_WEEKDAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat", "sun")
_WEEKDAY = re.compile(r"(?<![\d/])[0-7](?!\d)")


def cron_trigger(text: str, second: int = 0) -> CronTrigger:
    """Make the scheduler's trigger of five cron fields; weekdays are names, or numbers from 0 or 7 for Sunday.

    ``second`` is the second of the minute in which it fires.

    Raises:
        ValueError: they are none, or no date ever fits; the message says how they are written.
    """
    from apscheduler.triggers.cron import CronTrigger  # noqa: PLC0415 - 60 ms that only those pay who use cron

    fields = dict(zip(_FIELDS, text.lower().split(), strict=False))
    if len(fields) != len(_FIELDS) or len(text.split()) != len(_FIELDS):
        raise _refusal(text, "it has five fields")
    # The scheduler counts weekdays from Monday and cron from Sunday, so it is given names.
    fields["day_of_week"] = _WEEKDAY.sub(lambda found: _WEEKDAYS[int(found[0])], fields["day_of_week"])
    try:
        trigger = CronTrigger(**fields, second=second, timezone=UTC)
    except ValueError as error:
        raise _refusal(text, str(error)[:1].lower() + str(error)[1:]) from None
    if fields["day"] != "*" and fields["day_of_week"] != "*":
        raise _refusal(text, "a day of the month and a weekday mean either in one cron and both in another; give one")
    if trigger.get_next_fire_time(None, datetime.now(UTC)) is None:
        raise _refusal(text, "no date ever fits")
    return trigger


def _refusal(text: str, reason: str) -> ValueError:
    return ValueError(
        f"{text!r} is no time for an import: {reason}; write minute, hour, day, month and weekday (mon to sun, a week "
        'begins with mon), such as "*/15 8-18 * * mon-fri", in UTC'
    )


def _is_cron(text: str) -> str:
    cron_trigger(text)
    return text


Cron: TypeAlias = Annotated[
    str, AfterValidator(_is_cron), WithJsonSchema({"type": "string", "examples": ["0 3 * * *"]})
]
"""A pydantic field type: five cron fields."""
