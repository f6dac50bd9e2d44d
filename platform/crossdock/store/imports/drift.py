"""Drift: what is known of each connection's payloads, and the findings that differ from it."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

import msgspec
from msgspec import Struct
from sqlalchemy import Connection, Row, case, select, update

from crossdock.drift.finding import Finding
from crossdock.drift.known import Known, decode
from crossdock.store.sql.database import Database
from crossdock.store.sql.moment import Clock, to_text
from crossdock.store.sql.portable import insert
from crossdock.store.sql.tables import drift, known_payloads, quarantine

_new = insert(drift)
_WRITE = _new.on_conflict_do_update(
    index_elements=["connection_id", "record_type", "digest"],
    set_={name: _new.excluded[name] for name in ("found", "run_id", "held", "finding")}
    # An operator may accept it before its run has ended and counted it to the end.
    | {"accepted": case((drift.c.run_id == _new.excluded.run_id, drift.c.accepted), else_=None)},
)


class DriftEntry(Struct, frozen=True):
    """A finding as it is kept: whose payloads, when and by which run it was found, and when it was accepted."""

    drift_id: int
    connection_id: str
    record_type: str
    found: str
    run_id: str
    accepted: str | None
    finding: Finding

    @property
    def waits(self) -> bool:
        """Whether payloads are kept out until it is accepted."""
        return self.finding.held and self.accepted is None


class DriftWrite(Struct, frozen=True):
    """What a run has learned and found; ``known`` is everything known, encoded."""

    known: bytes
    findings: Sequence[Finding] = ()


class Drift:
    """What a store keeps of drift."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def load(self, connection_id: str, record_type: str) -> tuple[Known, list[Finding]]:
        """Read what is known of payloads, with what was accepted since, and everything that was told before."""
        query = select(known_payloads.c.known).where(
            known_payloads.c.connection_id == connection_id, known_payloads.c.record_type == record_type
        )
        with self._database.read() as connection:
            document = connection.execute(query).scalar_one_or_none()
            entries = _list(connection, connection_id, record_type)
        known = Known() if document is None else decode(document)
        for entry in entries:
            if entry.accepted is not None and entry.finding.held:
                entry.finding.accept(known)
                entry.finding.held = False
        return known, [entry.finding for entry in entries]

    def waiting(self, connection_id: str, record_type: str) -> set[bytes]:
        """Read the digests of what waits in quarantine: it was compared when it came."""
        query = select(quarantine.c.digest).where(
            quarantine.c.connection_id == connection_id,
            quarantine.c.record_type == record_type,
            quarantine.c.digest.is_not(None),
        )
        with self._database.read() as connection:
            return set(connection.scalars(query))

    def save(self, run_id: str, connection_id: str, record_type: str, news: DriftWrite) -> None:
        """Keep what a run has learned and found."""
        with self._database.write() as connection:
            write_drift(connection, run_id, (connection_id, record_type), to_text(self._clock()), news)

    def list(self, connection_id: str | None = None, record_type: str | None = None) -> list[DriftEntry]:
        """List what was found, the oldest first."""
        with self._database.read() as connection:
            return _list(connection, connection_id, record_type)

    def accept(self, drift_ids: Sequence[int]) -> int:
        """Accept findings, and say how many waited for it; the next run takes them for known."""
        accepted = update(drift).where(drift.c.drift_id.in_(drift_ids), drift.c.accepted.is_(None))
        with self._database.write() as connection:
            return connection.execute(accepted.values(accepted=to_text(self._clock()))).rowcount


def write_drift(connection: Connection, run_id: str, of: tuple[str, str], now: str, news: DriftWrite) -> None:
    """Keep what a run has learned and found, inside a transaction; ``of`` is the connection and the record type."""
    connection_id, record_type = of
    row = insert(known_payloads).values(connection_id=connection_id, record_type=record_type, known=news.known.decode())
    written = row.on_conflict_do_update(
        index_elements=["connection_id", "record_type"], set_={"known": row.excluded.known}
    )
    connection.execute(written)
    if news.findings:
        rows = [
            {
                "connection_id": connection_id,
                "record_type": record_type,
                "digest": hashlib.sha256("\0".join(finding.key).encode("utf-8", "surrogatepass")).digest(),
                "found": now,
                "run_id": run_id,
                "held": int(finding.held),
                "accepted": None,
                "finding": msgspec.json.encode(finding).decode(),
            }
            for finding in news.findings
        ]
        connection.execute(_WRITE, rows)


def _list(connection: Connection, connection_id: str | None, record_type: str | None) -> list[DriftEntry]:
    query = select(drift).order_by(drift.c.drift_id)
    if connection_id is not None:
        query = query.where(drift.c.connection_id == connection_id)
    if record_type is not None:
        query = query.where(drift.c.record_type == record_type)
    return [_entry(row) for row in connection.execute(query)]


def _entry(row: Row[Any]) -> DriftEntry:
    finding = msgspec.json.decode(row.finding, type=Finding)
    return DriftEntry(row.drift_id, row.connection_id, row.record_type, row.found, row.run_id, row.accepted, finding)
