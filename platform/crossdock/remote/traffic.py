"""What goes between a session and its remote system: requests, why some were repeated, and how long that took."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol, Self

from msgspec import Struct, field
from msgspec.structs import replace

from crossdock.errors import RetryableError
from crossdock.remote.failure import RefusedError

NO_USE = "the answer cannot be used"


class Request(Struct):
    """One request, its redirects included; a repetition is another one.

    Args:
        method: such as ``GET``.
        address: without its query, and without secrets.
        begun: in seconds since 1970.
        seconds: how long it took until its answer was read.
        status: of the answer, if there was one.
        failure: why it failed, in a few words that are the same for each that fails like it; empty if it did not.
    """

    method: str
    address: str
    begun: float
    seconds: float = 0.0
    status: int | None = None
    failure: str = ""

    @property
    def outcome(self) -> str:
        """How it went: the failure, or the status."""
        return self.failure or f"status {self.status}"


class TrafficListener(Protocol):
    """Is told of each request, by the thread that made it."""

    def request_made(self, request: Request) -> None:
        """A request has ended, well or not."""

    def request_repeats(self, failure: str, seconds: float) -> None:
        """The last request is made once more after so many seconds, because it failed."""


class Traffic(Struct):
    """Counts what one session asks; ``waited`` is seconds between failures and repetitions, by why they failed."""

    requests: int = 0
    retried: Counter[str] = field(default_factory=Counter)
    waited: float = 0.0
    listener: TrafficListener | None = None

    @contextmanager
    def request(self, method: str, address: str) -> Iterator[Request]:
        """Count what is asked inside the block, and look at how it goes; who gets an answer notes its status."""
        made = Request(method, address, time.time())
        self.requests += 1
        start = time.perf_counter()
        try:
            yield made
        except RetryableError as error:
            made.failure = error.cause or NO_USE
            raise
        except RefusedError as error:
            made.failure = f"status {error.status}"
            raise
        except BaseException:
            made.failure = NO_USE
            raise
        finally:
            made.seconds = time.perf_counter() - start
            if self.listener is not None:
                self.listener.request_made(made)

    def repeat(self, error: RetryableError, seconds: float) -> None:
        """Count a repetition that follows in so many seconds."""
        failure = error.cause or NO_USE
        self.retried[failure] += 1
        self.waited += seconds
        if self.listener is not None:
            self.listener.request_repeats(failure, seconds)

    def copy(self) -> Self:
        """Keep what was counted so far, to be subtracted later."""
        return replace(self, retried=self.retried.copy(), listener=None)

    def since(self, before: Traffic) -> Traffic:
        """Say what came after a copy was made."""
        return Traffic(self.requests - before.requests, self.retried - before.retried, self.waited - before.waited)
