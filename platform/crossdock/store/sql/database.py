"""The database under the store: transactions, and the one place where its errors become Crossdock's."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from threading import Lock, RLock
from typing import Any

from sqlalchemy import Column, ColumnElement, Connection, Executable, Select
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, TimeoutError as NoConnectionError
from sqlalchemy.sql import ClauseElement

from crossdock.errors import ConfigError
from crossdock.store.sql.backend import Backend, Batch, Rows, Walk, text_of
from crossdock.store.sql.failure import BUSY_SECONDS, StoreBusyError
from crossdock.store.sql.sqlite_backend import SqliteBackend

_BATCH = 500


class Database:
    """Transactions on one database; shared by the threads of a process.

    A write transaction locks out other writers from its first statement on, so what it reads stays true until it
    commits; a second writer waits. ``dialect`` is ``sqlite`` or ``postgresql``.
    """

    def __init__(self, url: str | URL, *, create: bool) -> None:
        parsed = _parse(url)
        self.dialect = parsed.get_backend_name()
        self._backend = _backend(parsed, create=create)
        self._engine = self._backend.engine
        self.name = self._backend.name
        self.private = self._backend.private
        self._alone: Any = RLock() if self.private else nullcontext()
        self._writing = None if self.private else Lock()
        self.text: Callable[[ClauseElement], str] = text_of(self._engine.dialect)

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """Open a transaction that sees one state of the store and changes nothing."""
        with self._alone, self.translated(), self._begun(writes=False) as connection:
            yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """Open a write transaction; it is committed at the end of the block, or rolled back by any exception."""
        with self._alone, self._turn(), self.translated(), self._begun(writes=True) as connection:
            yield connection

    def run(self, connection: Connection, statement: ClauseElement, values: tuple[Any, ...]) -> Rows:
        """Execute one statement at the driver's own speed; values in the order of the statement."""
        return self._backend.run(connection, self.text(statement), values)

    def many(self, connection: Connection, statement: ClauseElement, rows: Sequence[tuple[Any, ...]]) -> None:
        """Execute a statement once per row, at the driver's own speed; values in the order of the statement."""
        self.send(connection, (statement, rows))

    def send(self, connection: Connection, *batches: Batch) -> None:
        """Execute each statement once per row, in this order, with as few trips to the database as that takes."""
        if there := [batch for batch in batches if batch[1]]:
            self._backend.send(connection, there)

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
        return self._backend.matching(connection, statement, column, fixed, values)

    def walk(self, key: Column[str], fixed: Mapping[Column[str], str]) -> Walk:
        """Say along what to walk the rows of a table that have some fixed values, and what to ask of each.

        That is as they lie, which is the quickest way to read and to change them, or if nobody knows it, along ``key``.
        """
        return self._backend.walk(key, fixed)

    def stream(self, connection: Connection, statement: Executable) -> Iterator[list[tuple[Any, ...]]]:
        """Read what a select gives, some hundred rows at a time, with flat memory."""
        with self.translated():
            result = connection.execute(statement, execution_options={"stream_results": True, "yield_per": _BATCH})
            for rows in result.partitions():
                yield [tuple(row) for row in rows]

    def prepare(self) -> None:
        """Set up, or check, what stays with the database; before it is first migrated."""
        with self.translated():
            self._backend.prepare()

    def clean_up(self) -> bool:
        """Overwrite what was deleted, where the database would leave it lying about; say whether it was done."""
        with self._alone, self._turn(), self.translated():
            return self._backend.clean_up()

    def close(self) -> None:
        """Close every connection."""
        self._engine.dispose()

    @contextmanager
    def _turn(self) -> Iterator[None]:
        """Wait for the other threads that write.

        SQLite would let them look again and again, and PostgreSQL wait on a connection each, all but one of them cold.
        """
        if self._writing is None:
            yield
            return
        if not self._writing.acquire(timeout=BUSY_SECONDS):
            raise StoreBusyError(self.name)
        try:
            yield
        finally:
            self._writing.release()

    @contextmanager
    def _begun(self, *, writes: bool) -> Iterator[Connection]:
        try:
            connection = self._begin(writes=writes)
        except DBAPIError as error:
            if not error.connection_invalidated:
                raise
            # It died while it waited for us, in a server's restart perhaps. Nothing was asked of it yet.
            connection = self._begin(writes=writes)
        with connection, connection.get_transaction() or connection.begin():
            yield connection

    def _begin(self, *, writes: bool) -> Connection:
        connection = self._engine.connect()
        try:
            if writes:
                connection = connection.execution_options(crossdock_write=True)
            connection.begin()
        except BaseException:
            connection.close()
            raise
        return connection

    @contextmanager
    def translated(self) -> Iterator[None]:
        """Make Crossdock's errors of what the database raises inside."""
        try:
            yield
        except (DBAPIError, self._backend.raw_error) as error:
            meaning = self._backend.meaning(error)
            if meaning is None:
                raise  # a statement of ours is wrong; that is nobody's remedy
            raise meaning from error
        except NoConnectionError as error:
            raise StoreBusyError(self.name) from error


def _backend(url: URL, *, create: bool) -> Backend:
    if url.get_backend_name() == "sqlite":
        return SqliteBackend(url, create=create)
    from crossdock.store.sql.postgresql_backend import PostgresqlBackend  # noqa: PLC0415 - its driver only where it is used

    return PostgresqlBackend(url)


def _parse(url: str | URL) -> URL:
    spelling = "write it like 'sqlite:///crossdock.db' or 'postgresql://user@host/database'"
    try:
        parsed = make_url(url)
        backend = parsed.get_backend_name()
    except (ArgumentError, ValueError) as error:
        raise ConfigError(f"the store's url {url!r} cannot be read; {spelling}") from error
    if backend not in ("sqlite", "postgresql"):
        raise ConfigError(f"a store of kind {backend!r} is not supported; {spelling}")
    return parsed
