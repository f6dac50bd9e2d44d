"""SQLite under the store: a file that processes share, or a private store in memory."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, cast

from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    Connection,
    Engine,
    Select,
    StaticPool,
    bindparam,
    create_engine,
    event,
    literal_column,
)
from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError

from crossdock.errors import ConfigError, CrossdockError, PermanentError
from crossdock.store.sql.backend import Batch, Rows, Walk, text_of
from crossdock.store.sql.failure import BUSY_SECONDS, NoStoreError, StoreBusyError

_CHUNK = 512
_CACHE_KIB = 16 * 1024
# Of a new store. A document needs several pages of the usual 4 KiB, each written and copied back by itself; with larger
# ones, and more of them between two checkpoints, storing an order takes four fifths of the time.
_PAGE_BYTES = 16 * 1024
_PAGES_BETWEEN_CHECKPOINTS = 1600


class SqliteBackend:
    """Transactions of SQLite; see :class:`~crossdock.store.sql.backend.Backend`."""

    raw_error: type[Exception] = sqlite3.DatabaseError

    def __init__(self, url: URL, *, create: bool) -> None:
        self.name = url.render_as_string()
        self.private = url.database in (None, "", ":memory:")
        self._folder = str(Path(str(url.database).removeprefix("file:")).resolve().parent)
        if not self.private:
            _check_file(url, create=create)
        self.engine = _engine(url, private=self.private)
        self._text = text_of(self.engine.dialect)
        self._matching_text = lru_cache(maxsize=512)(self._compile_matching)

    def prepare(self) -> None:
        """Let readers go on while somebody writes; the setting stays with the file."""
        if self.private:
            return
        # SQLite does not wait for this lock by itself, and two processes may make the same store at once.
        deadline = time.monotonic() + BUSY_SECONDS
        while True:
            try:
                with self.engine.connect() as connection:
                    raw = connection.connection.dbapi_connection
                    if raw is not None:
                        raw.cursor().execute("PRAGMA journal_mode = WAL").close()
            except sqlite3.OperationalError as error:
                if "locked" not in str(error).lower() or time.monotonic() > deadline:
                    raise
                time.sleep(0.05)
            else:
                return

    def run(self, connection: Connection, text: str, values: tuple[Any, ...]) -> Rows:
        """Execute one statement by the driver itself: SQLAlchemy would take as long again."""
        return Rows(_told(connection, text, values).execute(text, values))

    def send(self, connection: Connection, batches: Sequence[Batch]) -> None:
        """Execute each statement once per row, at the driver's own speed."""
        for statement, rows in batches:
            text = self._text(statement)
            _told(connection, text, rows).executemany(text, rows).close()

    def matching(
        self,
        connection: Connection,
        statement: Select[Any],
        column: ColumnElement[str],
        fixed: tuple[str, ...],
        values: Sequence[str],
    ) -> list[Sequence[Any]]:
        """Execute a select for the rows whose column is one of the values, some hundred at a time."""
        driver = _driver(connection)
        found: list[Sequence[Any]] = []
        for start in range(0, len(values), _CHUNK):
            chunk = tuple(values[start : start + _CHUNK])
            # Filled up with its last value to one of few lengths: compiling a statement takes as long as ten answers.
            count = 1 << (len(chunk) - 1).bit_length()
            text = self._matching_text(statement, column, count)
            found += driver.execute(text, fixed + chunk + chunk[-1:] * (count - len(chunk))).fetchall()
        return found

    def walk(self, key: Column[str], fixed: Mapping[Column[str], str]) -> Walk:
        """Walk along the numbers of rows, by which SQLite keeps them; VACUUM leaves them, where a table has a key."""
        table = key.table.name
        # Without the plus, SQLite would look for the values in an index, and then sort what it found.
        mine = [literal_column(f"+{table}.{column.name}") == value for column, value in fixed.items()]
        return literal_column(f"{table}.rowid", BigInteger), mine

    def clean_up(self) -> bool:
        """Write the file anew without its free space, and empty the log of what was written.

        Nobody may write meanwhile, and for the log to be emptied nobody may read what is in it.
        """
        with self.engine.connect() as connection:
            driver = _driver(connection)
            driver.execute("VACUUM").close()
            busy = not self.private and driver.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
        if busy:
            raise StoreBusyError(self.name)
        return True

    def meaning(self, error: Exception) -> CrossdockError | None:
        """Say what an error of SQLite means."""
        cause = error.orig if isinstance(error, DBAPIError) else error
        if type(cause) not in (sqlite3.DatabaseError, sqlite3.OperationalError):
            return None
        text = str(cause)
        lowered = text.lower()
        if "locked" in lowered:
            return StoreBusyError(self.name)
        for words, meaning in _MEANINGS:
            if words in lowered:
                told = meaning.format(folder=self._folder)
                return PermanentError(f"the store {self.name!r} {told} ({text})")
        return PermanentError(f"the store {self.name!r} failed: {text}")

    def _compile_matching(self, statement: Select[Any], column: ColumnElement[str], count: int) -> str:
        matching = statement.where(column.in_([bindparam(f"value_{index}") for index in range(count)]))
        return str(matching.compile(dialect=self.engine.dialect))


_MEANINGS = (
    ("not a database", "is no SQLite database; name another file in [store] url"),
    ("readonly", "cannot be written; check the permissions of the file and of its folder"),
    ("unable to open", "cannot be opened; check that the folder exists and that this user may write there"),
    ("is full", "has no room left on its disk; free some space where {folder!r} lies, and run again"),
    ("malformed", "is damaged; restore a backup"),
    ("disk i/o", "cannot be read or written; check the disk where {folder!r} lies, and the room on it"),
)


def _check_file(url: URL, *, create: bool) -> None:
    path = Path(str(url.database).removeprefix("file:"))
    if path.is_dir():
        raise ConfigError(f"the store {str(path)!r} is a folder; name a file in it")
    if not path.parent.is_dir():
        raise ConfigError(f"the store {str(path)!r} cannot be made: there is no folder {str(path.parent)!r}")
    if not create and not path.exists():
        raise NoStoreError(str(path))


def _engine(url: URL, *, private: bool) -> Engine:
    arguments: dict[str, Any] = {"timeout": BUSY_SECONDS, "check_same_thread": False}
    if private:
        engine = create_engine(url, connect_args=arguments, poolclass=StaticPool)
    else:
        # Last in, first out: a connection that just worked has its pages in memory still.
        engine = create_engine(url, connect_args=arguments, pool_use_lifo=True)
    event.listen(engine, "connect", _on_connect)
    event.listen(engine, "begin", _on_begin)
    return engine


def _on_connect(connection: sqlite3.Connection, _record: object) -> None:
    connection.isolation_level = None  # the driver's own idea of when a transaction begins is too late for us
    connection.execute(f"PRAGMA page_size = {_PAGE_BYTES}").close()
    connection.execute(f"PRAGMA wal_autocheckpoint = {_PAGES_BETWEEN_CHECKPOINTS}").close()
    connection.execute("PRAGMA synchronous = NORMAL").close()
    connection.execute(f"PRAGMA cache_size = -{_CACHE_KIB}").close()


def _on_begin(connection: Connection) -> None:
    text = "BEGIN IMMEDIATE" if connection.get_execution_options().get("crossdock_write", False) else "BEGIN"
    _told(connection, text, ()).execute(text).close()


def _driver(connection: Connection) -> sqlite3.Connection:
    return cast("sqlite3.Connection", connection.connection.driver_connection)


def _told(connection: Connection, text: str, values: Sequence[Any]) -> sqlite3.Connection:
    """Tell those who listen to statements of one that passes SQLAlchemy by; return the driver's connection for it."""
    driver = _driver(connection)
    for listener in connection.dispatch.before_cursor_execute:
        listener(connection, driver, text, values, None, False)
    return driver
