"""The reference account: what becomes of each leaf of a payload, worked out slowly from the mapping's definitions.

It shares neither the plan nor the walk with the mapper: every line is evaluated with a trace, every leaf is looked at
on its own. So it can prove the mapper's ledger, and explain to an operator where a value went.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal, TypeAlias

from crossdock.customdata.stash import StashPlace, stash_key
from crossdock.mapping.definition import Block, KeyValueList, Line, Mapping, Pattern, matches
from crossdock.mapping.expression import ExpressionError
from crossdock.mapping.fit import Misfit, fit, gives_back
from crossdock.mapping.leaves import Path, list_leaves
from crossdock.mapping.mapped import Refusal
from crossdock.mapping.redact import Redactor
from crossdock.mapping.values import is_true

Fate: TypeAlias = Literal["dropped", "refused", "empty", "mapped", "stashed"]


@dataclass(frozen=True, slots=True)
class LeafFate:
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
    """

    path: Path
    value: Any
    fate: Fate
    lines: tuple[Line, ...] = ()
    reason: str = ""
    key: str | None = None
    unit: Path = ()
    part: Path = ()

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
    return _Account(mapping, Redactor(mapping).redact_value(payload), frozenset(refusals)).fates()


@dataclass(frozen=True, slots=True)
class LineScope:
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


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a line gives: the fitted value of its target (``None``: nothing), and the nodes of the payload it takes."""

    target: Any = None
    taken: tuple[Path, ...] = ()


def evaluate_line(
    scope: LineScope, line: Line, refusals: Collection[Refusal], dropped: Collection[Path], connection_id: str = ""
) -> Outcome:
    """Evaluate one line by the rules: a target gets a value that it accepts and that brings along no dropped leaf.

    What the target cannot give back is not taken: it stays in the stash as well.
    """
    try:
        value, paths = line.expression.trace(scope.data)
    except ExpressionError:
        return Outcome()
    if value in (None, "", [], {}) or scope.refusal(line) in refusals:
        return Outcome()
    taken = tuple((*scope.path, *path) for path in paths)
    if any(_starts(leaf, path) for path in taken for leaf in dropped):
        return Outcome()
    fitted = fit(line.field, value, connection_id)
    if isinstance(fitted, Misfit):
        return Outcome()
    return Outcome(fitted, taken if gives_back(value, fitted) else ())


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry of a key/value list: where it stands, and the how manieth of its key it is."""

    list: KeyValueList
    path: Path
    key: str
    occurrence: int


@dataclass(frozen=True)
class _Take:
    path: Path
    line: Line
    lookup: bool


@dataclass
class _Account:
    mapping: Mapping
    payload: dict[str, Any]
    refusals: frozenset[Refusal]
    takes: list[_Take] = field(default_factory=list)

    def fates(self) -> list[LeafFate]:
        reasons = {path: self._dropped(path) for path, _value in self._leaves}
        dropped = {path for path, reason in reasons.items() if reason is not None}
        for scope in line_scopes(self.mapping, self.payload):
            for line in scope.lines:
                self.takes += self._takes(scope, line, dropped)
        fates = [self._fate(path, value, reasons[path]) for path, value in self._leaves]
        stashed = {fate.unit for fate in fates if fate.fate == "stashed" or any(line.keep for line in fate.lines)}
        return [fate if fate.unit in stashed else _unkept(fate) for fate in fates]

    @cached_property
    def _leaves(self) -> list[tuple[Path, Any]]:
        return list(list_leaves(self.payload))

    # -- what lines take -------------------------------------------------------------------------------------------

    def _takes(self, scope: LineScope, line: Line, dropped: set[Path]) -> list[_Take]:
        outcome = evaluate_line(scope, line, self.refusals, dropped)
        lookup = self._is_lookup(scope.path, line)
        return [_Take(path, line, lookup) for path in outcome.taken]

    def _is_lookup(self, scope: Path, line: Line) -> bool:
        lookup = line.expression.key_value
        if lookup is None or not all(isinstance(step, str) for step in lookup.list_path):
            return False
        definition = self._list_at((*scope, *lookup.list_path))
        names = (lookup.key_field, lookup.value_field)
        return definition is not None and names == (definition.key, definition.value)

    # -- one leaf --------------------------------------------------------------------------------------------------

    def _fate(self, path: Path, value: Any, reason: str | None) -> LeafFate:
        if reason is not None:
            return LeafFate(path, value, "dropped", reason=reason)
        takes = [take for take in self.takes if _starts(path, take.path)]
        place = self._place(path)
        entry = place.entry
        if entry is not None and path == (*entry.path, entry.list.key):
            inner = (*entry.path, entry.list.value)
            lookups = [take for take in self.takes if take.lookup and take.path == inner]
            if lookups and not any(take.line.keep for take in lookups):
                takes += lookups
        elif value in ("", None, [], {}) and not (entry and _starts(path, (*entry.path, entry.list.value))):
            return LeafFate(path, value, "empty")
        lines = tuple(dict.fromkeys(take.line for take in takes))
        return LeafFate(
            path, value, "mapped" if lines else "stashed", lines, key=place.key, unit=place.unit, part=place.part
        )

    def _dropped(self, path: Path) -> str | None:
        for rule in self.mapping.rules:
            if rule.entry is None and matches(rule.pattern, path):
                return rule.reason
        for end in range(1, len(path)):
            reason = self._dropped_of_entry(path, end)
            if reason is not None:
                return reason
        return None

    def _dropped_of_entry(self, path: Path, end: int) -> str | None:
        definition, items = self._list_at(path[:end]), value_at(self.payload, path[:end])
        if definition is None or not isinstance(items, list):
            return None
        item = items[int(path[end])]
        if not isinstance(item, dict):
            return None
        for rule in self.mapping.rules:
            if rule.entry is not None and rule.entry == item.get(definition.key) and _same(rule.pattern, path[:end]):
                return rule.reason
        if self._entry_at(path[: end + 1]) is None or len(path) == end + 1:
            return None
        return dict(definition.drop).get(str(path[end + 1]))

    # -- where a leaf is kept --------------------------------------------------------------------------------------

    def _place(self, path: Path) -> _Place:
        """The highest node around a leaf that the mapping leaves untouched, and its stash key."""
        part: Path = ()
        mentions = self._mentions[None]
        for end in range(1, len(path) + 1):
            node = path[:end]
            value = value_at(self.payload, node)
            entry = self._entry_at(node)
            if entry is not None:
                if path[end : end + 1] in ((entry.list.key,), (entry.list.value,)):
                    place = StashPlace(node[len(part) : -2], entry.list.prefix, entry.key, entry.occurrence)
                    return _Place(node, stash_key(place, self.mapping.prefixes), part, entry)
                continue
            block = self._block_at(node[:-1])
            if block is not None and not part and isinstance(node[-1], int) and isinstance(value, dict) and value:
                part, mentions = node, self._mentions[None] | self._mentions[block.name]
            elif not self._is_opened(node, value, mentions):
                return _Place(node, stash_key(StashPlace(node[len(part) :]), self.mapping.prefixes), part)
        raise AssertionError(path)  # a leaf is never opened

    def _is_opened(self, path: Path, value: Any, mentions: set[Pattern]) -> bool:
        """Whether the mapping names something below a node, so that it is not stashed as a whole."""
        if not isinstance(value, dict | list) or not value:
            return False
        if isinstance(value, list) and (self._list_at(path) or self._block_at(path)):
            return True
        return any(
            len(pattern) > len(path)
            and _same(pattern[: len(path)], path)
            and (isinstance(value, dict) or not isinstance(pattern[len(path)], str))
            for pattern in mentions
        )

    @cached_property
    def _mentions(self) -> dict[str | None, set[Pattern]]:
        """The places that a mapping names: of the record, and of each block over a list by its name."""
        rules = {rule.pattern for rule in self.mapping.rules if rule.entry is None}
        lists = {item.path for item in self.mapping.key_values}
        own: set[Pattern] = rules | lists | set(self.mapping.list_blocks)
        for line in (*self.mapping.lines, *(line for block in self.mapping.single_blocks for line in block.lines)):
            own.update(self._named_by(line, ()))
        found: dict[str | None, set[Pattern]] = {None: own}
        for over, block in self.mapping.list_blocks.items():
            each: Path = (*over, 0)
            found[block.name] = {(*each, *pattern) for line in block.lines for pattern in self._named_by(line, each)}
        return found

    def _named_by(self, line: Line, scope: Path) -> Collection[Pattern]:
        """The places that a line names, inside its scope: its path, or all from which it may take something."""
        if self._is_lookup(scope, line):
            return ()
        return [line.expression.unary[1]] if line.expression.unary else line.expression.touches

    def _block_at(self, path: Path) -> Block | None:
        return next((block for over, block in self.mapping.list_blocks.items() if over == path), None)

    def _list_at(self, path: Path) -> KeyValueList | None:
        return next((item for item in self.mapping.key_values if _same(item.path, path)), None)

    def _entry_at(self, path: Path) -> Entry | None:
        """The entry that stands at a path, if it is one: an object in a key/value list with a text key and a value."""
        if len(path) < 2 or not isinstance(path[-1], int):
            return None
        definition, items = self._list_at(path[:-1]), value_at(self.payload, path[:-1])
        if definition is None or not isinstance(items, list):
            return None
        key = _entry_key(items[path[-1]], definition)
        if key is None:
            return None
        alike = [number for number, item in enumerate(items) if _entry_key(item, definition) == key]
        alike.sort(key=lambda number: _rank(items[number], definition.sort))
        return Entry(definition, path, key, alike.index(path[-1]) + 1)


@dataclass(frozen=True, slots=True)
class _Place:
    unit: Path
    key: str
    part: Path
    entry: Entry | None = None


def _unkept(fate: LeafFate) -> LeafFate:
    return LeafFate(fate.path, fate.value, fate.fate, fate.lines, fate.reason, part=fate.part)


def _entry_key(item: Any, definition: KeyValueList) -> str | None:
    if not isinstance(item, dict) or definition.value not in item:
        return None
    key = item.get(definition.key)
    return key if isinstance(key, str) else None


def _rank(item: dict[str, Any], sort: str | None) -> int:
    number = item.get(sort) if sort is not None else None
    return number if type(number) is int else 0


def _starts(path: Path, start: Path) -> bool:
    return path[: len(start)] == start


def _same(pattern: Pattern, path: Pattern) -> bool:
    """Whether a path is of a pattern; what is no name in the pattern stands for any step."""
    return len(pattern) == len(path) and all(
        want == step or not isinstance(want, str) for want, step in zip(pattern, path, strict=True)
    )
