"""The one door: every write of a record passes here, is checked by the guard, and is recorded.

A door collects the writes of one transaction and sends them in a few large statements. A refused write raises
before anything of it was collected, so that the others go on.
"""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from msgspec import Struct
from sqlalchemy import Connection, bindparam, delete, insert, literal_column, select, update

from crossdock.customdata.sameness import same
from crossdock.records import Working, dump_json, pack_record, unpack_differing, unpack_field, unpack_record
from crossdock.store.imports.page import Parcel
from crossdock.store.sql.column_text import to_column
from crossdock.store.sql.database import Database
from crossdock.store.sql.portable import Utf8
from crossdock.store.sql.tables import deletions, history, imports, records, sequence
from crossdock.store.writes import guard
from crossdock.store.writes.actor import Actor
from crossdock.store.writes.changes import Change, changes
from crossdock.store.writes.follower import Follower, Write
from crossdock.store.writes.merge import check_identities
from crossdock.store.writes.searched import Searched, searched

_UNSEARCHED = Searched(None, None, None, None)
PLATFORM_FIELDS = ("localId", "created", "lastModified", "version")


class Stored(Struct):
    """A record as it stands in this transaction; ``content`` is the document without the platform's own fields."""

    local_id: str
    version: int
    created: str
    last_modified: str
    document: bytes
    searched: Searched | None = None
    new: bool = False
    wire_content: Working | None = None

    @property
    def content(self) -> Working:
        """The record without the platform's own fields; not to be changed in place."""
        if self.wire_content is None:
            self.wire_content = without_platform_fields(unpack_record(self.document))
        return self.wire_content

    def field(self, name: str) -> Any:
        """One field of the record, which is read alone as long as nobody has read the whole; ``None`` if absent."""
        return unpack_field(self.document, name) if self.wire_content is None else self.wire_content.get(name)


def without_platform_fields(record: Working) -> Working:
    """Leave out what only the store writes."""
    return {name: value for name, value in record.items() if name not in PLATFORM_FIELDS}


def new_local_ids(count: int) -> list[str]:
    """Make ids of 32 hex digits: 48 bits of time, 80 bits of chance.

    The time in front keeps new records together in the index; without it a page of a hundred new records would
    touch a hundred places of it, and the more the larger the store.
    """
    prefix = f"{time.time_ns() // 1_000_000:012x}"
    noise = os.urandom(10 * count).hex()
    return [prefix + noise[start : start + 20] for start in range(0, 20 * count, 20)]


@lru_cache(maxsize=8)
def _end(created: str, last_modified: str, version: int) -> bytes:
    """The end of every packed record with these platform fields: that of a whole page of new ones."""
    return f',"created":"{created}","lastModified":"{last_modified}","version":{version}}}'.encode()


def _with_platform_fields(packed: bytes, stored: Stored) -> bytes:
    """Put what only the store writes into a packed record, in front and at the end."""
    content = packed[1:-1]
    end = _end(stored.created, stored.last_modified, stored.version)
    return b"".join((b'{"localId":"', stored.local_id.encode(), b'",' if content else b'"', content, end))


def _packed_content(stored: Stored) -> str:
    """Take what :func:`_with_platform_fields` has put in out again."""
    document = stored.document.decode()
    head, end = f'{{"localId":"{stored.local_id}",', _end(stored.created, stored.last_modified, stored.version).decode()
    if document.startswith(head) and document.endswith(end):
        return f"{{{document.removeprefix(head).removesuffix(end)}}}"
    return pack_record(stored.content).decode()


def is_document(stored: Stored, packed: bytes) -> bool:
    """Whether a record stands as this packed content, byte for byte; equal content may be written otherwise."""
    return _with_platform_fields(packed, stored) == stored.document


_FIND = select(
    records.c.local_id, records.c.version, records.c.created, records.c.last_modified, records.c.document
).where(records.c.record_type == bindparam("type"))
_ADVANCE = update(sequence).values(value=sequence.c.value + bindparam("count"))
_TAKE = _ADVANCE.returning(sequence.c.value)
_DOCUMENT = Utf8("document")
_INSERT = insert(records).values(
    {**{column.name: bindparam(column.name) for column in records.c}, "document": _DOCUMENT}
)
_UPDATE = (
    update(records)
    .values(
        {
            "sequence": select(sequence.c.value - bindparam("numbers_after")).scalar_subquery(),
            **{name: bindparam(f"new_{name}") for name in ("version", "last_modified")},
            "document": _DOCUMENT,
            **{name: bindparam(f"new_{name}") for name in Searched._fields},
        }
    )
    .where(records.c.record_type == bindparam("type"), records.c.local_id == bindparam("id"))
)
_BURY = insert(deletions).values({column.name: bindparam(column.name) for column in deletions.c})
_REMEMBER = insert(history).values(
    {column.name: bindparam(column.name) for column in history.c if not column.primary_key}
)
_DELETE = delete(records).where(records.c.record_type == bindparam("type"), records.c.local_id == bindparam("id"))
# What an import produced is NULL as long as the record's document says the same (see imports.py). Whoever changes
# the document otherwise writes it down first.
_MATERIALISE = (
    update(imports)
    .values(produced=bindparam("was"))
    .where(
        imports.c.connection_id == bindparam("connection"),
        imports.c.record_type == bindparam("type"),
        imports.c.remote_id == bindparam("remote"),
        imports.c.produced.is_(None),
        imports.c.outcome == literal_column("'stored'"),
    )
)


def _columns(stored: Stored) -> tuple[Any, ...]:
    """The document and what the record is found by, in the order of the statements."""
    display_id, *statuses = stored.searched or _UNSEARCHED
    return (display_id and to_column(display_id), stored.document, *statuses)


class Door:
    """The writes of one actor to records of one type, in one transaction; ``changed`` by localId.

    Flows exchange ``actor`` from record to record, since each copies from a source of its own.
    ``arrivals`` are the records that an import created and no follower wanted: remote id -> localId. ``rewritten``
    are those that a flow has written again, behind this door's back.
    """

    def __init__(
        self,
        database: Database,
        actor: Actor,
        record_type: str,
        *,
        now: str,
        run_id: str | None,
        followers: Sequence[Follower] = (),
    ) -> None:
        self.actor = actor
        self.followers = followers
        self.record_type = record_type
        self.now = now
        self.changed: dict[str, tuple[Change, ...]] = {}
        self.database = database
        self.run_id = run_id
        self.arrivals: dict[str, str] = {}
        self.rewritten: set[str] = set()
        self._ids: list[str] = []
        self._written: dict[str, Stored] = {}
        self._deleted: list[Stored] = []
        self._history: list[tuple[Any, ...]] = []
        self._writes: list[Write] = []
        self._produced: dict[tuple[str, str], tuple[Any, ...]] = {}

    def load(self, connection: Connection, local_ids: Sequence[str]) -> dict[str, Stored]:
        """Read records as they stand."""
        rows = self.database.matching(connection, _FIND, records.c.local_id, (self.record_type,), local_ids)
        return {row[0]: Stored(row[0], row[1], row[2], row[3], row[4].encode()) for row in rows}

    def create(self, content: Working) -> Stored:
        """Create a record.

        Raises:
            OwnershipError: it carries what the actor does not own.
            RecordError: two parts of one list share their id.
        """
        guard.check(self.actor, self.record_type, None, content)
        check_identities(self.record_type, content)
        stored = self._new(pack_record(content), searched(self.record_type, content))
        if not self.actor.imports:  # of an import, run and payload tell the same
            self._remember(stored, "", None, stored.content)
        self._follow(stored, None, stored.content)
        return stored

    def create_from(self, parcel: Parcel) -> Stored:
        """Create the record of an import, as :meth:`create` does."""
        if parcel.cleared_for is self.actor or parcel.cleared_for == self.actor:
            stored = self._new(parcel.document, parcel.searched)
            if parcel.followed:
                self._follow(stored, None, stored.content)
            elif self.followers:
                self.arrivals[parcel.remote_id] = stored.local_id
            return stored
        return self.create(unpack_record(parcel.document))

    def change(self, stored: Stored, content: Working, *, importing: str | None = None) -> bool:
        """Change a record and say whether anything really differs; nothing moves if not.

        Args:
            stored: the record as it stands; it becomes what is written.
            content: wire-level, without the platform's own fields.
            importing: the connection whose import this is and whose own ``produced`` the caller writes.

        Raises:
            OwnershipError: the change touches what the actor does not own.
        """
        before = stored.content
        if same(content, before):
            return False
        guard.check(self.actor, self.record_type, before, content)
        check_identities(self.record_type, content)
        self._materialise(stored, importing)
        self._put(stored, pack_record(content), searched(self.record_type, content), content)
        self._tell(stored, before, content)
        return True

    def rewrite(self, stored: Stored, parcel: Parcel) -> bool:
        """Change a record to what an import made of it, as :meth:`change` does, where nobody else has written since.

        Only what differs is unpacked, guarded, compared and told.

        Raises:
            OwnershipError: the change touches what the actor does not own.
            RecordError: two parts of one list share their id.
        """
        was, after = unpack_differing(stored.document, parcel.document)
        before = without_platform_fields(was)
        if same(after, before):
            return False
        guard.check(self.actor, self.record_type, before, after)
        check_identities(self.record_type, after)
        self._materialise(stored, self.actor.connection_id)
        self._put(stored, parcel.document, parcel.searched, None)
        self._tell(stored, before, after)
        return True

    def delete(self, stored: Stored) -> None:
        """Delete a record; its last state stays in the history.

        Raises:
            OwnershipError: it carries what the actor does not own.
        """
        guard.check(self.actor, self.record_type, stored.content, None)
        self._remember(stored, "", stored.content, None)
        self._deleted.append(stored)
        self._follow(stored, stored.content, None)

    def flush(self, connection: Connection) -> None:
        """Send what was collected."""
        count = len(self._written) + len(self._deleted)
        numbered = list(enumerate(self._written.values()))
        gone = enumerate(self._deleted, len(self._written))
        asking = bool(self._deleted) or any(stored.new for stored in self._written.values())
        first = self._take_sequence(connection, count) - count + 1 if asking else 0
        self.database.send(
            connection,
            (_ADVANCE, [(count,)] if count and not asking else []),
            (_INSERT, [self._new_row(first + at, stored) for at, stored in numbered if stored.new]),
            (_UPDATE, [self._row(count - 1 - at, stored) for at, stored in numbered if not stored.new]),
            (_DELETE, [(self.record_type, stored.local_id) for stored in self._deleted]),
            (_BURY, [self._tombstone(first + at, stored) for at, stored in gone]),
            (_MATERIALISE, list(self._produced.values())),
            (_REMEMBER, self._history),
        )

    def follow(self, connection: Connection) -> None:
        """Write what follows from the writes, once everything that belongs to them is sent."""
        writes, self._writes = self._writes, []
        if writes or self.arrivals:
            for follower in self.followers:
                follower.follow(connection, self, writes)
        self.arrivals = {}

    def _follow(
        self, stored: Stored, before: Working | None, after: Working | None, changed: tuple[Change, ...] = ()
    ) -> None:
        if self.followers:
            self._writes.append(Write(stored, self.actor, before, after, changed))

    def _tell(self, stored: Stored, before: Working, after: Working) -> None:
        """Tell the history and the followers what changed."""
        changed = self.changed[stored.local_id] = tuple(changes(self.record_type, before, after))
        for change in changed:
            self._remember(stored, change.path, change.old, change.new)
        self._follow(stored, before, after, changed)

    def _new(self, packed: bytes, columns: Searched) -> Stored:
        if not self._ids:
            self._ids = new_local_ids(100)
        stored = Stored(self._ids.pop(), 0, self.now, self.now, b"", new=True)
        self._put(stored, packed, columns, None)
        return stored

    def _put(self, stored: Stored, packed: bytes, columns: Searched, content: Working | None) -> None:
        stored.version += 1
        if self.now[:-1] > stored.last_modified[:-1]:  # without the Z, which sorts behind the digits of a second
            stored.last_modified = self.now  # a clock that was set back does not make a change older than the last
        stored.document = _with_platform_fields(packed, stored)
        stored.searched = columns
        stored.wire_content = content
        self._written[stored.local_id] = stored

    def _materialise(self, stored: Stored, importing: str | None) -> None:
        # Only connections named in remoteIdMap can have produced exactly this; see imports.py.
        text: str | None = None
        for connection_id, remote_id in (stored.field("remoteIdMap") or {}).items():
            if connection_id != importing:
                text = text or _packed_content(stored)
                key = (connection_id, remote_id)
                self._produced.setdefault(key, (text, connection_id, self.record_type, to_column(remote_id)))

    def _remember(self, stored: Stored, path: str, old: object, new: object) -> None:
        actor = self.actor
        self._history.append(
            (
                self.record_type,
                stored.local_id,
                stored.version,
                self.now,
                actor.kind,
                to_column(actor.name),
                actor.connection_id,
                actor.through,
                self.run_id,
                to_column(path),
                dump_json(old).decode(),
                dump_json(new).decode(),
            )
        )

    def _take_sequence(self, connection: Connection, count: int) -> int:
        """Take numbers for the records of this transaction; the row stays locked, so numbers grow as commits do."""
        last: int = self.database.run(connection, _TAKE, (count,)).scalar_one()
        return last

    def _tombstone(self, number: int, stored: Stored) -> tuple[Any, ...]:
        remote_ids = dump_json(stored.content.get("remoteIdMap", {})).decode()
        return (number, self.record_type, stored.local_id, stored.version + 1, self.now, remote_ids)

    def _new_row(self, number: int, stored: Stored) -> tuple[Any, ...]:
        return (
            number,
            self.record_type,
            stored.local_id,
            stored.version,
            stored.created,
            stored.last_modified,
            *_columns(stored),
        )

    def _row(self, numbers_after: int, stored: Stored) -> tuple[Any, ...]:
        return (
            numbers_after,
            stored.version,
            stored.last_modified,
            *_columns(stored),
            self.record_type,
            stored.local_id,
        )
