"""Which fields an expression asks for, told from its text alone, as far as it is certain where it looks."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, TypeAlias

from crossdock.expressions.syntax import Node, parse

Steps: TypeAlias = tuple[str, ...]
EACH: Final = "[]"
"""The step to an element of a list."""

_CHAINS = frozenset({"subexpression", "index_expression", "pipe", "flatten"})  # each child looks at what the last gives


def asked_fields(text: str) -> Iterator[Steps]:
    """Yield the steps from the input to each field that an expression names, whether it takes it or only looks at it.

    What is asked of something made on the way (a function's result, a new list) is left out.

    Raises:
        ExpressionSyntaxError: the text is wrong.
    """
    found: list[Steps] = []
    _follow(parse(text), (), found)
    yield from dict.fromkeys(found)


def _follow(node: Node, at: Steps, found: list[Steps]) -> Steps | None:
    """Note what a node asks of what stands at ``at``; returns where its result stands, ``None`` if nowhere certain."""
    if node.kind in {"current", "identity", "slice"}:
        return at
    if node.kind in {"field", "index"}:
        step = str(node.value) if node.kind == "field" else EACH
        found.append((*at, step))
        return (*at, step)
    if node.kind in _CHAINS:
        end: Steps | None = at
        for child in node.children:
            end = None if end is None else _follow(child, end, found)
        return end
    if node.kind in {"projection", "filter_projection"}:
        several, *of_each = node.children
        inside = _follow(several, at, found)
        for child in of_each if inside is not None else ():
            _follow(child, (*(inside or ()), EACH), found)
    elif node.kind not in {"expref", "value_projection"}:
        for child in node.children:
            _follow(child, at, found)
    return None
