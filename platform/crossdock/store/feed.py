"""The changes of one record type in the order of their commits: what a program polls to keep up.

Every write takes its number under a row lock that is held to the commit, so numbers grow as commits do, and nobody who
has read up to a number can have missed one below it. A record stands under the number of its last change only, a
deleted one under that of its tombstone.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Literal, TypeAlias

from sqlalchemy import Column, ColumnElement, Connection, Select, and_, func, literal_column, or_, select, union_all

from crossdock.errors import CrossdockError
from crossdock.records import Working, dump_json, parse_json, unpack_record
from crossdock.store.database import Database
from crossdock.store.search import EntryFilter, carriers
from crossdock.store.tables import deletions, imports, records, sequence

StatusField: TypeAlias = Literal["status", "payment_status", "shipping_status"]
_STATUSES: Mapping[StatusField, Column[Any]] = MappingProxyType(
    {
        "status": records.c.status,
        "payment_status": records.c.payment_status,
        "shipping_status": records.c.shipping_status,
    }
)


class UnknownPositionError(CrossdockError):
    """A reader says it has read further than this store has come: it read another one."""

    def __init__(self, position: int, last: int) -> None:
        super().__init__(f"position {position} is ahead of this store, whose last change is {last}; begin anew")


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which changes a reader wants.

    Args:
        record_type: of the records.
        since: only what changed then or later, canonical UTC text. What is committed after the reading began comes in
            any case, so that no late commit is missed.
        statuses: what the record's statuses shall be; ``status`` is the record type's own.
        remote_id: a connection's id and the record's remote id there.
        entries: custom data that the record or its parts carry, all of it.
    """

    record_type: str
    since: str | None = None
    statuses: Mapping[StatusField, str] = field(default_factory=dict)
    remote_id: tuple[str, str] | None = None
    entries: Sequence[EntryFilter] = ()


@dataclass(frozen=True, slots=True)
class Position:
    """How far a reader has come: everything up to number ``after``; ``head`` was the last one when it began."""

    after: int
    head: int


@dataclass(frozen=True, slots=True)
class Deletion:
    """The tombstone of a record; ``version`` is one more than its last."""

    local_id: str
    version: int
    deleted: str
    remote_id_map: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class ChangePage:
    """A page of changes in the order of their commits; ``more`` says that something waits behind it already."""

    records: tuple[Working, ...]
    deleted: tuple[Deletion, ...]
    position: Position
    more: bool


class Feed:
    """Reads changes, a page a transaction."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def page(self, wanted: Wanted, position: Position | None = None, limit: int = 100) -> ChangePage:
        """Read what changed after a position; without one, from the beginning.

        Deletions are told whatever statuses and entries are wanted: nobody knows any more what a deleted record would
        have matched.

        Raises:
            UnknownPositionError: the position is of another store.
        """
        with self._database.read() as connection:
            head: int = connection.execute(select(sequence.c.value)).scalar_one()
            if position is None:
                position = Position(_beginning(connection, wanted, head), head)
            elif max(position.after, position.head) > head:
                raise UnknownPositionError(max(position.after, position.head), head)
            rows = connection.execute(_changes(wanted, position, limit + 1)).all()
        more = len(rows) > limit
        rows = rows[:limit]
        # All that was committed before this page was read is in it or not wanted: nobody need look at it again.
        after = rows[-1].number if more else max([head, *(row.number for row in rows)])
        documents = [unpack_record(row.content) for row in rows if not row.gone]
        return ChangePage(
            tuple(
                record for record in documents if all(one.is_in(wanted.record_type, record) for one in wanted.entries)
            ),
            tuple(_tombstones(wanted, rows)),
            Position(after, position.head),
            more,
        )


def _tombstones(wanted: Wanted, rows: Sequence[Any]) -> Iterator[Deletion]:
    for row in rows:
        if row.gone:
            remote_ids = parse_json(row.content)
            if wanted.remote_id is None or remote_ids.get(wanted.remote_id[0]) == wanted.remote_id[1]:
                yield Deletion(row.local_id, row.version, row.moment, remote_ids)


def _beginning(connection: Connection, wanted: Wanted, head: int) -> int:
    """Find the number before the first one that is wanted, by the index of times."""
    if wanted.since is None:
        return 0
    first = [
        select(func.min(number)).where(kind == wanted.record_type, _is_since(moment, wanted.since))
        for number, kind, moment in (
            (records.c.sequence, records.c.record_type, records.c.last_modified),
            (deletions.c.sequence, deletions.c.record_type, deletions.c.deleted),
        )
    ]
    found = [connection.execute(query).scalar_one() for query in first]
    return min((number - 1 for number in found if number is not None), default=head)


def _changes(wanted: Wanted, position: Position, limit: int) -> Select[Any]:
    """Both halves in one statement, so that they see one state of the store."""
    changed = select(
        records.c.sequence.label("number"),
        literal_column("0").label("gone"),
        records.c.local_id,
        records.c.version,
        records.c.last_modified.label("moment"),
        records.c.document.label("content"),
    ).where(
        records.c.record_type == wanted.record_type,
        _is_after(records.c.sequence, records.c.last_modified, wanted, position),
        *(_STATUSES[name] == value for name, value in wanted.statuses.items()),
        *(records.c.local_id.in_(carriers(wanted.record_type, one)) for one in wanted.entries),
    )
    gone = select(
        deletions.c.sequence.label("number"),
        literal_column("1").label("gone"),
        deletions.c.local_id,
        deletions.c.version,
        deletions.c.deleted.label("moment"),
        deletions.c.remote_id_map.label("content"),
    ).where(
        deletions.c.record_type == wanted.record_type,
        _is_after(deletions.c.sequence, deletions.c.deleted, wanted, position),
    )
    if wanted.remote_id is not None:
        changed = changed.where(records.c.local_id.in_(_known_as(wanted.record_type, *wanted.remote_id)))
        pair = dump_json({wanted.remote_id[0]: wanted.remote_id[1]}).decode()[1:-1]
        gone = gone.where(deletions.c.remote_id_map.contains(pair, autoescape=True))
    halves = [select(half.order_by(half.selected_columns.number).limit(limit).subquery()) for half in (changed, gone)]
    both = union_all(*halves).subquery()
    return select(both).order_by(both.c.number).limit(limit)


def _known_as(record_type: str, connection_id: str, remote_id: str) -> Select[Any]:
    return select(imports.c.local_id).where(
        imports.c.connection_id == connection_id,
        imports.c.record_type == record_type,
        imports.c.remote_id == remote_id,
        imports.c.local_id.is_not(None),
    )


def _is_after(number: Column[Any], moment: Column[Any], wanted: Wanted, position: Position) -> ColumnElement[bool]:
    if wanted.since is None or position.after >= position.head:
        return number > position.after
    return and_(number > position.after, or_(number > position.head, _is_since(moment, wanted.since)))


def _is_since(moment: Column[Any], since: str) -> ColumnElement[bool]:
    """Compare times as text: without the Z, since "...:27.5Z" sorts before "...:27Z"."""
    whole, point, _digits = since[:-1].partition(".")
    later = moment >= since[:-1]
    return and_(later, moment != f"{whole}Z") if point else later
