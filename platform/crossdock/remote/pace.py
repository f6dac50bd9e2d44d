"""How fast and how often: the rate limit, and the waits between repetitions."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from typing import TypeVar

from msgspec import Struct
from tenacity import RetryCallState, Retrying, retry_if_exception

from crossdock.errors import RetryableError, SlowError

T = TypeVar("T")

FIRST_WAIT = 0.5  # seconds; doubled each time
LONGEST_WAIT = 60.0


class Timing(Struct, frozen=True):
    """The clocks and chance that the session uses, in one place so that a test can bring its own."""

    sleep: Callable[[float], None] = time.sleep
    monotonic: Callable[[], float] = time.monotonic
    now: Callable[[], float] = time.time
    chance: Callable[[], float] = random.random


class Throttle:
    """Keeps requests at least ``1 / rate`` seconds apart."""

    def __init__(self, rate: float, timing: Timing) -> None:
        from pyrate_limiter import InMemoryBucket, Rate, RateItem  # noqa: PLC0415 - only who has a limit pays for it

        self._bucket = InMemoryBucket([Rate(1, max(1, round(1000 / rate)))])
        self._item = RateItem
        self._timing = timing

    def wait(self) -> None:
        """Return when the next request may go out."""
        while True:
            now = round(self._timing.monotonic() * 1000)
            self._bucket.leak(now)
            item = self._item("request", now)
            if self._bucket.put(item):
                return
            waiting = self._bucket.waiting(item)
            self._timing.sleep((waiting if isinstance(waiting, int) and waiting > 0 else 1) / 1000)


class Patience:
    """Repeats what failed with ``RetryableError``: a number of times, within a time in all.

    Waits double each time and vary by chance, so that many clients do not come back at once; a remote system that says
    when to come back is obeyed. ``lost`` is how many seconds went by until the last try began. ``told`` is told of each
    failure that is followed by another try, and in how many seconds. With ``smaller``, the caller asks for less after a
    ``SlowError``, so that comes out after a moment's wait.
    """

    def __init__(
        self,
        retries: int,
        budget: float,
        timing: Timing,
        told: Callable[[RetryableError, float], None] | None = None,
        *,
        smaller: bool = False,
    ) -> None:
        self._retries = retries
        self._budget = budget
        self._timing = timing
        self._told = told
        self._smaller = smaller
        self.lost = 0.0

    def __call__(self, attempt: Callable[[], T]) -> T:
        """Return what ``attempt`` returns.

        Raises:
            RetryableError: the last failure, saying how often it was tried.
        """
        start = self._timing.monotonic()

        def spent(state: RetryCallState) -> bool:
            elapsed = self._timing.monotonic() - start
            return state.attempt_number > self._retries or elapsed + state.upcoming_sleep > self._budget

        def pause(seconds: float) -> None:
            self._timing.sleep(seconds)
            self.lost = self._timing.monotonic() - start

        again = Retrying(
            retry=retry_if_exception(self._is_repeated),
            wait=self._wait,
            stop=spent,
            sleep=pause,
            before_sleep=self._tell,
            reraise=True,
        )
        try:
            return again(attempt)
        except RetryableError as error:
            if not self._is_repeated(error):
                self._rest(error, pause)
                raise
            tries = int(again.statistics.get("attempt_number", 1))
            seconds = self._timing.monotonic() - start
            left = max(0.0, self._budget - seconds)
            message = str(error)
            if tries <= self._retries and error.retry_after is not None and error.retry_after > left:
                message += (
                    f"; it wants to be left alone for {error.retry_after:.0f} s, and {left:.0f} s are left for tries: "
                    "import later, or raise retry_budget or run_budget in [connection.remote]"
                )
            if tries > 1:
                message += f"; given up after {tries} tries in {seconds:.0f} s"
            raise RetryableError(message, retry_after=error.retry_after, cause=error.cause) from None

    def _is_repeated(self, error: BaseException) -> bool:
        return isinstance(error, RetryableError) and not (self._smaller and isinstance(error, SlowError))

    def _rest(self, error: RetryableError, pause: Callable[[float], None]) -> None:
        """Leave the remote system in peace for a moment, before the caller asks for less."""
        seconds = min(LONGEST_WAIT, error.retry_after or FIRST_WAIT * (0.5 + self._timing.chance() / 2))
        if self._told is not None:
            self._told(error, seconds)
        pause(seconds)

    def _tell(self, state: RetryCallState) -> None:
        error = state.outcome.exception() if state.outcome else None
        if self._told is not None and isinstance(error, RetryableError):
            self._told(error, state.upcoming_sleep)

    def _wait(self, state: RetryCallState) -> float:
        backoff = min(LONGEST_WAIT, FIRST_WAIT * 2.0 ** min(state.attempt_number - 1, 30))
        backoff *= 0.5 + self._timing.chance() / 2
        error = state.outcome.exception() if state.outcome else None
        asked = error.retry_after if isinstance(error, RetryableError) else None
        return max(backoff, asked) if asked is not None else backoff
