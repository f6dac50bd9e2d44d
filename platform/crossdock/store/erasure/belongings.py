"""What of the store is about one person: found by their e-mail address, or by one record."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Literal, TypeAlias

import msgspec
from msgspec import Struct
from sqlalchemy import Connection, Table, select, tuple_

from crossdock.records import Working, parse_json, unpack_record
from crossdock.store.erasure import scan
from crossdock.store.erasure.erasures import RemoteRecord
from crossdock.store.erasure.person import Person, emails_of, has_email, person_of
from crossdock.store.erasure.scan import Row, Unpack, texts
from crossdock.store.sql.database import Database
from crossdock.store.sql.tables import deliveries, history, imports, quarantine, records

# own: about a record of the person. others: about another record. free: about no record.
Standing: TypeAlias = Literal["own", "others", "free"]
RecordKey: TypeAlias = tuple[str, str]

_CHUNK = 200


class Belongings(Struct, frozen=True):
    """What is the person's in the store: records by type and localId, and what remote systems call them.

    ``unstored`` are those of the remote records of which there is a payload, and no record.
    """

    records: frozenset[RecordKey] = frozenset()
    remotes: frozenset[RemoteRecord] = frozenset()
    unstored: frozenset[RemoteRecord] = frozenset()

    def standing(self, row: Row) -> Standing:
        """Say whose a row is."""
        get = row.columns.get
        record_type = get("record_type")
        if record_type is None or get("kind") == "run.finished":
            return "free"
        local_ids = [(record_type, get("local_id")), (get("source_type"), get("source_id"))]
        remote_id = (get("connection_id"), record_type, get("remote_id"))
        if remote_id in self.remotes or self.records.intersection(local_ids):
            return "own"
        if get("actor_kind") == "flow":
            return "free"  # what a flow once brought to another's record may have been theirs
        return "others" if get("local_id") or get("remote_id") else "free"

    def __or__(self, other: Belongings) -> Belongings:
        """All of both."""
        return Belongings(self.records | other.records, self.remotes | other.remotes, self.unstored | other.unstored)

    def rows(self, connection: Connection, table: Table) -> Iterator[Row]:
        """Read the rows of a table that are about the person's records."""
        by_local = [table.c[name] for name in ("record_type", "local_id") if name in table.c]
        by_remote = [table.c[name] for name in RemoteRecord._fields if name in table.c]
        for columns, keys in ((by_local, sorted(self.records)), (by_remote, sorted(self.remotes))):
            if keys and len(columns) == len(keys[0]):
                for start in range(0, len(keys), _CHUNK):
                    chosen = tuple_(*columns).in_([tuple(key) for key in keys[start : start + _CHUNK]])
                    yield from scan.read(connection, table, select(table).where(chosen))


def find_by_email(database: Database, unpack: Unpack, email: str) -> tuple[Belongings, Person]:
    """Find the records that have an address in a field for it, and payloads without such a record that have it.

    Where a customer's own record has it, whatever names that customer by their id is the person's as well. A payload
    alone proves less than a record, for the address may be there for another reason: it counts only where there is no
    record, or one without any address.
    """
    probe = person_of(email, ())
    own = set(_records_with(database, probe)) | set(_deleted_with(database, probe))
    own |= set(_records_of_customers(database, own))
    remotes: set[RemoteRecord] = set()
    for remote in _payloads_with(database, unpack, probe):
        with database.read() as connection:
            record = _record_of(connection, remote)
        if record is None:
            remotes.add(remote)
        elif not emails_of(remote.record_type, record):
            own.add((remote.record_type, record["localId"]))
    return _complete(database, own, remotes, email)


def find_by_record(database: Database, record_type: str, local_id: str) -> tuple[Belongings, Person]:
    """Take one record for all that is the person's."""
    return _complete(database, {(record_type, local_id)}, (), None)


def _complete(
    database: Database, own: Iterable[RecordKey], remotes: Iterable[RemoteRecord], email: str | None
) -> tuple[Belongings, Person]:
    """Find out what remote systems call these records, and what they say of the person, now and before."""
    found = Belongings(frozenset(own), frozenset(remotes), frozenset(remotes))
    with database.read() as connection:
        imported = list(found.rows(connection, imports))
        known = [_said(row, "document") for row in found.rows(connection, records)]
        known += [_said(row, "produced") for row in imported if row.columns["produced"] is not None]
        known += [(_key(row), one) for row in found.rows(connection, history) for one in _told(row)]
    all_remotes = {RemoteRecord(*(row.columns[name] for name in RemoteRecord._fields)) for row in imported}
    return Belongings(found.records, found.remotes | all_remotes, found.unstored), person_of(email, known)


def _records_with(database: Database, probe: Person) -> Iterator[RecordKey]:
    for row in scan.rows(database, records):
        if any(map(probe.is_meant, texts(row.columns["document"], bytes))):
            record_type = row.columns["record_type"]
            if has_email(probe.email or "", record_type, unpack_record(row.columns["document"])):
                yield _key(row)


def _records_of_customers(database: Database, own: Iterable[RecordKey]) -> Iterator[RecordKey]:
    """Find the records that name one of these customers by an id in a remote system, whatever address they have."""
    customers = Belongings(frozenset(key for key in own if key[0] == "customer"))
    with database.read() as connection:
        known = [_said(row, "document")[1] for row in customers.rows(connection, records)]
    ids = {pair for record in known for pair in record.get("remoteIdMap", {}).items()}
    if not ids:
        return
    for row in scan.rows(database, records):
        if any(remote_id in row.columns["document"] for _connection_id, remote_id in ids):
            customer = unpack_record(row.columns["document"]).get("customer", {})
            if not ids.isdisjoint(customer.get("remoteIdMap", {}).items()):
                yield _key(row)


def _deleted_with(database: Database, probe: Person) -> Iterator[RecordKey]:
    """Find records that are gone; their first or last state lies in the history."""
    found: set[RecordKey] = set()
    for row in scan.rows(database, history):
        record_type, path = row.columns["record_type"], row.columns["path"]
        if not path and any(has_email(probe.email or "", record_type, one) for one in _told(row)):
            found.add(_key(row))
    with database.read() as connection:
        there = set(map(_key, Belongings(frozenset(found)).rows(connection, records)))
    yield from found - there


def _payloads_with(database: Database, unpack: Unpack, probe: Person) -> Iterator[RemoteRecord]:
    """Find remote records whose payload has the address as the whole of some value."""
    for table in (imports, quarantine, deliveries):
        for row in scan.rows(database, table):
            payload, remote_id = row.columns["payload"], row.columns["remote_id"]
            if payload and remote_id is not None and _has_leaf(unpack(payload), probe):
                yield RemoteRecord(row.columns["connection_id"], row.columns["record_type"], remote_id)


def _has_leaf(payload: bytes, probe: Person) -> bool:
    if not any(map(probe.is_meant, texts(payload, bytes))):
        return False
    try:
        waiting = [parse_json(payload)]
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return True  # what cannot be read cannot be told apart
    wanted = (probe.email or "").casefold()
    while waiting:
        value = waiting.pop()
        if type(value) is str and value.strip().casefold() == wanted:
            return True
        if type(value) is list:
            waiting += value
        elif type(value) is dict:
            waiting += value.values()
    return False


def _record_of(connection: Connection, remote: RemoteRecord) -> Working | None:
    query = (
        select(records.c.document)
        .join(imports, (imports.c.local_id == records.c.local_id) & (imports.c.record_type == records.c.record_type))
        .where(*(imports.c[name] == value for name, value in remote._asdict().items()))
    )
    document = connection.execute(query).scalar_one_or_none()
    return None if document is None else unpack_record(document)


def _said(row: Row, column: str) -> tuple[RecordKey, Working]:
    return _key(row), unpack_record(row.columns[column])


def _key(row: Row) -> RecordKey:
    return row.columns["record_type"], row.columns["local_id"] or ""


def _told(row: Row) -> Iterator[Working]:
    """Walk what a line of the history tells of a record: the values before and after, each in its place."""
    path: str = row.columns["path"]
    if "customData[" in path:
        return
    for name in ("old", "new"):
        value = parse_json(row.columns[name])
        if value is not None:
            yield _placed(path, value)


def _placed(path: str, value: Any) -> Working:
    """Put a value into an empty record: under ``rows[<id>].sku``, ``customer.remoteIdMap[<id>]`` or nothing."""
    for step in reversed(path.split(".") if path else ()):
        name, bracket, key = step.partition("[")
        if bracket:
            value = {key[:-1]: value} if name.endswith("Map") else [value] if type(value) is dict else []
        value = {name: value}
    return value if type(value) is dict else {}
