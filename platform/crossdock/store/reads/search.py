"""Finding records by a custom data entry: an index of digests that is kept in step with every write.

Entries of modules ``x-...`` can always be searched, those that a mapping stashed only if ``[store] searchable`` names
them, since an import writes dozens of them a record and nobody looks for most.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from hashlib import blake2b
from typing import Any

import msgspec
from sqlalchemy import Connection, bindparam, delete, insert, select, union

from crossdock.customdata import split_dictionary_key
from crossdock.records import SUB_RECORDS, Carried, Stash, Working, dump_json, parse_json, unpack_record
from crossdock.store.sql import portable
from crossdock.store.sql.database import Database
from crossdock.store.sql.tables import entry_index, records, searchable as searchable_table
from crossdock.store.writes.door import Door
from crossdock.store.writes.follower import Write

_BATCH = 500
_ANYONES = "x-"
_sorted = msgspec.json.Encoder(decimal_format="number", order="deterministic").encode
# To a record that was there, whose old entries a process with other declarations may have left in the index.
_ADD_MORE = (
    portable.insert(entry_index)
    .values({column.name: bindparam(column.name) for column in entry_index.c})
    .on_conflict_do_nothing()
)
_ADD = insert(entry_index).values({column.name: bindparam(column.name) for column in entry_index.c})
_FORGET = delete(entry_index).where(
    entry_index.c.digest == bindparam("old"),
    entry_index.c.record_type == bindparam("type"),
    entry_index.c.local_id == bindparam("id"),
)


class NotSearchableError(ValueError):
    """Nobody asked for this entry to be indexed; the text says what to declare."""


@dataclass(frozen=True)
class EntryFilter:
    """Asks for records that carry an entry with this dictionary key and value.

    ``text`` is the value as somebody writes it in a query: a string is itself, and whatever is JSON as well stands for
    the bool, number or JSON value that it spells.
    """

    key: str
    text: str

    @cached_property
    def values(self) -> frozenset[tuple[str, bytes]]:
        """The types and canonical values that the text may mean."""
        meant = {("string", _canonical("string", self.text))}
        kinds = {bool: ("bool",), int: ("integer", "decimal"), Decimal: ("decimal",), str: ("string",)}
        try:
            value = parse_json(self.text)
            meant |= {(kind, _canonical(kind, value)) for kind in (*kinds.get(type(value), ()), "json")}
        except (msgspec.DecodeError, RecursionError):
            pass  # no JSON, or none that anybody could have written
        return frozenset(meant)

    @cached_property
    def digests(self) -> list[bytes]:
        """What the index has of them."""
        return [_digest(self.key, kind, value) for kind, value in sorted(self.values)]

    def is_in(self, record_type: str, record: Working) -> bool:
        """Say whether a wire-level record or one of its parts carries such an entry."""
        for entries in _all_entries(record_type, record):
            entry = entries.get(self.key)
            if entry is not None and (entry["type"], _canonical(entry["type"], entry["value"])) in self.values:
                return True
        return False


class EntryIndex:
    """Keeps the index of entries in step with the records; a follower of every store that writes.

    Args:
        searchable: what a mapping stashes and people search for, as ``module|key``.
    """

    def __init__(self, searchable: Collection[str] = ()) -> None:
        self._declared = tuple(sorted(set(searchable)))
        self._keys: dict[str, set[str]] = {}
        for text in self._declared:
            module, _separator, key = text.partition("|")
            self._keys.setdefault(module, set()).add(key)

    def filter(self, key: str, text: str) -> EntryFilter:
        """Make a filter for entries with a dictionary key.

        Raises:
            ValueError: the key has not three parts.
            NotSearchableError: entries of this module and key are not in the index.
        """
        _owner, module, name = split_dictionary_key(key)
        if not self._has(module, name):
            raise NotSearchableError(
                f"entries {f'{module}|{name}'!r} are not indexed; declare them in plugins.toml: "
                f'[store] searchable = ["{module}|{name}"]'
            )
        return EntryFilter(key, text)

    def wants(self, record_type: str, record: Working, carried: Sequence[Carried]) -> bool:  # noqa: ARG002 - protocol's
        """Say whether an imported record carries anything that belongs into the index."""
        return any(self._wants_any(entries) for entries in carried if self._keys or type(entries) is not Stash)

    def follow(self, connection: Connection, door: Door, writes: Sequence[Write]) -> None:
        """Bring the index in step with what was written."""
        gone: list[tuple[bytes, str, str]] = []
        new: list[tuple[bytes, str, str]] = []
        more: list[tuple[bytes, str, str]] = []
        for write in writes:
            before = self._digests(door.record_type, write.before)
            after = self._digests(door.record_type, write.after)
            place = (door.record_type, write.stored.local_id)
            lost = before - after
            if lost and write.after is not None:  # the same entry may stand in a part that did not change
                lost -= self._digests(door.record_type, write.stored.content)
            gone += [(digest, *place) for digest in lost]
            (new if write.before is None else more).extend((digest, *place) for digest in after - before)
        door.database.send(connection, (_FORGET, gone), (_ADD, new), (_ADD_MORE, more))

    def refresh(self, database: Database) -> bool:
        """Build the index anew if other entries were declared when it was built; say whether it was.

        Each batch is a transaction of its own, so that writers are not kept waiting; they keep what they write in
        step themselves. One that is cut short is begun anew.
        """
        text = dump_json(self._declared).decode()
        with database.read() as connection:
            if connection.execute(select(searchable_table.c.declared)).scalar_one_or_none() == text:
                return False
            known = union(select(records.c.record_type), select(entry_index.c.record_type))
            record_types = connection.execute(known).scalars().all()
        for record_type in record_types:
            self._build(database, record_type)
        with database.write() as connection:
            connection.execute(delete(searchable_table))
            connection.execute(insert(searchable_table).values(declared=text))
        return True

    def _build(self, database: Database, record_type: str) -> None:
        after: str | None = ""
        while after is not None:
            with database.write() as connection:
                after = self._build_batch(database, connection, record_type, after)

    def _build_batch(self, database: Database, connection: Connection, record_type: str, after: str) -> str | None:
        query = (
            select(records.c.local_id, records.c.document)
            .where(records.c.record_type == record_type, records.c.local_id > after)
            .order_by(records.c.local_id)
            .limit(_BATCH)
        )
        rows = connection.execute(query).all()
        last = rows[-1].local_id if len(rows) == _BATCH else None
        old = delete(entry_index).where(entry_index.c.record_type == record_type, entry_index.c.local_id > after)
        connection.execute(old if last is None else old.where(entry_index.c.local_id <= last))
        found = [
            (digest, record_type, row.local_id)
            for row in rows
            for digest in self._digests(record_type, unpack_record(row.document))
        ]
        database.many(connection, _ADD, found)
        return last

    def _has(self, module: str, key: str) -> bool:
        return module.startswith(_ANYONES) or key in self._keys.get(module, ())

    def _wants_any(self, entries: Any) -> bool:
        if not entries:
            return False
        if type(entries) is Stash:
            keys = self._keys.get(entries.module_id)
            return keys is not None and not keys.isdisjoint(entries.values)
        return any(self._has(entry["moduleId"], entry["key"]) for entry in entries.values())

    def _digests(self, record_type: str, record: Working | None) -> set[bytes]:
        return {
            _digest(key, entry["type"], _canonical(entry["type"], entry["value"]))
            for entries in (_all_entries(record_type, record) if record else ())
            for key, entry in entries.items()
            # Most are stashed; whose they are and of what module is seen from the key, whose first part has 32 digits.
            if key[33:35] == _ANYONES
            or key[1:3] == _ANYONES
            or (self._keys and self._has(entry["moduleId"], entry["key"]))
        }


def _all_entries(record_type: str, record: Working) -> Iterator[Working]:
    for holder in (record, *_parts(record_type, record)):
        if entries := holder.get("customData"):
            yield entries


def _parts(record_type: str, record: Working) -> Iterable[Working]:
    return (part for name in SUB_RECORDS[record_type] for part in record.get(name, ()))


def _digest(key: str, kind: str, value: bytes) -> bytes:
    return blake2b(dump_json([key, kind]) + value, digest_size=16).digest()


def _canonical(kind: str, value: Any) -> bytes:
    """Write a value so that equal ones are equal: 1.10 is 1.1, and names in JSON stand in order."""
    if kind == "integer":
        return str(value).encode() if value != "-0" else b"0"
    if kind != "decimal":
        return _sorted(value)
    sign, digits, exponent = Decimal(value).as_tuple()
    text = "".join(map(str, digits)).lstrip("0")
    shortened = text.rstrip("0")
    if not shortened:
        return b"0"
    return f"{'-' * sign}{shortened}e{int(exponent) + len(text) - len(shortened)}".encode()
