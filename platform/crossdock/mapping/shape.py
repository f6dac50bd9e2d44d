"""Walks over objects of one shape, generated.

A remote system's objects have the same names in the same order, payload after payload. For such a shape the walk of
`Walk.object` is known in advance, name by name; written out as one Python function without a loop, it takes a third of
the time. What the generated code does not decide at a glance it leaves to `Walk.node`, so both ways give the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import TYPE_CHECKING, Any, TypeAlias

from crossdock.mapping.leaves import Path, count_leaves
from crossdock.mapping.plan import RECORD, Node
from crossdock.records.wire import Working

if TYPE_CHECKING:
    from crossdock.mapping.tally import Memory, Tally
    from crossdock.mapping.walk import Walk

ShapeWalk: TypeAlias = "Callable[[Walk, Working, Tally, str, Path], None]"
Names: TypeAlias = tuple[str, ...]

WORTH_IT = 10
"""How often a shape must have come before its walk is generated, which takes as long as walking some hundred objects."""
MOST_SHAPES = 40
MOST_NAMES = 300


class Shapes:
    """The shapes that have come at one node, and the walks generated for those that keep coming."""

    __slots__ = ("_memory", "_node", "_seen", "_walks")

    def __init__(self, node: Node, memory: Memory) -> None:
        self._node = node
        self._memory = memory
        self._walks: dict[Names, ShapeWalk] = {}
        self._seen: dict[Names, int] = {}

    def walk_for(self, data: Working) -> ShapeWalk | None:
        """The generated walk for an object of this shape, or ``None`` if there is none (yet)."""
        names = tuple(data)
        walk = self._walks.get(names)
        if walk is None and len(self._seen) < MOST_SHAPES:
            seen = self._seen[names] = self._seen.get(names, 0) + 1
            if seen == WORTH_IT and len(names) <= MOST_NAMES:
                walk = self._walks[names] = generate(self._node, names, self._memory)
        return walk


def exact_amount(text: str) -> Decimal | None:
    """Read a decimal that is written as Decimal itself would write it; any other text takes the long way."""
    try:
        number = Decimal(text)
    except ArithmeticError:
        return None
    return number if str(number) == text and number.is_finite() else None


def generate(node: Node, names: Names, memory: Memory) -> ShapeWalk:
    """Generate the walk over objects with these names, at this node."""
    values = "".join(f"v{number}, " for number in range(len(names)))
    parents = sorted({parent for child in _children(node, names) for _line, parent, _name in child.targets if parent})
    lines = [
        "def walk_shape(walk, data, tally, lead, path):",
        f"    ({values}) = data.values()" if names else "    pass",
        f"    out, stash = tally.outs[{RECORD}], tally.stash",
        "    empty = mapped = stashed = dropped = 0",
        *(f"    p{number} = out.get({parent!a})" for number, parent in enumerate(parents)),
    ]
    environment: dict[str, Any] = {
        "Decimal": Decimal,
        "amount": exact_amount,
        "count_leaves": count_leaves,
        "connection_id": memory.connection_id,
        "matched": memory.matched,
    }
    for number, name in enumerate(names):
        child = node.children.get(name, node.element)
        environment[f"n{number}"] = child
        step = _Step(f"v{number}", f"n{number}", name, f"lead + {memory.escaped(name)!a}", parents)
        lines += (f"    {line}" for line in step.lines(child))
    lines += [f"    tally.{name} += {name}" for name in ("empty", "mapped", "stashed", "dropped")]
    exec("\n".join(lines), environment)  # noqa: S102 - our own text; names of the payload stand in it as literals only
    walk: ShapeWalk = environment["walk_shape"]
    return walk


def _children(node: Node, names: Names) -> Iterator[Node]:
    for name in names:
        if (child := node.children.get(name, node.element)) is not None:
            yield child


class _Step:
    """Writes what is to be done with one name's value."""

    def __init__(self, value: str, node: str, name: str, key: str, parents: list[str]) -> None:
        self.value = value
        self.key = key
        self.parents = parents
        self.general = f"walk.node({node}, {value}, tally, {key}, (*path, {name!a}), None)"

    def lines(self, child: Node | None) -> Iterator[str]:
        if child is None:
            return self._stash()
        if child.rule is not None:
            return self._drop()
        if child.way == "text":
            return self._text(child)
        if child.way is not None:
            return self._converted(child, _AMOUNT if child.way == "amount" else _ID)
        return iter([f'if {self.value} is None or {self.value} == "": empty += 1', f"else: {self.general}"])

    def _stash(self) -> Iterator[str]:
        yield f"kind = type({self.value})"
        yield f'if {self.value} is None or {self.value} == "": empty += 1'
        yield f"elif kind is dict or kind is list: walk.unit({self.value}, {self.key}, tally)"
        yield "else:"
        yield f"    stash[{self.key}] = {self.value}"
        yield "    stashed += 1"

    def _drop(self) -> Iterator[str]:
        yield f"kind = type({self.value})"
        yield f"dropped += count_leaves({self.value})[0] if kind is dict or kind is list else 1"

    def _text(self, child: Node) -> Iterator[str]:
        yield f'if {self.value} is None or {self.value} == "": empty += 1'
        yield f"elif type({self.value}) is str:"
        yield from self._assign(child, self.value)
        yield f"else: {self.general}"

    def _converted(self, child: Node, conversion: tuple[str, ...]) -> Iterator[str]:
        yield f"kind = type({self.value})"
        yield from (line.replace("VALUE", self.value) for line in conversion)
        yield "if fitted is not None:"
        yield from self._assign(child, "fitted")
        yield f'elif {self.value} is None or {self.value} == "": empty += 1'
        yield f"else: {self.general}"

    def _assign(self, child: Node, value: str) -> Iterator[str]:
        for index, parent, field in child.targets:
            yield f"    matched[{index}] = 1"
            if parent is None:
                yield f"    out[{field!a}] = {value}"
            else:
                part = f"p{self.parents.index(parent)}"
                yield f"    if {part} is None: {part} = out.setdefault({parent!a}, {{}})"
                yield f"    {part}[{field!a}] = {value}"
        yield "    mapped += 1"


_AMOUNT = (
    'if kind is str: fitted = amount(VALUE) if VALUE != "" else None',
    "elif kind is int: fitted = Decimal(VALUE)",
    "else: fitted = VALUE if kind is Decimal else None",
)
_ID = ('fitted = {connection_id: str(VALUE)} if kind is int or (kind is str and VALUE != "") else None',)
