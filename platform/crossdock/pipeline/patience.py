"""Patience with a store whose database is gone for a while: a server that is restarted, a network that comes back."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

from crossdock.store import StoreLostError

T = TypeVar("T")

_SHORTEST, _LONGEST = 0.2, 10.0


@dataclass(frozen=True, slots=True)
class Patience:
    """Does what needs the store, and if the database is lost does it again when that is back.

    What is done must be such that doing it twice is doing it once: it may have been done and the answer lost.

    Args:
        seconds: how long it waits for the database to come back.
        stop: set it to wait no longer.
    """

    seconds: float = 120.0
    stop: threading.Event = field(default_factory=threading.Event)

    def __call__(self, work: Callable[[], T]) -> T:
        """Do the work.

        Raises:
            StoreLostError: the database did not come back in time.
        """
        deadline: float | None = None
        pause = _SHORTEST
        while True:
            try:
                return work()
            except StoreLostError:
                deadline = deadline or time.monotonic() + self.seconds
                if time.monotonic() + pause > deadline or self.stop.wait(pause):
                    raise
            pause = min(2 * pause, _LONGEST)
