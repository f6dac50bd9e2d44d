"""How coverage looks to a person and to a program."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from crossdock.cli.output import Redact, print_folded, print_heading, print_line, print_table, shortened
from crossdock.config import Connection
from crossdock.mapping.coverage import Coverage, PathCoverage
from crossdock.plural import counted

_COUNTS = ("seen", "mapped", "stashed", "empty", "dropped", "refused")


def show_coverage(connection: str, coverage: Coverage, redact: Redact, *, unmapped: bool) -> None:
    """Print the table of one import: a line a path, then the lines that matched nothing, then the score."""
    print_heading(f"{connection} {coverage.mapping.record_type}")
    counts = [name for name in _COUNTS if name != "refused" or coverage.ledger.refused]
    paths = [path for path in _together(coverage.rows) if path.stashed or path.refused or not unmapped]
    rows = [(path.path, *(getattr(path, name) or None for name in counts), _home(path)) for path in paths]
    print_table(("path", *counts, "what becomes of it"), rows, right=counts, redact=redact)
    if coverage.dead_lines:
        print_heading("Mapping lines that matched nothing")
        lines = [
            (line.name, f"{line.place.file}:{line.place.line}", line.expression.text) for line in coverage.dead_lines
        ]
        print_table(("field", "where it stands", "from"), lines, redact=redact, indent=2)
    ledger = coverage.ledger
    full = ledger.leaves - ledger.empty - ledger.dropped
    print_line()
    print_folded(
        f"{coverage.score:.1%} have a field: {ledger.mapped:,} of {counted(full, 'value')} in "
        f"{counted(coverage.payloads, 'payload')}, without what is empty or dropped on purpose; the others are kept as "
        "custom data"
    )


def _together(paths: Sequence[PathCoverage]) -> list[PathCoverage]:
    """Bring the paths below one name together, the names in the order in which they were first met."""
    order: dict[str, int] = {}
    for path in paths:
        order.setdefault(_top(path), len(order))
    return sorted(paths, key=lambda path: order[_top(path)])


def _top(path: PathCoverage) -> str:
    return re.split(r"[.\[]", path.path, maxsplit=1)[0]


def coverage_as_wire(connection: Connection, coverage: Coverage) -> dict[str, Any]:
    """Make the JSON of one import's coverage."""
    return {"connection": connection.name, "connectionId": connection.id, **coverage.as_wire()}


def _home(path: PathCoverage) -> str:
    """Say where the values of a path went."""
    homes = []
    if path.mapped:
        homes.append(", ".join(path.lines))
    if path.stashed:
        homes.append("custom data")
    if path.dropped:
        homes.append(f"dropped: {'; '.join(path.reasons)}")
    return shortened("; ".join(homes))
