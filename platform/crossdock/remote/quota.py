"""The remote system's own rate limit, as far as it tells of it: who listens slows down before being refused."""

from __future__ import annotations

import re
from collections.abc import Mapping

from crossdock.plugins.connector import RateHeaders
from crossdock.remote.pace import LONGEST_WAIT, Timing

_NUMBER = re.compile(r"\d{1,15}(?:\.\d{1,9})?")
_LEFT, _IN = re.compile(r"\br=(\d{1,15})"), re.compile(r"\bt=(\d{1,15})")  # of the header RateLimit
_BUCKET = re.compile(r"(\d{1,9})\s*/\s*(\d{1,9})")
_A_MOMENT = 1_000_000_000  # a number of seconds as large as that is a time, since 1970


class Quota:
    """Spreads the requests that are left over the time until there are more.

    While more than half is left (of the most that was ever seen), nobody waits; a short read is never slowed down. No
    wait is longer than a minute: after that the remote system may refuse, and says itself when to come back.

    Args:
        headers: where the remote system tells.
        timing: clocks and sleep.
    """

    def __init__(self, headers: RateHeaders, timing: Timing) -> None:
        self._headers = headers
        self._timing = timing
        self._most = 0
        self._next = 0.0  # when the next request may go out, by the clock that nobody sets

    def wait(self) -> None:
        """Return when the next request may go out."""
        pause = self._next - self._timing.monotonic()
        if pause > 0:
            self._timing.sleep(pause)

    def note(self, headers: Mapping[str, str]) -> None:
        """Read what an answer says; one that says nothing changes nothing."""
        pause = self._by_bucket(headers) if self._headers.used else self._by_count(headers)
        if pause is not None:
            self._next = self._timing.monotonic() + min(pause, LONGEST_WAIT)

    def _by_bucket(self, headers: Mapping[str, str]) -> float | None:
        found = _BUCKET.search(headers.get(self._headers.used or "") or "")
        if found is None or int(found[2]) == 0:
            return None
        share = int(found[1]) / int(found[2])
        return 2 * share / self._headers.leak if share > 0.5 else 0.0  # from half on no faster than it leaks

    def _by_count(self, headers: Mapping[str, str]) -> float | None:
        told = headers.get(self._headers.left or "") or ""
        found = _LEFT.search(told) or _NUMBER.search(told)
        if found is None:
            return None
        left = int(float(found[found.lastindex or 0]))
        self._most = max(self._most, left)
        if left > self._most / 2:
            return 0.0
        return self._renewed_in(headers, told) / max(left, 1)

    def _renewed_in(self, headers: Mapping[str, str], told: str) -> float:
        """Return in how many seconds all requests are there again; one, if nothing is said."""
        found = _IN.search(told) or _NUMBER.search(headers.get(self._headers.reset or "") or "")
        if found is None:
            return 1.0
        seconds = float(found[found.lastindex or 0])
        if self._headers.reset_unit == "milliseconds":
            seconds /= 1000
        return max(0.0, seconds - self._timing.now()) if seconds > _A_MOMENT else seconds
