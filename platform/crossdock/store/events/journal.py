"""The journal: everything that went wrong, here and in outside systems, in the order of time."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal, TypeAlias, get_args

import msgspec
from msgspec import Struct
from sqlalchemy import Row, Select, func, select

from crossdock.store.events.log_events import LogEvents, ReceivedEvent, Severity
from crossdock.store.sql.database import Database
from crossdock.store.sql.moment import Clock, not_before
from crossdock.store.sql.tables import quarantine, runs

Source: TypeAlias = Literal["outside", "run", "quarantine"]

SEVERITIES: tuple[Severity, ...] = get_args(Severity)


class Entry(Struct, frozen=True):
    """One thing that an operator should know.

    Args:
        time: when it happened, canonical UTC text.
        source: who tells it: an outside program, a run of ours, or the quarantine.
        connection_id: the connection that it concerns.
        severity: how bad it is.
        summary: in one sentence.
        record_type: of the records, where it concerns some.
        direction: ``import`` or ``export``, where it concerns one.
        details: more lines.
        run_id: the run, where it is about one.
        told: when an outside program told it, if it did.
    """

    time: str
    source: Source
    connection_id: str
    severity: Severity
    summary: str
    record_type: str | None = None
    direction: str | None = None
    details: tuple[str, ...] = ()
    run_id: str | None = None
    told: str | None = None

    @property
    def known(self) -> str:
        """When it became known here."""
        return self.told or self.time


class Journal:
    """The journal of a store."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._events = LogEvents(database, clock)

    def entries(
        self,
        *,
        since: datetime | None = None,
        connection_id: str | None = None,
        least: Severity = "info",
        limit: int | None = None,
    ) -> list[Entry]:
        """List what is at least that severe, what became known last first."""
        severities = SEVERITIES[SEVERITIES.index(least) :]
        events = self._events.list(since=since, connection_id=connection_id, severities=severities, limit=limit)
        with self._database.read() as connection:
            ended = connection.execute(_ended_badly(since, connection_id).limit(limit))
            causes = connection.execute(_causes(since, connection_id).limit(limit))
            ours = [*map(_of_run, ended), *map(_of_cause, causes)]
        found = [*map(_of_event, events), *(one for one in ours if one.severity in severities)]
        return sorted(found, key=lambda one: one.known, reverse=True)[:limit]


_CAUSE = (quarantine.c.connection_id, quarantine.c.record_type, quarantine.c.stage, quarantine.c.error)
_LAST = func.max(quarantine.c.last_failed)


def _ended_badly(since: datetime | None, connection_id: str | None) -> Select[Any]:
    query = select(runs).where(runs.c.outcome.in_(("failed", "interrupted"))).order_by(runs.c.ended.desc())
    if since is not None:
        query = query.where(not_before(runs.c.ended, since))
    return query if connection_id is None else query.where(runs.c.connection_id == connection_id)


def _causes(since: datetime | None, connection_id: str | None) -> Select[Any]:
    counted = select(*_CAUSE, func.count().label("payloads"), _LAST.label("last"))
    query = counted.group_by(*_CAUSE).order_by(_LAST.desc())
    if since is not None:
        query = query.where(not_before(quarantine.c.last_failed, since))
    return query if connection_id is None else query.where(quarantine.c.connection_id == connection_id)


def _of_run(row: Row[Any]) -> Entry:
    errors = () if row.report is None else tuple(msgspec.json.decode(row.report).get("sessionErrors", ()))
    failed = row.outcome == "failed"
    what = f"{'an' if row.kind in ('import', 'export') else 'a'} {row.kind} of {row.record_type}s"
    summary = f"{what} {'failed' if failed else 'was interrupted'}"
    return Entry(
        row.ended,
        "run",
        row.connection_id,
        "error" if failed else "warning",
        f"{summary}: {errors[0]}" if errors else summary,
        row.record_type,
        row.direction,
        errors[1:],
        row.run_id,
    )


def _of_cause(row: Row[Any]) -> Entry:
    many = "a payload waits" if row.payloads == 1 else f"{row.payloads} payloads wait"
    summary = f"{many} in quarantine ({row.stage}): {row.error}"
    return Entry(row.last, "quarantine", row.connection_id, "error", summary, row.record_type, "import")


def _of_event(received: ReceivedEvent) -> Entry:
    event = received.event
    related = (": ".join(filter(None, (one.name, one.message))) for one in event.related)
    return Entry(
        event.occurred,
        "outside",
        received.connection_id,
        event.severity,
        event.summary,
        event.record_type,
        event.direction,
        (*event.body, *related),
        told=received.received,
    )
