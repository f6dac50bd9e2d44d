"""Deliveries of webhooks: each is taken once, and waits until it has been processed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from msgspec import Struct
from msgspec.structs import replace
from sqlalchemy import delete, select, update
from zstandard import ZstdCompressor, ZstdDecompressor

from crossdock.store.sql.database import Database
from crossdock.store.sql.moment import Clock, to_text
from crossdock.store.sql.portable import insert
from crossdock.store.sql.tables import deliveries


class Delivered(Struct, frozen=True):
    """What a webhook delivered.

    ``remote_id`` and ``modified`` are the record's, in canonical form; ``payload`` is its JSON, byte for byte, or
    ``None`` if there is nothing to process. ``error`` says why the payload is no record, or what there is to know.
    """

    connection_id: str
    delivery_id: str
    record_type: str
    remote_id: str | None
    modified: str | None
    payload: bytes | None
    error: str | None = None


class Deliveries:
    """The deliveries in a store."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def take(self, delivered: Delivered) -> bool:
        """Keep a delivery, or say that it came before; one without a payload is done with at once."""
        now = to_text(self._clock())
        row = insert(deliveries).values(
            connection_id=delivered.connection_id,
            delivery_id=delivered.delivery_id,
            record_type=delivered.record_type,
            remote_id=delivered.remote_id,
            modified=delivered.modified,
            received=now,
            processed=now if delivered.payload is None else None,
            error=delivered.error,
            payload=None if delivered.payload is None else ZstdCompressor().compress(delivered.payload),
        )
        with self._database.write() as connection:
            return connection.execute(row.on_conflict_do_nothing()).rowcount > 0

    def waiting(self) -> list[tuple[str, str]]:
        """List the connections and record types for which something waits."""
        which = (deliveries.c.connection_id, deliveries.c.record_type)
        query = select(*which).where(deliveries.c.processed.is_(None)).distinct().order_by(*which)
        with self._database.read() as connection:
            return [(row[0], row[1]) for row in connection.execute(query)]

    def next(self, connection_id: str, record_type: str, most: int) -> list[Delivered]:
        """Read what waits for one connection and record type, in the order in which it came."""
        query = (
            select(*(deliveries.c[name] for name in Delivered.__struct_fields__))
            .where(
                deliveries.c.connection_id == connection_id,
                deliveries.c.record_type == record_type,
                deliveries.c.processed.is_(None),
            )
            .order_by(deliveries.c.received, deliveries.c.delivery_id)
            .limit(most)
        )
        with self._database.read() as connection:
            found = [Delivered(*row) for row in connection.execute(query)]
        return [replace(one, payload=ZstdDecompressor().decompress(one.payload or b"")) for one in found]

    def done(self, processed: Sequence[Delivered]) -> None:
        """Note that deliveries were processed; their payloads are with the imports, or in quarantine."""
        now = to_text(self._clock())
        with self._database.write() as connection:
            for one in processed:
                connection.execute(
                    update(deliveries)
                    .where(deliveries.c.connection_id == one.connection_id, deliveries.c.delivery_id == one.delivery_id)
                    .values(processed=now, payload=None)
                )

    def forget(self, older_than: timedelta) -> int:
        """Forget what was processed longer ago, and say how many; a repetition of it would be taken as new."""
        before = to_text(self._clock() - older_than)
        with self._database.write() as connection:
            return connection.execute(delete(deliveries).where(deliveries.c.processed < before)).rowcount
