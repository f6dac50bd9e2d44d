"""Whether the place where a store shall be made is free: nothing is stored there, and nobody works with it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Connection, inspect, select
from sqlalchemy.engine import URL

from crossdock.errors import ConfigError, PermanentError
from crossdock.store.copies.contents import is_empty
from crossdock.store.imports.lease import Lease
from crossdock.store.sql.database import Database
from crossdock.store.sql.failure import NoStoreError
from crossdock.store.sql.migration import migrations, version_of
from crossdock.store.sql.tables import leases


class StoreInUseError(PermanentError):
    """Somebody works with a store that is to be replaced or moved."""

    def __init__(self, store: str, who: str) -> None:
        super().__init__(
            f"the store {store!r} is in use: {who}; stop `crossdock run`, `crossdock serve` and imports first"
        )


class NotEmptyError(ConfigError):
    """Something is stored where a store shall be made."""

    def __init__(self, store: str) -> None:
        super().__init__(f"the store {store!r} is not empty; name another one, or an empty database")


def is_occupied(url: str) -> bool:
    """Say whether there is a store that something was ever stored in; one that cannot be read counts as such.

    Raises:
        ConfigError: the database belongs to something else.
    """
    try:
        with closing(Database(url, create=False)) as database, database.read() as connection:
            if not version_of(connection, database.name, migrations(database.dialect)):
                return False
            return not is_empty(connection)
    except NoStoreError:
        return False
    except PermanentError:
        return True


def see_that_it_is_free(connection: Connection, store: str, *, replacing: bool = True) -> None:
    """Refuse a store that a run works with or (without ``replacing``) that is not empty.

    Raises:
        StoreInUseError: a run is going on.
        NotEmptyError: something is stored there.
    """
    if not replacing and not is_empty(connection):
        raise NotEmptyError(store)
    if not inspect(connection).has_table(leases.name):
        return
    now = datetime.now(UTC)
    for row in connection.execute(select(leases)):
        if (held := Lease(*row)).is_alive(now):
            raise StoreInUseError(store, f"run {held.run_id!r} of process {held.pid} is going on")


@contextmanager
def alone(path: Path, *, replacing: bool) -> Iterator[None]:
    """Keep everybody out of a file of SQLite that is to be replaced; it need not be there.

    Raises:
        StoreInUseError: another process has it open.
        NotEmptyError: something is stored there, and ``replacing`` is false.
    """
    if not path.exists() or not path.stat().st_size:
        yield
        return
    _look_at(path, replacing=replacing)
    with closing(sqlite3.connect(path, timeout=0, isolation_level=None)) as held:
        _lock(held, path)
        try:
            yield
        except BaseException:
            with suppress(sqlite3.Error):
                held.rollback()
                held.execute("PRAGMA journal_mode = WAL")
            raise


def _look_at(path: Path, *, replacing: bool) -> None:
    with closing(Database(URL.create("sqlite", database=str(path)), create=False)) as database:
        try:
            with database.read() as connection:
                if version_of(connection, database.name, migrations(database.dialect)):
                    see_that_it_is_free(connection, database.name, replacing=replacing)
        except StoreInUseError:
            raise
        except PermanentError as error:  # damaged, or of a newer program
            if not replacing:
                raise NotEmptyError(database.name) from error


def _lock(held: sqlite3.Connection, path: Path) -> None:
    try:
        # Nobody else has it open, or this would fail; from the lock on, whoever opens it has to wait.
        held.execute("PRAGMA journal_mode = DELETE")
        held.execute("BEGIN EXCLUSIVE")
    except sqlite3.OperationalError as error:
        raise StoreInUseError(str(path), f"another process has it open ({error})") from error
    except sqlite3.DatabaseError:
        return  # it is damaged, and nobody can work with it
