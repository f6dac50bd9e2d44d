"""Which remote records are kept out for good, since a person's data in them were erased: by digests of their ids.

A remote id itself is not kept, for it may be an e-mail address. Each belongs to one connection and record type.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Sequence
from typing import NamedTuple

from sqlalchemy import Connection, bindparam, delete, exists, select

from crossdock.store.sql.database import Database
from crossdock.store.sql.portable import insert
from crossdock.store.sql.tables import erasures

ERASED_BEFORE = (
    "a person's data in it were erased; crossdock erase --record TYPE/CONNECTION:REMOTE-ID --readmit lets it in again"
)

_OF_CONNECTION = (erasures.c.connection_id == bindparam("connection"), erasures.c.record_type == bindparam("type"))
_ANY = select(exists().where(*_OF_CONNECTION))
_AMONG = select(erasures.c.digest).where(*_OF_CONNECTION)


class RemoteRecord(NamedTuple):
    """What one connection calls a record of one type."""

    connection_id: str
    record_type: str
    remote_id: str


def kept_out(
    database: Database, connection: Connection, connection_id: str, record_type: str, remote_ids: Sequence[str]
) -> Collection[str]:
    """Find those of these remote ids that are kept out; where nothing was ever erased it costs one question."""
    fixed = (connection_id, record_type)
    if not database.run(connection, _ANY, fixed).scalar_one():
        return ()
    digests = {_digest(remote_id): remote_id for remote_id in remote_ids}
    rows = database.matching(connection, _AMONG, erasures.c.digest, fixed, list(digests))
    return {digests[row[0]] for row in rows}


def keep_out(connection: Connection, found: Iterable[RemoteRecord], now: str) -> None:
    """Keep remote records out from now on."""
    rows = [{**_key(one), "erased": now} for one in found]
    if rows:
        connection.execute(insert(erasures).on_conflict_do_nothing(), rows)


def let_in(connection: Connection, found: Iterable[RemoteRecord]) -> int:
    """Let remote records in again, and say how many were kept out."""
    return sum(connection.execute(delete(erasures).filter_by(**_key(one))).rowcount for one in found)


def _key(one: RemoteRecord) -> dict[str, str]:
    return {"connection_id": one.connection_id, "record_type": one.record_type, "digest": _digest(one.remote_id)}


def _digest(remote_id: str) -> str:
    return hashlib.sha256(remote_id.encode("utf-8", "surrogatepass")).hexdigest()
