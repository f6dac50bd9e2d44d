"""Erases a person from the store: finds what is theirs, takes them out of it, and searches for what is left.

Everything is done in one transaction, through the one door where it is a record; what the door writes of the erasure
itself is erased with the rest. Afterwards each row of each table is read again and looked through.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection, Table, delete, select, tuple_, update

from crossdock.store.erasure import erasures, scan
from crossdock.store.erasure.belongings import Belongings, find_by_email, find_by_record
from crossdock.store.erasure.erased_rows import Outcome, RowErasure
from crossdock.store.erasure.person import Person
from crossdock.store.erasure.scan import Row
from crossdock.store.erasure.survey import Survey, take_survey
from crossdock.store.imports.compression import Compression
from crossdock.store.sql.database import Database
from crossdock.store.sql.moment import Clock, to_text
from crossdock.store.sql.tables import dictionaries, imports, records
from crossdock.store.writes.actor import Actor
from crossdock.store.writes.door import Door
from crossdock.store.writes.follower import Follower
from crossdock.store.writes.limiting import LimitKeeper

_CHUNK = 200
_ROUNDS = 3


class Left(NamedTuple):
    """Where a search still found something: a table, and the primary key of a row."""

    table: str
    key: tuple[Any, ...]


class Proof(NamedTuple):
    """A search over every row of every table: how much it has looked through, and where it found something."""

    tables: int
    rows: int
    left: tuple[Left, ...]


class Erasing:
    """Erases persons from one store."""

    def __init__(
        self, database: Database, clock: Clock, followers: Sequence[Follower], compression: Compression
    ) -> None:
        self._database = database
        self._clock = clock
        # No limit is a reason to keep a person, not even one of how few entries there may be.
        self._followers = tuple(one for one in followers if not isinstance(one, LimitKeeper))
        self._compression = compression

    def survey_email(self, email: str) -> Survey:
        """Find what there is of a person, by their e-mail address in whatever case."""
        return self._survey(*find_by_email(self._database, self._compression.unpack, email.strip()))

    def survey_record(self, record_type: str, local_id: str) -> Survey:
        """Find what there is of the person of one record, taking nothing but this record for theirs."""
        return self._survey(*find_by_record(self._database, record_type, local_id))

    def erase(self, actor: Actor, survey: Survey) -> Proof:
        """Erase what was found, keep the remote records out from now on, and search for what is left.

        What others write meanwhile is found by the search, and erased as well; after some rounds it is only told.

        Args:
            actor: an operator.
            survey: of the person, of just now.
        """
        for _round in range(_ROUNDS):
            self._erase(actor, survey)
            proof = self.prove(survey)
            if not proof.left:
                break
            survey = self._once_more(survey)
        return proof

    def prove(self, survey: Survey) -> Proof:
        """Search every row of every table for what a survey found of a person."""
        erasing = RowErasure(survey.person, survey.belongings, self._compression.unpack, "")
        left, count, tables = [], 0, scan.tables()
        for table in tables:
            for row in scan.rows(self._database, table):
                count += 1
                if erasing.is_left(row):
                    left.append(Left(str(table.name), row.key))
        return Proof(len(tables), count, tuple(left))

    def clean_up(self) -> bool:
        """Take what was erased out of the free space of the database.

        Returns:
            Whether that is done: on PostgreSQL it is the server's own matter.

        Raises:
            StoreBusyError: the database is in use; everything is erased, and this can be done later.
        """
        return self._database.clean_up()

    def readmit(self, record_type: str, local_id: str) -> int:
        """Let what remote systems have of an erased record in again; say how many remote records were kept out."""
        of_record = (imports.c.record_type == record_type, imports.c.local_id == local_id)
        query = select(imports.c.connection_id, imports.c.record_type, imports.c.remote_id).where(*of_record)
        with self._database.write() as connection:
            found = [erasures.RemoteRecord(*row) for row in connection.execute(query)]
            return erasures.let_in(connection, found)

    def readmit_remote(self, connection_id: str, record_type: str, remote_id: str) -> int:
        """Let one remote record in again, stored or not; say whether it was kept out, as 1 or 0."""
        with self._database.write() as connection:
            return erasures.let_in(connection, [erasures.RemoteRecord(connection_id, record_type, remote_id)])

    def _survey(self, belongings: Belongings, person: Person) -> Survey:
        return take_survey(self._database, RowErasure(person, belongings, self._compression.unpack, ""))

    def _once_more(self, survey: Survey) -> Survey:
        """Look again, with what is known by now."""
        belongings, person = survey.belongings, survey.person
        if person.email is not None:
            found, said = find_by_email(self._database, self._compression.unpack, person.email)
            belongings, person = belongings | found, person | said
        return self._survey(belongings, person)

    def _erase(self, actor: Actor, survey: Survey) -> None:
        now = to_text(self._clock())
        erasing = RowErasure(survey.person, survey.belongings, self._compression.unpack, now)
        with self._database.write() as connection:
            erasures.keep_out(connection, survey.belongings.remotes, now)
            self._erase_records(connection, actor, erasing, survey, now)
            for table in scan.tables():
                if table is dictionaries:
                    for (dictionary_id,) in survey.rows.get(table.name, ()):
                        self._compression.drop(connection, dictionary_id)
                elif table is not records:
                    for row in _concerned(connection, table, survey):
                        _write(connection, row, erasing.outcome(row))

    def _erase_records(
        self, connection: Connection, actor: Actor, erasing: RowErasure, survey: Survey, now: str
    ) -> None:
        """Write records anew through the door."""
        for record_type in sorted({record_type for record_type, _local_id in survey.concerned.records}):
            local_ids = [local_id for one, local_id in sorted(survey.concerned.records) if one == record_type]
            door = Door(self._database, actor, record_type, now=now, run_id=None, followers=self._followers)
            for stored in door.load(connection, local_ids).values():
                door.change(stored, erasing.record(record_type, stored.local_id, stored.content))
            door.flush(connection)
            door.follow(connection)


def _concerned(connection: Connection, table: Table, survey: Survey) -> Iterator[Row]:
    """Read the rows that the survey has found, and those that are there since the records were written anew."""
    key = list(table.primary_key)
    found = {row.key: row for row in survey.concerned.rows(connection, table)}
    keys = survey.rows.get(table.name, ())
    for start in range(0, len(keys), _CHUNK):
        query = select(table)
        if key:
            query = query.where(tuple_(*key).in_(keys[start : start + _CHUNK]))
        found |= {row.key: row for row in scan.read(connection, table, query)}
    yield from found.values()


def _write(connection: Connection, row: Row, outcome: Outcome) -> None:
    this = [column == value for column, value in zip(row.table.primary_key, row.key, strict=True)]
    if outcome is None:
        connection.execute(delete(row.table).where(*this))
    elif outcome:
        connection.execute(update(row.table).where(*this).values(outcome))
