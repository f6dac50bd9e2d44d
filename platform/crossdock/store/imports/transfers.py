"""Transfers: how the latest runs of each connection went."""

from __future__ import annotations

from msgspec import Struct
from sqlalchemy import ColumnElement, Connection, func, select, true

from crossdock.store.imports.runs import RunEntry, read_run
from crossdock.store.sql.database import Database
from crossdock.store.sql.moment import Clock
from crossdock.store.sql.tables import runs


class Transfer(Struct, frozen=True):
    """The latest run of one connection, direction and record type, and the latest that succeeded, if any did."""

    connection_id: str
    direction: str
    record_type: str
    latest: RunEntry
    latest_successful: RunEntry | None


class Transfers:
    """The transfers in a store."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def latest(self) -> list[Transfer]:
        """List what each connection transferred last, by connection, direction and record type."""
        with self._database.read() as connection:
            last = self._last_of_each(connection, true())
            good = self._last_of_each(connection, runs.c.outcome == "succeeded")
        return [Transfer(*kind, run, good.get(kind)) for kind, run in sorted(last.items())]

    def _last_of_each(
        self, connection: Connection, wanted: ColumnElement[bool]
    ) -> dict[tuple[str, str, str], RunEntry]:
        kind = (runs.c.connection_id, runs.c.direction, runs.c.record_type)
        place = func.row_number().over(partition_by=kind, order_by=(runs.c.started.desc(), runs.c.run_id))
        ranked = select(runs.c.run_id, place.label("place")).where(wanted).subquery()
        run_ids = connection.execute(select(ranked.c.run_id).where(ranked.c.place == 1)).scalars().all()
        found = (read_run(connection, self._clock(), run_id) for run_id in run_ids)
        return {(run.connection_id, run.direction, run.record_type): run for run in found if run is not None}
