"""Coverage: what becomes of each remote path over many payloads, and which mapping lines never match."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable
from typing import Any

from msgspec import Struct, field
from msgspec.structs import replace

from crossdock.customdata.stash import escape_name
from crossdock.expressions.expression import ExpressionError
from crossdock.expressions.syntax import is_constant
from crossdock.mapping.account import Accountant, LeafFate
from crossdock.mapping.definition import Line, Mapping
from crossdock.mapping.evaluation import LineScope, line_scopes
from crossdock.mapping.leaves import Path
from crossdock.mapping.ledger import Ledger
from crossdock.mapping.mapped import Refusal
from crossdock.mapping.redact import Redactor
from crossdock.records.wire import dump_json

_LONGEST_EXAMPLE = 60


class PathCoverage(Struct):
    """What became of the leaves at one remote path.

    Attributes:
        path: the path with ``[]`` for each index, and ``meta.<key>`` for the value of an entry of a key/value list.
        seen: how many leaves stood there.
        lines: the mapping lines that took them, with how many each.
        reasons: why they were dropped, with how many each.
        example: the first value that was not empty, as JSON, cut short; ``[redacted]`` for a secret.
    """

    path: str
    seen: int = 0
    mapped: int = 0
    stashed: int = 0
    empty: int = 0
    dropped: int = 0
    refused: int = 0
    lines: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    example: str = ""

    def add(self, fate: LeafFate) -> None:
        """Count one more leaf."""
        self.seen += 1
        setattr(self, fate.fate, getattr(self, fate.fate) + 1)
        self.lines.update(line.name for line in fate.lines)
        if fate.fate == "dropped":
            self.reasons[fate.reason] += 1
        if not self.example and fate.value not in (None, "", [], {}):
            text = dump_json(fate.value).decode()
            self.example = text if len(text) <= _LONGEST_EXAMPLE else f"{text[: _LONGEST_EXAMPLE - 3]}..."

    def as_wire(self) -> dict[str, Any]:
        """The row as JSON."""
        return {
            "path": self.path,
            "seen": self.seen,
            "mapped": self.mapped,
            "stashed": self.stashed,
            "empty": self.empty,
            "dropped": self.dropped,
            "refused": self.refused,
            "lines": dict(self.lines),
            "reasons": dict(self.reasons),
            "example": self.example,
        }


class Coverage:
    """Gathers the accounts of many payloads of one mapping."""

    def __init__(self, mapping: Mapping) -> None:
        self.mapping = mapping
        self.payloads = 0
        self._accountant = Accountant(mapping)
        self._prefixes = mapping.prefixes
        self._redactor = Redactor(mapping)
        self._rows: dict[str, PathCoverage] = {}
        self._matched: set[str] = set()

    def add(self, payload: dict[str, Any], refusals: Collection[Refusal] = (), refused: Collection[Path] = ()) -> None:
        """Account for one more payload; ``refused`` are the leaves that limits refuse."""
        self.payloads += 1
        payload = self._redactor.redact_value(payload)
        for fate in self._accountant.account(payload, refusals):
            path = self._written(fate)
            row = self._rows.get(path)
            if row is None:
                row = self._rows[path] = PathCoverage(path)
            row.add(replace(fate, fate="refused") if fate.path in refused else fate)
        for scope in line_scopes(self.mapping, payload):
            self._matched.update(line.name for line in scope.lines if self._matches(scope, line))

    @property
    def rows(self) -> list[PathCoverage]:
        """One row a path, in the order in which the paths were first met."""
        return list(self._rows.values())

    @property
    def ledger(self) -> Ledger:
        """The sum of all accounts."""
        rows = self._rows.values()
        return Ledger(
            leaves=sum(row.seen for row in rows),
            mapped=sum(row.mapped for row in rows),
            stashed=sum(row.stashed for row in rows),
            empty=sum(row.empty for row in rows),
            dropped=sum(row.dropped for row in rows),
            refused=sum(row.refused for row in rows),
        )

    @property
    def dead_lines(self) -> list[Line]:
        """The lines that matched nothing in any payload; constants are never dead."""
        lines = self.mapping.all_lines
        return [line for line in lines if line.name not in self._matched and not is_constant(line.expression.text)]

    @property
    def score(self) -> float:
        """The share of leaves with a home in the record, of those neither empty nor dropped; 1 if there are none."""
        ledger = self.ledger
        full = ledger.leaves - ledger.empty - ledger.dropped
        return ledger.mapped / full if full else 1.0

    def as_wire(self) -> dict[str, Any]:
        """Everything as JSON."""
        return {
            "recordType": self.mapping.record_type,
            "payloads": self.payloads,
            "score": round(self.score, 4),
            "ledger": self.ledger.as_wire(),
            "paths": [row.as_wire() for row in self.rows],
            "deadLines": [
                {"line": line.name, "expression": line.expression.text, "place": str(line.place)}
                for line in self.dead_lines
            ],
        }

    def _matches(self, scope: LineScope, line: Line) -> bool:
        if line.name in self._matched:
            return True
        try:
            return line.expression.search(scope.data) not in (None, "", [], {})
        except ExpressionError:
            return False

    def _written(self, fate: LeafFate) -> str:
        entry = fate.entry
        if entry is None or fate.path[len(entry.path)] != entry.list.value:
            return _written(fate.path, self._prefixes)
        holder = _written(entry.path[:-2], self._prefixes)
        inner = _written(fate.path[len(entry.path) + 1 :], frozenset())
        name = f"{entry.list.prefix}.{entry.key}"
        return f"{holder}.{name}".removeprefix(".") + (inner if inner.startswith("[") or not inner else f".{inner}")


def _written(path: Iterable[str | int], prefixes: frozenset[str]) -> str:
    text = ""
    for step in path:
        text += "[]" if isinstance(step, int) else f".{escape_name(step, prefixes)}"
    return text.removeprefix(".")
