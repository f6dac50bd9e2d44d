"""What the routers of the API work with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from crossdock.config import Config
from crossdock.store import Store
from crossdock.store.sql.moment import Clock, utc_now


class Background(Protocol):
    """Work that goes on beside the requests, in threads of its own, as long as the API is served."""

    def start(self) -> None:
        """Begin; returns at once."""

    def stop(self) -> None:
        """End what is at hand, within seconds, and return when nothing runs any more."""


@runtime_checkable
class AnswerListener(Protocol):
    """Is told of each request that was answered."""

    def request_answered(self, method: str, status: int | None, seconds: float) -> None:
        """A request was answered; without a status, it was cut."""


@dataclass(frozen=True, slots=True)
class Services:
    """Everything that a router is given.

    Args:
        config: the configuration.
        store: the store, with the followers of the configuration; whoever made it closes it.
        clock: tells the time.
        background: started before the first request is taken, stopped after the last one was answered.
        listener: is told of each answer.
    """

    config: Config
    store: Store
    clock: Clock = utc_now
    background: Sequence[Background] = ()
    listener: AnswerListener | None = None
