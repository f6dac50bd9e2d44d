"""What is older than it need be goes, some rows a transaction, and nothing that is still needed.

Still needed are records, whatever waits (in quarantine, for a receiver, for the next import), tombstones, from which
programs that poll learn of deletions, runs that go on, those that something refers to, and the last one of each kind.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any, NamedTuple

from msgspec import Struct
from sqlalchemy import (
    Column,
    ColumnElement,
    Delete,
    Select,
    Table,
    Update,
    delete,
    exists,
    func,
    or_,
    select,
    tuple_,
    update,
)

from crossdock.config import RetentionConfig
from crossdock.store.sql.database import Database
from crossdock.store.sql.moment import Clock, to_text
from crossdock.store.sql.tables import history, imports, log_events, metadata, records, runs

_BATCH = 500


class Expired(Struct, frozen=True):
    """How much is, or was, older than it may be."""

    payloads: int = 0
    history: int = 0
    runs: int = 0
    events: int = 0


class _Expiry(NamedTuple):
    """Rows that are too old, and what becomes of them."""

    old: tuple[ColumnElement[bool], ...]
    end: Update | Delete

    @property
    def table(self) -> Table:
        """Where they are."""
        table: Table = self.end.table  # type: ignore[assignment]  # no statement here is of anything else
        return table


class Retention:
    """Lets go of what is too old."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def due(self, ages: RetentionConfig) -> Expired:
        """Count what would go."""
        return Expired(**{name: sum(map(self._count, kinds)) for name, kinds in self._expiries(ages)})

    def apply(self, ages: RetentionConfig, *, stopped: Callable[[], bool] = lambda: False) -> Expired:
        """Let it go, and count it; others may write meanwhile.

        Args:
            ages: how old things may be.
            stopped: whether to end before everything is done; the next time goes on from there.
        """
        return Expired(
            **{name: sum(self._end(kind, stopped) for kind in kinds) for name, kinds in self._expiries(ages)}
        )

    def _expiries(self, ages: RetentionConfig) -> Iterator[tuple[str, list[_Expiry]]]:
        for one in Expired.__struct_fields__:
            age: timedelta | None = getattr(ages, one)
            if age is not None:
                yield one, _EXPIRIES[one](to_text(self._clock() - age))

    def _count(self, expiry: _Expiry) -> int:
        with self._database.read() as connection:
            query = select(func.count()).select_from(expiry.table).where(*expiry.old)
            return int(connection.execute(query).scalar_one())

    def _end(self, expiry: _Expiry, stopped: Callable[[], bool]) -> int:
        count, last = 0, None
        key = list(expiry.table.primary_key)
        while not stopped():
            query: Select[Any] = select(*key).where(*expiry.old).order_by(*key).limit(_BATCH)
            if last is not None:
                query = query.where(tuple_(*key) > tuple_(*last))
            with self._database.read() as connection:
                found = [tuple(row) for row in connection.execute(query)]
            if found:
                with self._database.write() as connection:  # what has become newer meanwhile is left alone
                    count += connection.execute(expiry.end.where(tuple_(*key).in_(found), *expiry.old)).rowcount
            if len(found) < _BATCH:
                break
            last = found[-1]
        return count


def _payloads(before: str) -> list[_Expiry]:
    old = (imports.c.imported < before, imports.c.payload.is_not(None))
    return [_Expiry(old, update(imports).values(payload=None))]


def _history(before: str) -> list[_Expiry]:
    """Lines go; that of the creation of a record that is there stays, without what it was created with."""
    old = (history.c.changed < before, _comes_first(history.c.history_id, history.c.changed, before))
    of_record = (records.c.record_type == history.c.record_type, records.c.local_id == history.c.local_id)
    creation = (history.c.path == "") & (history.c.old == "null") & exists().where(*of_record)
    return [
        _Expiry((*old, ~creation), delete(history)),
        _Expiry((*old, creation, history.c.new != "{}"), update(history).values(new="{}")),
    ]


def _runs(before: str) -> list[_Expiry]:
    later = runs.alias("later")
    alike = [later.c[name] == runs.c[name] for name in ("connection_id", "record_type", "kind", "outcome")]
    referring = [table.c.run_id for table in metadata.tables.values() if "run_id" in table.c]
    needed = [exists().where(one == runs.c.run_id) for one in referring if one.table not in (runs, history)]
    old = (runs.c.ended < before, runs.c.outcome.is_not(None), exists().where(*alike, later.c.ended > runs.c.ended))
    return [_Expiry((*old, ~or_(*needed)), delete(runs))]


def _events(before: str) -> list[_Expiry]:
    old = (log_events.c.received < before, _comes_first(log_events.c.event_id, log_events.c.received, before))
    return [_Expiry(old, delete(log_events))]


def _comes_first(number: Column[Any], when: Column[Any], before: str) -> ColumnElement[bool]:
    """Whether a row comes before the first one that is new: what is numbered in the order of time is not read on."""
    table = number.table.alias("newer")
    newer = select(table.c[number.name]).where(table.c[when.name] >= before)
    first = newer.order_by(table.c[number.name]).limit(1).scalar_subquery()
    return number < func.coalesce(first, _ENDLESS)


_ENDLESS = 2**62
_EXPIRIES = {"payloads": _payloads, "history": _history, "runs": _runs, "events": _events}
