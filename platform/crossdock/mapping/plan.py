"""The plan of a mapping: a tree over the payload that says at each node what is to be done there.

Names that the tree does not know are what the mapping leaves untouched; they are stashed whole. So the tree decides
how low a value is stashed, and it depends on the mapping alone, never on the payload.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from crossdock.mapping.definition import Block, DropRule, KeyValueList, Line, Mapping, Pattern
from crossdock.mapping.expression import Json, compile_expression
from crossdock.mapping.fit import Misfit, fit
from crossdock.mapping.syntax import is_constant

_SHORT_WAY = {name: "text" for name in ("string", "country", "currency", "language", "choice")} | {
    "decimal": "amount",
    "map": "id",
}

RECORD = 0  # slot of the record itself; parts of single blocks have the slots after it


@dataclass(slots=True)
class Taker:
    """A mapping line that takes the value of one node as it is, or through lossless functions of one argument."""

    line: Line
    index: int
    slot: int
    parent: str | None
    name: str
    convert: Callable[[Json], Json] | None


@dataclass(slots=True)
class Searcher:
    """A mapping line that is evaluated before the walk: with a trace, unless it takes nothing whatever comes."""

    line: Line
    index: int
    slot: int
    parent: str | None
    name: str


@dataclass(slots=True)
class Entries:
    """A key/value list, and the lines that take entries of it by key."""

    list: KeyValueList
    dropped_fields: frozenset[str] = frozenset()
    dropped_keys: dict[str, DropRule] = field(default_factory=dict)
    takers: dict[str, list[Taker]] = field(default_factory=dict)


@dataclass(slots=True)
class Node:
    """What is to be done at one place of the payload.

    ``children`` and ``element`` (each element, or each name that is no child) are opened, ``takers`` take the value here, ``traced`` means that the path must be
    compared with what the searchers took, ``rule`` drops everything below, ``scope`` makes sub-records.
    """

    children: dict[str, Node] = field(default_factory=dict)
    element: Node | None = None
    takers: list[Taker] = field(default_factory=list)
    traced: bool = False
    rule: DropRule | None = None
    entries: Entries | None = None
    scope: Scope | None = None
    targets: tuple[tuple[int, str | None, str], ...] = ()
    way: str | None = None

    def settle(self) -> None:
        """Work out which nodes only hand a text, an amount or an id to the record: the mapper's short way.

        ``way`` then says which, and ``targets`` are (number of the line, part of the record, field).
        """
        alone = not (self.children or self.element or self.traced or self.rule or self.entries or self.scope)
        as_it_is = all(taker.slot == RECORD and not taker.convert and not taker.line.keep for taker in self.takers)
        kinds = {_SHORT_WAY.get(taker.line.field.kind) for taker in self.takers}
        if alone and as_it_is and len(kinds) == 1 and None not in kinds:
            self.targets = tuple((taker.index, taker.parent, taker.name) for taker in self.takers)
            self.way = kinds.pop()
        for child in self.children.values():
            child.settle()
        if self.element is not None:
            self.element.settle()


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
    constants: list[tuple[str | None, str, object]] = field(default_factory=list)
    singles: list[Single] = field(default_factory=list)


class Plan:
    """The compiled plan of one mapping; immutable once built."""

    def __init__(self, mapping: Mapping) -> None:
        self.mapping = mapping
        self.lines = mapping.all_lines
        self._index = {line.name: number for number, line in enumerate(self.lines)}
        self.record = Scope(None)
        self._blocks = {over: Scope(block) for over, block in mapping.list_blocks.items()}
        for over, scope in self._blocks.items():
            _node_at(self.record.root, over).scope = scope
        for item in mapping.key_values:
            scope, path = self._scope_of(item.path)
            node = _node_at(scope.root, path)
            node.entries = Entries(item, frozenset(name for name, _reason in item.drop))
        for rule in mapping.rules:
            self._add_rule(rule)
        for line in mapping.lines:
            self._add_line(self.record, line, RECORD)
        for block in mapping.single_blocks:
            single = Single(block, len(self.record.singles) + 1)
            self.record.singles.append(single)
            for line in block.lines:
                self._add_line(self.record, line, single.slot)
        for scope in self._blocks.values():
            for line in scope.block.lines if scope.block else ():
                self._add_line(scope, line, RECORD)
        for scope in (self.record, *self._blocks.values()):
            scope.root.settle()

    def _scope_of(self, pattern: Pattern) -> tuple[Scope, Pattern]:
        for over, scope in self._blocks.items():
            if len(pattern) > len(over) and pattern[: len(over)] == over and not isinstance(pattern[len(over)], str):
                return scope, pattern[len(over) + 1 :]
        return self.record, pattern

    def _add_rule(self, rule: DropRule) -> None:
        scope, path = self._scope_of(rule.pattern)
        node = _node_at(scope.root, path)
        if rule.entry is not None and node.entries is not None:
            node.entries.dropped_keys[rule.entry] = rule
        else:
            node.rule = rule

    def _add_line(self, scope: Scope, line: Line, slot: int) -> None:
        index = self._index[line.name]
        parent, name = (line.steps[0], line.steps[1]) if len(line.steps) == 2 else (None, line.steps[0])
        expression = line.expression
        if is_constant(expression.text) and slot == RECORD:
            value = fit(line.field, expression.search(None), "")
            if value is not None and type(value) is not Misfit:
                scope.constants.append((parent, name, value))
            return
        if not expression.touches:  # the line only looks at the payload
            scope.lookers.append(Searcher(line, index, slot, parent, name))
            return
        path = expression.plain or (expression.unary[1] if expression.unary else None)
        if path and all(isinstance(step, str) for step in path) and not self._crosses_list(scope, path):
            convert = None
            if expression.unary:
                calls = "".join(f"{function.name}(" for function in expression.unary[0])
                convert = compile_expression(f"{calls}@{')' * len(expression.unary[0])}").search
            _node_at(scope.root, path).takers.append(Taker(line, index, slot, parent, name, convert))
            return
        if entries := self._entries_of(scope, line):
            lookup = line.expression.key_value
            assert lookup is not None  # noqa: S101 - _entries_of found the list by it
            entries.takers.setdefault(lookup.key, []).append(Taker(line, index, slot, parent, name, None))
            return
        scope.searchers.append(Searcher(line, index, slot, parent, name))
        for pattern in expression.touches:
            self._open(scope, pattern)

    def _crosses_list(self, scope: Scope, path: Pattern) -> bool:
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
        if entries and (entries.list.key, entries.list.value) == (lookup.key_field, lookup.value_field):
            return entries
        return None

    def _open(self, scope: Scope, pattern: Pattern) -> None:
        # Everything from here on may be taken at run time; the mapper compares paths there.
        node = scope.root
        node.traced = True
        for step in pattern:
            if node.entries is not None or node.scope is not None:
                break  # key/value lists and sub-records account for their elements themselves
            node = _child(node, step)
            node.traced = True


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
