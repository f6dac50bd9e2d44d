"""The reference account: what becomes of each leaf of a payload, worked out slowly from the mapping's definitions.

It shares neither the plan nor the walk with the mapper: every line is evaluated with a trace, every leaf is looked at
on its own. So it can prove the mapper's ledger, and explain to an operator where a value went.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

from msgspec import Struct
from msgspec.structs import replace

from crossdock.customdata.stash import StashPlace, stash_key
from crossdock.mapping.definition import Block, KeyValueList, Line, Mapping, Pattern, matches
from crossdock.mapping.evaluation import LineScope, evaluate_line, line_scopes, nodes_around, value_at
from crossdock.mapping.leaves import Path, list_leaves
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


class Accountant:
    """Accounts for the payloads of one mapping; build once, use for every payload."""

    def __init__(self, mapping: Mapping) -> None:
        self.mapping = mapping
        self._redactor = Redactor(mapping)
        self._blocks: dict[Path, Block] = {block.over: block for block in mapping.blocks if block.over}
        self._named = self._find_named()

    def account(self, payload: dict[str, Any], refusals: Collection[Refusal] = ()) -> list[LeafFate]:
        """Say what becomes of each leaf of a payload; see `account_leaves`."""
        return _Account(self, self._redactor.redact_value(payload), frozenset(refusals)).fates()

    def list_at(self, path: Path | Pattern) -> KeyValueList | None:
        """The key/value list that stands at a path, if it holds one."""
        return next((item for item in self.mapping.key_values if _same(item.path, path)), None)

    def block_at(self, path: Path) -> Block | None:
        """The block over the list at a path."""
        return self._blocks.get(path)

    def is_lookup(self, scope: Path, line: Line) -> bool:
        """Whether a line looks up an entry of a key/value list by its key."""
        lookup = line.expression.key_value
        if lookup is None or not all(isinstance(step, str) for step in lookup.list_path):
            return False
        definition = self.list_at((*scope, *lookup.list_path))
        names = (lookup.key_field, lookup.value_field)
        return definition is not None and names == (definition.key, definition.value)

    def opens(self, path: Path, value: Any, part: Block | None) -> bool:
        """Whether the mapping names something below a node, so that it is not stashed as a whole.

        Args:
            path: the node.
            value: what stands there.
            part: the block whose element it lies in; then that block's lines count as well.
        """
        if not isinstance(value, dict | list) or not value:
            return False
        if isinstance(value, list) and (self.list_at(path) or self.block_at(path)):
            return True
        named = self._named[None] if part is None else self._named[None] | self._named[part.name]
        return any(
            len(pattern) > len(path)
            and _same(pattern[: len(path)], path)
            and (isinstance(value, dict) or not isinstance(pattern[len(path)], str))
            for pattern in named
        )

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


@dataclass
class _Account:
    """The account of one payload."""

    accountant: Accountant
    payload: dict[str, Any]
    refusals: frozenset[Refusal]
    takes: dict[Path, list[Line]] = field(default_factory=dict)
    lookups: dict[Path, list[Line]] = field(default_factory=dict)
    entries: dict[Path, Entry | None] = field(default_factory=dict)
    opened: dict[Path, bool] = field(default_factory=dict)
    reasons: dict[Path, str | None] = field(default_factory=dict)

    def fates(self) -> list[LeafFate]:
        leaves = list(list_leaves(self.payload))
        reasons = {path: self._dropped(path) for path, _value in leaves}
        dropped = nodes_around([path for path, reason in reasons.items() if reason is not None])
        for scope in line_scopes(self.accountant.mapping, self.payload):
            for line in scope.lines:
                self._note(scope, line, dropped)
        fates = [self._fate(path, value, reasons[path]) for path, value in leaves]
        stashed = {fate.unit for fate in fates if fate.fate == "stashed" or any(line.keep for line in fate.lines)}
        return [fate if fate.unit in stashed else replace(fate, key=None, unit=()) for fate in fates]

    def _note(self, scope: LineScope, line: Line, dropped: set[Path]) -> None:
        lookup = self.accountant.is_lookup(scope.path, line)
        for path in evaluate_line(scope, line, self.refusals, dropped).taken:
            self.takes.setdefault(path, []).append(line)
            if lookup:
                self.lookups.setdefault(path, []).append(line)

    # -- one leaf --------------------------------------------------------------------------------------------------

    def _fate(self, path: Path, value: Any, reason: str | None) -> LeafFate:
        entry = next((entry for end in range(len(path)) if (entry := self._entry_at(path[:end]))), None)
        step = path[len(entry.path)] if entry else None
        if reason is not None:
            return LeafFate(path, value, "dropped", reason=reason, entry=entry)
        takers = [line for end in range(len(path) + 1) for line in self.takes.get(path[:end], ())]
        if entry is not None and step == entry.list.key:
            lookups = self.lookups.get((*entry.path, entry.list.value), [])
            if not any(line.keep for line in lookups):
                takers += lookups
        elif value in ("", None, [], {}) and not (entry and step == entry.list.value):
            return LeafFate(path, value, "empty", entry=entry)
        lines = tuple(dict.fromkeys(takers))
        unit, key, part = self._place(path)
        return LeafFate(path, value, "mapped" if lines else "stashed", lines, "", key, unit, part, entry)

    def _dropped(self, path: Path) -> str | None:
        """Why a node is dropped: because one around it is, or by a rule of its own."""
        if not path:
            return None
        if path not in self.reasons:
            self.reasons[path] = self._dropped(path[:-1]) or self._dropped_itself(path)
        return self.reasons[path]

    def _dropped_itself(self, path: Path) -> str | None:
        for rule in self.accountant.mapping.rules:
            if rule.entry is None and len(rule.pattern) == len(path) and matches(rule.pattern, path):
                return rule.reason
        entry = self._entry_at(path[:-1])
        if entry is not None:
            return dict(entry.list.drop).get(str(path[-1]))
        definition = self.accountant.list_at(path[:-1]) if isinstance(path[-1], int) else None
        item = value_at(self.payload, path)
        if definition is None or not isinstance(item, dict):
            return None
        for rule in self.accountant.mapping.rules:
            if rule.entry is not None and rule.entry == item.get(definition.key) and rule.pattern == definition.path:
                return rule.reason
        return None

    # -- where a leaf is kept --------------------------------------------------------------------------------------

    def _place(self, path: Path) -> tuple[Path, str, Path]:
        """The highest node around a leaf that the mapping leaves untouched, its stash key, and the part it lies in."""
        prefixes = self.accountant.mapping.prefixes
        part: Path = ()
        block: Block | None = None
        for end in range(1, len(path) + 1):
            node = path[:end]
            entry = self._entry_at(node)
            if entry is not None:
                if path[end : end + 1] in ((entry.list.key,), (entry.list.value,)):
                    place = StashPlace(node[len(part) : -2], entry.list.prefix, entry.key, entry.occurrence)
                    return node, stash_key(place, prefixes), part
                continue
            over = self.accountant.block_at(node[:-1])
            if over is not None and isinstance(node[-1], int) and self._is_object(node):
                part, block = node, over
            elif not self._is_opened(node, block):
                return node, stash_key(StashPlace(node[len(part) :]), prefixes), part
        raise AssertionError(path)  # a leaf is never opened

    def _is_object(self, path: Path) -> bool:
        value = value_at(self.payload, path)
        return isinstance(value, dict) and bool(value)

    def _is_opened(self, path: Path, block: Block | None) -> bool:
        known = self.opened.get(path)
        if known is None:
            known = self.opened[path] = self.accountant.opens(path, value_at(self.payload, path), block)
        return known

    def _entry_at(self, path: Path) -> Entry | None:
        """The entry that stands at a path, if it is one: an object in a key/value list with a text key and a value."""
        if len(path) < 2 or not isinstance(path[-1], int):
            return None
        if path not in self.entries:
            self.entries[path] = self._find_entry(path[:-1], path[-1])
        return self.entries[path]

    def _find_entry(self, path: Path, number: int) -> Entry | None:
        definition, items = self.accountant.list_at(path), value_at(self.payload, path)
        if definition is None or not isinstance(items, list):
            return None
        key = _entry_key(items[number], definition)
        if key is None:
            return None
        alike = [other for other, item in enumerate(items) if _entry_key(item, definition) == key]
        alike.sort(key=lambda other: _rank(items[other], definition.sort))
        return Entry(definition, (*path, number), key, alike.index(number) + 1)


def _entry_key(item: Any, definition: KeyValueList) -> str | None:
    if not isinstance(item, dict) or definition.value not in item:
        return None
    key = item.get(definition.key)
    return key if isinstance(key, str) else None


def _rank(item: dict[str, Any], sort: str | None) -> int:
    number = item.get(sort) if sort is not None else None
    return number if type(number) is int else 0


def _same(pattern: Pattern, path: Pattern) -> bool:
    """Whether a path is of a pattern; what is no name in the pattern stands for any step."""
    return len(pattern) == len(path) and all(
        want == step or not isinstance(want, str) for want, step in zip(pattern, path, strict=True)
    )
