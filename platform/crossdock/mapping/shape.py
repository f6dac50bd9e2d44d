"""Walks over objects of one shape, generated.

A remote system's objects have the same names in the same order, payload after payload. For such a shape the walk of
`Walk.object` is known in advance, name by name. Written out as one Python function without a loop, with the stash keys
as constants, it takes a fifth of the time. For an object with ``currency`` (a line takes it), ``version`` (nothing
is said about it) and ``billing`` (the mapping names something in it) it reads::

    def walk_shape(walk, data, tally, lead, path):
        (v0, v1, v2, ) = data.values()
        out0, stash = tally.outs[0], tally.stash
        unmapped = unstashed = empty = more = 0
        if type(v0) is str and v0: out0['currency'] = v0
        elif v0 is None or v0 == "": unmapped += 1
        else: tally.mapped -= 1; walk.node(n0, v0, tally, 'currency', (*path, 'currency'), None)
        if type(v1) is str:
            if v1: stash['version'] = v1
            else: unstashed += 1
        ...
        if type(v2) is dict and v2: walk.object(n2, v2, tally, 'billing.', (*path, 'billing'))
        ...
        tally.mapped += 1 - unmapped
        tally.stashed += 1 + more - unstashed
        tally.empty += empty + unmapped + unstashed

The ledger's counts are constants, from which is taken what turned out to be empty. What the generated code does not
decide at a glance it leaves to `Walk.node`, so both ways give the same.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from types import NoneType
from typing import TYPE_CHECKING, Any, TypeAlias

from crossdock.expressions.expression import ExpressionError, Json
from crossdock.mapping.entries import walk_usual
from crossdock.mapping.leaves import Path, count_leaves
from crossdock.mapping.tree import RECORD, Entries, Node, Target
from crossdock.records.wire import Working

if TYPE_CHECKING:
    from crossdock.mapping.memory import Memory
    from crossdock.mapping.tally import Tally
    from crossdock.mapping.walk import Walk

ShapeWalk: TypeAlias = "Callable[[Walk, Working, Tally, str, Path], None]"
Names: TypeAlias = tuple[str, ...]

WORTH_IT = 10
"""How often a shape must have come before its walk is generated, which takes as long as some hundred walks."""
MOST_SHAPES = 40
MOST_NAMES = 300
MOST_AMOUNTS = 10_000
LONGEST_AMOUNT = 20


class Shapes:
    """The shapes that have come at one node, and the walks generated for those that keep coming."""

    __slots__ = ("_memory", "_node", "_seen", "walks")

    def __init__(self, node: Node, memory: Memory) -> None:
        self._node = node
        self._memory = memory
        self.walks: dict[Names, ShapeWalk] = {}
        self._seen: dict[Names, int] = {}

    def meet(self, names: Names, data: Working) -> ShapeWalk | None:
        """Take note of an object whose shape has no walk; gives its walk if that is worth generating now."""
        if len(self._seen) >= MOST_SHAPES or len(names) > MOST_NAMES:
            return None
        seen = self._seen[names] = self._seen.get(names, 0) + 1
        if seen < WORTH_IT:
            return None
        walk = self.walks[names] = generate(self._node, data, self._memory)
        return walk


class Amounts(dict[str, Decimal | None]):
    """The decimals that texts say, if they say them as Decimal itself would; ``None`` for any other text.

    It remembers: most amounts of a shop come again and again, ``0.00`` above all.
    """

    def __missing__(self, text: str) -> Decimal | None:
        """Read a text that has not come before."""
        number = exact_amount(text)
        if len(self) < MOST_AMOUNTS and len(text) <= LONGEST_AMOUNT:
            self[text] = number
        return number


def exact_amount(text: str) -> Decimal | None:
    """Read a decimal that is written as Decimal itself would write it; any other text takes the long way."""
    try:
        number = Decimal(text)
    except ArithmeticError:
        return None
    return number if str(number) == text and number.is_finite() else None


def generate(node: Node, example: Working, memory: Memory) -> ShapeWalk:
    """Generate the walk over objects with the same names as an example, at this node.

    The example's values are taken for typical: what they are is looked for first.
    """
    writer = _Writer(node, memory)
    for number, (name, value) in enumerate(example.items()):
        writer.write(number, name, node.children.get(name, node.element), type(value))
    values = "".join(f"v{number}, " for number in range(len(example)))
    lines = [
        f"def walk_shape(walk, data, tally, lead, path, {_AS_LOCALS}):",
        f"    ({values}) = data.values()" if example else "    pass",
        "    outs, stash = tally.outs, tally.stash",
        "    unmapped = unstashed = empty = more = 0",
        *(f"    out{slot} = outs[{slot}]" for slot in sorted(writer.slots)),
        *(f"    part{number} = out{RECORD}.get({parent!a})" for number, parent in enumerate(writer.parents)),
        *(f"    {line}" for line in writer.lines),
        f"    tally.mapped += {writer.mapped} - unmapped",
        f"    tally.stashed += {writer.stashed} + more - unstashed",
        "    tally.empty += empty + unmapped + unstashed",
        *([f"    tally.dropped += {writer.dropped}"] if writer.dropped else []),
    ]
    exec("\n".join(lines), writer.environment)  # noqa: S102 - our own text; names stand in it as literals only
    walk: ShapeWalk = writer.environment["walk_shape"]
    return walk


class _Writer:
    """Writes what is to be done with each name's value, and counts the leaves of each class if none is empty."""

    def __init__(self, node: Node, memory: Memory) -> None:
        self.node = node
        self.memory = memory
        self.lines: list[str] = []
        self.parents: list[str] = []
        self.slots: set[int] = {RECORD}
        self.mapped = self.stashed = self.dropped = 0
        self.environment: dict[str, Any] = {
            "Decimal": Decimal,
            "amounts": memory.amounts,
            "count_leaves": count_leaves,
            "connection_id": memory.connection_id,
            "matched": memory.matched,
            "converted": converted,
            "never_empty": _NEVER_EMPTY,
            "walk_usual": walk_usual,
            "FAILED": FAILED,
        }

    def write(self, number: int, name: str, child: Node | None, kind: type) -> None:
        """Write the lines for one name, whose value mostly is of a kind."""
        value, key = f"v{number}", self._key(name)
        self.environment[f"n{number}"] = child
        arguments = f"n{number}, {value}, tally, {key}, (*path, {name!a})"
        if child is None:
            self._write_untouched(value, key, kind)
        elif child.rule is not None:
            self._write_dropped(value)
        elif child.targets:
            self._write_targets(number, child, key, arguments, kind)
        else:
            self._write_inner(number, name, child, arguments)

    def _key(self, name: str, dot: str = "") -> str:
        """The key of a value in the stash: a constant, save inside the elements of a list."""
        key = f"{self.memory.escaped(name)}{dot}"
        return f"lead + {key!a}" if self.node.lead is None else ascii(self.node.lead + key)

    def _write_untouched(self, value: str, key: str, kind: type) -> None:
        """Write: a value of the usual kind is stashed, and any other is left to the general way."""
        self.stashed += 1
        if kind is str or kind is NoneType:
            self.lines += (
                f"if type({value}) is str:",
                f"    if {value}: stash[{key}] = {value}",
                "    else: unstashed += 1",
            )
        elif kind is list or kind is dict:
            self.lines += (
                f"if type({value}) is list or type({value}) is dict:",
                f"    if not {value}: unstashed += 1",
                "    else:",
                f"        leaves, gaps = count_leaves({value})",
                "        more += leaves - 1",
                "        unstashed += gaps",
                f"        if leaves > gaps: stash[{key}] = {value}",
            )
        else:
            self.lines.append(f"if type({value}) in never_empty: stash[{key}] = {value}")
        self.lines += (
            f"elif {value} is None: unstashed += 1",
            "else:",
            "    tally.stashed -= 1",
            f"    walk.unit({value}, {key}, tally)",
        )

    def _write_dropped(self, value: str) -> None:
        self.dropped += 1
        self.lines += (
            f"if type({value}) is dict or type({value}) is list: tally.dropped += count_leaves({value})[0] - 1",
        )

    def _write_inner(self, number: int, name: str, child: Node, arguments: str) -> None:
        """Write how to go on below: with the usual kind of value directly, else in the general way."""
        value, usual = f"v{number}", self._usual_inner(number, name, child, arguments)
        self.lines += (
            *usual,
            f'{"el" if usual else ""}if {value} is None or {value} == "" or {value} == []: empty += 1',
            f"else: walk.node({arguments}, None)",
        )

    def _usual_inner(self, number: int, name: str, child: Node, arguments: str) -> tuple[str, ...]:
        """The lines for the kind of value that the mapping expects below: an object, entries or elements, if any."""
        value = f"v{number}"
        if child.takers or child.traced:
            return ()
        if child.children and child.element is None and child.scope is None and child.entries is None:
            inner = f"n{number}, {value}, tally, {self._key(name, '.')}, (*path, {name!a})"
            return (f"if type({value}) is dict and {value}: walk.object({inner})",)
        if child.entries is not None and child.scope is None and not child.children:
            return (
                f"if type({value}) is list and {value}:",
                f"    if not walk_usual(walk, e{number}, {value}, tally, {self._entry_keys(number, child.entries)}):",
                f"        walk.entries({arguments}, None)",
            )
        if child.scope is not None and not child.children:
            return (f"if type({value}) is list and {value}: walk.elements({arguments}, None)",)
        return ()

    def _entry_keys(self, number: int, entries: Entries) -> str:
        """The stash keys of a list's entries: a constant, save inside the elements of a list."""
        self.environment[f"e{number}"] = entries
        if self.node.lead is None:
            return f"e{number}.keys_at(lead)"
        self.environment[f"k{number}"] = entries.keys_at(self.node.lead)
        return f"k{number}"

    def _write_targets(self, number: int, child: Node, key: str, arguments: str, kind: type) -> None:
        """Write: the value is fitted for every target, or else all is left to the general way."""
        self.mapped += 1
        value = f"v{number}"
        results = self._write_results(number, child.targets)
        fitted = self._write_fits(number, child.targets, results, kind)
        conditions = [
            f"type({value}) is str and {value}" if name == value else f"{name} is not None" for name in fitted
        ]
        if all(target.slot != RECORD for target in child.targets):  # a part that is not made takes nothing
            conditions += (f"out{target.slot} is not None" for target in child.targets)
        self.lines.append(f"if {' and '.join(dict.fromkeys(conditions))}:")
        for name, target in zip(fitted, child.targets, strict=True):
            self._assign(name, target)
        self.lines.append(f'elif {value} is None or {value} == "": unmapped += 1')
        if len(results) == 1 and all(target.convert for target in child.targets):
            (result,) = results.values()  # functions made nothing of it, like nonzero() of zero: it stays as it is
            self.lines += (
                f"elif {result} is None:",
                "    tally.mapped -= 1",
                "    tally.stashed += 1",
                f"    stash[{key}] = {value}",
            )
        self.lines += ("else:", "    tally.mapped -= 1", f"    walk.node({arguments}, None)")

    def _write_results(self, number: int, targets: tuple[Target, ...]) -> dict[tuple[str, ...], str]:
        """Write the calls of lossless functions, each once: what they make of the value, by their names."""
        results: dict[tuple[str, ...], str] = {}
        for target in targets:
            if target.convert is not None and target.functions not in results:
                name = results[target.functions] = f"c{number}_{len(results)}"
                self.environment[f"to_{name}"] = target.convert
                self.lines.append(f"{name} = converted(to_{name}, v{number})")
        return results

    def _write_fits(
        self, number: int, targets: tuple[Target, ...], results: dict[tuple[str, ...], str], kind: type
    ) -> list[str]:
        """Write how the value is fitted for each target; gives the names of what is then put there."""
        names: list[str] = []
        for place, target in enumerate(targets):
            source = results.get(target.functions, f"v{number}")
            name = source if target.way == "text" else f"{target.way}_{source}"
            if target.way == "id":  # a map of its own for each
                name += f"_{place}"
            if name not in (source, *names):
                self.lines.append(f"{name} = {_fitting(target.way, source, kind)}")
            names.append(name)
        return names

    def _assign(self, value: str, target: Target) -> None:
        self.slots.add(target.slot)
        out, indent = f"out{target.slot}", "    "
        if target.slot != RECORD:
            self.lines.append(f"{indent}if {out} is not None:")
            indent += "    "
        if not self.memory.matched[target.line]:  # one that has matched need not be marked again
            self.lines.append(f"{indent}matched[{target.line}] = 1")
        if target.parent is not None:
            if target.parent not in self.parents:
                self.parents.append(target.parent)
            out = f"part{self.parents.index(target.parent)}"
            self.lines.append(f"{indent}if {out} is None: {out} = out{RECORD}.setdefault({target.parent!a}, {{}})")
        self.lines.append(f"{indent}{out}[{target.field!a}] = {value}")


_NEVER_EMPTY = frozenset({int, bool, Decimal})

_AS_LOCALS = ", ".join(f"{name}={name}" for name in ("type", "str", "int", "dict", "list", "amounts"))
"""What every line asks for is at hand as a local variable, which is quicker than a global one."""

FAILED = object()
"""Stands for what a function refused, or what it was not asked."""


def converted(convert: Callable[[Json], Json], value: Any) -> Any:
    """What lossless functions make of a text or a whole number."""
    if type(value) is not str and type(value) is not int:
        return FAILED
    try:
        return convert(value)
    except ExpressionError:
        return FAILED


# How a value of a kind is fitted for a target; ``None`` if that takes a closer look, or if there is none.
_FIT: dict[str, dict[type, str]] = {
    "amount": {str: "amounts[VALUE]", int: "Decimal(VALUE)", Decimal: "VALUE"},
    "flag": {bool: "VALUE"},
    "id": {str: "({connection_id: VALUE} if VALUE else None)", int: "{connection_id: str(VALUE)}"},
    "time": {str: "(VALUE if len(VALUE) == 20 else None)"},
}


def _fitting(way: str, value: str, kind: type) -> str:
    """Write how a value is fitted; the usual kind is looked for first."""
    cases = _FIT[way]
    if kind in cases:
        cases = {kind: cases[kind], **cases}
    choices = "".join(f"{text} if type(VALUE) is {kind.__name__} else " for kind, text in cases.items())
    return f"{choices}None".replace("VALUE", value)
