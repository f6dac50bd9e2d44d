"""A store made anew as the likeness of another: compared table by table, and there whole or not at all."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import cast

from msgspec import Struct
from sqlalchemy import Connection
from sqlalchemy.engine import URL, make_url

from crossdock.errors import ConfigError, PermanentError
from crossdock.store.copies.contents import MANIFEST, copy_rows, drop_tables, fingerprints
from crossdock.store.copies.fingerprint import Fingerprint
from crossdock.store.copies.occupancy import alone, see_that_it_is_free
from crossdock.store.copies.whole_file import whole_file
from crossdock.store.sql.database import Database
from crossdock.store.sql.failure import NoStoreError
from crossdock.store.sql.migration import apply_step, migrations, version_of

_PAGES_AT_ONCE = 1000
_EVERYBODYS = 0o666  # as far as the user's mask lets them: like any other store


class UnlikeError(PermanentError):
    """What was written is not what was read; nothing of it is left."""

    def __init__(self, name: str, tables: Sequence[str]) -> None:
        super().__init__(
            f"what was written to {name!r} differs from what was read, in {', '.join(tables)}; nothing of it was kept. "
            "Check disk and memory of this machine, and try again"
        )


class Replica(Struct, frozen=True):
    """What was made: of which version, and what is in each table, the same on both sides."""

    version: int
    tables: tuple[Fingerprint, ...]


def copy_store(source_url: str, target_url: str) -> Replica:
    """Copy a store into an empty one, of either kind of database; nobody can write to the first one meanwhile.

    Raises:
        ConfigError: one of the URLs is wrong, there is nothing to copy, or the second store is not empty.
        PermanentError: somebody works with one of them, it was made by a newer program, or a database fails.
        StoreBusyError: another process keeps one of them locked.
    """
    with closing(Database(source_url, create=False)) as source:
        with source.read() as connection:
            see_that_it_is_free(connection, source.name)
        return replicate(source, make_url(target_url), replacing=False, locked=True)


def replicate(source: Database, url: URL, *, replacing: bool, locked: bool = False) -> Replica:
    """Make the store at a URL the likeness of another.

    Args:
        source: the other.
        url: of either kind of database.
        replacing: what is in the store there now may go.
        locked: keep everybody from writing to the source as long as it is read; otherwise it is read as it stands at
            one moment, while others go on.
    """
    if url.get_backend_name() == "sqlite":
        path = Path(url.database or "")
        if not url.database or url.database == ":memory:":
            raise ConfigError("a store in memory is gone with the program; name a file")
        if not path.parent.is_dir():
            raise ConfigError(f"the store {str(path)!r} cannot be made: there is no folder {str(path.parent)!r}")
        with alone(path, replacing=replacing), whole_file(path, _EVERYBODYS) as partial:
            made = write_file(source, partial, locked=locked)
            with closing(_open(partial)) as target:
                target.prepare()
            return made
    with closing(Database(url, create=True)) as target:
        target.prepare()
        return _fill(source, target, replacing=replacing, locked=locked)


def write_file(source: Database, file: Path, *, locked: bool = False) -> Replica:
    """Make an empty file the likeness of a store, and compare the two; it is nobody's but the caller's."""
    with _reading(source, locked=locked) as reading:
        version = _version(source, reading)
        copy = _copy_pages if source.dialect == "sqlite" else _copy_rows
        read = copy(source, reading, file, version)
    with closing(_open(file)) as target, target.read() as written:
        return Replica(version, _compared(file.name, read, fingerprints(target, written)))


def _fill(source: Database, target: Database, *, replacing: bool, locked: bool) -> Replica:
    """Make the store in a database server the likeness of another, in one transaction."""
    with target.write() as writing:
        see_that_it_is_free(writing, target.name, replacing=replacing)
        with _reading(source, locked=locked) as reading:
            version = _version(source, reading)
            drop_tables(writing)
            for step in migrations(target.dialect)[:version]:
                apply_step(writing, step)
            read = copy_rows(source, reading, target, writing)
        return Replica(version, _compared(target.name, read, fingerprints(target, writing)))


@contextmanager
def _reading(source: Database, *, locked: bool) -> Iterator[Connection]:
    if not locked:
        with source.read() as connection:
            yield connection
        return
    with source.write() as lock, source.read() as connection:
        if source.dialect == "postgresql":  # it is idle as long as the other one reads
            lock.exec_driver_sql("SET LOCAL idle_in_transaction_session_timeout = 0")
        yield connection


def _version(source: Database, reading: Connection) -> int:
    version = version_of(reading, source.name, migrations(source.dialect))
    if not version:
        raise NoStoreError(source.name)
    return version


def _copy_pages(source: Database, reading: Connection, file: Path, _version: int) -> list[Fingerprint]:
    """Copy a file of SQLite while others write to it.

    Fingerprints are read first, in the transaction that the pages are then copied in: so both are of one moment, and
    the copy need not begin anew whenever somebody writes.
    """
    read = fingerprints(source, reading)
    driver = cast("sqlite3.Connection", reading.connection.driver_connection)
    with closing(_open(file)) as target, target.translated(), closing(sqlite3.connect(file)) as copy:
        driver.backup(copy, pages=_PAGES_AT_ONCE)
        copy.execute(f"DROP TABLE IF EXISTS {MANIFEST}")
        copy.commit()
    return read


def _copy_rows(source: Database, reading: Connection, file: Path, version: int) -> list[Fingerprint]:
    with closing(_open(file)) as target, target.write() as writing:
        for step in migrations(target.dialect)[:version]:
            apply_step(writing, step)
        return copy_rows(source, reading, target, writing)


def _compared(name: str, read: Sequence[Fingerprint], written: Sequence[Fingerprint]) -> tuple[Fingerprint, ...]:
    unlike = {one.table for one in {*read} ^ {*written}}
    if unlike:
        raise UnlikeError(name, sorted(unlike))
    return tuple(written)


def _open(file: Path) -> Database:
    return Database(URL.create("sqlite", database=str(file)), create=False)
