"""Reads every row of every table, and what is in them as text: for searches that may miss nothing.

What is compressed is unpacked, what is escaped in JSON is unescaped. Tables are read some rows at a time, each batch in
a transaction of its own, so that nobody waits.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple, TypeAlias

from sqlalchemy import Connection, Select, Table, select, tuple_

from crossdock.store.sql.database import Database
from crossdock.store.sql.tables import metadata

Unpack: TypeAlias = Callable[[bytes], bytes]

_BATCH = 200
_COMPRESSED = b"\x28\xb5\x2f\xfd"
_ESCAPED = re.compile(r'\\(?:u([0-9a-fA-F]{4})|(["\\/bfnrt]))')
_SHORT = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}
_DEEPEST = 4


class Row(NamedTuple):
    """One row of a table: its primary key and its columns, by name."""

    table: Table
    key: tuple[Any, ...]
    columns: Mapping[str, Any]


def tables() -> list[Table]:
    """List the tables of a store."""
    return sorted(metadata.tables.values(), key=lambda table: table.name)


def rows(database: Database, table: Table) -> Iterator[Row]:
    """Read a table; a row that is there from the beginning to the end is given, one that changes perhaps twice."""
    found = None
    while found is None or _goes_on(found):
        with database.read() as connection:
            found = read(connection, table, _after(table, found))
        yield from found


def rows_within(connection: Connection, table: Table) -> Iterator[Row]:
    """Read a table within a transaction."""
    found = None
    while found is None or _goes_on(found):
        found = read(connection, table, _after(table, found))
        yield from found


def _after(table: Table, found: list[Row] | None) -> Select[Any]:
    """Choose the rows after some, in the order of the primary key; of a table without one, all."""
    key = list(table.primary_key)
    query: Select[Any] = select(table).order_by(*key).limit(_BATCH if key else None)
    return query.where(tuple_(*key) > tuple_(*found[-1].key)) if found else query


def _goes_on(found: list[Row]) -> bool:
    return len(found) == _BATCH and found[-1].key != ()


def read(connection: Connection, table: Table, query: Select[Any]) -> list[Row]:
    """Read the rows of a table that a query chooses."""
    names = [column.name for column in table.primary_key]
    found = [row._asdict() for row in connection.execute(query)]
    return [Row(table, tuple(one[name] for name in names), one) for one in found]


def is_compressed(value: bytes) -> bool:
    """Say whether something is compressed, by how it begins."""
    return value.startswith(_COMPRESSED)


def texts(value: object, unpack: Unpack) -> Iterator[str]:
    """Walk what a column says, if it is or may be text: as it stands, and ever more legible."""
    if isinstance(value, bytes):
        yield from readings((unpack(value) if is_compressed(value) else value).decode("utf-8", "replace"))
    elif isinstance(value, str):
        yield from readings(value)


def readings(text: str) -> Iterator[str]:
    """Walk what a text says: as it stands, without the escapes of JSON, without those of JSON in JSON, and so on."""
    yield text
    for _depth in range(_DEEPEST):
        if "\\" not in text or (plainer := _ESCAPED.sub(_unescaped, text)) == text:
            return
        text = plainer.encode("utf-16", "surrogatepass").decode("utf-16", "replace")  # halves of pairs become one
        yield text


def _unescaped(match: re.Match[str]) -> str:
    if match[1]:
        return chr(int(match[1], 16))
    return _SHORT.get(match[2], match[2])
