"""Finding a record by what a person types: a localId, a displayId, or ``connection:displayId``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from sqlalchemy import Connection, bindparam, select

from crossdock.errors import ConfigError
from crossdock.records import Working, unpack_record
from crossdock.store.sql.column_text import is_storable, may_be_id
from crossdock.store.sql.database import Database
from crossdock.store.sql.tables import records


class UnknownRecordError(ConfigError):
    """No record answers to this reference."""

    def __init__(self, record_type: str, text: str) -> None:
        super().__init__(
            f"there is no {record_type} {text!r}; give its localId, its displayId or connection:displayId "
            f"(`crossdock records list --type {record_type}` shows them)"
        )


class AmbiguousReferenceError(ConfigError):
    """Several records answer to this reference; ``candidates`` are unambiguous ones."""

    def __init__(self, record_type: str, text: str, candidates: Sequence[str]) -> None:
        self.candidates = tuple(candidates)
        super().__init__(f"several {record_type} records are called {text!r}; say which: {', '.join(candidates)}")


_IS = (records.c.record_type == bindparam("type"), records.c.local_id == bindparam("id"))
_READ = select(records.c.document).where(*_IS)
_READ_PACKED = select(records.c.version, records.c.document).where(*_IS)


def find_record(connection: Connection, record_type: str, text: str, connections: Mapping[str, str]) -> Working:
    """Find the one record that a reference means.

    Args:
        connection: an open transaction.
        record_type: of the record.
        text: a localId, a displayId, or ``connection:displayId`` with a connection's name or id.
        connections: the names of connections and their ids.

    Raises:
        UnknownRecordError: none answers to it.
        AmbiguousReferenceError: several do.
    """
    if not is_storable(text):
        raise UnknownRecordError(record_type, text)
    found = read_record(connection, record_type, text)
    if found is not None:
        return found
    candidates = _called(connection, record_type, text)
    if not candidates:
        name, colon, display_id = text.partition(":")
        if colon:
            connection_id = connections.get(name, name)
            named = _called(connection, record_type, display_id)
            candidates = [record for record in named if connection_id in record.get("remoteIdMap", {})]
    if not candidates:
        raise UnknownRecordError(record_type, text)
    if len(candidates) > 1:
        raise AmbiguousReferenceError(record_type, text, _references(record_type, candidates, connections))
    return candidates[0]


def read_record(connection: Connection, record_type: str, local_id: str) -> Working | None:
    """Read a record by its localId."""
    if not may_be_id(local_id):
        return None
    document = connection.execute(_READ, {"type": record_type, "id": local_id}).scalar_one_or_none()
    return None if document is None else unpack_record(document)


class Packed(NamedTuple):
    """A record as it lies in the store, for who passes it on without looking into it."""

    version: int
    document: str


def read_packed(database: Database, connection: Connection, record_type: str, local_id: str) -> Packed | None:
    """Read a record by its localId, in packed form."""
    if not may_be_id(local_id):
        return None
    row = database.run(connection, _READ_PACKED, (record_type, local_id)).first()
    return None if row is None else Packed(*row)


def _called(connection: Connection, record_type: str, display_id: str) -> list[Working]:
    query = select(records.c.document).where(records.c.record_type == record_type, records.c.display_id == display_id)
    return [unpack_record(document) for document in connection.scalars(query.order_by(records.c.local_id))]


def _references(record_type: str, candidates: Sequence[Working], connections: Mapping[str, str]) -> list[str]:
    names = {connection_id: name for name, connection_id in connections.items()}
    prefixed = [
        [f"{record_type}/{names.get(one, one)}:{record['displayId']}" for one in record.get("remoteIdMap", {})]
        for record in candidates
    ]
    every = [reference for references in prefixed for reference in references]
    return [
        next((one for one in references if every.count(one) == 1), f"{record_type}/{record['localId']}")
        for references, record in zip(prefixed, candidates, strict=True)
    ]
