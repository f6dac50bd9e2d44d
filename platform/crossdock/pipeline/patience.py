"""Patience with a store whose database is gone for a while: a server that is restarted, a network that comes back."""

from __future__ import annotations

import logging
import math
import threading
import time
from collections.abc import Callable
from datetime import timedelta
from typing import TypeVar

from msgspec import Struct, field

from crossdock.config.duration import format_duration
from crossdock.store import StoreLostError

T = TypeVar("T")

USUAL = 120.0
_SHORTEST, _LONGEST = 0.2, 10.0
_log = logging.getLogger("crossdock.store")


class Patience(Struct, frozen=True):
    """Does what needs the store, and if the database is lost does it again when that is back.

    What is done must be such that doing it twice is doing it once: it may have been done and the answer lost. The log
    says once what is waited for, and how long.

    Args:
        seconds: how long it waits for the database to come back; ``math.inf``: until it is there.
        stop: set it to wait no longer.
    """

    seconds: float = USUAL
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
            except StoreLostError as error:
                if deadline is None:
                    deadline = time.monotonic() + self.seconds
                    _log.warning("%s; waiting for it, %s", error.what, self._how_long)
                if time.monotonic() + pause > deadline or self.stop.wait(pause):
                    raise
            pause = min(2 * pause, _LONGEST)

    @property
    def _how_long(self) -> str:
        if math.isinf(self.seconds):
            return "until it is there"
        return f"for {format_duration(timedelta(seconds=self.seconds))} at most"
