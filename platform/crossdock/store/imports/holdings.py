"""What the store holds of remote records: the store's side of an audit."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from sqlalchemy import Connection, and_, bindparam, func, select

from crossdock.store.erasure.erasures import kept_out
from crossdock.store.imports.page import Absence
from crossdock.store.imports.quarantine import identity_of
from crossdock.store.sql.column_text import from_column, is_storable, to_column
from crossdock.store.sql.database import Database
from crossdock.store.sql.tables import absences, imports, quarantine, records

_BATCH = 500


class Waiting(NamedTuple):
    """What waits in quarantine of a remote record: the stage that put it there, and the modification time."""

    stage: str
    modified: str | None


class Holding(NamedTuple):
    """What the store knows of a remote record.

    ``local_id`` is ``None`` if it was ignored, or only waits in quarantine. ``imported`` is false if it was linked by
    hand and never read. ``marked`` says how it was found to be missing, if it bears the mark for that. ``kept_out``: a
    person was erased from it, so no import may change it any more.
    """

    remote_id: str
    local_id: str | None = None
    display_id: str | None = None
    modified: str | None = None
    imported: bool = False
    marked: Absence | None = None
    waiting: Waiting | None = None
    kept_out: bool = False


_HELD = (
    select(
        imports.c.remote_id,
        imports.c.local_id,
        records.c.display_id,
        imports.c.modified,
        imports.c.outcome,
        absences.c.how,
    )
    .select_from(imports)
    .outerjoin(records, and_(records.c.record_type == imports.c.record_type, records.c.local_id == imports.c.local_id))
    .outerjoin(
        absences,
        and_(
            absences.c.connection_id == imports.c.connection_id,
            absences.c.record_type == imports.c.record_type,
            absences.c.remote_id == imports.c.remote_id,
        ),
    )
    .where(imports.c.connection_id == bindparam("connection"), imports.c.record_type == bindparam("type"))
)
_WAITING = select(quarantine.c.identity, quarantine.c.stage, quarantine.c.modified).where(
    quarantine.c.connection_id == bindparam("connection"), quarantine.c.record_type == bindparam("type")
)


class Holdings:
    """What a store holds, by remote id."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def of(self, connection_id: str, record_type: str, remote_ids: Sequence[str]) -> dict[str, Holding]:
        """Look up what is held of some remote records; of what is unknown nothing is given."""
        with self._database.read() as connection:
            return self._of(connection, (connection_id, record_type), remote_ids)

    def count(self, connection_id: str, record_type: str) -> int:
        """Count the remote records that have a record here."""
        query = select(func.count(imports.c.local_id)).where(
            imports.c.connection_id == connection_id, imports.c.record_type == record_type
        )
        with self._database.read() as connection:
            found: int = connection.execute(query).scalar_one()
        return found

    def stored(self, connection_id: str, record_type: str) -> Iterator[list[Holding]]:
        """Walk all remote records that have a record here, some at a time, as they stand at that moment."""
        after = ""
        while True:
            query = (
                select(imports.c.remote_id)
                .where(imports.c.connection_id == connection_id, imports.c.record_type == record_type)
                .where(imports.c.local_id.is_not(None), imports.c.remote_id > after)
                .order_by(imports.c.remote_id)
                .limit(_BATCH)
            )
            with self._database.read() as connection:
                ids = connection.execute(query).scalars().all()
                found = self._of(connection, (connection_id, record_type), ids)
            if found:
                yield list(found.values())
            if len(ids) < _BATCH:
                return
            after = ids[-1]

    def _of(self, connection: Connection, of: tuple[str, str], remote_ids: Sequence[str]) -> dict[str, Holding]:
        known = [one for one in remote_ids if is_storable(one)]
        held = self._database.matching(connection, _HELD, imports.c.remote_id, of, [to_column(one) for one in known])
        asked = {identity_of(one): one for one in known}
        rows = self._database.matching(connection, _WAITING, quarantine.c.identity, of, list(asked))
        waiting = {asked[row[0]]: Waiting(row[1], row[2]) for row in rows}
        out = kept_out(self._database, connection, *of, known)
        found = {one: Holding(one, waiting=waiting.get(one), kept_out=one in out) for one in {*waiting, *out}}
        for stored_id, local_id, display_id, modified, outcome, how in held:
            remote_id = from_column(stored_id)
            shown = None if display_id is None else from_column(display_id)
            imported = outcome != "linked"
            told = (waiting.get(remote_id), remote_id in out)
            found[remote_id] = Holding(remote_id, local_id, shown, modified, imported, how, *told)
        return found
