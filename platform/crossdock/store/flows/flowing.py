"""What flows have brought to records: which entries, from where, and what they were."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple, TypeAlias

from sqlalchemy import Connection, bindparam, delete, insert, literal_column, select

from crossdock.customdata import split_dictionary_key
from crossdock.customdata.sameness import same
from crossdock.records import Working, unpack_record
from crossdock.records.wire import dump_stored, parse_stored
from crossdock.store.flows.links import Ref
from crossdock.store.reads.finding import read_record
from crossdock.store.sql.column_text import from_column, make_storable, to_column
from crossdock.store.sql.database import Database
from crossdock.store.sql.tables import copied, flowed, imports

HERE = ""  # the record itself: entries of its parts do not flow

_OF_RECORD = (flowed.c.record_type == bindparam("type"), flowed.c.local_id == bindparam("id"))
_BROUGHT = select(
    flowed.c.local_id, flowed.c.entry_key, flowed.c.source_type, flowed.c.source_id, flowed.c.entry, flowed.c.refused
).where(flowed.c.record_type == bindparam("type"), flowed.c.place == bindparam("place"))
_STANDING = select(flowed.c.entry_key, flowed.c.entry).where(*_OF_RECORD, flowed.c.entry.is_not(None))
_KEEP = insert(flowed).values({column.name: bindparam(column.name) for column in flowed.c})
_DROP = delete(flowed).where(*_OF_RECORD, flowed.c.place == bindparam("place"), flowed.c.entry_key == bindparam("key"))
_FORGET = delete(flowed).where(*_OF_RECORD)
_PRODUCED = select(imports.c.produced).where(
    imports.c.connection_id == bindparam("connection"),
    imports.c.record_type == bindparam("type"),
    imports.c.outcome == literal_column("'stored'"),
)
_COPIED = select(copied.c.target_id, copied.c.source_type, copied.c.source_id).where(
    copied.c.target_type == bindparam("type")
)
_COPY = insert(copied).values({column.name: bindparam(column.name) for column in copied.c})
_FORGET_COPIES = tuple(
    delete(copied).where(copied.c[f"{end}_type"] == bindparam("type"), copied.c[f"{end}_id"] == bindparam("id"))
    for end in ("source", "target")
)


class Brought(NamedTuple):
    """One entry that a flow has to do with: whence it came, and what it was then (``None``: it was never brought).

    ``refused`` says which limit keeps the source's present entry out.
    """

    source: Ref
    entry: Working | None
    refused: str | None = None


# What was brought to one record, by dictionary key.
BroughtEntries: TypeAlias = dict[str, Brought]


def flowed_keys(connection: Connection, record_type: str, local_id: str) -> dict[str, frozenset[str]]:
    """List the entries of a record that flows brought and nobody has changed since, by place (``""``: on the record).

    They were not written there by their owner, so an owner who does not mention them has not deleted them.
    """
    rows = connection.execute(_STANDING, {"type": record_type, "id": local_id})
    brought = {key: parse_stored(entry) for key, entry in rows}
    if not brought:
        return {}
    entries = (read_record(connection, record_type, local_id) or {}).get("customData", {})
    keys = frozenset(key for key, entry in brought.items() if same(entries.get(key), entry))
    return {HERE: keys} if keys else {}


def read_brought(
    connection: Connection, database: Database, record_type: str, local_ids: Sequence[str]
) -> dict[str, BroughtEntries]:
    """Read what flows have to do with on records, by localId."""
    found: dict[str, BroughtEntries] = {local_id: {} for local_id in local_ids}
    rows = database.matching(connection, _BROUGHT, flowed.c.local_id, (record_type, HERE), local_ids)
    for local_id, key, source_type, source_id, entry, refused in rows:
        brought = Brought(Ref(source_type, source_id), None if entry is None else parse_stored(entry), _plain(refused))
        found[local_id][from_column(key)] = brought
    return found


def read_copied(
    connection: Connection, database: Database, record_type: str, local_ids: Sequence[str]
) -> set[tuple[str, Ref]]:
    """Read from which records flows of mode copy have gone to these records already: localId and source."""
    rows = database.matching(connection, _COPIED, copied.c.target_id, (record_type,), local_ids)
    return {(target_id, Ref(source_type, source_id)) for target_id, source_type, source_id in rows}


def produced_keys(
    connection: Connection, database: Database, record_type: str, content: Working, keys: Iterable[str]
) -> frozenset[str]:
    """Say which of a record's entries the last import of their owner produced there: those are the record's own."""
    ids: Working = content.get("remoteIdMap", {})
    found: set[str] = set()
    by_owner: dict[str, set[str]] = {}
    for key in keys:
        owner = split_dictionary_key(key)[0]
        if owner in ids:
            by_owner.setdefault(owner, set()).add(key)
    for owner, mine in by_owner.items():
        rows = database.matching(
            connection, _PRODUCED, imports.c.remote_id, (owner, record_type), [to_column(ids[owner])]
        )
        for (produced,) in rows:  # without one of its own, the record is what was produced
            entries = content if produced is None else unpack_record(produced)
            found |= mine & entries.get("customData", {}).keys()
    return frozenset(found)


def write_brought(
    connection: Connection, database: Database, record_type: str, changed: Iterable[tuple[str, str, Brought | None]]
) -> None:
    """Remember what was brought: localId, dictionary key, and what flows have to do with it now."""
    rows = [(local_id, to_column(key), brought) for local_id, key, brought in changed]
    database.many(connection, _DROP, [(record_type, local_id, HERE, key) for local_id, key, _brought in rows])
    kept = [
        (record_type, local_id, HERE, key, *brought.source, _text(brought.entry), _column(brought.refused))
        for local_id, key, brought in rows
        if brought is not None
    ]
    database.many(connection, _KEEP, kept)


def write_copied(connection: Connection, database: Database, record_type: str, gone: Iterable[tuple[str, Ref]]) -> None:
    """Remember from which records flows of mode copy have gone now."""
    database.many(connection, _COPY, [(*source, record_type, target_id) for target_id, source in sorted(gone)])


def forget(connection: Connection, database: Database, record_type: str, local_ids: Sequence[str]) -> None:
    """Forget what was brought to records that are deleted, and where copies went from and to them."""
    for statement in (_FORGET, *_FORGET_COPIES):
        database.many(connection, statement, [(record_type, local_id) for local_id in local_ids])


def _text(entry: Working | None) -> str | None:
    return None if entry is None else dump_stored(entry).decode()


def _column(text: str | None) -> str | None:
    return None if text is None else make_storable(text)


def _plain(column: str | None) -> str | None:
    return None if column is None else from_column(column)
