"""Shows what is in each table of a store: how many rows, and the digest by which two stores are compared."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from crossdock.cli.output import print_table
from crossdock.plural import counted
from crossdock.store.copies.fingerprint import Fingerprint


def show_fingerprints(tables: Sequence[Fingerprint]) -> None:
    """Print a line a table; those without rows are left out."""
    rows = [(one.table, f"{one.rows:,}", one.digest) for one in tables if one.rows]
    print_table(("table", "rows", "digest"), rows, right=("rows",))


def as_wire(tables: Sequence[Fingerprint]) -> list[dict[str, Any]]:
    """Make the JSON of fingerprints."""
    return [one._asdict() for one in tables]


def total(tables: Sequence[Fingerprint]) -> str:
    """Say how much there is."""
    rows = sum(one.rows for one in tables)
    return f"{counted(rows, 'row')} in {counted(sum(bool(one.rows) for one in tables), 'table')}"
