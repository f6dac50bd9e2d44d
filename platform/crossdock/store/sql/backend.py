"""What SQLite and PostgreSQL do differently, behind one set of names."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any, Protocol, TypeAlias

from sqlalchemy import Column, ColumnElement, Connection, Engine, Select
from sqlalchemy.engine import Dialect
from sqlalchemy.sql import ClauseElement

from crossdock.errors import CrossdockError

# What is to be executed once per row: each statement with its rows, values in the order of the statement.
Batch: TypeAlias = tuple[ClauseElement, Sequence[tuple[Any, ...]]]

# What rows are walked along, and the conditions under which one is walked past.
Walk: TypeAlias = tuple[ColumnElement[Any], Sequence[ColumnElement[bool]]]


class Rows(list[Sequence[Any]]):
    """The rows that a statement gave."""

    def first(self) -> Sequence[Any] | None:
        """Give the first row, if any."""
        return self[0] if self else None

    def all(self) -> Sequence[Sequence[Any]]:
        """Give every row."""
        return self

    def scalar_one(self) -> Any:
        """Give the only value of the only row."""
        ((value,),) = self
        return value


class Backend(Protocol):
    """One kind of database; ``private`` ones are seen by this process only, ``raw_error`` is what the driver raises.

    An engine's connection begins a write transaction if it has the execution option ``crossdock_write``.
    """

    name: str
    private: bool
    engine: Engine
    raw_error: type[Exception]

    def prepare(self) -> None:
        """Set up, or check, what stays with the database; before it is first migrated."""
        ...

    def run(self, connection: Connection, text: str, values: tuple[Any, ...]) -> Rows:
        """Execute one statement; values in the order of the statement."""
        ...

    def send(self, connection: Connection, batches: Sequence[Batch]) -> None:
        """Execute each statement once per row, in this order; none is without rows, and nothing is asked back."""
        ...

    def matching(
        self,
        connection: Connection,
        statement: Select[Any],
        column: ColumnElement[str],
        fixed: tuple[str, ...],
        values: Sequence[str],
    ) -> list[Sequence[Any]]:
        """Execute a select for the rows whose column is one of the values."""
        ...

    def walk(self, key: Column[str], fixed: Mapping[Column[str], str]) -> Walk:
        """Say along what the rows with some fixed values are walked as they lie, or if nobody knows, along a key."""
        ...

    def clean_up(self) -> bool:
        """Overwrite what was deleted, where the database would leave it lying about; say whether it was done."""
        ...

    def meaning(self, error: Exception) -> CrossdockError | None:
        """Say what an error of the database means; ``None`` if a statement of ours is wrong."""
        ...


def text_of(dialect: Dialect) -> Callable[[ClauseElement], str]:
    """Make a function that compiles statements to text, each once."""

    def compiled(statement: ClauseElement) -> str:
        return str(statement.compile(dialect=dialect))

    return lru_cache(maxsize=512)(compiled)
