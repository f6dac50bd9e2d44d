"""The quarantine: payloads that could not be processed, each with its error, until they succeed or are dropped."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from typing import Any

from msgspec import Struct
from sqlalchemy import Connection, bindparam, delete, func, select

from crossdock.store.imports.compression import Compression
from crossdock.store.imports.page import PackedItem, Quarantined, Unchanged
from crossdock.store.sql.column_text import LONGEST_ID, make_storable
from crossdock.store.sql.database import Database
from crossdock.store.sql.portable import insert
from crossdock.store.sql.tables import quarantine

_OF_CONNECTION = (
    quarantine.c.connection_id == bindparam("connection"),
    quarantine.c.record_type == bindparam("type"),
)
_IDENTITIES = select(quarantine.c.identity, quarantine.c.modified, quarantine.c.stage).where(*_OF_CONNECTION)
_ANY = select(quarantine.c.quarantine_id).where(*_OF_CONNECTION)
_new = insert(quarantine).values(
    {column.name: bindparam(column.name) for column in quarantine.c if not column.primary_key}
)
AUDIT = "audit"  # the stage of what was put here because its remote system has it no longer
_KEPT = {"connection_id", "record_type", "identity", "first_failed", "failures", "digest"}
_PUT = _new.on_conflict_do_update(
    index_elements=["connection_id", "record_type", "identity"],
    set_={
        **{c.name: _new.excluded[c.name] for c in quarantine.c if not c.primary_key and c.name not in _KEPT},
        "failures": quarantine.c.failures + _new.excluded.failures,
        "digest": func.coalesce(_new.excluded.digest, quarantine.c.digest),
    },
)
_SETTLE = delete(quarantine).where(*_OF_CONNECTION, quarantine.c.identity == bindparam("identity"))


class QuarantineEntry(Struct, frozen=True):
    """One payload in quarantine; times are UTC text, ``failures`` counts the tries."""

    quarantine_id: int
    connection_id: str
    record_type: str
    remote_id: str | None
    modified: str | None
    stage: str
    error_class: str
    error: str
    pointer: str | None
    config_hash: bytes
    run_id: str | None
    first_failed: str
    last_failed: str
    failures: int

    @property
    def cause(self) -> str:
        """What the error has in common with those of others that failed alike."""
        return cause_of(self.error, self.remote_id)


_VALUES = re.compile(r"'[^']*'|\"[^\"]*\"|\d+(?:[.,]\d+)*")


def cause_of(error: str, remote_id: str | None) -> str:
    """Take out of an error what differs from record to record: the values that it quotes, numbers, the record's id."""
    return _VALUES.sub("…", error.removeprefix(remote_id or ""))


class QuarantineWriter:
    """What one page puts into quarantine and takes out of it.

    Unless the page was ``seen`` in the remote system just now, what an audit put there stays.
    """

    def __init__(
        self, database: Database, connection_id: str, record_type: str, *, now: str, run_id: str, seen: bool = True
    ) -> None:
        self._database = database
        self._connection_id = connection_id
        self._record_type = record_type
        self._now = now
        self._run_id = run_id
        self._seen = seen
        self._there: dict[str, str | None] = {}
        self.missed: set[str] = set()
        self._settled: dict[str, tuple[Any, ...]] = {}
        self._rows: dict[str, tuple[Any, ...]] = {}

    def load(self, connection: Connection, items: Sequence[PackedItem]) -> None:
        """Read which records of the page are in quarantine."""
        fixed = (self._connection_id, self._record_type)
        if self._database.run(connection, _ANY, fixed).first() is None:
            return
        ids = [remote_id_of(item) for item in items]
        identities = [identity_of(remote_id) for remote_id in ids if remote_id is not None]
        rows = self._database.matching(connection, _IDENTITIES, quarantine.c.identity, fixed, identities)
        self._there = {row[0]: row[1] for row in rows if self._seen or row[2] != AUDIT}
        self.missed = {row[0] for row in rows if row[2] == AUDIT}

    def holds(self, remote_id: str) -> bool:
        """Tell whether a record of the page was in quarantine before it."""
        return identity_of(remote_id) in self._there

    def see(self, remote_id: str) -> None:
        """A record is there in the remote system: an audit's entry goes, whatever its modification time."""
        identity = identity_of(remote_id)
        if identity in self.missed:
            self._settled[identity] = (self._connection_id, self._record_type, identity)

    def settle(self, remote_id: str, modified: str | None) -> None:
        """A record succeeded: its entry goes, unless that holds a newer payload."""
        if not self._there and not self._rows:
            return
        identity = identity_of(remote_id)
        if identity not in self._there and identity not in self._rows:
            return
        waiting = self._rows[identity][4] if identity in self._rows else self._there[identity]
        if waiting is not None and modified is not None and modified[:-1] < waiting[:-1]:
            return
        self._rows.pop(identity, None)
        self._settled[identity] = (self._connection_id, self._record_type, identity)

    def put(self, item: Quarantined, packed: bytes) -> None:
        """A record failed: it waits here with its error; a repeat replaces it."""
        if item.remote_id is None:
            identity = f"payload:{hashlib.sha256(item.payload).hexdigest()}"
        else:
            identity = identity_of(item.remote_id)
        self._settled.pop(identity, None)
        self._rows[identity] = (
            self._connection_id,
            self._record_type,
            identity,
            None if item.remote_id is None else make_storable(item.remote_id),
            item.modified,
            item.stage,
            item.error_class,
            make_storable(item.error),
            None if item.pointer is None else make_storable(item.pointer),
            item.config_hash,
            self._run_id,
            self._now,
            self._now,
            1,
            packed,
            item.digest if self._seen else None,  # a retry has the payload without its secrets
        )

    def flush(self, connection: Connection) -> None:
        """Send what was collected."""
        self._database.many(connection, _SETTLE, list(self._settled.values()))
        self._database.many(connection, _PUT, list(self._rows.values()))


def list_entries(
    connection: Connection, connection_id: str | None = None, record_type: str | None = None
) -> list[QuarantineEntry]:
    """List what waits, oldest first."""
    query = select(*_SHOWN).order_by(quarantine.c.quarantine_id)
    if connection_id is not None:
        query = query.where(quarantine.c.connection_id == connection_id)
    if record_type is not None:
        query = query.where(quarantine.c.record_type == record_type)
    return [_entry(row) for row in connection.execute(query)]


def read_entry(
    database: Database, compression: Compression, quarantine_id: int
) -> tuple[QuarantineEntry, bytes] | None:
    """Read one entry and its payload."""
    query = select(*_SHOWN, quarantine.c.payload).where(quarantine.c.quarantine_id == quarantine_id)
    with database.read() as connection:
        row = connection.execute(query).first()
    return None if row is None else (_entry(row[:-1]), compression.unpack(row[-1]))


def drop_entries(connection: Connection, quarantine_ids: Sequence[int]) -> int:
    """Drop entries and say how many there were."""
    found = 0
    for quarantine_id in quarantine_ids:
        found += connection.execute(delete(quarantine).where(quarantine.c.quarantine_id == quarantine_id)).rowcount
    return found


_SHOWN = [quarantine.c[name] for name in QuarantineEntry.__struct_fields__]


def _entry(row: Sequence[Any]) -> QuarantineEntry:
    return QuarantineEntry(*row)


def remote_id_of(item: PackedItem) -> str | None:
    """Tell which remote record an item of a page is about, if that is known."""
    return item.known.remote_id if isinstance(item, Unchanged) else item.remote_id


def identity_of(remote_id: str) -> str:
    """Make that by which the entry of a remote record is found."""
    # A record may be refused just because its id is no valid Unicode or endless, and is to be found here all the same.
    if len(remote_id) > LONGEST_ID:
        return f"id:sha256:{hashlib.sha256(remote_id.encode('utf-8', 'surrogatepass')).hexdigest()}"
    return make_storable(f"id:{remote_id}")
