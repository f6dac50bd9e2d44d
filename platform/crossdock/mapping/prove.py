"""The proof of a ledger: every leaf is rebuilt from record and stash and compared with the payload, place by place."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection
from decimal import Decimal
from typing import Any

from crossdock.customdata.entry import TYPE_OF
from crossdock.customdata.key import dictionary_key
from crossdock.customdata.stash import StashPlace, read_stash_key
from crossdock.mapping.account import LeafFate, account_leaves
from crossdock.mapping.definition import KeyValueList, Line, matches
from crossdock.mapping.evaluation import LineScope, evaluate_line, line_scopes, nodes_around
from crossdock.mapping.leaves import Path, list_leaves, pointer
from crossdock.mapping.ledger import Ledger
from crossdock.mapping.mapped import Mapped
from crossdock.mapping.mapper import Mapper
from crossdock.mapping.redact import Redactor
from crossdock.records.values import canonical_time
from crossdock.records.wire import Working

_PART_ID = re.compile(r"[0-9a-f]{32}")
_MISSING = object()


def prove(mapper: Mapper, payload: Working, mapped: Mapped) -> list[str]:
    """Check that a payload's ledger is right and that nothing of it was lost.

    Args:
        mapper: the mapper that made it.
        payload: what was mapped.
        mapped: what came of it, as the mapper gave it, before any manipulator.

    Returns:
        Nothing if it is proved, else one line for each finding, which begins with the JSON pointer of the place.
    """
    try:
        return _Proof(mapper, payload, mapped).findings()
    except RecursionError:
        return ["/: the payload is nested too deep to be compared"]


class _Proof:
    def __init__(self, mapper: Mapper, payload: Working, mapped: Mapped) -> None:
        self.mapping = mapper.mapping
        self.connection_id = mapper.connection_id
        self.payload = Redactor(mapper.mapping).redact_value(payload)
        self.mapped = mapped
        self.fates = account_leaves(mapper.mapping, payload, mapped.refusals)
        self.found: list[str] = []
        self.keys: dict[Path, set[str]] = {}  # what the stash of each part must have
        for fate in self.fates:
            if fate.key is not None:
                self.keys.setdefault(fate.part, set()).add(fate.key)
        self.numbers: dict[tuple[Path, str], dict[tuple[str, int], int]] = {}
        self.rebuilt: set[Path] = set()
        self.targets: dict[tuple[Path, str], Any] = {}

    def findings(self) -> list[str]:
        self._check_ledger()
        self._check_targets()
        self._check_stash()
        for fate in self.fates:
            self._check_leaf(fate)
        return self.found

    def _say(self, path: Path, message: str) -> None:
        self.found.append(f"{pointer(path) or '/'}: {message}")

    def _check_ledger(self) -> None:
        counts: dict[str, int] = Counter(fate.fate for fate in self.fates)
        expected = Ledger(leaves=sum(1 for _ in list_leaves(self.payload)), **counts)
        if expected != self.mapped.ledger:
            self._say((), f"the ledger is {self.mapped.ledger}, the account gives {expected}")

    # -- targets: evaluated once more --------------------------------------------------------------------------------

    def _check_targets(self) -> None:
        dropped = nodes_around([fate.path for fate in self.fates if fate.fate == "dropped"])
        parts = {(part.block.name, part.element): part.record for part in self.mapped.parts}
        for scope in line_scopes(self.mapping, self.payload):
            out = self.mapped.record
            if scope.block is not None:
                out = parts.pop((scope.block.name, scope.element), {})
            expected = self._expected(scope, dropped)
            self._compare_targets(scope, out, expected)
        for name, element in parts:
            self._say((), f"a part of {name} ({element}) was made of nothing")
        if sum(len(self.mapped.record.get(block.target, ())) for block in self._first_blocks()) != len(
            self.mapped.parts
        ):
            self._say((), "the record does not hold each part once")

    def _first_blocks(self) -> list[Any]:
        return list({block.target: block for block in self.mapping.blocks}.values())

    def _expected(self, scope: LineScope, dropped: set[Path]) -> dict[str, Any]:
        expected: dict[str, Any] = {}
        if scope.block is None:
            expected["remoteIdMap"] = {self.connection_id: self.mapped.remote_id}
        for line in scope.lines:
            target = evaluate_line(scope, line, self.mapped.refusals, dropped, self.connection_id).target
            if target is not None:
                inner = expected.setdefault(line.steps[0], {}) if len(line.steps) == 2 else expected
                inner[line.steps[-1]] = target
                self.targets[scope.path, line.name] = target
        return expected

    def _compare_targets(self, scope: LineScope, out: Working, expected: dict[str, Any]) -> None:
        block = scope.block
        aside = {"customData"} if block is None or block.over else set()
        if block is None:
            aside |= {one.target for one in self.mapping.blocks}
        elif out or expected:
            aside.add(block.id_name)
            if not _PART_ID.fullmatch(str(out.get(block.id_name))):
                self._say(scope.path, f"the part of {block.name} has no {block.id_name}")
        actual = {name: value for name, value in out.items() if name not in aside}
        if not same(actual, expected):
            wrong = [
                name
                for name in {**actual, **expected}
                if not same(actual.get(name, _MISSING), expected.get(name, _MISSING))
            ]
            where = block.name if block else "the record"
            for name in wrong:
                self._say(scope.path, f"{where} has {name} {actual.get(name)!r} instead of {expected.get(name)!r}")

    # -- the stash: read back ----------------------------------------------------------------------------------------

    def _check_stash(self) -> None:
        self._read_stash(self.mapped.record, ())
        for part in self.mapped.parts:
            path: Path = () if part.element is None else (*part.block.over, part.element)
            self._read_stash(part.record, path)

    def _read_stash(self, record: Working, part: Path) -> None:
        expected: Collection[str] = self.keys.get(part, ())
        for key, entry in record.get("customData", {}).items():
            own = dictionary_key(self.connection_id, self.mapping.module_id, entry["key"])
            if key != own or entry["connectionId"] != self.connection_id or entry["moduleId"] != self.mapping.module_id:
                self._say(part, f"the entry under {key!r} says it is {own!r}")
            if entry["key"] not in expected:
                self._say(part, f"{entry['key']!r} is in the stash although nothing needs it")
            self._read_entry(entry, part)

    def _read_entry(self, entry: dict[str, Any], part: Path) -> None:
        place = read_stash_key(entry["key"], self.mapping.prefixes)
        path = self._path_of(place, part)
        value = _MISSING if path is None else _at(self.payload, path)
        if path is None or value is _MISSING:
            self._say(part, f"{entry['key']!r} is in the stash, but the payload has no such place")
        elif not same(entry["value"], value) or entry["type"] != TYPE_OF.get(type(value), "json"):
            self._say(path, f"the stash has {entry['type']} {entry['value']!r}, the payload {value!r}")
        else:
            self.rebuilt |= {leaf for leaf, _value in list_leaves(value, path)}
            if place.prefix is not None:
                definition = next(item for item in self.mapping.key_values if matches(item.path, path[:-2]))
                self.rebuilt.add((*path[:-1], definition.key))

    def _path_of(self, place: StashPlace, part: Path) -> Path | None:
        """Where in the payload a stash key points to; of an entry, to its value."""
        holder = (*part, *place.path)
        if place.prefix is None:
            return holder
        for definition in self.mapping.key_values:
            path = (*holder, str(definition.path[-1]))
            items = _at(self.payload, path)
            if definition.prefix != place.prefix or not isinstance(items, list) or not matches(definition.path, path):
                continue
            number = self._numbers_of(path, items, definition).get((place.key or "", place.occurrence))
            if number is not None:
                return (*path, number, definition.value)
        return None

    def _numbers_of(self, path: Path, items: list[Any], definition: KeyValueList) -> dict[tuple[str, int], int]:
        """Which item each entry of a key/value list is, by its key and which of those with the same key."""
        numbers = self.numbers.get((path, definition.prefix))
        if numbers is None:
            alike: dict[str, list[tuple[int, int]]] = {}
            for number, item in enumerate(items):
                if isinstance(item, dict) and definition.value in item and isinstance(item.get(definition.key), str):
                    rank = item[definition.sort] if type(item.get(definition.sort)) is int else 0
                    alike.setdefault(item[definition.key], []).append((rank, number))
            numbers = self.numbers[path, definition.prefix] = {
                (key, occurrence): number
                for key, found in alike.items()
                for occurrence, (_rank, number) in enumerate(sorted(found), 1)
            }
        return numbers

    # -- leaves: rebuilt ---------------------------------------------------------------------------------------------

    def _check_leaf(self, fate: LeafFate) -> None:
        if fate.fate == "stashed" and fate.path not in self.rebuilt:
            self._say(fate.path, f"{fate.value!r} is in neither record nor stash")
        elif fate.fate == "dropped" and fate.path in self.rebuilt:
            self._say(fate.path, f"it is dropped ({fate.reason}), but the stash has it")
        elif fate.fate == "mapped":
            for line in fate.lines:
                if not self._is_rebuilt(fate, line):
                    self._say(fate.path, f"{fate.value!r} cannot be rebuilt from {line.name}")

    def _is_rebuilt(self, fate: LeafFate, line: Line) -> bool:
        """Whether a leaf can be read off the target of a line that takes it plainly; of others, the target is proof."""
        scope = fate.part if (fate.part, line.name) in self.targets else ()
        target = self.targets[scope, line.name]
        inner = fate.path[len(scope) :]
        plain, lookup = line.expression.plain, line.expression.key_value
        if lookup is not None:
            start = len(lookup.list_path) + 1
            if inner[start:] == (lookup.key_field,):
                return bool(fate.value == lookup.key)
            return _gives(target, inner[start + 1 :], fate.value)
        return plain is None or _gives(target, inner[len(plain) :], fate.value)


def same(left: Any, right: Any) -> bool:
    """Whether two JSON values are the same in type and digits: ``1``, ``1.0``, ``1.00`` and ``true`` all differ."""
    if type(left) is not type(right):
        return False
    if isinstance(left, dict):
        return left.keys() == right.keys() and all(same(value, right[name]) for name, value in left.items())
    if isinstance(left, list):
        return len(left) == len(right) and all(same(*pair) for pair in zip(left, right, strict=True))
    if isinstance(left, Decimal):
        return bool(left.as_tuple() == right.as_tuple())
    return bool(left == right)


def _at(payload: Any, path: Path) -> Any:
    for step in path:
        if isinstance(payload, dict):
            payload = payload.get(step, _MISSING)
        elif isinstance(payload, list) and isinstance(step, int) and step < len(payload):
            payload = payload[step]
        else:
            return _MISSING
    return payload


def _gives(taken: Any, rest: Path, leaf: Any) -> bool:
    """Whether a leaf can be read off the target that took it, or a part of it (``rest``)."""
    target: object = _at(taken, rest)
    if isinstance(target, dict) and len(target) == 1 and not rest:  # an id under the connection's own key
        (target,) = target.values()
    if isinstance(target, Decimal) and not isinstance(leaf, str):
        return bool(type(leaf) in (int, Decimal) and same(target, Decimal(leaf)))
    if isinstance(target, str) and type(leaf) in (int, Decimal):
        return target == str(leaf)
    if isinstance(target, str) and isinstance(leaf, str):
        return target in (leaf, canonical_time(leaf))
    return str(target) == leaf if isinstance(target, Decimal) else same(target, leaf)
