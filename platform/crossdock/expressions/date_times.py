"""Date-times to UTC: whatever ISO 8601 says, as `2024-03-03T14:09:27Z`."""

import re
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

_BEGINNING = datetime(1970, 1, 1)  # noqa: DTZ001 - UTC, as every moment here
# What most systems send; nothing needs to be changed in it.
_PLAIN = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d", re.ASCII)
# date, time without seconds, seconds, fraction, offset
_SHAPE = re.compile(
    r"(\d{4}-\d\d-\d\d)[Tt ](\d\d:\d\d)(:\d\d)?([.,]\d+)?(?:([Zz])|([+-])(\d\d)(?::?(\d\d))?)?", re.ASCII
)


def to_utc(text: str, zone: str | None = None) -> str:
    """The moment in UTC, ISO 8601 with `Z`; every digit of a fraction of a second is kept.

    Args:
        text: an ISO 8601 date-time. An offset in it is obeyed.
        zone: IANA name of the zone it is in when it has no offset; UTC if not given. In the hour that is repeated
            when summer ends, the first one is meant.

    Raises:
        ValueError: the text is no date-time, or the zone is not known.
    """
    if zone is None and _PLAIN.fullmatch(text):
        datetime.fromisoformat(text)
        return f"{text}Z"
    shape = _SHAPE.fullmatch(text)
    if shape is None:
        raise ValueError(f"{text[:40]!r} is no ISO 8601 date-time such as 2024-03-03T14:09:27")
    date, minutes, seconds, fraction, utc, sign, offset_hours, offset_minutes = shape.groups()
    try:
        moment = datetime.fromisoformat(f"{date}T{minutes}{seconds or ':00'}")
        if sign:
            moment = _without_offset(moment, sign, int(offset_hours), int(offset_minutes or 0))
        elif zone and not utc:
            moment = moment.replace(tzinfo=_zone(zone)).astimezone(UTC).replace(tzinfo=None)
    except OverflowError as error:
        raise ValueError(f"{text[:40]!r} is outside the calendar in UTC") from error
    return f"{moment.isoformat()}{fraction.replace(',', '.') if fraction else ''}Z"


def from_unix(seconds: int | Decimal) -> str:
    """The moment so many seconds after the beginning of 1970, ISO 8601 with `Z`; to the microsecond.

    Raises:
        ValueError: it is outside the calendar.
    """
    try:
        moment = _BEGINNING + timedelta(microseconds=int(seconds * 1_000_000))
    except (OverflowError, ArithmeticError) as error:
        raise ValueError(f"{str(seconds)[:40]} seconds after 1970 is outside the calendar") from error
    return f"{moment.isoformat()}Z"


def _without_offset(moment: datetime, sign: str, hours: int, minutes: int) -> datetime:
    if minutes > 59:
        raise ValueError(f"an offset has at most 59 minutes, got {minutes}")
    offset = timedelta(hours=hours, minutes=minutes)
    timezone(offset)  # refuses a day or more
    return moment - offset if sign == "+" else moment + offset


@lru_cache(maxsize=64)
def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ValueError(f"no time zone is called {name!r}; write it as Europe/Stockholm") from error
