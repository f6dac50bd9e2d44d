"""The side effects of a run, counted, and what can befall it at one of them.

A side effect is what can be half done when a process ends: a request to the remote system, a statement to the store,
a commit.
"""

from __future__ import annotations

import os
import signal
import sqlite3
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Literal, TypeAlias, TypeVar

from sqlalchemy import Connection as SqlConnection, Engine, event

from crossdock.plugins.connector import RemoteResponse, RemoteSession
from crossdock.store.sql.moment import utc_now

How: TypeAlias = Literal["exception", "kill", "disk full", "locked", "clock back", "clock forward"]
T = TypeVar("T")

_IMPATIENT = "PRAGMA busy_timeout = 20"


class Stopped(BaseException):
    """Raised at the side effect at which a run is to be stopped."""


class Trouble:
    """What befalls a run at one of its side effects.

    ``excuse`` is what the run has to say of it if it does not succeed; ``None``: it must succeed all the same.
    """

    excuse: str | None = None

    def strike(self) -> None:
        """Happen, once, just before the side effect."""

    def beset(self, driver: object) -> None:
        """Go on, before that statement to the store and each one after it."""

    def now(self) -> datetime:
        """Tell the time that the run sees."""
        return utc_now()


class Raised(Trouble):
    """An exception, which lets the run clean up."""

    excuse = ""

    def strike(self) -> None:
        """Raise it."""
        raise Stopped


class Killed(Trouble):
    """The end of the process, which does not."""

    excuse = ""

    def strike(self) -> None:
        """End it."""
        os.kill(os.getpid(), signal.SIGKILL)


class FullDisk(Trouble):
    """No page more for the store's file (SQLite): what needs one is told that the disk is full, by SQLite itself."""

    excuse = "free some space"

    def beset(self, driver: object) -> None:
        """Allow the file the size that it has; less than that cannot be set."""
        if isinstance(driver, sqlite3.Connection):
            driver.execute("PRAGMA max_page_count = 1").close()


class Locked(Trouble):
    """Somebody else who holds the store's lock (SQLite), from the first moment at which the run does not."""

    excuse = "locked by another process"

    def __init__(self) -> None:
        self._holder: sqlite3.Connection | None = None

    def beset(self, driver: object) -> None:
        """Take the lock, and let the run wait for it shortly."""
        if not isinstance(driver, sqlite3.Connection):
            return
        driver.execute(_IMPATIENT).close()
        if self._holder is None:
            [(_number, _name, file), *_others] = driver.execute("PRAGMA database_list")
            holder = sqlite3.connect(file, timeout=0, isolation_level=None, check_same_thread=False)
            with suppress(sqlite3.OperationalError):
                holder.execute("BEGIN IMMEDIATE").close()
                self._holder = holder


class ClockJump(Trouble):
    """A clock that is set to another time."""

    def __init__(self, by: timedelta) -> None:
        self._by = by
        self._jumped = False

    def strike(self) -> None:
        """Set it."""
        self._jumped = True

    def now(self) -> datetime:
        """Tell the time, wrongly from then on."""
        return utc_now() + (self._by if self._jumped else timedelta(0))


TROUBLES: Mapping[How, Callable[[], Trouble]] = {
    "exception": Raised,
    "kill": Killed,
    "disk full": FullDisk,
    "locked": Locked,
    "clock back": partial(ClockJump, -timedelta(days=3)),
    "clock forward": partial(ClockJump, timedelta(days=3)),
}


@dataclass(slots=True)
class Effects:
    """Counts the side effects of a run, of all its threads; trouble begins just before number ``stop_at``.

    ``told`` is called with that effect, before.
    """

    stop_at: int | None = None
    trouble: Trouble = field(default_factory=Trouble)
    told: Callable[[str], None] | None = None
    seen: list[str] = field(default_factory=list)
    _guard: threading.Lock = field(default_factory=threading.Lock)

    def happen(self, what: str) -> None:
        """Note that something is about to have an effect."""
        with self._guard:
            self.seen.append(what)
            stopping = len(self.seen) == self.stop_at
        if stopping:
            if self.told is not None:
                self.told(what)
            self.trouble.strike()

    @contextmanager
    def watched(self) -> Iterator[None]:
        """Note every statement and commit of every store in this process."""

        def statement(connection: SqlConnection, _cursor: object, text: str, *_rest: object) -> None:
            if not text.startswith("BEGIN"):
                self.happen(text.split("\n", 1)[0])
            if self.stop_at is not None and len(self.seen) >= self.stop_at:
                self.trouble.beset(connection.connection.driver_connection)

        def commit(_connection: SqlConnection) -> None:
            self.happen("COMMIT")

        event.listen(Engine, "before_cursor_execute", statement)
        event.listen(Engine, "commit", commit)
        try:
            yield
        finally:
            event.remove(Engine, "before_cursor_execute", statement)
            event.remove(Engine, "commit", commit)


class WatchedSession:
    """A connection's session that notes each of its requests before it is sent."""

    def __init__(self, session: RemoteSession, effects: Effects) -> None:
        self._session = session
        self._effects = effects

    def configure(self, **options: Any) -> None:
        """Pass on what the connector sets."""
        self._session.configure(**options)

    def get(self, path: str, params: Mapping[str, str] | None = None, *, retries: int | None = None) -> RemoteResponse:
        """GET, as the session does."""
        self._effects.happen(f"GET {path}")
        return self._session.get(path, params, retries=retries)

    def read(
        self,
        path: str,
        parse: Callable[[RemoteResponse], T],
        params: Mapping[str, str] | None = None,
        *,
        retries: int | None = None,
        smaller: bool = False,
    ) -> T:
        """GET and parse, as the session does."""
        self._effects.happen(f"GET {path}")
        return self._session.read(path, parse, params, retries=retries, smaller=smaller)
