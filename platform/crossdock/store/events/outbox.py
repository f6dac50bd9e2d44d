"""The outbox: events that were written and not yet received, in order per subscription and record."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from msgspec import Struct
from sqlalchemy import ColumnElement, Select, Update, delete, exists, func, or_, select, update

from crossdock.store.events.event_body import unpack_body
from crossdock.store.sql.database import Database
from crossdock.store.sql.moment import Clock, to_text
from crossdock.store.sql.tables import outbox


class Message(Struct, frozen=True):
    """One event on its way, claimed by one sender; ``attempts`` were made before."""

    event_id: int
    message_id: str
    attempts: int
    body: bytes


class OutboxEntry(Struct, frozen=True):
    """An event as listed: waiting until ``due``, or given up at ``failed``; ``error`` is that of the last attempt."""

    event_id: int
    message_id: str
    subscription: str
    kind: str
    record_type: str
    local_id: str
    occurred: str
    attempts: int
    due: str
    failed: str | None
    error: str | None


class Outbox:
    """The events of one store that have not been received."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def has_due(self, subscription: str) -> bool:
        """Say whether something may be sent now."""
        with self._database.read() as connection:
            found = connection.execute(_first_of_each_record(subscription, self._now(), 1))
            return found.first() is not None

    def claim(self, subscription: str, lease: timedelta, most: int) -> list[Message]:
        """Claim events that are due, so that no other process sends them meanwhile; the longest waiting first.

        Of each record only the oldest event is given: the next one is due once that was received or given up.
        """
        now = self._now()
        until = to_text(self._clock() + lease)
        free = (outbox.c.event_id.in_(_first_of_each_record(subscription, now, most)), _unclaimed(now))
        claimed = update(outbox).where(*free).values(claimed=until)
        with self._database.write() as connection:
            rows = connection.execute(claimed.returning(*_CARRIED)).all()
        found = [Message(row.event_id, row.message_id, row.attempts, unpack_body(row.body)) for row in rows]
        return sorted(found, key=lambda message: message.event_id)

    def release(self, messages: Sequence[Message]) -> None:
        """Give back what was claimed and not tried."""
        self._change([message.event_id for message in messages], claimed=None)

    def received(self, message: Message) -> None:
        """Forget an event: its receiver has it."""
        with self._database.write() as connection:
            connection.execute(delete(outbox).where(outbox.c.event_id == message.event_id))

    def postpone(self, message: Message, due: datetime, error: str) -> None:
        """Keep an event for another attempt."""
        values = {"attempts": message.attempts + 1, "due": to_text(due), "error": error, "claimed": None}
        self._change([message.event_id], **values)

    def give_up(self, message: Message, error: str) -> None:
        """Put an event aside for an operator; what happened to its record later goes on."""
        values = {"attempts": message.attempts + 1, "failed": self._now(), "error": error, "claimed": None}
        self._change([message.event_id], **values)

    def list(
        self, *, subscription: str | None = None, failed: bool | None = None, limit: int | None = None
    ) -> list[OutboxEntry]:
        """List events, oldest first: of one subscription, only those given up, or only those that wait."""
        query = select(*_SHOWN).where(*_chosen(subscription, failed=failed))
        with self._database.read() as connection:
            return [OutboxEntry(*row) for row in connection.execute(query.order_by(outbox.c.event_id).limit(limit))]

    def show(self, event_id: int) -> tuple[OutboxEntry, bytes] | None:
        """Read one event and its body."""
        query = select(*_SHOWN, outbox.c.body).where(outbox.c.event_id == event_id)
        with self._database.read() as connection:
            row = connection.execute(query).first()
        return None if row is None else (OutboxEntry(*row[:-1]), unpack_body(row.body))

    def count(self, *, subscription: str | None = None, failed: bool | None = None) -> int:
        """Count events, as :meth:`list` chooses them."""
        query = select(func.count()).select_from(outbox).where(*_chosen(subscription, failed=failed))
        with self._database.read() as connection:
            return int(connection.execute(query).scalar_one())

    def retry(self, event_ids: Sequence[int]) -> int:
        """Let events be sent anew, now and with all their attempts before them; say how many there were."""
        return self._change(event_ids, failed=None, due=self._now(), attempts=0)

    def drop(self, event_ids: Sequence[int]) -> int:
        """Forget events and say how many there were."""
        with self._database.write() as connection:
            return sum(
                connection.execute(delete(outbox).where(outbox.c.event_id == event_id)).rowcount
                for event_id in event_ids
            )

    def _change(self, event_ids: Sequence[int], **values: object) -> int:
        with self._database.write() as connection:
            return sum(connection.execute(_the_one(event_id).values(**values)).rowcount for event_id in event_ids)

    def _now(self) -> str:
        return to_text(self._clock())


_CARRIED = [outbox.c[name] for name in Message.__struct_fields__]
_SHOWN = [outbox.c[name] for name in OutboxEntry.__struct_fields__]


def _the_one(event_id: int) -> Update:
    return update(outbox).where(outbox.c.event_id == event_id)


def _unclaimed(now: str) -> ColumnElement[bool]:
    return or_(outbox.c.claimed.is_(None), outbox.c.claimed < now)


def _first_of_each_record(subscription: str, now: str, most: int) -> Select[tuple[int]]:
    earlier = outbox.alias("earlier")
    waits = exists().where(
        earlier.c.subscription == outbox.c.subscription,
        earlier.c.record_type == outbox.c.record_type,
        earlier.c.local_id == outbox.c.local_id,
        earlier.c.event_id < outbox.c.event_id,
        earlier.c.failed.is_(None),
    )
    sendable = outbox.c.failed.is_(None), outbox.c.due <= now, _unclaimed(now)
    chosen = select(outbox.c.event_id).where(outbox.c.subscription == subscription, *sendable, ~waits)
    return chosen.order_by(outbox.c.due, outbox.c.event_id).limit(most)


def _chosen(subscription: str | None, *, failed: bool | None) -> list[ColumnElement[bool]]:
    chosen = [] if subscription is None else [outbox.c.subscription == subscription]
    if failed is not None:
        chosen.append(outbox.c.failed.is_not(None) if failed else outbox.c.failed.is_(None))
    return chosen
