"""When an event that was not received is sent again: after seconds at first, after hours at last."""

from __future__ import annotations

from datetime import timedelta

DELAYS = (
    timedelta(seconds=5),
    timedelta(seconds=30),
    timedelta(minutes=2),
    timedelta(minutes=10),
    timedelta(minutes=30),
    timedelta(hours=1),
    timedelta(hours=2),
    timedelta(hours=4),
    timedelta(hours=8),
    timedelta(hours=12),
)
JITTER = 0.2
LONGEST = timedelta(hours=24)


def next_delay(attempts: int, retry_after: float | None, chance: float) -> timedelta | None:
    """Say how long to wait after an attempt that failed; ``None`` if it was the last one.

    Args:
        attempts: how many were made, this one included.
        retry_after: the seconds that the receiver asked for; up to a day it gets them, and never less than planned.
        chance: a number from 0 to 1; events that failed together are not sent together again.
    """
    if attempts > len(DELAYS):
        return None
    planned = DELAYS[attempts - 1] * (1 - JITTER + 2 * JITTER * chance)
    return max(planned, min(timedelta(seconds=retry_after or 0), LONGEST))
