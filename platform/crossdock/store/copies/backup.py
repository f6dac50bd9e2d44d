"""Backups: one file with everything that is in a store, and the proof that it is still what was written."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from contextlib import closing
from datetime import datetime
from pathlib import Path

from msgspec import Struct
from sqlalchemy import Column, Connection, Integer, MetaData, Table, Text, inspect, select, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import DBAPIError

from crossdock.errors import ConfigError, CrossdockError, PermanentError
from crossdock.store.copies.contents import MANIFEST, fingerprints
from crossdock.store.copies.fingerprint import Fingerprint
from crossdock.store.copies.replica import Replica, replicate, write_file
from crossdock.store.copies.whole_file import whole_file
from crossdock.store.sql.database import Database
from crossdock.store.sql.migration import NewerStoreError, migrations, version_of
from crossdock.store.sql.moment import to_text

_HEADER = b"SQLite format 3\0"
_manifest = Table(
    MANIFEST,
    MetaData(),
    Column("table", Text, primary_key=True),
    Column("rows", Integer, nullable=False),
    Column("digest", Text, nullable=False),
    Column("counter", Integer),
    Column("taken", Text, nullable=False),
)


class NoBackupError(ConfigError):
    """A file is no backup."""

    def __init__(self, file: Path) -> None:
        super().__init__(
            f"{str(file)!r} is no backup: `crossdock backup` did not make it. A store is copied by "
            "`crossdock store copy FROM TO`"
        )


class DamagedBackupError(PermanentError):
    """A backup is not what was written; it is left untouched, and nothing is made of it."""

    def __init__(self, file: Path, reason: str) -> None:
        super().__init__(f"the backup {str(file)!r} is damaged: {reason}; nothing was restored, take another one")


class NewerBackupError(PermanentError):
    """A newer program made a backup; it is left untouched."""

    def __init__(self, file: Path) -> None:
        super().__init__(
            f"the backup {str(file)!r} was made by a newer program; nothing was restored, upgrade crossdock first"
        )


class Backup(Struct, frozen=True):
    """What a backup holds: when it was taken (UTC text), of which version it is, and what is in each table."""

    taken: str
    version: int
    tables: tuple[Fingerprint, ...]


def back_up(url: str, file: Path, now: datetime) -> Backup:
    """Write everything in a store into a file, as it stands at one moment, while others go on.

    The file is a store of SQLite, whatever database the store itself is on. One that is there already is replaced
    when the new one is complete.

    Raises:
        ConfigError: there is no such store or folder.
        PermanentError: the store cannot be read, or the file not written; nothing stands under its name then.
    """
    if _is_file_of(url, file):
        raise ConfigError(f"{str(file)!r} is the store itself; name another file")
    if file.is_dir():
        raise ConfigError(f"the backup {str(file)!r} is a folder; name a file in it")
    if not file.parent.is_dir():
        raise ConfigError(f"the backup {str(file)!r} cannot be made: there is no folder {str(file.parent)!r}")
    taken = to_text(now)
    with closing(Database(url, create=False)) as source, whole_file(file) as partial:
        made = write_file(source, partial)
        _write_manifest(partial, made.tables, taken)
    return Backup(taken, made.version, made.tables)


def examine(file: Path) -> Backup:
    """Read a backup through and see that it is what was written.

    Raises:
        NoBackupError: it is something else, or is not there.
        DamagedBackupError: something in it is not as it was written.
        NewerBackupError: this program does not know its version.
    """
    if not file.is_file():
        raise ConfigError(f"there is no backup {str(file)!r}")
    with file.open("rb") as opened:
        if opened.read(len(_HEADER)) != _HEADER:
            raise NoBackupError(file)
    with closing(_open(file)) as database:
        try:
            with database.read() as connection:
                return _examined(file, database, connection)
        except NewerStoreError as error:
            raise NewerBackupError(file) from error
        except (NoBackupError, DamagedBackupError):
            raise
        except ConfigError as error:
            raise NoBackupError(file) from error
        except CrossdockError as error:
            raise DamagedBackupError(file, _reason(error)) from error


def restore(file: Path, url: str, *, replacing: bool) -> Replica:
    """Make the store at a URL what a backup says; it is there whole, or stays what it was.

    Args:
        file: the backup; it is examined first.
        url: where the store is, on either kind of database.
        replacing: what is in the store now may go.

    Raises:
        ConfigError: the file is no backup or the store itself, or something is stored there and ``replacing`` is false.
        PermanentError: the backup is damaged or newer, somebody works with the store, or it cannot be written.
    """
    if _is_file_of(url, file):
        raise ConfigError(f"{str(file)!r} is the store itself; name the backup that shall take its place")
    examine(file)
    with closing(_open(file)) as source:
        return replicate(source, make_url(url), replacing=replacing)


def _examined(file: Path, database: Database, connection: Connection) -> Backup:
    version = version_of(connection, database.name, migrations(database.dialect))
    if not version or not inspect(connection).has_table(MANIFEST):
        raise NoBackupError(file)
    (verdict,) = connection.execute(text("PRAGMA integrity_check(1)")).one()
    if verdict != "ok":
        raise DamagedBackupError(file, verdict)
    written = {Fingerprint(*row[:-1]): row.taken for row in connection.execute(select(_manifest))}
    found = fingerprints(database, connection)
    unlike = sorted({one.table for one in {*written} ^ {*found}})
    if unlike or not written:
        raise DamagedBackupError(file, f"{', '.join(unlike)} is not what was written")
    return Backup(next(iter(written.values())), version, tuple(found))


def _write_manifest(file: Path, tables: Iterable[Fingerprint], taken: str) -> None:
    with closing(_open(file)) as database, database.write() as connection:
        _manifest.create(connection)
        connection.execute(_manifest.insert(), [{**one._asdict(), "taken": taken} for one in tables])
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("PRAGMA journal_mode = DELETE")  # one file, which can be read wherever it lies


def _reason(error: CrossdockError) -> str:
    cause = error.__cause__
    return str(cause.orig if isinstance(cause, DBAPIError) else cause or error)


def _is_file_of(url: str, file: Path) -> bool:
    parsed = make_url(url)
    return parsed.get_backend_name() == "sqlite" and Path(parsed.database or "").resolve() == file.resolve()


def _open(file: Path) -> Database:
    return Database(URL.create("sqlite", database=str(file)), create=False)
