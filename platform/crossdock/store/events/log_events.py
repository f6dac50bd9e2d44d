"""Log events: what outside programs tell the operator about errors in their own systems."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal, TypeAlias

from msgspec import Struct
from sqlalchemy import Row, insert, select

from crossdock.records.wire import dump_stored, parse_stored
from crossdock.store.sql.database import Database
from crossdock.store.sql.moment import Clock, not_before, to_text
from crossdock.store.sql.tables import log_events

Severity: TypeAlias = Literal["info", "warning", "error", "critical"]


class Related(Struct, frozen=True):
    """One record that an event is about: its id in the outside system, what people call it, and what is wrong."""

    id: str | None = None
    display_id: str | None = None
    message: str | None = None

    @property
    def name(self) -> str | None:
        """What people call it, and its id where that is something else."""
        if self.display_id and self.id and self.display_id != self.id:
            return f"{self.display_id} (id {self.id})"
        return self.display_id or self.id


class LogEvent(Struct, frozen=True):
    """What an outside program tells; ``occurred`` is when it happened there, canonical UTC text."""

    severity: Severity
    summary: str
    occurred: str
    record_type: str | None = None
    direction: str | None = None
    body: tuple[str, ...] = ()
    related: tuple[Related, ...] = ()


class ReceivedEvent(Struct, frozen=True):
    """A log event as it is kept: with its number, who sent it and when it came."""

    event_id: int
    connection_id: str
    received: str
    event: LogEvent


class LogEvents:
    """The log events in a store."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def add(self, connection_id: str, event: LogEvent) -> ReceivedEvent:
        """Keep an event of a connection."""
        received = to_text(self._clock())
        row = {
            "connection_id": connection_id,
            "received": received,
            "occurred": event.occurred,
            "severity": event.severity,
            "record_type": event.record_type,
            "direction": event.direction,
            "summary": event.summary,
            "body": dump_stored(event.body).decode(),
            "related": dump_stored([_as_wire(one) for one in event.related]).decode(),
        }
        with self._database.write() as connection:
            made = connection.execute(insert(log_events).values(row).returning(log_events.c.event_id))
            return ReceivedEvent(made.scalar_one(), connection_id, received, event)

    def list(
        self,
        *,
        since: datetime | None = None,
        connection_id: str | None = None,
        severities: Sequence[str] | None = None,
        limit: int | None = None,
    ) -> list[ReceivedEvent]:
        """List events, the last received first."""
        query = select(log_events).order_by(log_events.c.event_id.desc()).limit(limit)
        if since is not None:
            query = query.where(not_before(log_events.c.received, since))
        if connection_id is not None:
            query = query.where(log_events.c.connection_id == connection_id)
        if severities is not None:
            query = query.where(log_events.c.severity.in_(severities))
        with self._database.read() as connection:
            return [_event(row) for row in connection.execute(query)]


def _as_wire(related: Related) -> dict[str, str]:
    wire = {"id": related.id, "displayId": related.display_id, "message": related.message}
    return {name: value for name, value in wire.items() if value is not None}


def _event(row: Row[Any]) -> ReceivedEvent:
    related = (Related(one.get("id"), one.get("displayId"), one.get("message")) for one in parse_stored(row.related))
    event = LogEvent(
        row.severity,
        row.summary,
        row.occurred,
        row.record_type,
        row.direction,
        tuple(parse_stored(row.body)),
        tuple(related),
    )
    return ReceivedEvent(row.event_id, row.connection_id, row.received, event)
