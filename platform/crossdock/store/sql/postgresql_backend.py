"""PostgreSQL under the store: a server that processes and machines share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from functools import lru_cache
from typing import Any, NamedTuple, cast

import psycopg
from psycopg.types.string import BytesBinaryDumper
from sqlalchemy import (
    ARRAY,
    Column,
    ColumnElement,
    Connection,
    Engine,
    Insert,
    Select,
    Text,
    any_ as any_of,
    bindparam,
    create_engine,
    event,
)
from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import ConnectionPoolEntry
from sqlalchemy.sql import ClauseElement
from sqlalchemy.sql.compiler import SQLCompiler

from crossdock.errors import ConfigError, CrossdockError, PermanentError, RecordError
from crossdock.store.sql.backend import Batch, Rows, Walk, text_of
from crossdock.store.sql.failure import BUSY_SECONDS, StoreBusyError, StoreLostError

_OLDEST = 13
_FEWEST_TO_COPY = 4
_PIPELINES = psycopg.Pipeline.is_supported()  # by libpq 14 and newer
# A writer that was suspended is thrown out then, so that it holds nobody up for good; none is idle for a second.
_IDLE_SECONDS = 60
# A server that is gone without a word is noticed after some 40 s.
_ARGUMENTS = {"connect_timeout": 10, "keepalives_idle": 20, "keepalives_interval": 5, "keepalives_count": 4}
# One writer at a time, as on SQLite: what a write transaction reads stays true until it commits, nothing can
# deadlock, and sequences grow as commits do. Each statement sees what was committed before it; so the first one
# after the lock sees everything of the writer before. The lock is one per schema.
_WRITE = "BEGIN; SELECT pg_advisory_xact_lock(1131637867, hashtext(current_schema()))"
_READ = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"


class PostgresqlBackend:
    """Transactions of PostgreSQL; see :class:`~crossdock.store.sql.backend.Backend`."""

    private = False
    raw_error: type[Exception] = psycopg.Error

    def __init__(self, url: URL) -> None:
        self.name = url.render_as_string(hide_password=True)
        self.engine = _engine(url)
        self._text = text_of(self.engine.dialect)
        self._matching_text = lru_cache(maxsize=512)(self._compile_matching)
        self._copy = lru_cache(maxsize=64)(self._compile_copy)

    def prepare(self) -> None:
        """Check that the server can hold a store."""
        with self.engine.connect() as connection:
            version, encoding = connection.exec_driver_sql(
                "SELECT current_setting('server_version_num')::int / 10000, current_setting('server_encoding')"
            ).one()
        if version < _OLDEST:
            raise ConfigError(f"the store {self.name!r} is on PostgreSQL {version}; use {_OLDEST} or newer")
        if encoding != "UTF8":
            raise ConfigError(
                f"the store {self.name!r} has the encoding {encoding}; create the database with ENCODING 'UTF8'"
            )

    def run(self, connection: Connection, text: str, values: tuple[Any, ...]) -> Rows:
        """Execute one statement by the driver itself: SQLAlchemy would take as long again."""
        return _fetched(connection, text, values)

    def send(self, connection: Connection, batches: Sequence[Batch]) -> None:
        """Execute each statement once per row: a few rows on the next trip; many new ones are copied, at a quarter."""
        if all(len(rows) < _FEWEST_TO_COPY for _statement, rows in batches):
            waiting = _of(connection).waiting
            waiting += [(self._text(statement), row) for statement, rows in batches for row in rows]
            return
        _send_waiting(connection)
        cursor = _of(connection).cursor
        for statement, rows in batches:
            copying = self._copy(statement) if len(rows) >= _FEWEST_TO_COPY else None
            if copying is None:
                cursor.executemany(self._text(statement), rows)
            else:
                _copy_rows(cursor, copying, rows)

    def matching(
        self,
        connection: Connection,
        statement: Select[Any],
        column: ColumnElement[str],
        fixed: tuple[str, ...],
        values: Sequence[str],
    ) -> list[Sequence[Any]]:
        """Execute a select for the rows whose column is one of the values."""
        if not values:
            return []
        text = self._matching_text(statement, column, one=len(values) == 1)
        return _fetched(connection, text, (*fixed, values[0] if len(values) == 1 else list(values)))

    def walk(self, key: Column[str], fixed: Mapping[Column[str], str]) -> Walk:
        """Walk along the key: a row has a new place after every change."""
        return key, [column == value for column, value in fixed.items()]

    def clean_up(self) -> bool:
        """Leave it to the server, whose VACUUM does it."""
        return False

    def meaning(self, error: Exception) -> CrossdockError | None:
        """Say what an error of PostgreSQL means."""
        cause = error.orig if isinstance(error, DBAPIError) else error
        state, text = getattr(cause, "sqlstate", None) or "", " ".join(str(cause).split())
        if state in _BUSY:
            return StoreBusyError(self.name)
        if state == _TOO_LONG:
            return RecordError(f"an id or a key is too long for an index ({text}); make it shorter", stage="store")
        for beginning, meaning in _MEANINGS:
            if state.startswith(beginning):
                return PermanentError(f"the store {self.name!r} {meaning} ({text})")
        lost = isinstance(error, DBAPIError) and error.connection_invalidated
        if lost or state.startswith(_LOST) or (isinstance(cause, psycopg.OperationalError) and not state):
            return self._unreachable(text)
        return None if isinstance(cause, _OURS) else PermanentError(f"the store {self.name!r} failed: {text}")

    def _unreachable(self, text: str) -> CrossdockError:
        if any(words in text for words in _REFUSALS):
            return PermanentError(f"the store {self.name!r} refuses: {text}; check [store] url")
        return StoreLostError(self.name, text)

    def _compile_matching(self, statement: Select[Any], column: ColumnElement[str], *, one: bool) -> str:
        values = bindparam("value") if one else any_of(bindparam("values", type_=ARRAY(Text)))
        return self._text(statement.where(column == values))

    def _compile_copy(self, statement: ClauseElement) -> _Copying | None:
        text = self._text(statement)
        if not isinstance(statement, Insert) or any(words in text for words in _MORE_THAN_NEW_ROWS):
            return None
        compiled: SQLCompiler = statement.compile(dialect=self.engine.dialect)
        names = compiled.positiontup or []
        if not set(names) <= set(statement.table.c.keys()):
            return None
        kinds = [_kind(compiled.binds[name].type.compile(self.engine.dialect)) for name in names]
        columns = ", ".join(map(compiled.preparer.quote, names))
        return _Copying(f"COPY {statement.table.name} ({columns}) FROM STDIN (FORMAT BINARY)", kinds)


class _Driven:
    """What goes with a connection of the driver: its cursors, for to make one takes as long as a short statement.

    ``waiting`` are statements of the open transaction with their values, which nothing is asked back about: they go on
    one trip with the first one that is asked something, or before the commit.
    """

    def __init__(self, connection: psycopg.Connection) -> None:
        self.connection = connection
        self.cursor = connection.cursor()
        self.sender = connection.cursor()
        self.waiting: list[tuple[str, tuple[Any, ...]]] = []


def _of(connection: Connection) -> _Driven:
    return cast("_Driven", connection.info["driven"])


def _fetched(connection: Connection, text: str, values: Sequence[Any]) -> Rows:
    driven = _of(connection)
    cursor = driven.cursor
    if driven.waiting:
        with _pipeline(driven):
            _send(driven)
            cursor.execute(text, values)
    else:
        cursor.execute(text, values)
    return Rows() if cursor.rownumber is None else Rows(cursor.fetchall())  # a description would be made for nothing


def _send_waiting(connection: Connection, *_statement: object) -> None:
    driven = _of(connection)
    if driven.waiting:
        with _pipeline(driven):
            _send(driven)


def _send(driven: _Driven) -> None:
    waiting, driven.waiting = driven.waiting, []
    for text, values in waiting:
        driven.sender.execute(text, values)


def _pipeline(driven: _Driven) -> AbstractContextManager[object]:
    return driven.connection.pipeline() if _PIPELINES else nullcontext()


def _copy_rows(cursor: psycopg.Cursor[tuple[Any, ...]], copying: _Copying, rows: Sequence[tuple[Any, ...]]) -> None:
    with cursor.copy(copying.text) as copy:
        copy.set_types(copying.kinds)
        for row in rows:
            copy.write_row(row)


class _Copying(NamedTuple):
    """How to copy what an insert inserts; ``kinds`` are types as the driver calls them."""

    text: str
    kinds: list[str]


_MORE_THAN_NEW_ROWS = (" ON CONFLICT ", " RETURNING ", " SELECT ")
# lock_not_available, query_canceled (a timeout of the server's own), serialization_failure, deadlock_detected
_BUSY = ("55P03", "57014", "40001", "40P01")
# program_limit_exceeded: what is indexed has some 2,700 bytes at most
_TOO_LONG = "54000"
# connection exceptions, the server's shutting down or starting up, too many connections, idle for too long
_LOST = ("08", "57P", "53300", "25P03")
_MEANINGS = (
    ("53100", "has no room left on its disk; free some space where its server keeps the data, and run again"),
    ("42501", "may not be used like this by its user; grant the rights, or name another user in [store] url"),
    ("3F000", "has no schema that its user may use; create one, grant the rights, or set search_path in [store] url"),
    ("25006", "can only be read; name the primary server in [store] url"),
    ("XX001", "is damaged; restore a backup"),
    ("XX002", "is damaged; restore a backup"),
)
_REFUSALS = (
    "authentication failed",
    "does not exist",
    "no pg_hba.conf entry",
    "no password supplied",
    "does not support SSL",
    "certificate verify failed",
)
_OURS = (psycopg.ProgrammingError, psycopg.IntegrityError, psycopg.DataError, psycopg.NotSupportedError)


def _kind(declared: str) -> str:
    return {"BYTEA": "bytea", "INTEGER": "int4", "BIGINT": "int8"}.get(declared, "text")


def _engine(url: URL) -> Engine:
    arguments = {name: value for name, value in _ARGUMENTS.items() if name not in url.query}
    engine = create_engine(
        url.set(drivername="postgresql+psycopg"),
        connect_args={**arguments, "client_encoding": "UTF8", "autocommit": True},
        paramstyle="format",
        use_native_hstore=False,
        pool_use_lifo=True,
        execution_options={"preserve_rowcount": True},
        pool_size=10,
        max_overflow=30,
    )
    event.listen(engine, "connect", _on_connect)
    event.listen(engine, "begin", _on_begin)
    event.listen(engine, "before_cursor_execute", _send_waiting)
    event.listen(engine, "commit", _send_waiting)
    return engine


def _on_connect(connection: psycopg.Connection, record: ConnectionPoolEntry) -> None:
    # Registered last, it is what bytes are copied by; the driver's own last one is written in Python.
    connection.adapters.register_dumper(bytes, BytesBinaryDumper)
    connection.execute(
        f"SET lock_timeout = '{BUSY_SECONDS}s'; SET idle_in_transaction_session_timeout = '{_IDLE_SECONDS}s'"
    ).close()
    record.info["driven"] = _Driven(connection)


def _on_begin(connection: Connection) -> None:
    text = _WRITE if connection.get_execution_options().get("crossdock_write", False) else _READ
    driven = _of(connection)
    driven.waiting = []  # of a transaction that was rolled back
    try:
        driven.cursor.execute(text, prepare=False)
    except psycopg.OperationalError:
        if not driven.connection.closed:
            raise
        connection.exec_driver_sql(text)  # so SQLAlchemy learns that it is dead, and forgets those that died with it
