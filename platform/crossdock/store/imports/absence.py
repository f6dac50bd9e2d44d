"""Absences: records that were marked because their remote system has them no longer, until they are seen there again.

The mark is an entry of custom data on the record, owned by the connection, so that everybody who reads records sees it,
and its history says when it came and went. Beside it stands a row here, so that an import knows without a look into the
records whether it has just met one that was thought to be gone.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import Connection, bindparam, delete, select

from crossdock.customdata.key import dictionary_key
from crossdock.records import Working
from crossdock.store.imports.page import Absence
from crossdock.store.sql.column_text import from_column, to_column
from crossdock.store.sql.database import Database
from crossdock.store.sql.portable import insert
from crossdock.store.sql.tables import absences

MODULE, KEY = "x-audit", "deletedRemotely"

_OF_CONNECTION = (absences.c.connection_id == bindparam("connection"), absences.c.record_type == bindparam("type"))
_THERE = select(absences.c.remote_id).where(*_OF_CONNECTION)
_ANY = select(_THERE.exists())
_new = insert(absences).values({column.name: bindparam(column.name) for column in absences.c})
_PUT = _new.on_conflict_do_nothing()
_END = delete(absences).where(*_OF_CONNECTION, absences.c.remote_id == bindparam("remote"))


def with_mark(content: Working, connection_id: str, how: Absence) -> Working:
    """Return a record's content with the mark that says that its remote system has it no longer."""
    entry = {"connectionId": connection_id, "moduleId": MODULE, "key": KEY, "type": "string", "value": how}
    key = dictionary_key(connection_id, MODULE, KEY)
    return {**content, "customData": {**content.get("customData", {}), key: entry}}


def without_mark(content: Working, connection_id: str) -> Working:
    """Return a record's content without the mark."""
    key = dictionary_key(connection_id, MODULE, KEY)
    left = {name: entry for name, entry in content.get("customData", {}).items() if name != key}
    rest = {name: value for name, value in content.items() if name != "customData"}
    return {**rest, "customData": left} if left else rest


class AbsenceWriter:
    """Which records of one page are marked, and which marks the page sets and takes away."""

    def __init__(self, database: Database, connection_id: str, record_type: str, *, now: str, run_id: str) -> None:
        self._database = database
        self._of = (connection_id, record_type)
        self._now = now
        self._run_id = run_id
        self._there: set[str] = set()
        self._ended: list[tuple[Any, ...]] = []
        self._rows: list[tuple[Any, ...]] = []

    def load(self, connection: Connection, remote_ids: Sequence[str]) -> Collection[str]:
        """Read which of these records are marked, and return them; nearly always none of all is."""
        if self._database.run(connection, _ANY, self._of).scalar_one():
            ids = [to_column(one) for one in remote_ids]
            rows = self._database.matching(connection, _THERE, absences.c.remote_id, self._of, ids)
            self._there = {from_column(row[0]) for row in rows}
        return self._there

    def put(self, remote_id: str, how: Absence) -> None:
        """A record got its mark."""
        self._rows.append((*self._of, to_column(remote_id), how, self._now, self._run_id))

    def end(self, remote_id: str) -> bool:
        """A record was seen in its remote system; tell whether it had a mark."""
        if remote_id not in self._there:
            return False
        self._there.remove(remote_id)
        self._ended.append((*self._of, to_column(remote_id)))
        return True

    def flush(self, connection: Connection) -> None:
        """Send what was collected."""
        self._database.many(connection, _END, self._ended)
        self._database.many(connection, _PUT, self._rows)
