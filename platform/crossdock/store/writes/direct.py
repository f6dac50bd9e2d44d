"""Direct writes of one record: through API, CLI or a flow, by the same door as imports."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import TypeAlias

from msgspec import Struct
from sqlalchemy import Connection, delete, insert, select

from crossdock.errors import RecordError
from crossdock.records import Working, unpack_record
from crossdock.store.flows.flowing import flowed_keys
from crossdock.store.imports.page import NO_LEDGER
from crossdock.store.reads.finding import UnknownRecordError
from crossdock.store.sql.column_text import LONGEST_ID, may_be_id
from crossdock.store.sql.tables import imports
from crossdock.store.writes.door import Door, Stored, without_platform_fields
from crossdock.store.writes.entry_change import EntryChange
from crossdock.store.writes.validity import validated


class Replacement(Struct, frozen=True):
    """A function that makes a record anew, from what it is and the entries that flows brought to it.

    Those were not written there by their owner, so an owner who does not mention them has not deleted them. They are
    given as dictionary keys by place (``""``: on the record itself).
    """

    make: Callable[[Working, Mapping[str, Collection[str]]], Working]


# What the record shall be, or what makes it from what it is; that runs inside the transaction.
After: TypeAlias = Working | Callable[[Working], Working] | Replacement | EntryChange
# Is shown a record as it stands, inside the transaction, and raises to keep it as it is.
Check: TypeAlias = Callable[[Working], None]


class VersionConflictError(RecordError):
    """Somebody else has changed the record since it was read."""

    def __init__(self, record_type: str, local_id: str, expected: int, found: int) -> None:
        super().__init__(
            f"{record_type} {local_id!r} has version {found}, not {expected}: it was changed meanwhile; read it again",
            stage="store",
        )


class RemoteIdTakenError(RecordError):
    """Two records of one type cannot be the same one in a remote system."""

    def __init__(self, record_type: str, connection_id: str, remote_id: str, local_id: str) -> None:
        super().__init__(
            f"remote id {remote_id!r} of connection {connection_id!r} is taken by {record_type} {local_id!r}; "
            "unlink that one first",
            stage="store",
            pointer=f"/remoteIdMap/{connection_id}",
        )


class LongIdError(RecordError):
    """A remote id is longer than what can be looked for."""

    def __init__(self, remote_id: str, pointer: str | None = None) -> None:
        super().__init__(
            f"remote id {remote_id[:40] + '...'!r} has {len(remote_id)} characters; it may have {LONGEST_ID}",
            stage="store",
            pointer=pointer,
        )


class Written(Struct, frozen=True):
    """What a direct write left: ``changed`` is false if the record was like that already."""

    local_id: str
    version: int
    changed: bool
    record: Working


def write_record(
    connection: Connection, door: Door, local_id: str | None, after: After, expected_version: int | None
) -> Written:
    """Create (``local_id`` is ``None``) or change one record.

    Raises:
        UnknownRecordError: no such record.
        VersionConflictError: it has not the expected version.
        OwnershipError: the write touches what the actor does not own.
        RecordError: the result is no valid record, or a remote id is taken.
    """
    stored = None if local_id is None else _load(connection, door, local_id)
    if stored is not None and expected_version not in (None, stored.version):
        raise VersionConflictError(door.record_type, stored.local_id, expected_version or 0, stored.version)
    before = {} if stored is None else stored.content
    content = _wanted(connection, door.record_type, stored, after)
    changed = True
    if stored is None:
        stored = door.create(content)
    else:
        changed = door.change(stored, content)
    _link(connection, door, stored.local_id, before, content)
    door.flush(connection)
    door.follow(connection)
    if stored.local_id in door.rewritten:
        stored = _load(connection, door, stored.local_id)
    return Written(stored.local_id, stored.version, changed, _with_platform_fields(stored, stored.content))


def _wanted(connection: Connection, record_type: str, stored: Stored | None, after: After) -> Working:
    """Make the content that is wanted, valid and in wire form."""
    if isinstance(after, EntryChange):
        record = {} if stored is None else _with_platform_fields(stored, stored.content)
        return without_platform_fields(after.apply(record_type, record))
    if isinstance(after, Replacement):
        brought = {} if stored is None else flowed_keys(connection, record_type, stored.local_id)
        wanted = after.make(_document(stored), brought)
    else:
        wanted = after(_document(stored)) if callable(after) else after
    return validated(record_type, without_platform_fields(wanted))


def delete_record(connection: Connection, door: Door, local_id: str, check: Check | None) -> None:
    """Delete one record and what is known of its imports: if it is read again, it is new.

    Raises:
        UnknownRecordError: no such record.
        OwnershipError: it carries what the actor does not own.
    """
    stored = _load(connection, door, local_id)
    if check is not None:
        check(_document(stored))
    door.delete(stored)
    _link(connection, door, local_id, stored.content, {})
    door.flush(connection)
    door.follow(connection)


def _load(connection: Connection, door: Door, local_id: str) -> Stored:
    found = door.load(connection, [local_id]) if may_be_id(local_id) else {}
    if local_id not in found:
        raise UnknownRecordError(door.record_type, local_id)
    return found[local_id]


def _with_platform_fields(stored: Stored, content: Working) -> Working:
    last = {"created": stored.created, "lastModified": stored.last_modified, "version": stored.version}
    return {"localId": stored.local_id, **content, **last}


def _document(stored: Stored | None) -> Working:
    return {} if stored is None else unpack_record(stored.document)


def _link(connection: Connection, door: Door, local_id: str, before: Working, after: Working) -> None:
    """Keep the identities in step with remoteIdMap: each key there is one row, and each row is one key."""
    old, new = before.get("remoteIdMap", {}), after.get("remoteIdMap", {})
    for connection_id in {**old, **new}:
        if old.get(connection_id) == new.get(connection_id):
            continue
        if connection_id in old:
            _unlink(connection, door.record_type, connection_id, old[connection_id])
        if connection_id in new:
            _claim(connection, door.record_type, local_id, connection_id, new[connection_id])


def _unlink(connection: Connection, record_type: str, connection_id: str, remote_id: str) -> None:
    connection.execute(
        delete(imports).where(
            imports.c.connection_id == connection_id,
            imports.c.record_type == record_type,
            imports.c.remote_id == remote_id,
        )
    )


def _claim(connection: Connection, record_type: str, local_id: str, connection_id: str, remote_id: str) -> None:
    if len(remote_id) > LONGEST_ID:
        raise LongIdError(remote_id, f"/remoteIdMap/{connection_id}")
    taken = select(imports.c.local_id).where(
        imports.c.connection_id == connection_id,
        imports.c.record_type == record_type,
        imports.c.remote_id == remote_id,
    )
    holder = connection.execute(taken).scalar_one_or_none()
    if holder is not None:
        raise RemoteIdTakenError(record_type, connection_id, remote_id, holder)
    _unlink(connection, record_type, connection_id, remote_id)  # it may have been ignored so far
    columns = ("leaves", "mapped", "stashed", "empty", "dropped", "refused")
    connection.execute(
        insert(imports).values(
            connection_id=connection_id,
            record_type=record_type,
            remote_id=remote_id,
            local_id=local_id,
            outcome="linked",
            **dict(zip(columns, NO_LEDGER, strict=True)),
        )
    )
