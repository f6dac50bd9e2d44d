"""The reference account: what becomes of each leaf of a payload, worked out slowly from the mapping's definitions.

It shares neither the plan nor the walk with the mapper: every line is evaluated with a trace, and the way to every leaf
is judged step by step. So it can prove the mapper's ledger, and explain to an operator where a value went.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

from msgspec import Struct

from crossdock.customdata.stash import StashPlace, stash_key
from crossdock.expressions.expression import ANY
from crossdock.mapping.definition import Block, KeyValueList, Line, Mapping, Pattern, matches
from crossdock.mapping.evaluation import LineScope, evaluate_line, line_scopes, nodes_around
from crossdock.mapping.leaves import Path
from crossdock.mapping.mapped import Refusal
from crossdock.mapping.redact import Redactor

Fate: TypeAlias = Literal["dropped", "refused", "empty", "mapped", "stashed"]


class Entry(Struct, frozen=True):
    """An entry of a key/value list: where it stands, and the how manieth of its key it is."""

    list: KeyValueList
    path: Path
    key: str
    occurrence: int


class LeafFate(Struct, frozen=True):
    """What becomes of one leaf.

    Attributes:
        path: where it stands in the payload.
        value: what stands there; ``[redacted]`` for a secret.
        fate: its class in the ledger.
        lines: the mapping lines that take it.
        reason: why it is dropped.
        key: the stash key under which it is kept, or ``None``; a mapped leaf is kept where a line says so.
        unit: the node that is stashed under that key: the leaf itself, or the object or list around it.
        part: the element of the payload whose sub-record keeps it; ``()`` is the record.
        entry: the entry of a key/value list that it belongs to.
    """

    path: Path
    value: Any
    fate: Fate
    lines: tuple[Line, ...] = ()
    reason: str = ""
    key: str | None = None
    unit: Path = ()
    part: Path = ()
    entry: Entry | None = None

    @property
    def why(self) -> str:
        """Why the leaf has this fate, for a person: the reason, the mapping lines, or the stash key."""
        if self.fate == "mapped":
            return ", ".join(f"{line.name} ({line.place})" for line in self.lines)
        return self.reason if self.fate == "dropped" else self.key or ""


def account_leaves(mapping: Mapping, payload: dict[str, Any], refusals: Collection[Refusal] = ()) -> list[LeafFate]:
    """Say what becomes of each leaf of a payload, in the payload's order.

    Args:
        mapping: the mapping.
        payload: parsed with exact decimals; it is only read.
        refusals: targets that refused their values before.
    """
    return Accountant(mapping).account(payload, refusals)


class _Spot(Struct, frozen=True):
    """What the mapping says of the nodes at one place, whatever the numbers of the elements around it are.

    Attributes:
        pattern: the place.
        reason: why a rule drops what stands there.
        list: the key/value list that it holds.
        block: the block over the list there.
        opens: the blocks in which the mapping names something below, if what stands there is an object, and if it is a
            list; ``None`` stands for the record.
    """

    pattern: Pattern
    reason: str | None
    list: KeyValueList | None
    block: Block | None
    opens: tuple[frozenset[str | None], frozenset[str | None]]


class Accountant:
    """Accounts for the payloads of one mapping; build once, use for every payload."""

    def __init__(self, mapping: Mapping) -> None:
        self.mapping = mapping
        self.prefixes = mapping.prefixes
        self._redactor = Redactor(mapping)
        self._blocks: dict[Pattern, Block] = {block.over: block for block in mapping.blocks if block.over}
        self._named = self._find_named()
        self._spots: dict[Pattern, _Spot] = {}

    def account(self, payload: dict[str, Any], refusals: Collection[Refusal] = ()) -> list[LeafFate]:
        """Say what becomes of each leaf of a payload; see `account_leaves`."""
        return _Account(self, self._redactor.redact_value(payload), frozenset(refusals)).fates()

    def list_at(self, path: Path | Pattern) -> KeyValueList | None:
        """The key/value list that stands at a path, if it holds one."""
        return next((item for item in self.mapping.key_values if _same(item.path, path)), None)

    def is_lookup(self, scope: Path, line: Line) -> bool:
        """Whether a line looks up an entry of a key/value list by its key."""
        lookup = line.expression.key_value
        if lookup is None or not all(isinstance(step, str) for step in lookup.list_path):
            return False
        definition = self.list_at((*scope, *lookup.list_path))
        names = (lookup.key_field, lookup.value_field)
        return definition is not None and names == (definition.key, definition.value)

    def spot(self, around: Pattern, step: str | int) -> _Spot:
        """What the mapping says of a field or element of what stands at a place; remembered."""
        pattern: Pattern = (*around, step if isinstance(step, str) else ANY)
        spot = self._spots.get(pattern)
        if spot is None:
            spot = self._look_at(pattern)
            if len(self._spots) < _MOST_SPOTS:  # payloads with invented names must not fill the memory
                self._spots[pattern] = spot
        return spot

    def _look_at(self, pattern: Pattern) -> _Spot:
        depth = len(pattern)
        rules = (rule for rule in self.mapping.rules if rule.entry is None and len(rule.pattern) == depth)
        reason = next((rule.reason for rule in rules if matches(rule.pattern, pattern)), None)
        below = {
            name: [
                one[len(pattern)] for one in named if len(one) > len(pattern) and _same(one[: len(pattern)], pattern)
            ]
            for name, named in self._named.items()
        }
        in_objects = frozenset(name for name, steps in below.items() if steps)
        in_lists = frozenset(name for name, steps in below.items() if not all(isinstance(one, str) for one in steps))
        return _Spot(pattern, reason, self.list_at(pattern), self._blocks.get(pattern), (in_objects, in_lists))

    def _find_named(self) -> dict[str | None, set[Pattern]]:
        """The places that the mapping names: for the record, and for each block over a list by its name."""
        mapping = self.mapping
        own: set[Pattern] = {rule.pattern for rule in mapping.rules if rule.entry is None}
        own |= {item.path for item in mapping.key_values} | set(mapping.list_blocks)
        for line in (*mapping.lines, *(line for block in mapping.single_blocks for line in block.lines)):
            own.update(self._named_by(line, ()))
        named: dict[str | None, set[Pattern]] = {None: own}
        for over, block in mapping.list_blocks.items():
            each: Path = (*over, 0)
            named[block.name] = {(*each, *pattern) for line in block.lines for pattern in self._named_by(line, each)}
        return named

    def _named_by(self, line: Line, scope: Path) -> Collection[Pattern]:
        """The places that a line names, inside its scope: its path, or all from which it may take something."""
        if self.is_lookup(scope, line):
            return ()
        return [line.expression.unary[1]] if line.expression.unary else line.expression.touches


class _Node(Struct):
    """One node of a payload, and what follows from the nodes around it.

    Attributes:
        path: where it stands.
        value: what stands there.
        spot: what the mapping says of it.
        reason: why it is dropped, itself or with what stands around it.
        entry: the entry of a key/value list that it is.
        outer: the outermost entry around it.
        part: the element of the payload whose sub-record it belongs to.
        block: the block over that element.
        unit: the highest node that the mapping leaves untouched, it or one around it, or the entry; else ``None``.
        kept: where in its part that unit stands.
    """

    path: Path
    value: Any
    spot: _Spot
    reason: str | None = None
    entry: Entry | None = None
    outer: Entry | None = None
    part: Path = ()
    block: Block | None = None
    unit: Path | None = None
    kept: StashPlace | None = None


@dataclass
class _Account:
    """The account of one payload."""

    accountant: Accountant
    payload: dict[str, Any]
    refusals: frozenset[Refusal]
    takes: dict[Path, list[Line]] = field(default_factory=dict)
    lookups: dict[Path, list[Line]] = field(default_factory=dict)

    def fates(self) -> list[LeafFate]:
        leaves = list(self._leaves())
        dropped = nodes_around([leaf.path for leaf in leaves if leaf.reason is not None])
        for scope in line_scopes(self.accountant.mapping, self.payload):
            for line in scope.lines:
                self._note(scope, line, dropped)
        found = [(leaf, *self._class_of(leaf)) for leaf in leaves]
        stashed = {leaf.unit for leaf, fate, lines in found if fate == "stashed" or any(line.keep for line in lines)}
        return [self._fate(leaf, fate, lines, kept=leaf.unit in stashed) for leaf, fate, lines in found]

    def _note(self, scope: LineScope, line: Line, dropped: set[Path]) -> None:
        lookup = self.accountant.is_lookup(scope.path, line)
        for path in evaluate_line(scope, line, self.refusals, dropped).taken:
            self.takes.setdefault(path, []).append(line)
            if lookup:
                self.lookups.setdefault(path, []).append(line)

    # -- the nodes -------------------------------------------------------------------------------------------------

    def _leaves(self) -> Iterator[_Node]:
        """Find every leaf, in order, from the payload downwards."""
        waiting = [_Node((), self.payload, _ROOT)]  # no recursion: a payload may be nested as deep as the parser allows
        while waiting:
            node = waiting.pop()
            inner = list(self._inside(node))
            if inner:
                waiting += reversed(inner)
            else:
                yield node

    def _inside(self, node: _Node) -> Iterator[_Node]:
        """The fields of an object, or the elements of a list."""
        value = node.value
        if isinstance(value, dict):
            for name, item in value.items():
                yield self._enter(node, name, item, None)
        elif isinstance(value, list):
            entries = _entries_of(node)
            for number, item in enumerate(value):
                yield self._enter(node, number, item, entries.get(number))

    def _enter(self, around: _Node, step: str | int, value: Any, entry: Entry | None) -> _Node:
        """Go on to a field or an element."""
        node = _Node(
            (*around.path, step),
            value,
            self.accountant.spot(around.spot.pattern, step),
            entry=entry,
            outer=around.outer or around.entry,
            part=around.part,
            block=around.block,
            unit=around.unit,
            kept=around.kept,
        )
        node.reason = around.reason or node.spot.reason or self._entry_reason(around, node)
        if node.unit is None and entry is None:
            self._settle(around, node)
        return node

    def _settle(self, around: _Node, node: _Node) -> None:
        """Find out whether a node is part of an entry, begins a part, is opened, or is left untouched."""
        entry, block, path = around.entry, around.spot.block, node.path
        if entry is not None and path[-1] in (entry.list.key, entry.list.value):
            holder = entry.path[len(node.part) : -2]
            node.unit, node.kept = entry.path, StashPlace(holder, entry.list.prefix, entry.key, entry.occurrence)
        elif block is not None and isinstance(path[-1], int) and isinstance(node.value, dict) and node.value:
            node.part, node.block = path, block
        elif not _is_opened(node):
            node.unit, node.kept = path, StashPlace(path[len(node.part) :])

    def _entry_reason(self, around: _Node, node: _Node) -> str | None:
        """Why a field of an entry, or an entry, is dropped by what is said of its list."""
        if around.entry is not None:
            return dict(around.entry.list.drop).get(str(node.path[-1]))
        definition = around.spot.list if isinstance(around.value, list) else None
        if definition is None or not isinstance(node.value, dict):
            return None
        key = node.value.get(definition.key)
        for rule in self.accountant.mapping.rules:
            if rule.entry is not None and rule.entry == key and rule.pattern == definition.path:
                return rule.reason
        return None

    # -- one leaf --------------------------------------------------------------------------------------------------

    def _class_of(self, leaf: _Node) -> tuple[Fate, tuple[Line, ...]]:
        """The class of a leaf in the ledger, and the lines that take it."""
        if leaf.reason is not None:
            return "dropped", ()
        path, entry = leaf.path, leaf.outer
        step = path[len(entry.path)] if entry else None
        takers = [line for end in range(len(path) + 1) for line in self.takes.get(path[:end], ())]
        if entry is not None and step == entry.list.key:
            lookups = self.lookups.get((*entry.path, entry.list.value), [])
            if not any(line.keep for line in lookups):
                takers += lookups
        elif leaf.value in ("", None, [], {}) and not (entry and step == entry.list.value):
            return "empty", ()
        return ("mapped" if takers else "stashed"), tuple(dict.fromkeys(takers))

    def _fate(self, leaf: _Node, fate: Fate, lines: tuple[Line, ...], *, kept: bool) -> LeafFate:
        path, value, entry = leaf.path, leaf.value, leaf.outer
        if leaf.reason is not None:
            return LeafFate(path, value, fate, reason=leaf.reason, entry=entry)
        if fate == "empty":
            return LeafFate(path, value, fate, entry=entry)
        if leaf.unit is None or leaf.kept is None:
            raise AssertionError(path)  # a leaf is never opened
        key, unit = (stash_key(leaf.kept, self.accountant.prefixes), leaf.unit) if kept else (None, ())
        return LeafFate(path, value, fate, lines, "", key, unit, leaf.part, entry)


def _is_opened(node: _Node) -> bool:
    """Whether the mapping names something below a node, so that it is not stashed as a whole."""
    value, spot = node.value, node.spot
    if not isinstance(value, dict | list) or not value:
        return False
    if isinstance(value, list) and (spot.list or spot.block):
        return True
    opens = spot.opens[isinstance(value, list)]
    return None in opens or (node.block is not None and node.block.name in opens)


def _entries_of(node: _Node) -> dict[int, Entry]:
    """The entries of a key/value list by their numbers: its objects that have a text as key, and a value."""
    definition = node.spot.list
    if definition is None:
        return {}
    alike: dict[str, list[int]] = {}
    for number, item in enumerate(node.value):
        key = item.get(definition.key) if isinstance(item, dict) and definition.value in item else None
        if isinstance(key, str):
            alike.setdefault(key, []).append(number)
    return {
        number: Entry(definition, (*node.path, number), key, occurrence)
        for key, numbers in alike.items()
        for occurrence, number in enumerate(sorted(numbers, key=lambda one: _rank(node.value[one], definition.sort)), 1)
    }


def _rank(item: dict[str, Any], sort: str | None) -> int:
    number = item.get(sort) if sort is not None else None
    return number if type(number) is int else 0


def _same(pattern: Pattern, path: Pattern) -> bool:
    """Whether a path is of a pattern; what is no name in the pattern stands for any step."""
    return len(pattern) == len(path) and all(
        want == step or not isinstance(want, str) for want, step in zip(pattern, path, strict=True)
    )


_ROOT = _Spot((), None, None, None, (frozenset(), frozenset()))
_MOST_SPOTS = 10_000
