"""The sheet of an audit: what was listed, and what was found. It lies in a temporary file, so memory stays flat."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from types import TracebackType
from typing import Literal, NamedTuple, Self, TypeAlias, get_args

from crossdock.plugins.connector import RemoteItem

State: TypeAlias = Literal[
    "missing", "stale", "reappeared", "quarantined", "deleted", "settled", "unlisted", "unproved"
]
STATES: tuple[State, ...] = get_args(State)

_BATCH = 500
_TABLES = """
PRAGMA synchronous = OFF;
CREATE TABLE listed (remote_id TEXT PRIMARY KEY, modified TEXT) WITHOUT ROWID;
CREATE TABLE found (
    number INTEGER PRIMARY KEY, state TEXT, remote_id TEXT, display_id TEXT, local_id TEXT,
    remote_modified TEXT, stored_modified TEXT, detail TEXT
);
CREATE INDEX found_by_state ON found (state, number);
"""
_LIST = """
INSERT INTO listed VALUES (?, ?) ON CONFLICT DO UPDATE SET modified = excluded.modified
WHERE excluded.modified > coalesce(listed.modified, '')
"""


class Finding(NamedTuple):
    """One remote record that is not the same here and there.

    ``detail`` says how it is gone (``gone`` or ``bin``), or why its absence could not be proved.
    """

    state: State
    remote_id: str
    display_id: str | None = None
    local_id: str | None = None
    remote_modified: str | None = None
    stored_modified: str | None = None
    detail: str | None = None


class Sheet:
    """What an audit writes down; used by one thread at a time (not always the same), and gone when it is closed."""

    def __init__(self) -> None:
        self._file = sqlite3.connect("", isolation_level=None, check_same_thread=False)  # nobody else sees this file
        self._file.executescript(_TABLES)
        self.counts: Counter[State] = Counter()

    def add_listed(self, items: Iterable[RemoteItem]) -> None:
        """Write down what was listed; of a record that comes twice the later state counts."""
        self._file.execute("BEGIN")
        self._file.executemany(_LIST, ((item.remote_id, item.modified) for item in items))
        self._file.execute("COMMIT")

    @property
    def listed_count(self) -> int:
        """How many records were listed."""
        [(count,)] = self._file.execute("SELECT count(*) FROM listed")
        return int(count)

    def listed(self) -> Iterator[list[tuple[str, str | None]]]:
        """Walk what was listed, id and modification time, some at a time."""
        after = ""
        while rows := self._file.execute(
            "SELECT remote_id, modified FROM listed WHERE remote_id > ? ORDER BY remote_id LIMIT ?", (after, _BATCH)
        ).fetchall():
            yield rows
            after = rows[-1][0]

    def not_listed(self, remote_ids: Sequence[str]) -> set[str]:
        """Pick the records that were not listed."""
        marks = ",".join("?" * len(remote_ids))
        query = f"SELECT remote_id FROM listed WHERE remote_id IN ({marks})"  # noqa: S608 - nothing but marks
        return set(remote_ids).difference(row[0] for row in self._file.execute(query, remote_ids))

    def add(self, finding: Finding) -> None:
        """Write down something that is not the same here and there."""
        self._file.execute("INSERT INTO found VALUES (NULL, ?, ?, ?, ?, ?, ?, ?)", finding)
        self.counts[finding.state] += 1

    def found(self, state: State, most: int | None = None) -> Iterator[Finding]:
        """Walk what was found in one state, in the order of finding."""
        query = "SELECT * FROM found WHERE state = ? ORDER BY number LIMIT ?"
        for _number, *row in self._file.execute(query, (state, -1 if most is None else most)):
            yield Finding(*row)

    def close(self) -> None:
        """Throw the sheet away."""
        self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
