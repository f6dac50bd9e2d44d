"""The changes of one record type in the order of their commits: what a program polls to keep up.

Every write takes its number under a row lock that is held to the commit, so numbers grow as commits do, and nobody who
has read up to a number can have missed one below it. A record stands under the number of its last change only, a
deleted one under that of its tombstone.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from msgspec import Struct
from sqlalchemy import Connection, select

from crossdock.errors import CrossdockError
from crossdock.records import Working, parse_json, unpack_record
from crossdock.store.reads.feed_query import Position, Query, Wanted, first_queries, gone_query, written_query
from crossdock.store.sql.database import Database
from crossdock.store.sql.tables import sequence

__all__ = ["ChangePage", "Deletion", "Feed", "Position", "UnknownPositionError", "Wanted"]


class UnknownPositionError(CrossdockError):
    """A reader says it has read further than this store has come: it read another one."""

    def __init__(self, position: int, last: int) -> None:
        super().__init__(f"position {position} is ahead of this store, whose last change is {last}; begin anew")


class Deletion(Struct, frozen=True):
    """The tombstone of a record; ``version`` is one more than its last."""

    local_id: str
    version: int
    deleted: str
    remote_id_map: Mapping[str, str]


class ChangePage(Struct, frozen=True):
    """A page of changes in the order of their commits; ``more`` says that something waits behind it already.

    ``documents`` are the records in packed form, as they lie in the store.
    """

    documents: tuple[str, ...]
    deleted: tuple[Deletion, ...]
    position: Position
    more: bool

    @property
    def records(self) -> tuple[Working, ...]:
        """The records, wire-level."""
        return tuple(map(unpack_record, self.documents))


class Feed:
    """Reads changes, a page a transaction."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def page(self, wanted: Wanted, position: Position | None = None, limit: int = 100) -> ChangePage:
        """Read what changed after a position; without one, from the beginning.

        Deletions are told whatever statuses and entries are wanted: nobody knows any more what a deleted record would
        have matched.

        Raises:
            UnknownPositionError: the position is of another store.
        """
        with self._database.read() as connection:
            head: int = self._database.run(connection, _HEAD, ()).scalar_one()
            if position is None:
                position = Position(self._beginning(connection, wanted, head), head)
            elif max(position.after, position.head) > head:
                raise UnknownPositionError(max(position.after, position.head), head)
            written = self._rows(connection, written_query(wanted, position, limit + 1))
            gone = self._rows(connection, gone_query(wanted, position, limit + 1))
        numbers = sorted([row[0] for row in written] + [row[0] for row in gone])
        more = len(numbers) > limit
        # All that was committed before this page was read is in it or not wanted: nobody need look at it again.
        after = numbers[limit - 1] if more else head
        documents = (document for number, document in written if number <= after)
        return ChangePage(
            tuple(one for one in documents if not wanted.entries or _has_entries(wanted, one)),
            tuple(_tombstones(wanted, [row for row in gone if row[0] <= after])),
            Position(after, position.head),
            more,
        )

    def _rows(self, connection: Connection, query: Query) -> list[Sequence[Any]]:
        return list(self._database.run(connection, *query).all())

    def _beginning(self, connection: Connection, wanted: Wanted, head: int) -> int:
        """Find the number before the first one that is wanted, by the index of times."""
        if wanted.since is None:
            return 0
        found = [self._rows(connection, query)[0][0] for query in first_queries(wanted)]
        return min((number - 1 for number in found if number is not None), default=head)


def _has_entries(wanted: Wanted, document: str) -> bool:
    """Look whether a record has what the index says, which knows digests only."""
    record = unpack_record(document)
    return all(entry.is_in(wanted.record_type, record) for entry in wanted.entries)


def _tombstones(wanted: Wanted, rows: Sequence[Sequence[Any]]) -> Iterator[Deletion]:
    for _number, local_id, version, deleted, column in rows:
        remote_ids = parse_json(column)
        if wanted.remote_id is None or remote_ids.get(wanted.remote_id[0]) == wanted.remote_id[1]:
            yield Deletion(local_id, version, deleted, remote_ids)


_HEAD = select(sequence.c.value)
