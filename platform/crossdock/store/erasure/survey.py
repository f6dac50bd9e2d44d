"""What an erasure will touch, before anything is: shown to whoever decides, and then done."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple, TypeAlias

from msgspec import Struct

from crossdock.records import Working, unpack_record
from crossdock.store.erasure import scan
from crossdock.store.erasure.belongings import Belongings, RecordKey
from crossdock.store.erasure.erased_rows import RowErasure
from crossdock.store.erasure.erasures import RemoteRecord
from crossdock.store.erasure.person import Person
from crossdock.store.erasure.scan import Row
from crossdock.store.sql.database import Database
from crossdock.store.sql.tables import quarantine, records

# erased: rows of the person stay, without them. removed: rows go. blotted: what names them in rows of others.
Fate: TypeAlias = Literal["erased", "removed", "blotted"]


class Touch(NamedTuple):
    """What happens to how many rows of a table."""

    table: str
    fate: Fate
    rows: int


class Survey(Struct, frozen=True):
    """What an erasure will touch.

    Args:
        person: by what they are looked for.
        belongings: what is theirs.
        concerned: all records that are written anew, others' included, and what remote systems call the person's.
        touches: by table.
        found: the person's records, wire-level, with their types; deleted ones are not among them.
        entries: how many custom data entries go.
        sharing: records of others that have the person's name with their phone number or street; they stay.
        unstored: what only waits in quarantine; it goes, and is in no record.
        rows: the primary keys of the rows that are touched, by table.
    """

    person: Person
    belongings: Belongings
    concerned: Belongings
    touches: tuple[Touch, ...]
    found: tuple[tuple[str, Working], ...]
    entries: int
    sharing: tuple[tuple[str, Working], ...]
    unstored: tuple[RemoteRecord, ...]
    rows: Mapping[str, Sequence[tuple[Any, ...]]]


def take_survey(database: Database, erasing: RowErasure) -> Survey:
    """Look at every row of every table, and change nothing."""
    survey = _Survey(erasing)
    for table in scan.tables():
        for row in scan.rows(database, table):
            if table is records:
                survey.add_record(row)
            else:
                survey.add(row)
    return survey.end()


@dataclass
class _Survey:
    """A survey that is being taken."""

    erasing: RowErasure
    touched: Counter[tuple[str, Fate]] = field(default_factory=Counter)
    rows: dict[str, list[tuple[Any, ...]]] = field(default_factory=dict)
    written: set[RecordKey] = field(default_factory=set)
    found: list[tuple[str, Working]] = field(default_factory=list)
    sharing: list[tuple[str, Working]] = field(default_factory=list)
    unstored: list[RemoteRecord] = field(default_factory=list)
    entries: int = 0

    def add(self, row: Row) -> None:
        """Look at a row of any table but that of the records."""
        outcome = self.erasing.outcome(row)
        if outcome == {}:
            return
        own = self.erasing.belongings.standing(row) == "own"
        name = str(row.table.name)  # SQLAlchemy's is one of its own kind
        self.touched[name, "removed" if outcome is None else "erased" if own else "blotted"] += 1
        self.rows.setdefault(name, []).append(row.key)
        if row.table is quarantine:
            remote = RemoteRecord(*(row.columns[name] for name in RemoteRecord._fields))
            if remote in self.erasing.belongings.unstored:
                self.unstored.append(remote)

    def add_record(self, row: Row) -> None:
        """Look at a record."""
        record_type, local_id = row.columns["record_type"], row.columns["local_id"]
        own = self.erasing.belongings.standing(row) == "own"
        if not own and not self.erasing.is_left(row):
            if self.erasing.person.shares(row.columns["document"], record_type):
                self.sharing.append((record_type, unpack_record(row.columns["document"])))
            return
        record = unpack_record(row.columns["document"])
        made = self.erasing.record(record_type, local_id, record)
        if own:
            self.found.append((record_type, record))
        if made != record:
            self.written.add((record_type, local_id))
            self.touched["records", "erased" if own else "blotted"] += 1
            self.entries += _entries(record) - _entries(made)

    def end(self) -> Survey:
        """Say what was found."""
        person, belongings = self.erasing.person, self.erasing.belongings
        return Survey(
            person,
            belongings,
            Belongings(belongings.records | self.written, belongings.remotes),
            tuple(Touch(table, fate, count) for (table, fate), count in sorted(self.touched.items())),
            tuple(self.found),
            self.entries,
            tuple(self.sharing),
            tuple(self.unstored),
            self.rows,
        )


def _entries(record: Working) -> int:
    """Count the custom data entries of a record and its parts."""
    parts = [part for value in record.values() if type(value) is list for part in value if type(part) is dict]
    return sum(len(holder.get("customData", ())) for holder in (record, *parts))
