"""Leases: one run per connection and record type, kept alive by a heartbeat, so that a dead process blocks nobody."""

from __future__ import annotations

import os
import socket
import threading
from contextlib import suppress
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path

from msgspec import Struct
from sqlalchemy import Connection, bindparam, delete, insert, select, update

from crossdock.errors import CrossdockError, PermanentError
from crossdock.store.sql.database import Database
from crossdock.store.sql.moment import Clock, from_text, to_text
from crossdock.store.sql.tables import leases

BEAT_SECONDS = 10.0
DEAD_AFTER = timedelta(seconds=45)

_HOLDS = select(leases.c.run_id).where(leases.c.run_id == bindparam("run"))


class LeaseHeldError(PermanentError):
    """Another run of the same connection and record type is going on."""

    def __init__(self, lease: Lease) -> None:
        super().__init__(
            f"a run of {lease.record_type!r} is going on already: "
            f"run {lease.run_id!r}, process {lease.pid} on {lease.host.partition(' ')[0]!r}, since {lease.started}, "
            f"last heard of at {lease.heartbeat}. Wait for it; if it is dead, the next run may start "
            f"at {to_text(from_text(lease.heartbeat) + DEAD_AFTER)}"
        )
        self.lease = lease


class LeaseLostError(PermanentError):
    """This run was silent for so long that another one took its place; it may write no more."""

    def __init__(self, run_id: str) -> None:
        super().__init__(
            f"run {run_id!r} was silent for more than {DEAD_AFTER.seconds} s and lost its place; "
            "nothing of its last page was written. Run it again"
        )


class Lease(Struct, frozen=True):
    """Who runs what, since when, and when it was last heard of (UTC text)."""

    connection_id: str
    record_type: str
    run_id: str
    host: str
    pid: int
    started: str
    heartbeat: str

    def is_alive(self, now: datetime) -> bool:
        """Say whether its holder still counts as running."""
        if self.host == this_host() and not _process_exists(self.pid):
            return False
        # A heartbeat from the future means that a clock was set back; its holder, if any, will beat again soon.
        return abs(now - from_text(self.heartbeat)) <= DEAD_AFTER


@cache
def this_host() -> str:
    """Name this machine so that its process ids mean something: two containers may share a host name."""
    parts = [socket.gethostname()]
    with suppress(OSError):
        parts.append(Path("/proc/sys/kernel/random/boot_id").read_text("ascii").strip())
        parts.append(str(Path("/proc/self/ns/pid").readlink()))
    return " ".join(parts)


def find_lease(connection: Connection, connection_id: str, record_type: str) -> Lease | None:
    """Look up who runs a connection and record type, dead or alive."""
    row = connection.execute(
        select(leases).where(leases.c.connection_id == connection_id, leases.c.record_type == record_type)
    ).first()
    return None if row is None else Lease(*row)


def take_lease(connection: Connection, lease: Lease) -> Lease | None:
    """Take the lease and return the dead one it replaces, if any.

    Raises:
        LeaseHeldError: somebody alive has it.
    """
    held = find_lease(connection, lease.connection_id, lease.record_type)
    if held is not None:
        if held.is_alive(from_text(lease.heartbeat)):
            raise LeaseHeldError(held)
        release(connection, held.run_id)
    connection.execute(insert(leases).values({name: getattr(lease, name) for name in Lease.__struct_fields__}))
    return held


def holds(database: Database, connection: Connection, run_id: str) -> bool:
    """Say whether a run still has its lease."""
    return database.run(connection, _HOLDS, (run_id,)).first() is not None


def release(connection: Connection, run_id: str) -> bool:
    """Give the lease back; ``False`` if the run had it no longer."""
    return connection.execute(delete(leases).where(leases.c.run_id == run_id)).rowcount > 0


class Heartbeat:
    """A background thread that says every few seconds that this run is alive."""

    def __init__(self, database: Database, run_id: str, clock: Clock, *, every: float = BEAT_SECONDS) -> None:
        self._database = database
        self._run_id = run_id
        self._clock = clock
        self._every = every
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._beat_on, name=f"heartbeat {run_id}", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End the thread and wait for it."""
        self._done.set()
        self._thread.join()

    def beat(self) -> bool:
        """Say once that the run is alive; ``False`` if its lease is gone."""
        now = to_text(self._clock())
        with self._database.write() as connection:
            changed = update(leases).where(leases.c.run_id == self._run_id).values(heartbeat=now)
            return connection.execute(changed).rowcount > 0

    def _beat_on(self) -> None:
        while not self._done.wait(self._every):
            # A store that is busy now is tried again; a lease that is gone is noticed by the next page.
            with suppress(CrossdockError):
                if not self.beat():
                    return


def _process_exists(pid: int) -> bool:
    if os.name == "nt":
        return True  # os.kill would end it there; the heartbeat decides
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return not _is_zombie(pid)
    return not _is_zombie(pid)


def _is_zombie(pid: int) -> bool:
    """Whether a process is dead, and only its parent has not taken note; in a container nobody may ever do so."""
    with suppress(OSError):
        stat = Path(f"/proc/{pid}/stat").read_bytes()  # 17 (what it is called) Z ...
        return stat.rpartition(b")")[2].split()[:1] == [b"Z"]
    return False
