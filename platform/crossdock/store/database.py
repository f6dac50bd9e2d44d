"""The database under the store: engine, transactions, and the one place where its errors become Crossdock's."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from functools import lru_cache
from pathlib import Path
from threading import RLock
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    CursorResult,
    Engine,
    Select,
    StaticPool,
    bindparam,
    create_engine,
    event,
)
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DatabaseError, OperationalError
from sqlalchemy.sql import ClauseElement

from crossdock.errors import ConfigError, CrossdockError, PermanentError, RetryableError

BUSY_SECONDS = 30
_CHUNK = 500
_CACHE_KIB = 16 * 1024
# The usual 4 KiB of a page suit the indexes: ids come in any order, so nearly every new one dirties a page of its own.
_PAGES_BETWEEN_CHECKPOINTS = 1600


class StoreBusyError(RetryableError):
    """Another process kept the store locked for longer than a writer waits."""

    def __init__(self, store: str) -> None:
        super().__init__(
            f"the store {store!r} has been locked by another process for {BUSY_SECONDS} s; "
            "try again when that process is done"
        )


class NoStoreError(ConfigError):
    """There is no store yet, and this is not the occasion to make one."""

    def __init__(self, path: Path) -> None:
        super().__init__(f"there is no store {str(path)!r} yet; `crossdock import` makes it")


class Database:
    """Transactions on one database; shared by the threads of a process.

    A write transaction locks out other writers from its first statement on, so what it reads stays true until it
    commits; a second writer waits.
    """

    def __init__(self, url: str, *, create: bool) -> None:
        parsed = _parse(url)
        self.name = parsed.render_as_string(hide_password=True)
        self.private = _is_memory(parsed)
        if not self.private:
            _check_file(parsed, create=create)
        self._engine = _engine(parsed, private=self.private)
        self._alone: Any = RLock() if self.private else nullcontext()
        self.text: Callable[[ClauseElement], str] = lru_cache(maxsize=512)(self._compile)
        self._matching_text = lru_cache(maxsize=512)(self._compile_matching)

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """Open a transaction that sees one state of the store and changes nothing."""
        with self._alone, self._translated(), self._engine.connect() as connection, connection.begin():
            yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """Open a write transaction; it is committed at the end of the block, or rolled back by any exception."""
        with self._alone, self._translated(), self._engine.connect() as connection:
            writer = connection.execution_options(crossdock_write=True)
            with writer.begin():
                yield writer

    def run(self, connection: Connection, statement: ClauseElement, values: tuple[Any, ...]) -> CursorResult[Any]:
        """Execute one statement at the driver's own speed; values in the order of the statement."""
        return connection.exec_driver_sql(self.text(statement), values)

    def many(self, connection: Connection, statement: ClauseElement, rows: Sequence[tuple[Any, ...]]) -> None:
        """Execute a statement once per row, at the driver's own speed; values in the order of the statement."""
        if rows:
            connection.exec_driver_sql(self.text(statement), list(rows))

    def matching(
        self,
        connection: Connection,
        statement: Select[Any],
        column: ColumnElement[str],
        fixed: tuple[str, ...],
        values: Sequence[str],
    ) -> list[Sequence[Any]]:
        """Execute ``statement`` for the rows whose ``column`` is one of ``values``, at the driver's own speed.

        ``fixed`` are the values of the statement's own conditions, in their order.
        """
        found: list[Sequence[Any]] = []
        for start in range(0, len(values), _CHUNK):
            chunk = tuple(values[start : start + _CHUNK])
            text = self._matching_text(statement, column, len(chunk))
            found += connection.exec_driver_sql(text, fixed + chunk).all()
        return found

    def use_write_ahead_log(self) -> None:
        """Let readers go on while somebody writes; the setting stays with the file."""
        with self._translated(), self._engine.connect() as connection:
            raw = connection.connection.dbapi_connection
            if raw is not None:
                raw.cursor().execute("PRAGMA journal_mode = WAL").close()

    def close(self) -> None:
        """Close every connection."""
        self._engine.dispose()

    def _compile_matching(self, statement: Select[Any], column: ColumnElement[str], count: int) -> str:
        return self._compile(statement.where(column.in_([bindparam(f"value_{index}") for index in range(count)])))

    def _compile(self, statement: ClauseElement) -> str:
        return str(statement.compile(dialect=self._engine.dialect))

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except DatabaseError as error:
            if type(error) not in (DatabaseError, OperationalError):
                raise  # a statement of ours is wrong; that is nobody's remedy
            raise self._meaning(str(error.orig)) from error
        except sqlite3.DatabaseError as error:
            raise self._meaning(str(error)) from error

    def _meaning(self, text: str) -> CrossdockError:
        lowered = text.lower()
        if "locked" in lowered:
            return StoreBusyError(self.name)
        for words, meaning in _MEANINGS:
            if words in lowered:
                return PermanentError(f"the store {self.name!r} {meaning} ({text})")
        return PermanentError(f"the store {self.name!r} failed: {text}")


_MEANINGS = (
    ("not a database", "is no SQLite database; name another file in [store] url"),
    ("readonly", "cannot be written; check the permissions of the file and of its folder"),
    ("unable to open", "cannot be opened; check that the folder exists and that this user may write there"),
    ("is full", "has no room left on its disk; free some space and run again"),
    ("malformed", "is damaged; restore a backup"),
    ("disk i/o", "cannot be read or written; check the disk"),
)


def _parse(url: str) -> URL:
    try:
        parsed = make_url(url)
        backend = parsed.get_backend_name()
    except (ArgumentError, ValueError) as error:
        raise ConfigError(f"the store's url {url!r} cannot be read; write it like 'sqlite:///crossdock.db'") from error
    if backend != "sqlite":
        raise ConfigError(f"a store of kind {backend!r} is not supported; write the url like 'sqlite:///crossdock.db'")
    return parsed


def _is_memory(url: URL) -> bool:
    return url.database in (None, "", ":memory:")


def _check_file(url: URL, *, create: bool) -> None:
    path = Path(str(url.database).removeprefix("file:"))
    if path.is_dir():
        raise ConfigError(f"the store {str(path)!r} is a folder; name a file in it")
    if not path.parent.is_dir():
        raise ConfigError(f"the store {str(path)!r} cannot be made: there is no folder {str(path.parent)!r}")
    if not create and not path.exists():
        raise NoStoreError(path)


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
    connection.execute(f"PRAGMA wal_autocheckpoint = {_PAGES_BETWEEN_CHECKPOINTS}").close()
    connection.execute("PRAGMA synchronous = NORMAL").close()
    connection.execute(f"PRAGMA cache_size = -{_CACHE_KIB}").close()


def _on_begin(connection: Connection) -> None:
    writes = connection.get_execution_options().get("crossdock_write", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
