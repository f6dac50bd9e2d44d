"""SQL that SQLite and PostgreSQL spell differently, made once for both."""

from __future__ import annotations

from typing import Any

from sqlalchemy import LargeBinary, Text, bindparam
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.dialects.sqlite.dml import OnConflictDoNothing, OnConflictDoUpdate
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.elements import BindParameter, ColumnElement

__all__ = ["Utf8", "insert"]


class Utf8(ColumnElement[str]):
    """A text that is bound as the UTF-8 bytes it already is: a string and back would cost as much as the insert."""

    inherit_cache = True
    type = Text()

    def __init__(self, name: str) -> None:
        self.name = name

    @property
    def bound(self) -> BindParameter[bytes]:
        """The parameter inside."""
        return bindparam(self.name, type_=LargeBinary)


@compiles(Utf8)
def _cast(element: Utf8, compiler: SQLCompiler, **options: Any) -> str:
    return f"CAST({compiler.process(element.bound, **options)} AS TEXT)"


@compiles(Utf8, "postgresql")
def _convert(element: Utf8, compiler: SQLCompiler, **options: Any) -> str:
    return f"convert_from({compiler.process(element.bound, **options)}, 'UTF8')"


# The two dialects' clauses are the same but for one more way of PostgreSQL to name what conflicts.
@compiles(OnConflictDoUpdate, "postgresql")
def _update(clause: Any, compiler: Any, **options: Any) -> str:
    clause.constraint_target = None
    return str(compiler.visit_on_conflict_do_update(clause, **options))


@compiles(OnConflictDoNothing, "postgresql")
def _nothing(clause: Any, compiler: Any, **options: Any) -> str:
    clause.constraint_target = None
    return str(compiler.visit_on_conflict_do_nothing(clause, **options))
