"""Hands what a connection owns over to another one, or takes its entries out: page by page, through the door."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any, NamedTuple

from msgspec import Struct, field
from sqlalchemy import Connection, Table, delete, exists, func, insert, select, update

from crossdock.errors import ConfigError
from crossdock.records import RECORD_TYPES, pack_record, unpack_record
from crossdock.records.wire import dump_stored, parse_stored
from crossdock.store.events.log_events import LogEvent, LogEvents
from crossdock.store.ownership.claim import Claim, claim
from crossdock.store.ownership.succession import Clash, Succeeded, Succession, succeed
from crossdock.store.sql.database import Database
from crossdock.store.sql.moment import Clock, to_text
from crossdock.store.sql.tables import (
    absences,
    cursors,
    drift,
    erasures,
    flowed,
    imports,
    known_payloads,
    quarantine,
    records,
)
from crossdock.store.writes.actor import Actor
from crossdock.store.writes.door import Door, Stored
from crossdock.store.writes.follower import Follower

_PAGE = 100
_SHOWN = 10
_MOST_PASSES = 5
# What else a connection is known by: a row a remote record, a record type, a failure.
_KNOWN_BY: tuple[tuple[Table, tuple[str, ...]], ...] = (
    (imports, ("record_type", "remote_id")),
    (cursors, ("record_type",)),
    (quarantine, ("record_type", "identity")),
    (erasures, ("record_type", "digest")),
)
# What it has learned of the remote system.
_LEARNED: tuple[tuple[Table, tuple[str, ...]], ...] = (
    (absences, ("record_type", "remote_id")),
    (known_payloads, ("record_type",)),
    (drift, ("record_type", "digest")),
)


class Taken(NamedTuple):
    """A remote id under which the new connection knows another record."""

    remote_id: str
    holder: str

    def __str__(self) -> str:
        return f"remote id {self.remote_id!r}: the new connection knows it already, as {self.holder}"


class Found(NamedTuple):
    """A clash, and the record that has it, as people call it."""

    record: str
    clash: Clash | Taken

    def __str__(self) -> str:
        return f"{self.record}, {self.clash}"


class Estate(Struct):
    """What moves, or has moved: records by type, entries, keys in maps by connection, and rows of other tables."""

    records: Counter[str] = field(default_factory=Counter)
    entries: int = 0
    ids: int = 0
    rows: Counter[str] = field(default_factory=Counter)
    clashes: list[Found] = field(default_factory=list)
    clashing: int = 0

    @property
    def nothing(self) -> bool:
        """Whether there is nothing to move."""
        return not (self.records or self.rows)

    def add(self, record_type: str, local_id: str, done: Succeeded) -> None:
        """Count one record."""
        if done.entries or done.ids:
            self.records[record_type] += 1
            self.entries += done.entries
            self.ids += done.ids
        self.clashing += len(done.clashes)
        room = _SHOWN - len(self.clashes)
        name = f"{record_type}/{done.content.get('displayId') or local_id}"
        self.clashes += [Found(name, clash) for clash in done.clashes[:room]]


class ClashError(ConfigError):
    """Both connections have something in one place."""

    def __init__(self, found: Sequence[Found], clashing: int) -> None:
        lines = ["nothing was handed over, for both have something in one place:", *map(str, found)]
        if clashing > len(found):
            lines.append(f"and {clashing - len(found)} more")
        if any("customData" in str(one) for one in found):
            lines.append("--on-conflict keep leaves what is there, --on-conflict overwrite does not")
        if any("customData" not in str(one) for one in found):
            lines.append("--entries-only leaves remote ids; or delete the records that the new connection has made")
        super().__init__("\n  ".join(lines))


class Handover:
    """Hand-overs in one store."""

    def __init__(self, database: Database, clock: Clock, followers: tuple[Follower, ...]) -> None:
        self._database = database
        self._clock = clock
        self._followers = followers

    def survey(self, succession: Succession) -> Estate:
        """Look through everything and say what would move, and what stands in its way; nothing is written."""
        found = Estate()
        for record_type in RECORD_TYPES:
            after = ""
            while True:
                with self._database.read() as connection:
                    rows = _concerned(connection, succession, record_type, after)
                for local_id, document in rows:
                    content = unpack_record(document)
                    found.add(record_type, local_id, succeed(record_type, content, succession))
                if len(rows) < _PAGE:
                    break
                after = rows[-1][0]
        if succession.identity:
            with self._database.read() as connection:
                self._survey_rows(connection, succession, found)
        return found

    def carry_out(self, succession: Succession, actor: Actor) -> Estate:
        """Do it, and say what was done; a page of records is a transaction, and what was done is done.

        Whoever is stopped on the way begins anew: what was handed over already is not there any more to be handed over.

        Raises:
            ClashError: somebody has written what stands in the way; nothing of that page was handed over.
            LeaseHeldError: one of the two is being imported.
            RecordError: a limit of the new owner refuses an entry.
        """
        total = Estate()
        with claim(self._database, self._clock, [one for one in (succession.old, succession.new) if one]) as claimed:
            if succession.identity:  # first of all: no import may bring back what was erased
                with self._database.write() as connection:
                    claimed.renew(connection)
                    total.rows[erasures.name] += _rename_rows(
                        connection, erasures, ("record_type", "digest"), succession
                    )
            for _pass in range(_MOST_PASSES):  # a flow may bring something to a record that was looked at before
                moved = [self._carry_records(claimed, succession, actor, one, total) for one in RECORD_TYPES]
                if not any(moved):
                    break
            if succession.identity:
                with self._database.write() as connection:
                    claimed.renew(connection)
                    for table, key in (*_KNOWN_BY, *_LEARNED):
                        total.rows[table.name] += _rename_rows(connection, table, key, succession)
        total.rows = +total.rows
        return total

    def record(self, connection_id: str, summary: str, details: tuple[str, ...] = ()) -> None:
        """Write into the operator's journal that it was done."""
        now = to_text(self._clock())
        LogEvents(self._database, self._clock).add(connection_id, LogEvent("info", summary, now, body=details))

    def _survey_rows(self, connection: Connection, succession: Succession, found: Estate) -> None:
        for table, _key in _KNOWN_BY:
            mine = select(func.count()).where(table.c.connection_id == succession.old)
            if count := connection.execute(mine.select_from(table)).scalar_one():
                found.rows[table.name] = count
        theirs = imports.alias()
        taken = (
            select(imports.c.record_type, imports.c.local_id, imports.c.remote_id, theirs.c.local_id)
            .join(theirs, (theirs.c.record_type == imports.c.record_type) & (theirs.c.remote_id == imports.c.remote_id))
            .where(imports.c.connection_id == succession.old, theirs.c.connection_id == succession.new)
            .where(imports.c.local_id != theirs.c.local_id)
        )
        for record_type, local_id, remote_id, holder in connection.execute(taken):
            found.clashing += 1
            if len(found.clashes) < _SHOWN:
                found.clashes.append(Found(f"{record_type}/{local_id}", Taken(remote_id, f"{record_type}/{holder}")))

    def _carry_records(
        self, claimed: Claim, succession: Succession, actor: Actor, record_type: str, total: Estate
    ) -> bool:
        after, moved = "", False
        while True:
            with self._database.write() as connection:
                claimed.renew(connection)
                rows = _concerned(connection, succession, record_type, after)
                page = self._carry_page(connection, succession, actor, record_type, [row[0] for row in rows])
            total.records += page.records
            total.entries += page.entries
            total.ids += page.ids
            total.rows += page.rows
            moved = moved or bool(page.records)
            if len(rows) < _PAGE:
                return moved
            after = rows[-1][0]

    def _carry_page(
        self, connection: Connection, succession: Succession, actor: Actor, record_type: str, local_ids: Sequence[str]
    ) -> Estate:
        done = Estate()
        door = Door(
            self._database, actor, record_type, now=to_text(self._clock()), run_id=None, followers=self._followers
        )
        for local_id, stored in door.load(connection, local_ids).items():
            remote_id = stored.content.get("remoteIdMap", {}).get(succession.old)
            result = succeed(record_type, stored.content, succession)
            done.add(record_type, local_id, result)
            if done.clashes:
                raise ClashError(done.clashes, done.clashing)
            # What the old one produced changes as the record does, so it goes on being equal where it was.
            with_it = succession.identity or succession.new is None
            door.change(stored, result.content, importing=succession.old if with_it else None)
            if succession.identity and remote_id is not None:
                done.rows[imports.name] += _hand_over_import(connection, succession, record_type, remote_id)
            if succession.new is None:
                _forget_entries(connection, succession, record_type, local_id)
            else:
                _rename_flowed(connection, succession, record_type, stored)
        door.flush(connection)
        door.follow(connection)
        return done


def _concerned(connection: Connection, succession: Succession, record_type: str, after: str) -> list[tuple[str, str]]:
    """Read the next records in which the old connection is named."""
    query = (
        select(records.c.local_id, records.c.document)
        .where(records.c.record_type == record_type, records.c.local_id > after)
        .where(records.c.document.contains(succession.old))
        .order_by(records.c.local_id)
        .limit(_PAGE)
    )
    return [(row[0], row[1]) for row in connection.execute(query)]


def _hand_over_import(connection: Connection, succession: Succession, record_type: str, remote_id: str) -> int:
    """Let the new connection's imports know what the old one's knew of a record; what it knows itself stays."""
    of_record = (imports.c.record_type == record_type, imports.c.remote_id == remote_id)
    mine = (imports.c.connection_id == succession.old, *of_record)
    theirs = (imports.c.connection_id == succession.new, *of_record)
    connection.execute(delete(imports).where(*theirs, imports.c.local_id.is_(None)))
    if connection.execute(select(imports.c.local_id).where(*theirs)).first() is not None:
        return connection.execute(delete(imports).where(*mine)).rowcount
    produced = connection.execute(select(imports.c.produced).where(*mine)).scalar_one_or_none()
    new: dict[str, Any] = {"connection_id": succession.new}
    if produced is not None:
        made = succeed(record_type, unpack_record(produced), succession).content
        new["produced"] = pack_record(made).decode()
    return connection.execute(update(imports).where(*mine).values(new)).rowcount


def _forget_entries(connection: Connection, succession: Succession, record_type: str, local_id: str) -> None:
    """Let imports make the entries anew that are gone, should the connection or a successor of it read them again."""
    of_record = (imports.c.record_type == record_type, imports.c.local_id == local_id)
    mine = (imports.c.connection_id == succession.old, *of_record)
    for remote_id, produced in connection.execute(select(imports.c.remote_id, imports.c.produced).where(*mine)).all():
        made = produced and pack_record(succeed(record_type, unpack_record(produced), succession).content).decode()
        this = update(imports).where(*mine, imports.c.remote_id == remote_id)
        connection.execute(this.values(config_hash=None, produced=made))


def _rename_flowed(connection: Connection, succession: Succession, record_type: str, stored: Stored) -> None:
    """Let flows know the entries that they brought to a record under their new names."""
    here = (flowed.c.record_type == record_type, flowed.c.local_id == stored.local_id)
    old, new = f"{succession.old}|", f"{succession.new}|"
    for row in connection.execute(select(flowed).where(*here)).mappings().all():
        if not row["entry_key"].startswith(old):
            continue
        connection.execute(delete(flowed).where(*here, flowed.c.entry_key == row["entry_key"]))
        key = new + row["entry_key"].removeprefix(old)
        if connection.execute(select(flowed.c.entry_key).where(*here, flowed.c.entry_key == key)).first() is None:
            entry = row["entry"] and dump_stored(parse_stored(row["entry"]) | {"connectionId": succession.new}).decode()
            connection.execute(insert(flowed).values({**row, "entry_key": key, "entry": entry}))


def _rename_rows(connection: Connection, table: Table, key: tuple[str, ...], succession: Succession) -> int:
    """Give rows to the new connection, unless it has one of its own under the same key: that is newer."""
    theirs = table.alias()
    taken = exists().where(theirs.c.connection_id == succession.new, *(theirs.c[name] == table.c[name] for name in key))
    mine = table.c.connection_id == succession.old
    moved = connection.execute(update(table).where(mine, ~taken).values(connection_id=succession.new)).rowcount
    connection.execute(delete(table).where(mine))
    return moved
