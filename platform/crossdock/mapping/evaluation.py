"""Lines evaluated one by one, by the rules and without a plan: where each is evaluated, what it gives and takes."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any

from msgspec import Struct

from crossdock.expressions.expression import ExpressionError
from crossdock.expressions.values import is_true
from crossdock.mapping.definition import Block, Line, Mapping, matches
from crossdock.mapping.fit import Misfit, fit, gives_back
from crossdock.mapping.leaves import Path
from crossdock.mapping.mapped import Refusal


class LineScope(Struct, frozen=True):
    """Where lines are evaluated: the payload or one element of it, and how to find its part of the record."""

    path: Path
    data: Any
    lines: tuple[Line, ...]
    block: Block | None = None
    element: int | None = None

    def refusal(self, line: Line) -> Refusal:
        """What says that the target of a line refused its value here."""
        return Refusal(self.block.name if self.block else None, self.element, line.name)


def line_scopes(mapping: Mapping, payload: dict[str, Any]) -> Iterator[LineScope]:
    """List where the lines of a mapping are evaluated in a payload: the record, and each part that is made."""
    yield LineScope((), payload, mapping.lines)
    for block in mapping.single_blocks:
        if block_holds(block, payload):
            yield LineScope((), payload, block.lines, block)
    for over, block in mapping.list_blocks.items():
        items = value_at(payload, over)
        for number, item in enumerate(items if isinstance(items, list) else []):
            path: Path = (*over, number)
            dropped = any(rule.entry is None and matches(rule.pattern, path) for rule in mapping.rules)
            if isinstance(item, dict) and item and not dropped:
                yield LineScope(path, item, block.lines, block, number)


def block_holds(block: Block, payload: Any) -> bool:
    """Whether a block over the payload itself makes its part."""
    try:
        return block.when is None or is_true(block.when.search(payload))
    except ExpressionError:
        return False


def value_at(payload: Any, path: Path) -> Any:
    """The value at a path; ``None`` if there is nothing."""
    try:
        for step in path:
            payload = payload[step] if isinstance(payload, dict | list) else None  # type: ignore[index]  # caught
    except (LookupError, TypeError):
        return None
    return payload


class Outcome(Struct, frozen=True):
    """What a line gives: the fitted value of its target (``None``: nothing), and the nodes of the payload it takes."""

    target: Any = None
    taken: tuple[Path, ...] = ()


def evaluate_line(
    scope: LineScope, line: Line, refusals: Collection[Refusal], dropped: Collection[Path], connection_id: str = ""
) -> Outcome:
    """Evaluate one line by the rules: a target gets a value that it accepts and that brings along no dropped leaf.

    What the target cannot give back is not taken: it stays in the stash as well.

    Args:
        scope: where.
        line: which.
        refusals: targets that refused their values.
        dropped: every leaf that rules drop, and every node around one.
        connection_id: whose ids are mapped.
    """
    try:
        value, paths = line.expression.trace(scope.data)
    except ExpressionError:
        return Outcome()
    if value in (None, "", [], {}) or scope.refusal(line) in refusals:
        return Outcome()
    taken = tuple((*scope.path, *path) for path in paths)
    if any(path in dropped for path in taken):
        return Outcome()
    fitted = fit(line.field, value, connection_id)
    if isinstance(fitted, Misfit):
        return Outcome()
    return Outcome(fitted, taken if gives_back(value, fitted) else ())


def nodes_around(leaves: Collection[Path]) -> set[Path]:
    """The leaves and every node around one of them."""
    return {leaf[:end] for leaf in leaves for end in range(len(leaf) + 1)}
