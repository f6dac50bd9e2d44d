"""What happened to the entries of a record since its creation: when, by whom, through what, from what to what."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal, TypeAlias

from msgspec import Struct
from sqlalchemy import ColumnElement, Connection, Row, and_, func, or_, select

from crossdock.records import SUB_RECORDS, Working, parse_json
from crossdock.store.reads.finding import read_record
from crossdock.store.sql.column_text import may_be_id
from crossdock.store.sql.database import Database
from crossdock.store.sql.tables import history, runs

Event: TypeAlias = Literal["created", "changed", "deleted"]

_ENTRIES = "customData"
_ID_AND_BRACKETS = 34


class EntryChange(Struct, frozen=True):
    """One change of one entry, or the creation or deletion of the record with all that stood on it.

    Args:
        changed: when.
        version: of the record, after it.
        event: ``created`` and ``deleted`` are of the record.
        actor_kind: ``connection``, ``operator`` or ``flow``; ``None`` with the rest of who where nobody knows any more.
        actor_name: what that was called.
        connection_id: the writing connection.
        through: ``import``, ``replay``, ``retry``, ``repair``, ``api``, ``cli`` or ``flow``.
        run_id: of an import, or what goes its way.
        place: where the entry stands: ``""`` for the record, else such as ``rows[<rowId>]``.
        key: its dictionary key; ``None`` for the record.
        old: the entry before; ``None``: there was none.
        new: the entry after; ``None``: there is none.
    """

    changed: str
    version: int
    event: Event
    actor_kind: str | None
    actor_name: str | None
    connection_id: str | None
    through: str | None
    run_id: str | None
    place: str = ""
    key: str | None = None
    old: Working | None = None
    new: Working | None = None

    def as_wire(self, names: Mapping[str, str]) -> Working:
        """Write it as JSON has it; ``names`` are those of the connections, by id."""
        wire = {
            "changed": self.changed,
            "version": self.version,
            "event": self.event,
            "actor": self.actor_kind,
            "actorName": self.actor_name or names.get(self.connection_id or ""),
            "connectionId": self.connection_id,
            "through": self.through,
            "runId": self.run_id,
            "place": self.place,
            "key": self.key,
            "old": self.old,
            "new": self.new,
        }
        return {name: value for name, value in wire.items() if value is not None}


class EntryHistoryPage(Struct, frozen=True):
    """A page of changes, oldest first; ``position`` leads on if there are ``more``."""

    changes: tuple[EntryChange, ...]
    position: int
    more: bool


class EntryHistory:
    """Reads the history of entries."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def page(
        self, record_type: str, local_id: str, *, key: str | None = None, after: int = 0, limit: int = 100
    ) -> EntryHistoryPage | None:
        """Read a page; ``None`` if there is and was no such record.

        Args:
            record_type: of the record.
            local_id: which record; it may be deleted by now.
            key: the dictionary key of one entry, wherever it stands; ``None`` for all.
            after: the position of the page before.
            limit: how many acts to read; an act that touches a whole part changes each of its entries.
        """
        query = (
            select(history)
            .where(history.c.record_type == record_type, history.c.local_id == local_id, history.c.history_id > after)
            .where(_concerns(record_type, key))
            .order_by(history.c.history_id)
            .limit(limit + 1)
        )
        if not may_be_id(local_id):
            return None
        with self._database.read() as connection:
            rows = connection.execute(query).all()
            first = [] if after else list(_creation(connection, record_type, local_id, rows))
            if not (first or rows or (after and _is_known(connection, record_type, local_id))):
                return None
        more, rows = len(rows) > limit, rows[:limit]
        found = [change for row in rows for change in _changes(row, key)]
        return EntryHistoryPage((*first, *found), rows[-1].history_id if rows else after, more)


def _concerns(record_type: str, key: str | None) -> ColumnElement[bool]:
    """Choose the lines about an entry, and those about whatever holds entries: the record, and its parts."""
    path = history.c.path
    if key is None:
        mine = path.contains(f"{_ENTRIES}[", autoescape=True, escape="/")
    else:
        own = f"{_ENTRIES}[{key}]"
        mine = or_(path == own, path.endswith(f".{own}", autoescape=True, escape="/"))
    whole = [
        and_(
            path.startswith(f"{name}[", autoescape=True, escape="/"), func.length(path) == len(name) + _ID_AND_BRACKETS
        )
        for name in SUB_RECORDS[record_type]
    ]
    return or_(mine, path == "", *whole)


def _is_known(connection: Connection, record_type: str, local_id: str) -> bool:
    """Say whether there is such a record, or was."""
    told = select(history.c.history_id).where(history.c.record_type == record_type, history.c.local_id == local_id)
    return (
        connection.execute(told.limit(1)).first() is not None
        or read_record(connection, record_type, local_id) is not None
    )


def _creation(
    connection: Connection, record_type: str, local_id: str, rows: Sequence[Row[Any]]
) -> Iterator[EntryChange]:
    """Tell of a creation that left no line of its own: an import's, of which run and payload tell the same."""
    if rows and rows[0].path == "" and parse_json(rows[0].old) is None:
        return
    record = read_record(connection, record_type, local_id)
    if record is None:  # it is deleted, and nobody knows any more
        return
    run = _run_of(connection, record_type, record)
    yield EntryChange(
        changed=record["created"],
        version=1,
        event="created",
        actor_kind="connection",
        actor_name=None,
        connection_id=None if run is None else run.connection_id,
        through="import" if run is None else run.kind,
        run_id=None if run is None else run.run_id,
    )


def _run_of(connection: Connection, record_type: str, record: Working) -> Row[Any, Any, Any] | None:
    """Find the run in which a record was created: one connection imports a type in one run at a time."""
    query = (
        select(runs.c.run_id, runs.c.connection_id, runs.c.kind)
        .where(
            runs.c.record_type == record_type,
            runs.c.direction == "import",
            runs.c.connection_id.in_(sorted(record.get("remoteIdMap", {}))),
            runs.c.started <= record["created"],
            or_(runs.c.ended.is_(None), runs.c.ended >= record["created"]),
        )
        .order_by(runs.c.started.desc())
        .limit(1)
    )
    return connection.execute(query).first()


def _changes(row: Row[Any], key: str | None) -> Iterator[EntryChange]:
    """Turn one line of the history of a record into changes of its entries."""
    old, new = parse_json(row.old), parse_json(row.new)
    path: str = row.path
    head, found, name = path.partition(f"{_ENTRIES}[")
    if found:
        if key in (None, name[:-1]):  # LIKE does not tell capitals from small letters everywhere
            yield _change(row, "changed", head.removesuffix("."), name[:-1], old, new)
    elif path:
        yield from _of_holder(row, path, old, new, key)
    else:
        yield _change(row, "created" if old is None else "deleted")


def _of_holder(row: Row[Any], place: str, old: Any, new: Any, key: str | None) -> Iterator[EntryChange]:
    was, now = ((holder or {}).get(_ENTRIES, {}) for holder in (old, new))
    for name in {**was, **now}:
        if key in (None, name):
            yield _change(row, "changed", place, name, was.get(name), now.get(name))


def _change(
    row: Row[Any],
    event: Event,
    place: str = "",
    key: str | None = None,
    old: Working | None = None,
    new: Working | None = None,
) -> EntryChange:
    return EntryChange(
        changed=row.changed,
        version=row.version,
        event=event,
        actor_kind=row.actor_kind,
        actor_name=row.actor_name,
        connection_id=row.connection_id,
        through=row.through,
        run_id=row.run_id,
        place=place,
        key=key,
        old=old,
        new=new,
    )
