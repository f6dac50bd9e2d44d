"""Reading the store: records and payloads as flat streams, history, cursors, configurations."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from msgspec import Struct
from sqlalchemy import Connection, bindparam, func, select

from crossdock.records import parse_json
from crossdock.store.imports.compression import Compression
from crossdock.store.sql.column_text import may_be_id, to_column
from crossdock.store.sql.database import Database
from crossdock.store.sql.portable import insert
from crossdock.store.sql.tables import cursors, history, imports, records

_BATCH = 500


class Cursor(Struct, frozen=True):
    """How far the incremental reading of a connection and record type has come, and when and by which run."""

    connection_id: str
    record_type: str
    cursor: str
    moved: str
    run_id: str | None


class Payload(Struct, frozen=True):
    """The raw payload of one remote record, as kept by the last import, with what it was imported under."""

    connection_id: str
    record_type: str
    remote_id: str
    local_id: str | None
    modified: str | None
    digest: bytes
    config_hash: bytes
    payload: bytes


class PayloadCount(NamedTuple):
    """How many payloads of a connection are kept, and how many imported records are without theirs."""

    kept: int
    forgotten: int


class HistoryEntry(Struct, frozen=True):
    """One change of a record: when, by whom, through what, and the value before and after (``None`` = absent)."""

    changed: str
    version: int
    actor_kind: str
    actor_name: str
    connection_id: str | None
    through: str
    run_id: str | None
    path: str
    old: Any
    new: Any


def documents(database: Database, record_type: str, connection_id: str | None = None) -> Iterator[str]:
    """Stream the packed documents of a record type in the order of localId; all, or those that a connection has.

    Each batch is a transaction of its own, so a slow reader holds up nobody; a record that is there from the
    beginning to the end is given exactly once.
    """
    query = select(records.c.local_id, records.c.document).where(records.c.record_type == record_type)
    if connection_id is not None:  # each of its keys in a remoteIdMap is a row there
        its = (imports.c.connection_id == connection_id, imports.c.record_type == record_type)
        query = query.where(records.c.local_id.in_(select(imports.c.local_id).where(*its)))
    query = query.order_by(records.c.local_id).limit(_BATCH)
    after = ""
    while True:
        with database.read() as connection:
            rows = connection.execute(query.where(records.c.local_id > after)).all()
        for _local_id, document in rows:
            yield document
        if len(rows) < _BATCH:
            return
        after = rows[-1][0]


def count_records(connection: Connection) -> dict[str, int]:
    """Count the records of each type."""
    rows = connection.execute(select(records.c.record_type, func.count()).group_by(records.c.record_type))
    return {row[0]: row[1] for row in rows}


_PAYLOAD = [imports.c[name] for name in Payload.__struct_fields__]


def read_payload(
    database: Database, compression: Compression, connection_id: str, record_type: str, remote_id: str
) -> Payload | None:
    """Read the payload of one remote record."""
    query = select(*_PAYLOAD).where(
        imports.c.connection_id == connection_id,
        imports.c.record_type == record_type,
        imports.c.remote_id == remote_id,
        imports.c.payload.is_not(None),
    )
    with database.read() as connection:
        row = connection.execute(query).first()
    return None if row is None else _payload(compression, row)


def payloads(database: Database, compression: Compression, connection_id: str, record_type: str) -> Iterator[Payload]:
    """Stream the payloads of a connection as they lie in the store, in batches as :func:`documents` does."""
    fixed = {imports.c.connection_id: connection_id, imports.c.record_type: record_type}
    place, mine = database.walk(imports.c.remote_id, fixed)
    query = select(place, *_PAYLOAD).where(*mine, imports.c.payload.is_not(None)).order_by(place).limit(_BATCH)
    batch = query
    while True:
        with database.read() as connection:
            rows = connection.execute(batch).all()
        for _place, *values in rows:
            yield _payload(compression, values)
        if len(rows) < _BATCH:
            return
        batch = query.where(place > rows[-1][0])


def count_payloads(connection: Connection, connection_id: str, record_type: str) -> PayloadCount:
    """Count the remote records of a connection by whether their payload is kept."""
    query = select(func.count(imports.c.payload), func.count()).where(
        imports.c.connection_id == connection_id, imports.c.record_type == record_type, imports.c.digest.is_not(None)
    )
    kept, known = connection.execute(query).one()
    return PayloadCount(kept, known - kept)


def _payload(compression: Compression, row: Any) -> Payload:
    values = [*row[:-1], compression.unpack(row[-1])]
    return Payload(*values)


def read_history(connection: Connection, record_type: str, local_id: str) -> list[HistoryEntry]:
    """Read what happened to a record since its creation, oldest first."""
    if not may_be_id(local_id):
        return []
    query = (
        select(*(history.c[name] for name in HistoryEntry.__struct_fields__))
        .where(history.c.record_type == record_type, history.c.local_id == local_id)
        .order_by(history.c.history_id)
    )
    rows = ([*row[:-2], parse_json(row[-2]), parse_json(row[-1])] for row in connection.execute(query))
    return [HistoryEntry(*values) for values in rows]


def read_cursors(connection: Connection) -> list[Cursor]:
    """List every cursor."""
    query = select(cursors).order_by(cursors.c.connection_id, cursors.c.record_type)
    return [Cursor(*row) for row in connection.execute(query)]


_new = insert(cursors).values({column.name: bindparam(column.name) for column in cursors.c})
_SET_CURSOR = _new.on_conflict_do_update(
    index_elements=["connection_id", "record_type"],
    set_={name: _new.excluded[name] for name in ("cursor", "moved", "run_id")},
)


def set_cursor(database: Database, connection: Connection, cursor: Cursor) -> None:
    """Move a cursor, or set the first one."""
    row = (cursor.connection_id, cursor.record_type, to_column(cursor.cursor), cursor.moved, cursor.run_id)
    database.run(connection, _SET_CURSOR, row)
