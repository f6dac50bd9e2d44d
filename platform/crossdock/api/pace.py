"""How often a token may ask: so many times a second, and who asks more often is told when to come back."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from crossdock.api.problem import Problem
from crossdock.plural import counted

if TYPE_CHECKING:
    from pyrate_limiter import InMemoryBucket

_SECOND = 1000  # milliseconds, which is what the library counts in


class Pace:
    """Counts the requests of each token in this process.

    Args:
        most: requests in any second; ``None``: as many as anybody likes.
        clock: seconds that only grow.
    """

    def __init__(self, most: int | None, clock: Callable[[], float] = time.monotonic) -> None:
        self._most = most
        self._clock = clock
        self._buckets: dict[str, InMemoryBucket] = {}

    def keep(self, token_id: str) -> None:
        """Count a request.

        Raises:
            Problem: 429 if it is one too many.
        """
        if self._most is None:
            return
        from pyrate_limiter import InMemoryBucket, Rate, RateItem  # noqa: PLC0415 - only who has a limit pays for it

        bucket = self._buckets.get(token_id)
        if bucket is None:
            bucket = self._buckets[token_id] = InMemoryBucket([Rate(self._most, _SECOND)])
        now = round(self._clock() * _SECOND)
        bucket.leak(now)
        if not bucket.put(RateItem("request", now)):
            raise _too_many(self._most)


def _too_many(most: int) -> Problem:
    return Problem(
        429,
        "too-many-requests",
        "Too many requests",
        f"the token has sent more than {counted(most, 'request')} within a second; nothing was done",
        remedy="send the same request again after the seconds of Retry-After, and fewer at once",
        headers={"Retry-After": "1"},
    )
