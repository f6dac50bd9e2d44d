"""The plan of a mapping: a tree over the payload that says at each node what is to be done there.

Names that the tree does not know are what the mapping leaves untouched; they are stashed whole. So the tree decides
how low a value is stashed, and it depends on the mapping alone, never on the payload.
"""

from __future__ import annotations

from crossdock.expressions.evaluate import compile_path
from crossdock.expressions.expression import Chain, Path, compile_expression
from crossdock.expressions.syntax import is_constant
from crossdock.expressions.values import Search
from crossdock.mapping.definition import DropRule, Line, Mapping, Pattern
from crossdock.mapping.fit import Misfit, fit
from crossdock.mapping.tree import RECORD, Entries, Gate, Node, Scope, Searcher, Single, Taker


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
            scope.settle(mapping.prefixes)

    def _add_lines(self) -> None:
        singles = [Single(block, slot) for slot, block in enumerate(self.mapping.single_blocks, RECORD + 1)]
        self.record.singles = singles
        for line in self.mapping.lines:
            self._add_line(self.record, line, RECORD)
        for single in singles:
            for line in single.block.lines:
                self._add_line(self.record, line, single.slot)
        for scope in self._blocks.values():
            for line in scope.block.lines if scope.block else ():
                self._add_line(scope, line, RECORD)

    def _places(self, pattern: Pattern) -> list[tuple[Scope, Pattern]]:
        """The trees that a pattern of the payload reaches: the record's and, inside its elements, a block's own."""
        inside = [
            (scope, pattern[len(over) + 1 :])
            for over, scope in self._blocks.items()
            if len(pattern) > len(over) and _leads_to(pattern, over) and not isinstance(pattern[len(over)], str)
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
            taker = Taker(line, index, slot, parent, name, *_conversion(expression.unary or ((), path)))
            _node_at(scope.root, path).takers.append(taker)
            return
        if expression.conditional and self._add_conditional(scope, line, slot, expression.conditional):
            return
        if expression.alternative and self._add_alternative(scope, line, slot, expression.alternative):
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

    def _add_conditional(self, scope: Scope, line: Line, slot: int, paths: tuple[Path, Path]) -> bool:
        """Let a line take a value where a gate is open, if both its paths are of the simplest kind."""
        if line.field.kind == "bool" or not self._are_simple(scope, *paths):
            return False
        condition, value = paths
        parent, name = (line.steps[0], line.steps[1]) if len(line.steps) == 2 else (None, line.steps[0])
        taker = Taker(line, self._index[line.name], scope.next_slots[0], parent, name)
        scope.gates.append(Gate(compile_path(condition), slot, taker))
        _node_at(scope.root, condition)  # opened, since the line names it
        _node_at(scope.root, value).takers.append(taker)
        return True

    def _add_alternative(self, scope: Scope, line: Line, slot: int, chains: tuple[Chain, Chain]) -> bool:
        """Let a line take one of two values, by a gate, if both paths are of the simplest kind."""
        if not self._are_simple(scope, *(path for _functions, path in chains)):
            return False
        if any(_may_drop(scope.root, path) for _functions, path in chains):
            return False
        parent, name = (line.steps[0], line.steps[1]) if len(line.steps) == 2 else (None, line.steps[0])
        one, other = (
            Taker(line, self._index[line.name], behind, parent, name, *_conversion(chain))
            for behind, chain in zip(scope.next_slots, chains, strict=True)
        )
        scope.gates.append(Gate(_search(one.convert, chains[0][1]), slot, one, other))
        for taker, (_functions, path) in zip((one, other), chains, strict=True):
            _node_at(scope.root, path).takers.append(taker)
        return True

    def _are_simple(self, scope: Scope, *paths: Path) -> bool:
        return all(all(type(step) is str for step in path) and not self._meets_list(scope, path) for path in paths)

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


def _leads_to(pattern: Pattern, path: Pattern) -> bool:
    """Whether the first steps of a pattern may be those to a path; what is no name stands for any."""
    return all(want == step or not isinstance(want, str) for want, step in zip(pattern, path, strict=False))


def _conversion(chain: Chain) -> tuple[Search | None, tuple[str, ...]]:
    """What the functions of a chain make of a value, if there are any, and their names."""
    functions = tuple(function.name for function in chain[0])
    calls = "".join(f"{function}(" for function in functions)
    return compile_expression(f"{calls}@{')' * len(functions)}").search if functions else None, functions


def _search(convert: Search | None, path: Path) -> Search:
    found = compile_path(path)
    return found if convert is None else lambda data: convert(found(data))


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
