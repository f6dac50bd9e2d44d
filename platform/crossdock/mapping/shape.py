"""Walks over objects of one shape, generated.

A remote system's objects have the same names in the same order, payload after payload. For such a shape the walk of
`Walk.object` is known in advance, name by name; written out as one Python function without a loop, it takes a third of
the time. What the generated code does not decide at a glance it leaves to `Walk.node`, so both ways give the same.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import TYPE_CHECKING, Any, TypeAlias

from crossdock.mapping.expression import ExpressionError, Json
from crossdock.mapping.leaves import Path, count_leaves
from crossdock.mapping.plan import RECORD, Node, Target
from crossdock.records.wire import Working

if TYPE_CHECKING:
    from crossdock.mapping.tally import Memory, Tally
    from crossdock.mapping.walk import Walk

ShapeWalk: TypeAlias = "Callable[[Walk, Working, Tally, str, Path], None]"
Names: TypeAlias = tuple[str, ...]

WORTH_IT = 10
"""How often a shape must have come before its walk is generated, which takes as long as some hundred walks."""
MOST_SHAPES = 40
MOST_NAMES = 300


class Shapes:
    """The shapes that have come at one node, and the walks generated for those that keep coming."""

    __slots__ = ("_memory", "_node", "_seen", "walks")

    def __init__(self, node: Node, memory: Memory) -> None:
        self._node = node
        self._memory = memory
        self.walks: dict[Names, ShapeWalk] = {}
        self._seen: dict[Names, int] = {}

    def meet(self, names: Names) -> ShapeWalk | None:
        """Take note of a shape that has no walk; gives its walk if that is worth generating now."""
        if len(self._seen) >= MOST_SHAPES or len(names) > MOST_NAMES:
            return None
        seen = self._seen[names] = self._seen.get(names, 0) + 1
        if seen < WORTH_IT:
            return None
        walk = self.walks[names] = generate(self._node, names, self._memory)
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
    writer = _Writer(memory)
    for number, name in enumerate(names):
        writer.write(number, name, node.children.get(name, node.element))
    values = "".join(f"v{number}, " for number in range(len(names)))
    lines = [
        "def walk_shape(walk, data, tally, lead, path):",
        f"    ({values}) = data.values()" if names else "    pass",
        "    outs, stash = tally.outs, tally.stash",
        "    empty = mapped = stashed = dropped = 0",
        *(f"    o{slot} = outs[{slot}]" for slot in sorted(writer.slots)),
        *(f"    p{number} = o{RECORD}.get({parent!a})" for number, parent in enumerate(writer.parents)),
        *(f"    {line}" for line in writer.lines),
        *(f"    tally.{name} += {name}" for name in ("empty", "mapped", "stashed", "dropped")),
    ]
    exec("\n".join(lines), writer.environment)  # noqa: S102 - our own text; names stand in it as literals only
    walk: ShapeWalk = writer.environment["walk_shape"]
    return walk


class _Writer:
    """Writes what is to be done with each name's value."""

    def __init__(self, memory: Memory) -> None:
        self.memory = memory
        self.lines: list[str] = []
        self.parents: list[str] = []
        self.slots: set[int] = {RECORD}
        self.environment: dict[str, Any] = {
            "Decimal": Decimal,
            "amount": exact_amount,
            "count_leaves": count_leaves,
            "connection_id": memory.connection_id,
            "matched": memory.matched,
            "converted": converted,
        }

    def write(self, number: int, name: str, child: Node | None) -> None:
        """Write the lines for one name."""
        value, key = f"v{number}", f"lead + {self.memory.escaped(name)!a}"
        self.environment[f"n{number}"] = child
        general = f"walk.node(n{number}, {value}, tally, {key}, (*path, {name!a}), None)"
        empty = f'if {value} is None or {value} == "": empty += 1'
        if child is None:
            self.lines += (
                empty,
                f"elif type({value}) is dict or type({value}) is list: walk.unit({value}, {key}, tally)",
                "else:",
                f"    stash[{key}] = {value}",
                "    stashed += 1",
            )
        elif child.rule is not None:
            container = f"type({value}) is dict or type({value}) is list"
            self.lines.append(f"dropped += count_leaves({value})[0] if {container} else 1")
        elif child.targets:
            self._write_targets(number, child, general)
        elif (direct := _direct(child)) is not None:
            kind, method, suffix = direct
            call = (
                f"walk.{method}(n{number}, {value}, tally, {key}{suffix}, (*path, {name!a}){', None' * (not suffix)})"
            )
            self.lines += (empty, f"elif type({value}) is {kind} and {value}: {call}", f"else: {general}")
        else:
            self.lines += (empty, f"else: {general}")

    def _write_targets(self, number: int, child: Node, general: str) -> None:
        """Write: the value is fitted for every target, or else all is left to the general way."""
        value = f"v{number}"
        self.lines.append(f'if {value} is None or {value} == "": empty += 1')
        self.lines.append("else:")
        self.lines.append(f"    kind = type({value})")
        fitted = [self._fit(f"f{place}", value, target, number) for place, target in enumerate(child.targets)]
        missing = " or ".join(f"{name} is None" for name in fitted)
        if all(target.slot != RECORD for target in child.targets):  # a part that is not made takes nothing
            missing = " or ".join([missing, *(f"o{target.slot} is None" for target in child.targets)])
        self.lines.append(f"    if {missing}: {general}")
        self.lines.append("    else:")
        for name, target in zip(fitted, child.targets, strict=True):
            self._assign(name, target)
        self.lines.append("        mapped += 1")

    def _fit(self, name: str, value: str, target: Target, number: int) -> str:
        source = value
        if target.convert is not None:
            source = f"c{number}_{target.line}"
            self.environment[f"to_{source}"] = target.convert
            self.lines.append(f"    {source} = converted(to_{source}, {value}, kind)")
        self.lines.append(f"    {name} = {_FIT[target.way].replace('VALUE', source)}")
        return name

    def _assign(self, value: str, target: Target) -> None:
        self.slots.add(target.slot)
        out, indent = f"o{target.slot}", "        "
        if target.slot != RECORD:
            self.lines.append(f"{indent}if {out} is not None:")
            indent += "    "
        self.lines.append(f"{indent}matched[{target.line}] = 1")
        if target.parent is not None:
            if target.parent not in self.parents:
                self.parents.append(target.parent)
            out = f"p{self.parents.index(target.parent)}"
            self.lines.append(f"{indent}if {out} is None: {out} = o{RECORD}.setdefault({target.parent!a}, {{}})")
        self.lines.append(f"{indent}{out}[{target.field!a}] = {value}")


def _direct(child: Node) -> tuple[str, str, str] | None:
    """How `Walk.node` would go on with the usual value of a node: its kind, the method, and what follows the key."""
    if child.takers or child.traced:
        return None
    if child.scope is not None:
        return None if child.children else ("list", "elements", "")
    if child.entries is not None:
        return None if child.children else ("list", "entries", "")
    return ("dict", "object", " + '.'") if child.children and child.element is None else None


def converted(convert: Callable[[Json], Json], value: Any, kind: type) -> Json:
    """What lossless functions make of a text or a whole number; ``None`` if they refuse it or make nothing of it."""
    if kind is not str and kind is not int:
        return None
    try:
        return convert(value)
    except ExpressionError:
        return None


# How a value is fitted for a target; ``None`` if that takes a closer look.
_FIT = {
    "text": "VALUE if kind is str else None",
    "amount": (
        "(amount(VALUE) if kind is str else Decimal(VALUE) if kind is int else VALUE if kind is Decimal else None)"
    ),
    "id": (
        "({connection_id: VALUE} if type(VALUE) is str and VALUE != '' else "
        "{connection_id: str(VALUE)} if type(VALUE) is int else None)"
    ),
    "time": "(VALUE if type(VALUE) is str and len(VALUE) == 20 else None)",
}
