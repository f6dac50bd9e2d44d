"""Who owns what: entries and remote ids by connection, those of connections that are gone included."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from msgspec import Struct, field
from sqlalchemy import func, select

from crossdock.records import RECORD_TYPES, Working
from crossdock.records.wire import parse_stored
from crossdock.store.reads import streams as reading
from crossdock.store.sql.database import Database
from crossdock.store.sql.tables import imports


class Owner(Struct):
    """What one connection owns; ``connection_id`` is ``None`` for what nobody owns.

    Args:
        connection_id: the connection.
        entries: how many entries of custom data, by module.
        records: how many records carry some of them, by type.
        remote_ids: how many records are known to its imports, by type.
    """

    connection_id: str | None
    entries: Counter[str] = field(default_factory=Counter)
    records: Counter[str] = field(default_factory=Counter)
    remote_ids: Counter[str] = field(default_factory=Counter)


class Owners:
    """The owners in a store."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def list(self) -> list[Owner]:
        """Read every record, with flat memory, and count; by connection, what nobody owns first."""
        found: dict[str, Owner] = {}

        def of(connection_id: str) -> Owner:
            return found.setdefault(connection_id, Owner(connection_id or None))

        for record_type in RECORD_TYPES:
            for document in reading.documents(self._database, record_type):
                leads = Counter[str]()
                for lead, count in _groups(parse_stored(document)):
                    leads[lead] += count
                for lead, count in leads.items():
                    owner, _bar, module = lead.partition("|")
                    of(owner).entries[module] += count
                for owner in {lead.partition("|")[0] for lead in leads}:
                    of(owner).records[record_type] += 1
        kind = (imports.c.connection_id, imports.c.record_type)
        known = select(*kind, func.count()).where(imports.c.local_id.is_not(None)).group_by(*kind)
        with self._database.read() as connection:
            for owner, record_type, count in connection.execute(known):
                of(owner).remote_ids[record_type] = count
        return [owner for _id, owner in sorted(found.items())]


def _groups(packed: Working) -> Iterator[tuple[str, int]]:
    """Walk the groups of entries of a packed record and its parts: ``owner|module``, and how many."""
    lists = (value for value in packed.values() if type(value) is list)
    holders = [packed, *(part for parts in lists for part in parts if type(part) is dict)]
    for holder in holders:
        for lead, group in holder.get("customData", {}).items():
            yield lead, len(group)
