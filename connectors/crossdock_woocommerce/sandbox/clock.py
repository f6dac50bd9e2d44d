"""The shop's time: UTC text to the second, and the site's local time beside it."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

SITE_ZONE = ZoneInfo("Europe/Stockholm")
STAMP = "%Y-%m-%dT%H:%M:%S"
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}:\d{2}(?:\.\d+)?(?P<zone>[Zz]|[+-]\d{2}(?::?\d{2})?)?")


def stamp(moment: datetime) -> str:
    """Return UTC text without a zone, as in `date_modified_gmt`."""
    return moment.astimezone(UTC).strftime(STAMP)


def local(gmt: str) -> str:
    """Return the site's local time, without a zone, of UTC text; ambiguous when the clocks go back, as in the shop."""
    return datetime.strptime(gmt, STAMP).replace(tzinfo=UTC).astimezone(SITE_ZONE).strftime(STAMP)


def bound(text: str, *, dates_are_gmt: bool) -> str | None:
    """Return the UTC text that a date filter is compared with, or None when the shop does not take the date.

    A stamp with a zone is turned into local time first, and with `dates_are_gmt` that local time is then taken for
    UTC: wrong by the site's offset, and measured so.
    """
    match = _DATE.fullmatch(text)
    if match is None:
        return None
    try:
        moment = datetime.strptime(text[:19].replace(" ", "T").replace("t", "T"), STAMP)  # noqa: DTZ007 - zone follows
    except ValueError:
        return None
    if match["zone"]:
        moment = (moment - _offset(match["zone"])).replace(tzinfo=UTC)
        return (moment.astimezone(SITE_ZONE) if dates_are_gmt else moment).strftime(STAMP)
    return moment.strftime(STAMP) if dates_are_gmt else stamp(moment.replace(tzinfo=SITE_ZONE))


def _offset(zone: str) -> timedelta:
    if zone in "Zz":
        return timedelta()
    digits = zone[1:].replace(":", "").ljust(4, "0")
    size = timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
    return -size if zone[0] == "-" else size
