"""The plan of a mapping: a tree over the payload that says at each node what is to be done there.

Names that the tree does not know are what the mapping leaves untouched; they are stashed whole. So the tree decides
how low a value is stashed, and it depends on the mapping alone, never on the payload.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from crossdock.customdata.stash import escape_entry_key
from crossdock.mapping.definition import Block, DropRule, KeyValueList, Line, Mapping, Pattern
from crossdock.mapping.expression import Json, compile_expression
from crossdock.mapping.fit import Misfit, fit
from crossdock.mapping.syntax import is_constant

_SHORT_WAY = dict.fromkeys(("string", "country", "currency", "language", "choice"), "text") | {
    "decimal": "amount",
    "map": "id",
    "timestamp": "time",
}

_MOST_SHAPES = 100
_MOST_KEYS = 10_000

RECORD = 0  # slot of the record itself; parts of single blocks have the slots after it


class Target(NamedTuple):
    """What a line does with the value of a node in the usual way: see `shape.py`.

    ``line`` is its number, ``way`` is ``text``, ``amount``, ``id`` or ``time``; the value goes to a ``field`` of the
    ``parent`` part of what is made in ``slot``, after ``convert``.
    """

    line: int
    slot: int
    parent: str | None
    field: str
    way: str
    convert: Callable[[Json], Json] | None


@dataclass(slots=True)
class Taker:
    """A mapping line that takes the value of one node as it is, or through lossless functions of one argument.

    ``skips_null``: of the entries of a key, the first that is not null is meant, not the first.
    """

    line: Line
    index: int
    slot: int
    parent: str | None
    name: str
    convert: Callable[[Json], Json] | None = None
    skips_null: bool = True

    def target(self) -> Target | None:
        """What the line does, if that is the usual: a text, amount, id or time put into its field."""
        way = _SHORT_WAY.get(self.line.field.kind)
        if way is None or self.line.keep or (self.slot != RECORD and self.parent):
            return None
        if (way == "time") != (self.convert is not None) and way != "id":
            return None
        return Target(self.index, self.slot, self.parent, self.name, way, self.convert)


@dataclass(slots=True)
class Searcher:
    """A mapping line that is evaluated before the walk: with a trace, unless it takes nothing whatever comes.

    ``guarded``: what it takes may hold something that a rule drops.
    """

    line: Line
    index: int
    slot: int
    parent: str | None
    name: str
    guarded: bool = False


@dataclass(slots=True)
class Entries:
    """A key/value list, what rules drop of its entries, and the lines that take entries by their key."""

    definition: KeyValueList
    dropped_fields: frozenset[str]
    dropped_keys: set[str] = field(default_factory=set)
    takers: dict[str, list[Taker]] = field(default_factory=dict)
    usual: dict[tuple[str, ...], tuple[str, ...]] = field(default_factory=dict)
    keys: dict[str, str] = field(default_factory=dict)

    def learn(self, item: dict[str, Any]) -> tuple[str, ...] | None:
        """The dropped fields of an item that has nothing beside them but key and value; ``None`` for any other.

        ``usual`` remembers it by the item's names.
        """
        own = {self.definition.key, self.definition.value}
        if not own <= item.keys() or not item.keys() <= own | self.dropped_fields:
            return None
        dropped = tuple(name for name in item if name not in own)
        if len(self.usual) < _MOST_SHAPES:
            self.usual[tuple(item)] = dropped
        return dropped

    def key_of(self, name: str) -> str:
        """The stash key of the first entry of a key, without the list's prefix; remembered in ``keys``."""
        key = escape_entry_key(name, 1)
        if len(self.keys) < _MOST_KEYS:
            self.keys[name] = key
        return key


@dataclass(slots=True)
class Node:
    """What is to be done at one place of the payload.

    Attributes:
        children: what is opened by name.
        element: each element of a list, or each name that is no child; of a key/value list, what is to be done with
            its items beside their keys and values.
        takers: the lines that take the value here.
        traced: searchers may have taken something here or below, so paths must be compared.
        kept: one of them keeps what it takes in the stash.
        rule: drops everything here and below.
        guarded: a rule drops something below.
        entries: what to do with a key/value list.
        scope: what to do with a list of sub-records.
        targets: if all that happens here is that lines take a value in the usual way, what they do; else empty.
    """

    children: dict[str, Node] = field(default_factory=dict)
    element: Node | None = None
    takers: list[Taker] = field(default_factory=list)
    traced: bool = False
    kept: bool = False
    rule: DropRule | None = None
    guarded: bool = False
    entries: Entries | None = None
    scope: Scope | None = None
    targets: tuple[Target, ...] = ()

    def settle(self) -> None:
        """Work out what follows from the finished tree: what wildcards mean for names, guards and short ways."""
        if self.element is not None:
            for child in self.children.values():
                child.absorb(self.element)
        below = [*self.children.values(), *([self.element] if self.element else [])]
        for child in below:
            child.settle()
        self.guarded = any(child.rule or child.guarded for child in below) or bool(
            self.entries and (self.entries.dropped_fields or self.entries.dropped_keys)
        )
        alone = not (below or self.kept or self.rule or self.entries or self.scope)
        targets = [taker.target() for taker in self.takers]
        if alone and all(targets):
            self.targets = tuple(target for target in targets if target)

    def absorb(self, other: Node) -> None:
        """Let everything that is to be done at another place be done here as well."""
        self.traced = self.traced or other.traced
        self.kept = self.kept or other.kept
        self.rule = self.rule or other.rule
        self.entries = self.entries or other.entries
        for name, child in other.children.items():
            self.children.setdefault(name, Node()).absorb(child)
        if other.element is not None:
            self.element = self.element or Node()
            self.element.absorb(other.element)


NOTHING = Node()
"""The node of every place that the mapping leaves untouched."""


@dataclass(slots=True)
class Single:
    """A block over the payload itself: at most one sub-record."""

    block: Block
    slot: int


@dataclass(slots=True)
class Scope:
    """The record, or one block over a list: its own tree, and the lines that are evaluated before the walk."""

    block: Block | None
    root: Node = field(default_factory=Node)
    searchers: list[Searcher] = field(default_factory=list)
    lookers: list[Searcher] = field(default_factory=list)
    constants: list[tuple[Line, str | None, str, object]] = field(default_factory=list)
    singles: list[Single] = field(default_factory=list)


class Plan:
    """The compiled plan of one mapping; immutable once built."""

    def __init__(self, mapping: Mapping, connection_id: str) -> None:
        self.mapping = mapping
        self.connection_id = connection_id
        self.lines = mapping.all_lines
        self._index = {line.name: number for number, line in enumerate(self.lines)}
        self.record = Scope(None)
        self._blocks = {over: Scope(block) for over, block in mapping.list_blocks.items()}
        for over, scope in self._blocks.items():
            _node_at(self.record.root, over).scope = scope
        for item in mapping.key_values:
            for scope, path in self._places(item.path):
                _node_at(scope.root, path).entries = Entries(item, frozenset(name for name, _reason in item.drop))
        for rule in mapping.rules:
            for scope, path in self._places(rule.pattern):
                _add_rule(scope.root, path, rule)
        self._add_lines()
        for scope in (self.record, *self._blocks.values()):
            scope.root.settle()

    def _add_lines(self) -> None:
        for line in self.mapping.lines:
            self._add_line(self.record, line, RECORD)
        for block in self.mapping.single_blocks:
            single = Single(block, len(self.record.singles) + 1)
            self.record.singles.append(single)
            for line in block.lines:
                self._add_line(self.record, line, single.slot)
        for scope in self._blocks.values():
            for line in scope.block.lines if scope.block else ():
                self._add_line(scope, line, RECORD)

    def _places(self, pattern: Pattern) -> list[tuple[Scope, Pattern]]:
        """The trees that a pattern of the payload reaches: the record's and, inside its elements, a block's own."""
        inside = [
            (scope, pattern[len(over) + 1 :])
            for over, scope in self._blocks.items()
            if len(pattern) > len(over) and pattern[: len(over)] == over and not isinstance(pattern[len(over)], str)
        ]
        return [(self.record, pattern), *inside]

    def _add_line(self, scope: Scope, line: Line, slot: int) -> None:
        index = self._index[line.name]
        parent, name = (line.steps[0], line.steps[1]) if len(line.steps) == 2 else (None, line.steps[0])
        expression = line.expression
        if is_constant(expression.text) and slot == RECORD and line.field.kind not in ("map", "list"):
            value = expression.search(None)
            fitted = fit(line.field, value, self.connection_id)
            if value is not None and value not in ("", [], {}) and type(fitted) is not Misfit:
                scope.constants.append((line, parent, name, fitted))
            return
        if not expression.touches:  # the line only looks at the payload
            scope.lookers.append(Searcher(line, index, slot, parent, name))
            return
        path = expression.plain or (expression.unary[1] if expression.unary else None)
        if path and all(isinstance(step, str) for step in path) and not self._meets_list(scope, path):
            convert = None
            if expression.unary:
                calls = "".join(f"{function.name}(" for function in expression.unary[0])
                convert = compile_expression(f"{calls}@{')' * len(expression.unary[0])}").search
            _node_at(scope.root, path).takers.append(Taker(line, index, slot, parent, name, convert))
            return
        if entries := self._entries_of(scope, line):
            lookup = line.expression.key_value
            assert lookup is not None  # noqa: S101 - _entries_of found the list by it
            taker = Taker(line, index, slot, parent, name, skips_null=lookup.skips_null)
            entries.takers.setdefault(lookup.key, []).append(taker)
            return
        guarded = any(_may_drop(scope.root, pattern) for pattern in expression.touches)
        scope.searchers.append(Searcher(line, index, slot, parent, name, guarded))
        for pattern in [path] if path else expression.touches:
            self._open(scope, pattern, keep=line.keep)

    def _meets_list(self, scope: Scope, path: Pattern) -> bool:
        # A plain path that ends on or leads into a list with a meaning of its own is left to the tracing way.
        node: Node | None = scope.root
        for step in path:
            node = node.children.get(step) if node and isinstance(step, str) else None
            if node is not None and (node.entries or node.scope):
                return True
        return False

    def _entries_of(self, scope: Scope, line: Line) -> Entries | None:
        lookup = line.expression.key_value
        if lookup is None:
            return None
        node: Node | None = scope.root
        for step in lookup.list_path:
            node = node.children.get(step) if node and isinstance(step, str) else None
        entries = node.entries if node else None
        if entries and (entries.definition.key, entries.definition.value) == (lookup.key_field, lookup.value_field):
            return entries
        return None

    def _open(self, scope: Scope, pattern: Pattern, *, keep: bool) -> None:
        # Everything from here on may be taken at run time; the mapper compares paths there.
        for inner, path in self._places(pattern) if scope is self.record else [(scope, pattern)]:
            node = inner.root
            node.traced = True
            for step in path:
                node = _child(node, step)
                node.traced = True
                node.kept = node.kept or keep


def _node_at(root: Node, path: Pattern) -> Node:
    node = root
    for step in path:
        node = _child(node, step)
    return node


def _child(node: Node, step: object) -> Node:
    if isinstance(step, str):
        return node.children.setdefault(step, Node())
    # ANY stands for each element of a list; an index opens the whole list, so that keys do not depend on it.
    if node.element is None:
        node.element = Node()
    return node.element


def _add_rule(root: Node, path: Pattern, rule: DropRule) -> None:
    node = _node_at(root, path)
    if rule.entry is None:
        node.rule = rule
    elif node.entries is not None:
        node.entries.dropped_keys.add(rule.entry)


def _may_drop(root: Node, pattern: Pattern) -> bool:
    """Whether a rule drops something at, above or below a place that a line may take."""
    nodes = [root]
    for step in pattern:
        nodes = [
            child
            for node in nodes
            for child in (
                *([node.element] if node.element else []),
                *([node.children[step]] if isinstance(step, str) and step in node.children else []),
                *(node.children.values() if not isinstance(step, str) else []),
            )
        ]
        if any(node.rule for node in nodes):
            return True
        if any(node.entries and (node.entries.dropped_keys or node.entries.dropped_fields) for node in nodes):
            return True
    return any(_drops_below(node) for node in nodes)


def _drops_below(node: Node) -> bool:
    if node.rule or (node.entries and (node.entries.dropped_keys or node.entries.dropped_fields)):
        return True
    return any(map(_drops_below, node.children.values())) or (node.element is not None and _drops_below(node.element))
