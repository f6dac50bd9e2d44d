"""The shop's state: tables of rows, each kept as the bytes that are served."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from .wire import Document, encode, parse

CACHE_BYTES = 256 << 20  # lazily made bodies beyond this are made again when asked for


@dataclass(slots=True, eq=False)
class Row:
    """One order, product, ...: what lists filter and sort by, and its JSON.

    `created` and `modified` are UTC text to the second. The body is either there, or made by `make` when first needed.
    """

    id: int
    status: str = ""
    created: str = ""
    modified: str = ""
    customer: int = 0
    parent: int = 0
    name: str = ""
    body: bytes | None = None
    make: Callable[[], bytes] | None = None

    @classmethod
    def of(cls, document: Document, body: bytes | None = None) -> Row:
        """Make a row of a document; `body`, where it is known already, must be its JSON."""
        created = document.get("date_created_gmt") or ""
        return cls(
            document["id"],
            status=document.get("status") or "",
            created=created,
            modified=document.get("date_modified_gmt") or created,
            customer=document.get("customer_id") or 0,
            parent=document.get("parent_id") or 0,
            name=str(document.get("name") or document.get("username") or ""),
            body=encode(document) if body is None else body,
        )


SORT_KEYS: dict[str, Callable[[Row], Any]] = {
    "id": lambda row: row.id,
    "date": lambda row: (row.created, row.id),
    "modified": lambda row: (row.modified, row.id),
    "title": lambda row: (row.name, row.id),
}


class Table:
    """Rows by id, with sorted views that live until something changes."""

    def __init__(self, rows: Iterable[Row] = ()) -> None:
        self._rows = {row.id: row for row in rows}
        self._views: dict[tuple[str, frozenset[str] | None], list[Row]] = {}
        self._cached = 0

    def __len__(self) -> int:
        return len(self._rows)

    def __iter__(self) -> Iterator[Row]:
        return iter(self._rows.values())

    def get(self, row_id: int) -> Row | None:
        """Return a row, or None."""
        return self._rows.get(row_id)

    def put(self, document: Document) -> Row:
        """Add a document or replace the one with its id."""
        row = Row.of(document)
        self._rows[row.id] = row
        self._views.clear()
        return row

    def remove(self, row_id: int) -> None:
        """Forget a row."""
        del self._rows[row_id]
        self._views.clear()

    def body(self, row: Row) -> bytes:
        """Return a row's JSON, inventing it if need be."""
        if row.body is not None:
            return row.body
        assert row.make is not None  # noqa: S101 - a row has one or the other
        body = row.make()
        if self._cached < CACHE_BYTES:
            self._cached += len(body)
            row.body = body
        return body

    def prepare(self) -> None:
        """Make every body now, as far as they are kept, so that serving them costs little."""
        for row in self:
            if self._cached < CACHE_BYTES:
                self.body(row)

    def document(self, row: Row) -> Document:
        """Return a row's content, a copy that may be changed and `put` back."""
        document: Document = parse(self.body(row))
        return document

    def view(self, order: str, statuses: frozenset[str] | None, *, hidden: frozenset[str] = frozenset()) -> list[Row]:
        """Return the rows of these statuses (None: all but `hidden`) in ascending order, not to be changed."""
        key = (order, statuses)
        if key not in self._views:
            if len(self._views) > 16:
                self._views.clear()
            rows = (row for row in self if (row.status in statuses if statuses else row.status not in hidden))
            self._views[key] = sorted(rows, key=SORT_KEYS[order])
        return self._views[key]


class Ids:
    """Numbers nobody has had yet."""

    def __init__(self, last: int) -> None:
        self._numbers = itertools.count(last + 1)

    def next(self) -> int:
        """Take one."""
        return next(self._numbers)
