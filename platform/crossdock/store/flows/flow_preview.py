"""Shows what flows would do for one record, and why they do not do the rest; nothing is written."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Literal, NamedTuple, TypeAlias

from sqlalchemy import Connection, select

from crossdock.store.flows.flow import Decided, FlowFollower
from crossdock.store.flows.flow_plan import Decision
from crossdock.store.flows.links import Edge, Ref, edges
from crossdock.store.sql.database import Database
from crossdock.store.sql.tables import links
from crossdock.store.writes.actor import Actor
from crossdock.store.writes.door import Door
from crossdock.store.writes.follower import Follower

Prospect: TypeAlias = Literal[Decision, "waits", "unruled"]


class Movement(NamedTuple):
    """What would become of one entry on its way along a link, or, without a ``key``, of a link as a whole.

    ``target`` has no localId as long as a link waits for it.
    """

    prospect: Prospect
    key: str | None
    source: Ref | None
    target: Ref
    reason: str


class FlowPreview:
    """Previews of what the flows of a store would do."""

    def __init__(self, database: Database, followers: Sequence[Follower]) -> None:
        self._database = database
        self._flow = next((one for one in followers if isinstance(one, FlowFollower)), None)

    def of(self, record_type: str, local_id: str) -> list[Movement]:
        """List what would move to a record, and from it to those that are linked with it, and what not, and why."""
        if self._flow is None:
            return []
        with self._database.read() as connection:
            door = Door(self._database, _NOBODY, record_type, now="", run_id=None)
            here = Ref(record_type, local_id)
            ways = edges(connection, self._database, record_type, [local_id])
            found = list(_to(here, self._flow.decide(connection, door, record_type, [local_id])))
            for target in sorted({edge.other for edge in ways}):
                found += self._from(connection, door, here, target)
            return [*found, *_unruled(self._flow, here, ways), *_waiting(connection, here)]

    def _from(self, connection: Connection, door: Door, here: Ref, target: Ref) -> Iterator[Movement]:
        if self._flow is None or (here.record_type, target.record_type) not in self._flow.pairs:
            return
        there = door.load(connection, [here.local_id])
        mine = there[here.local_id].content.get("customData", {}) if there else {}
        for one in self._flow.decide(connection, door, target.record_type, [target.local_id]):
            for verdict in one.verdicts:
                if verdict.source == here:
                    yield Movement(verdict.decision, verdict.key, here, target, verdict.reason)
                elif verdict.key in mine:
                    preferred = "" if verdict.source is None else f"that of {'/'.join(verdict.source)} is preferred"
                    yield Movement("kept", verdict.key, here, target, preferred)


_NOBODY = Actor("flow", None, "preview", "flow")


def _to(target: Ref, decided: Sequence[Decided]) -> Iterator[Movement]:
    for one in decided:
        for verdict in one.verdicts:
            yield Movement(verdict.decision, verdict.key, verdict.source, target, verdict.reason)


def _unruled(flow: FlowFollower, here: Ref, ways: Sequence[Edge]) -> Iterator[Movement]:
    for other in sorted({edge.other for edge in ways}):
        if not {(here.record_type, other.record_type), (other.record_type, here.record_type)} & flow.pairs:
            reason = f"no flow goes between {here.record_type} and {other.record_type}"
            yield Movement("unruled", None, here, other, reason)


def _waiting(connection: Connection, here: Ref) -> Iterator[Movement]:
    query = (
        select(links.c.target_type, links.c.connection_id, links.c.remote_id)
        .where(links.c.record_type == here.record_type, links.c.local_id == here.local_id, links.c.target_id.is_(None))
        .order_by(links.c.position)
    )
    for record_type, connection_id, remote_id in connection.execute(query):
        reason = f"there is no {record_type} with remote id {remote_id!r} of connection {connection_id} yet"
        yield Movement("waits", None, here, Ref(record_type, ""), reason)
