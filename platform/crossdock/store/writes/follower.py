"""What follows from a write, in its own transaction: events in the outbox, searches, links, flows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from msgspec import Struct
from sqlalchemy import Connection

from crossdock.records import Carried, Working
from crossdock.store.writes.actor import Actor
from crossdock.store.writes.changes import Change

if TYPE_CHECKING:
    from crossdock.store.writes.door import Door, Stored


class Write(Struct, frozen=True):
    """One record that was written through a door, and who wrote it.

    ``before`` and ``after`` are without the platform's own fields and not to be changed; ``before`` is ``None`` of a
    new record, ``after`` of a deleted one. Where an import has changed a record, both may be without the fields and
    the entries of its own custom data that are the same in both. ``stored`` is what was written, whole, or what was
    there last.
    """

    stored: Stored
    actor: Actor
    before: Working | None
    after: Working | None
    changes: tuple[Change, ...] = ()


class Follower(Protocol):
    """Is shown what was written, after it was, and writes in the same transaction what follows from it."""

    def wants(self, record_type: str, record: Working, carried: Sequence[Carried]) -> bool:
        """Say whether a record that an import creates concerns it; ``carried`` is its custom data, maybe stashed.

        Changed and deleted records, and those created directly, are shown to every follower.
        """

    def follow(self, connection: Connection, door: Door, writes: Sequence[Write]) -> None:
        """Write what follows; an error undoes the whole transaction.

        ``writes`` may be empty: of what an import created and nobody wanted, ``door.arrivals`` has the ids.
        """


class EndedRun(Struct, frozen=True):
    """A run that ended; ``report`` is only the balance, if anything, of one whose process died. Times are UTC text."""

    run_id: str
    connection_id: str
    record_type: str
    direction: str
    outcome: str
    started: str
    ended: str
    report: dict[str, Any] | None


@runtime_checkable
class RunFollower(Protocol):
    """A follower that is told of runs as well, in the transaction that ends them."""

    def follow_run(self, connection: Connection, run: EndedRun) -> None:
        """Write what follows; an error undoes the whole transaction."""


def tell_of_run(connection: Connection, followers: Sequence[Follower], run: EndedRun) -> None:
    """Tell those followers of a run that want to know."""
    for follower in followers:
        if isinstance(follower, RunFollower):
            follower.follow_run(connection, run)
