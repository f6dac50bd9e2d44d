"""Links between records as rows, so that they are found from either end; one by remote id waits for its other end.

A link is a plain field of the record in which it stands. The rows say the same, and besides which record a remote id
stands for, from the moment on when that record is there.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Literal, NamedTuple, TypeAlias

from sqlalchemy import Connection, bindparam, delete, exists, insert, literal, null, select, union_all, update

from crossdock.records import Carried, Working
from crossdock.store.sql.column_text import to_column
from crossdock.store.sql.database import Database
from crossdock.store.sql.tables import imports, links, records
from crossdock.store.writes.door import Door
from crossdock.store.writes.follower import Write

_FORGET = delete(links).where(links.c.record_type == bindparam("type"), links.c.local_id == bindparam("id"))
_KEEP = insert(links).values({column.name: bindparam(column.name) for column in links.c})
_HELD = select(imports.c.remote_id, imports.c.local_id).where(
    imports.c.connection_id == bindparam("connection"), imports.c.record_type == bindparam("type")
)
_UNMET = (
    links.c.target_id.is_(None),
    links.c.connection_id == bindparam("connection"),
    links.c.target_type == bindparam("to"),
)
_WAITING = select(links.c.remote_id).where(*_UNMET)
_ANY_WAITING = select(exists().where(*_UNMET))
_ARRIVE = update(links).values(target_id=bindparam("new_id")).where(*_UNMET, links.c.remote_id == bindparam("remote"))
_LEAVE = (
    update(links)
    .values(target_id=null())
    .where(
        links.c.target_type == bindparam("to"),
        links.c.target_id == bindparam("id"),
        links.c.connection_id == bindparam("connection"),
        links.c.remote_id == bindparam("remote"),
    )
)

_OUTGOING = select(links.c.local_id, links.c.target_type, links.c.target_id, links.c.position).where(
    links.c.record_type == bindparam("type"), links.c.target_id.is_not(None)
)
_INCOMING = select(links.c.target_id, links.c.record_type, links.c.local_id).where(
    links.c.target_type == bindparam("type")
)

# Which record a remote id of a connection stands for: (connection, remote id) -> localId.
Holders: TypeAlias = dict[tuple[str, str], str]


class Ref(NamedTuple):
    """One record."""

    record_type: str
    local_id: str


class Edge(NamedTuple):
    """A link as one of its two records sees it; ``position`` is its place in this record's own ``links``, if it is."""

    local_id: str
    other: Ref
    position: int | None


class Linked(NamedTuple):
    """A record that is linked with another; ``direction`` says which of the two names the other in its ``links``."""

    record_type: str
    local_id: str
    direction: Literal["to", "from"]


def linked(connection: Connection, record_type: str, local_id: str) -> list[Linked]:
    """List the records that a record links to, in the order of its links, and then those that link to it.

    A link whose other end is not there (not yet, or no longer) is left out.
    """
    there = exists().where(records.c.record_type == links.c.target_type, records.c.local_id == links.c.target_id)
    outgoing = select(
        literal("to"), links.c.position, links.c.target_type.label("type"), links.c.target_id.label("id")
    ).where(links.c.record_type == record_type, links.c.local_id == local_id, there)
    incoming = (
        select(literal("from"), literal(0), links.c.record_type, links.c.local_id)
        .where(links.c.target_type == record_type, links.c.target_id == local_id)
        .distinct()
    )
    rows = connection.execute(union_all(outgoing, incoming)).all()
    ordered = sorted(rows, key=lambda row: (row[0] == "from", row[1], row[2], row[3]))
    return list(dict.fromkeys(Linked(row[2], row[3], row[0]) for row in ordered))


def edges(
    connection: Connection,
    database: Database,
    record_type: str,
    local_ids: Sequence[str],
    *,
    without: Collection[str] = (),
) -> list[Edge]:
    """List the links of records of one type, those that stand in them and those that lead to them.

    ``without`` are those of them in which none stands, as the caller happens to know.
    """
    holding = [local_id for local_id in local_ids if local_id not in without]
    outgoing = database.matching(connection, _OUTGOING, links.c.local_id, (record_type,), holding)
    incoming = database.matching(connection, _INCOMING, links.c.target_id, (record_type,), local_ids)
    return [Edge(row[0], Ref(row[1], row[2]), row[3]) for row in outgoing] + [
        Edge(row[0], Ref(row[1], row[2]), None) for row in incoming
    ]


class LinkFollower:
    """Keeps the rows in step with the records."""

    def wants(self, record_type: str, record: Working, carried: Sequence[Carried]) -> bool:  # noqa: ARG002 - protocol's
        """Say whether a new record has links."""
        return bool(record.get("links"))

    def follow(self, connection: Connection, door: Door, writes: Sequence[Write]) -> None:
        """Write the links of what was written, and give those that waited for it their other end."""
        self.take(connection, door, writes)

    def take(self, connection: Connection, door: Door, writes: Sequence[Write]) -> set[str]:
        """Do as :meth:`follow`, and tell which of the records were waited for, by localId."""
        _keep_links(connection, door, writes)
        gone, come = _identities(writes)
        database, to = door.database, door.record_type
        database.many(connection, _LEAVE, [(to, local_id, owner, to_column(one)) for owner, one, local_id in gone])
        if door.arrivals:
            come.update({(str(door.actor.connection_id), one): local_id for one, local_id in door.arrivals.items()})
        return _arrive(connection, database, to, come)


def _keep_links(connection: Connection, door: Door, writes: Sequence[Write]) -> None:
    # A page may bring a record twice; what the last write made of it counts.
    changed = {write.stored.local_id: write for write in writes if _links(write.before) != _links(write.after)}
    outdated = [(door.record_type, local_id) for local_id, write in changed.items() if write.before is not None]
    door.database.many(connection, _FORGET, outdated)
    named = [
        (local_id, place, link) for local_id, write in changed.items() for place, link in enumerate(_links(write.after))
    ]
    held = _held(connection, door.database, [link for _local_id, _place, link in named])
    rows = [_row(door.record_type, local_id, place, link, held) for local_id, place, link in named]
    door.database.many(connection, _KEEP, rows)


def _row(record_type: str, local_id: str, at: int, link: Working, held: Mapping[str, Holders]) -> tuple[Any, ...]:
    owner, remote_id = link.get("connectionId"), link.get("remoteId")
    target_id, column = link.get("localId"), None
    if owner is not None and remote_id is not None:
        target_id, column = held[link["recordType"]].get((owner, remote_id)), to_column(remote_id)
    return record_type, local_id, at, link["recordType"], target_id, owner, column


def _held(connection: Connection, database: Database, named: Sequence[Working]) -> dict[str, Holders]:
    """Look up which records the remote ids in links stand for, by record type."""
    asked: dict[tuple[str, str], set[str]] = {}
    for link in named:
        if "remoteId" in link:
            asked.setdefault((link["connectionId"], link["recordType"]), set()).add(link["remoteId"])
    found: dict[str, Holders] = {record_type: {} for _owner, record_type in asked}
    for (owner, record_type), remote_ids in asked.items():
        by_column = {to_column(one): one for one in remote_ids}
        rows = database.matching(connection, _HELD, imports.c.remote_id, (owner, record_type), sorted(by_column))
        found[record_type].update({(owner, by_column[row[0]]): row[1] for row in rows if row[1] is not None})
    return found


def _arrive(connection: Connection, database: Database, to: str, come: Holders) -> set[str]:
    """Give links that waited for these records their other end."""
    arrived = set()
    for owner in {owner for owner, _remote_id in come}:
        if not database.run(connection, _ANY_WAITING, (owner, to)).scalar_one():
            continue
        ids = {to_column(one): local_id for (of, one), local_id in come.items() if of == owner}
        waiting = database.matching(connection, _WAITING, links.c.remote_id, (owner, to), sorted(ids))
        remote_ids = {row[0] for row in waiting}
        database.many(connection, _ARRIVE, [(ids[one], owner, to, one) for one in sorted(remote_ids)])
        arrived |= {ids[one] for one in remote_ids}
    return arrived


def _identities(writes: Sequence[Write]) -> tuple[list[tuple[str, str, str]], Holders]:
    """List the remote ids that records no longer have, and those that they have got."""
    gone: list[tuple[str, str, str]] = []
    come: Holders = {}
    for write in writes:
        old, new = _ids(write.before), _ids(write.after)
        if old != new:
            gone += [(owner, one, write.stored.local_id) for owner, one in old - new]
            come.update(dict.fromkeys(new - old, write.stored.local_id))
    return gone, come


def _ids(record: Working | None) -> set[tuple[str, str]]:
    return set((record or {}).get("remoteIdMap", {}).items())


def _links(record: Working | None) -> list[Working]:
    found: list[Working] = (record or {}).get("links", [])
    return found
