"""The statements that read changes, each made once for whatever has its shape; values in their order."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import count
from types import MappingProxyType
from typing import Any, Literal, NamedTuple, TypeAlias

from msgspec import Struct, field
from sqlalchemy import BindParameter, Column, ColumnElement, Select, and_, bindparam, func, literal_column, or_, select

from crossdock.records import dump_json
from crossdock.store.reads.search import EntryFilter
from crossdock.store.sql.column_text import to_column
from crossdock.store.sql.tables import deletions, entry_index, imports, records

StatusField: TypeAlias = Literal["status", "payment_status", "shipping_status"]
Query: TypeAlias = tuple[Select[Any], tuple[Any, ...]]
_Bind: TypeAlias = Callable[[], BindParameter[Any]]

STATUSES: Mapping[StatusField, Column[Any]] = MappingProxyType(
    {
        "status": records.c.status,
        "payment_status": records.c.payment_status,
        "shipping_status": records.c.shipping_status,
    }
)


class Wanted(Struct, frozen=True):
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


class Position(Struct, frozen=True):
    """How far a reader has come: everything up to number ``after``; ``head`` was the last one when it began."""

    after: int
    head: int


class _Shape(NamedTuple):
    """What of a query is in its text; ``entries`` has the number of digests of each."""

    times: int
    statuses: tuple[StatusField, ...] = ()
    remote_id: bool = False
    entries: tuple[int, ...] = ()


def written_query(wanted: Wanted, position: Position, limit: int) -> Query:
    """Ask for records after a position: number and document."""
    times = _times(wanted.since, position)
    shape = _Shape(
        len(times),
        tuple(wanted.statuses),
        wanted.remote_id is not None,
        tuple(len(one.digests) for one in wanted.entries),
    )
    return _written(shape), (
        wanted.record_type,
        position.after,
        *times,
        *wanted.statuses.values(),
        *_remote_id(wanted),
        *_digests(wanted),
        limit,
    )


def gone_query(wanted: Wanted, position: Position, limit: int) -> Query:
    """Ask for tombstones after a position: number, localId, version, time and remote ids."""
    times = _times(wanted.since, position)
    pattern = () if wanted.remote_id is None else (_pattern(dict([wanted.remote_id])),)
    return _gone(_Shape(len(times), remote_id=bool(pattern))), (
        wanted.record_type,
        position.after,
        *times,
        *pattern,
        limit,
    )


def first_queries(wanted: Wanted) -> tuple[Query, Query]:
    """Ask for the first number whose time is wanted, of records and of tombstones; there may be none."""
    values = (wanted.record_type, *_bounds(wanted.since or ""))
    written, gone = _first(len(values) - 1)
    return (written, values), (gone, values)


def _times(since: str | None, position: Position) -> tuple[int | str, ...]:
    """What is wanted by its time; behind ``head`` everything is."""
    if since is None or position.after >= position.head:
        return ()
    return position.head, *_bounds(since)


def _bounds(since: str) -> tuple[str, ...]:
    """Times as texts: without the Z, since "...:27.5Z" sorts before "...:27Z"; that one is left out by name then."""
    whole, point, _digits = since[:-1].partition(".")
    return (since[:-1], f"{whole}Z") if point else (since[:-1],)


def _remote_id(wanted: Wanted) -> tuple[str, ...]:
    if wanted.remote_id is None:
        return ()
    connection_id, remote_id = wanted.remote_id
    return connection_id, wanted.record_type, to_column(remote_id)


def _digests(wanted: Wanted) -> Iterator[bytes | str]:
    for one in wanted.entries:
        yield from one.digests
        yield wanted.record_type


def _pattern(remote_ids: Mapping[str, str]) -> str:
    """Look for a pair in a JSON object, wherever it stands."""
    pair = dump_json(remote_ids).decode()[1:-1]
    return "%" + pair.replace("/", "//").replace("%", "/%").replace("_", "/_") + "%"


def _binds() -> _Bind:
    numbers = count()
    return lambda: bindparam(f"value_{next(numbers)}")


@lru_cache(maxsize=256)
def _written(shape: _Shape) -> Select[Any]:
    """Find the numbers by indexes alone, and only then read documents."""
    bind = _binds()
    found = shape.remote_id or shape.entries
    # What is found by its id must not be looked for along the sequence, where a database would see it in order already.
    number = records.c.sequence + literal_column("0") if found else records.c.sequence
    conditions = [records.c.record_type == bind(), number > bind()]
    conditions += _time(bind, shape.times, number, records.c.last_modified)
    conditions += [STATUSES[name] == bind() for name in shape.statuses]
    if shape.remote_id:
        conditions.append(records.c.local_id.in_(_known(bind)))
    conditions += [records.c.local_id.in_(_carriers(bind, digests)) for digests in shape.entries]
    numbers = _first_of(select(records.c.sequence).where(*conditions).order_by(number), bind)
    return (
        select(records.c.sequence, records.c.document)
        .where(records.c.sequence.in_(numbers))
        .order_by(records.c.sequence)
    )


@lru_cache(maxsize=16)
def _gone(shape: _Shape) -> Select[Any]:
    bind, of = _binds(), deletions.c
    conditions = [of.record_type == bind(), of.sequence > bind(), *_time(bind, shape.times, of.sequence, of.deleted)]
    if shape.remote_id:
        conditions.append(of.remote_id_map.like(bind(), escape="/"))
    query = select(of.sequence, of.local_id, of.version, of.deleted, of.remote_id_map).where(*conditions)
    return _first_of(query.order_by(of.sequence), bind)


@lru_cache(maxsize=2)
def _first(bounds: int) -> tuple[Select[Any], Select[Any]]:
    def of(number: Column[Any], kind: Column[Any], moment: Column[Any]) -> Select[Any]:
        bind = _binds()
        return select(func.min(number)).where(kind == bind(), *_since(bind, bounds, moment))

    return (
        of(records.c.sequence, records.c.record_type, records.c.last_modified),
        of(deletions.c.sequence, deletions.c.record_type, deletions.c.deleted),
    )


def _first_of(query: Select[Any], bind: _Bind) -> Select[Any]:
    return query.limit(bind()).offset(literal_column("0"))  # SQLite's dialect would bind the 0 as well


def _time(bind: _Bind, times: int, number: ColumnElement[Any], moment: Column[Any]) -> list[ColumnElement[bool]]:
    return [or_(number > bind(), and_(*_since(bind, times - 1, moment)))] if times else []


def _since(bind: _Bind, bounds: int, moment: Column[Any]) -> list[ColumnElement[bool]]:
    return [moment >= bind(), *([moment != bind()] if bounds == 2 else [])]


def _known(bind: _Bind) -> Select[Any]:
    known = imports.c
    return select(known.local_id).where(
        known.connection_id == bind(),
        known.record_type == bind(),
        known.remote_id == bind(),
        known.local_id.is_not(None),
    )


def _carriers(bind: _Bind, digests: int) -> Select[Any]:
    return select(entry_index.c.local_id).where(
        entry_index.c.digest.in_([bind() for _ in range(digests)]), entry_index.c.record_type == bind()
    )
