"""Empty stores for tests, made again and again at the cost of copying a file."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from shutil import copyfile

from crossdock.store.sql.database import Database
from crossdock.store.sql.migration import migrate

_SUFFIXES = ("", "-wal", "-shm")


class EmptyStores:
    """Makes empty stores in a folder; or, with ``new_url``, where that says.

    A file of SQLite is made by its name, and made again in its own place. The database that goes with it is the same
    then, and so has compiled its statements already, which a run of few records takes as long for as for all the rest.
    Nobody may have it open meanwhile.
    """

    def __init__(self, folder: Path, new_url: Callable[[], str] | None = None) -> None:
        self._folder = folder
        self._new_url = new_url
        self._made: dict[str, Database] = {}

    def make(self, name: str) -> Database:
        """Make the store of that name empty."""
        if self._new_url is not None:
            return _migrated(self._new_url())
        pattern = self._folder / "empty.db"
        if not pattern.exists():
            _migrated(f"sqlite:///{pattern}")
        file = self._folder / f"{name}.db"
        for suffix in _SUFFIXES:
            file.with_name(file.name + suffix).unlink(missing_ok=True)
        copyfile(pattern, file)
        if name not in self._made:
            self._made[name] = Database(f"sqlite:///{file}", create=False)
        return self._made[name]


def _migrated(url: str) -> Database:
    database = Database(url, create=True)
    migrate(database)
    database.close()  # a process that is forked must not share a connection; the next statement opens one
    return database
