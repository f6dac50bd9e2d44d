"""Keeps imports of some connections away while something is done to all that is known of them."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from sqlalchemy import Connection, delete, update

from crossdock.records import RECORD_TYPES
from crossdock.store.imports.lease import Lease, LeaseLostError, take_lease, this_host
from crossdock.store.sql.database import Database
from crossdock.store.sql.moment import Clock, to_text
from crossdock.store.sql.tables import leases


class Claim:
    """The leases of connections, of every record type, as imports have them; see :func:`claim`."""

    def __init__(self, connection_ids: Sequence[str], clock: Clock) -> None:
        self._clock = clock
        now = to_text(clock())
        self._leases = [
            Lease(connection_id, record_type, secrets.token_hex(16), this_host(), os.getpid(), now, now)
            for connection_id in connection_ids
            for record_type in RECORD_TYPES
        ]
        self._mine = leases.c.run_id.in_([one.run_id for one in self._leases])

    def take(self, connection: Connection) -> None:
        """Take all of them.

        Raises:
            LeaseHeldError: one of the connections is being imported.
        """
        for one in self._leases:
            take_lease(connection, one)

    def renew(self, connection: Connection) -> None:
        """Say that whoever has them is alive; at least every half minute.

        Raises:
            LeaseLostError: an import has taken the place of one that was silent for too long.
        """
        renewed = connection.execute(update(leases).where(self._mine).values(heartbeat=to_text(self._clock())))
        if renewed.rowcount != len(self._leases):
            raise LeaseLostError(self._leases[0].run_id)

    def give_back(self, connection: Connection) -> None:
        """Let imports in again."""
        connection.execute(delete(leases).where(self._mine))


@contextmanager
def claim(database: Database, clock: Clock, connection_ids: Sequence[str]) -> Iterator[Claim]:
    """Keep imports of these connections away as long as the block lasts and somebody renews the claim.

    Raises:
        LeaseHeldError: one of them is being imported.
    """
    claimed = Claim(connection_ids, clock)
    with database.write() as connection:
        claimed.take(connection)
    try:
        yield claimed
    finally:
        with database.write() as connection:
            claimed.give_back(connection)
