"""What a report over many runs is made of: the runs that ended, and the records that are not up to date."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import and_, func, or_, select

from crossdock.store.imports.runs import RunEntry, alive_runs, entry_of
from crossdock.store.sql.database import Database
from crossdock.store.sql.moment import Clock, not_before
from crossdock.store.sql.tables import imports, quarantine, records, runs


class StaleRecord(NamedTuple):
    """A stored record of which a newer payload waits in quarantine, and since when it does."""

    connection_id: str
    record_type: str
    remote_id: str
    local_id: str
    display_id: str | None
    quarantine_id: int
    first_failed: str


class Overview:
    """The overview of a store."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def runs(self, since: datetime) -> Iterator[RunEntry]:
        """Walk the runs that have ended since then, and those that have begun and not ended, in the order of time."""
        begun = and_(runs.c.outcome.is_(None), not_before(runs.c.started, since))
        query = select(runs).where(or_(not_before(runs.c.ended, since), begun))
        with self._database.read() as connection:
            alive = alive_runs(connection, self._clock())
            for row in connection.execute(query.order_by(runs.c.started, runs.c.run_id)):
                yield entry_of(row, alive)

    def waiting(self) -> dict[tuple[str, str], int]:
        """Count what waits in quarantine, by connection and record type."""
        kind = (quarantine.c.connection_id, quarantine.c.record_type)
        with self._database.read() as connection:
            found = connection.execute(select(*kind, func.count()).group_by(*kind))
            return {(connection_id, record_type): count for connection_id, record_type, count in found}

    def stale(self) -> list[StaleRecord]:
        """List the stored records whose newest payload failed, the first that failed first."""
        columns = (imports.c.connection_id, imports.c.record_type, imports.c.remote_id, imports.c.local_id)
        same = and_(*(quarantine.c[column.name] == column for column in columns[:3]))
        stored = and_(records.c.record_type == imports.c.record_type, records.c.local_id == imports.c.local_id)
        query = (
            select(*columns, records.c.display_id, quarantine.c.quarantine_id, quarantine.c.first_failed)
            .select_from(quarantine.join(imports, same).join(records, stored))
            .order_by(quarantine.c.quarantine_id)
        )
        with self._database.read() as connection:
            return [StaleRecord(*row) for row in connection.execute(query)]

    def last_import(self, connection_id: str, record_type: str) -> str | None:
        """Tell when the last import began that succeeded; one of payloads that were at hand already is none."""
        of_it = (runs.c.connection_id == connection_id, runs.c.record_type == record_type)
        good = select(runs).where(*of_it, runs.c.kind == "import", runs.c.outcome == "succeeded")
        with self._database.read() as connection:
            for row in connection.execute(good.order_by(runs.c.started.desc(), runs.c.run_id)):
                entry = entry_of(row, ())
                if (entry.report or {}).get("requests") != 0:
                    return entry.started
        return None

    def known(self, connection_id: str, record_type: str) -> int:
        """Count the stored records that a connection has imported."""
        of_it = (imports.c.connection_id == connection_id, imports.c.record_type == record_type)
        query = select(func.count()).where(*of_it, imports.c.local_id.is_not(None))
        with self._database.read() as connection:
            return connection.execute(query).scalar_one()
