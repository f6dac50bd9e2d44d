"""Numbered, forward-only migrations: SQL files that bring a store to the version this program knows."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from functools import cache
from importlib.resources import files
from itertools import pairwise

from msgspec import Struct
from sqlalchemy import Column, Connection, Integer, MetaData, Table, Text, func, insert, inspect, select

from crossdock.errors import ConfigError, PermanentError
from crossdock.store.sql.database import Database
from crossdock.store.sql.failure import NoStoreError

_NAME = re.compile(r"(\d{4})_([a-z0-9_]+)\.sql")
_applied = Table(
    "migrations",
    MetaData(),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("name", Text, nullable=False),
    Column("applied", Text, nullable=False),
)


class NewerStoreError(PermanentError):
    """The store was made by a newer program; it is left untouched."""

    def __init__(self, store: str, theirs: int, ours: int) -> None:
        super().__init__(
            f"the store {store!r} has version {theirs}, this program knows versions up to {ours}; "
            "upgrade crossdock, or name another store in [store] url"
        )


class OldStoreError(ConfigError):
    """The store lacks migrations, and they are to be applied by hand."""

    def __init__(self, store: str, theirs: int, ours: int) -> None:
        super().__init__(
            f"the store {store!r} has version {theirs}, this program needs version {ours}; make a backup and run "
            '`crossdock migrate`, or write migrate = "auto" in [store]'
        )


class Migration(Struct, frozen=True):
    """One step: its number, what it is called, and its statements."""

    number: int
    name: str
    statements: tuple[str, ...]


@cache
def migrations(dialect: str = "sqlite") -> tuple[Migration, ...]:
    """Read the migrations in order; they are numbered from 1 without a gap."""
    folder = files("crossdock.store.sql") / "migrations" / dialect
    named = [(match, entry) for entry in folder.iterdir() if (match := _NAME.fullmatch(entry.name))]
    found = [Migration(int(match[1]), match[2], tuple(_statements(entry.read_text("utf-8")))) for match, entry in named]
    found.sort(key=lambda step: step.number)
    if any(later.number != earlier.number + 1 for earlier, later in pairwise(found)):
        raise PermanentError(f"the migrations of {dialect!r} are not numbered without gaps; install crossdock again")
    return tuple(found)


def _statements(text: str) -> Iterator[str]:
    code = "\n".join(line for line in text.splitlines() if not line.lstrip().startswith("--"))
    for statement in re.split(r";\s*(?:\n|\Z)", code):
        if statement.strip():
            yield statement.strip()


def migrate(database: Database, steps: Sequence[Migration] | None = None, *, create: bool = True) -> None:
    """Bring the store to the newest version this program knows; nothing is written if it is there already.

    Raises:
        NewerStoreError: a newer program made it.
        NoStoreError: there is none, and none is to be made.
        ConfigError: the database belongs to something else.
    """
    steps = migrations(database.dialect) if steps is None else steps
    missing = missing_steps(database, steps)
    if not missing:
        return
    if len(missing) == len(steps) and not create:
        raise NoStoreError(database.name)
    database.prepare()
    with database.write() as connection:
        version = version_of(connection, database.name, steps)  # somebody may have been faster
        for step in steps[version:]:
            apply_step(connection, step)


def check(database: Database) -> None:
    """See that the store is of this program's version; nothing is written.

    Raises:
        NewerStoreError: a newer program made it.
        OldStoreError: it lacks migrations, or is not there at all.
        ConfigError: the database belongs to something else.
    """
    steps = migrations(database.dialect)
    if missing := missing_steps(database, steps):
        raise OldStoreError(database.name, len(steps) - len(missing), len(steps))


def missing_steps(database: Database, steps: Sequence[Migration] | None = None) -> Sequence[Migration]:
    """Tell what the store lacks, in order; all, if there is nothing yet.

    Raises:
        NewerStoreError: a newer program made it.
        ConfigError: the database belongs to something else.
    """
    steps = migrations(database.dialect) if steps is None else steps
    with database.read() as connection:
        return steps[version_of(connection, database.name, steps) :]


def version_of(connection: Connection, store: str, steps: Sequence[Migration]) -> int:
    """Tell of which version the store is; 0 if there is nothing yet.

    Raises:
        NewerStoreError: a newer program made it.
        ConfigError: the database belongs to something else.
    """
    tables = inspect(connection).get_table_names()
    if not tables:
        return 0
    if _applied.name not in tables:
        raise ConfigError(f"{store!r} holds something else, not a Crossdock store; name another one in [store] url")
    version: int = connection.execute(select(func.coalesce(func.max(_applied.c.number), 0))).scalar_one()
    if version > len(steps):
        raise NewerStoreError(store, version, len(steps))
    return version


def apply_step(connection: Connection, step: Migration) -> None:
    """Bring the store one version further."""
    if step.number == 1:
        _applied.create(connection)
    for statement in step.statements:
        connection.exec_driver_sql(statement, execution_options={"no_parameters": True})
    applied = datetime.now(UTC).isoformat()
    connection.execute(insert(_applied).values(number=step.number, name=step.name, applied=applied))
