"""The mapper: one walk over a payload that fills the record, stashes the rest and keeps the ledger.

This is the hot path: about one visit per leaf, nothing copied, nothing validated (the record is validated once, at
the end of the chain). What a line takes by a plain path is decided while walking; only lines whose consumption
depends on the payload are evaluated beforehand, with a trace.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, TypeAlias

from crossdock.customdata.entry import TYPE_OF
from crossdock.customdata.stash import escape_entry_key, escape_name
from crossdock.errors import RecordError
from crossdock.mapping.definition import Block, KeyValueList, Line, Mapping
from crossdock.mapping.expression import ExpressionError
from crossdock.mapping.fit import Misfit, fit
from crossdock.mapping.leaves import count_leaves
from crossdock.mapping.ledger import Ledger
from crossdock.mapping.plan import RECORD, Entries, Node, Plan, Scope, Searcher, Single, Taker
from crossdock.mapping.syntax import is_constant
from crossdock.records.wire import Working

Path: TypeAlias = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Refusal:
    """A target that refused its value at validation: mapped again, the value stays in the stash instead.

    ``block`` and ``element`` say which sub-record (``None``: the record); ``line`` is the mapping line's name.
    """

    block: str | None
    element: int | None
    line: str


@dataclass(frozen=True, slots=True)
class Part:
    """A sub-record that the mapping made: where it stands in the record, and where it came from."""

    target: str
    record: Working
    block: Block
    element: int | None


@dataclass(slots=True)
class Mapped:
    """What became of one payload: the record in working form, the ledger, the parts and what to warn of."""

    record: Working
    remote_id: str
    ledger: Ledger
    warnings: list[str]
    parts: list[Part] = field(default_factory=list)


class _Account:
    """Running state of one scope: where values go and what has been counted."""

    __slots__ = ("dropped", "element", "empty", "mapped", "outs", "stash", "stashed", "taken")

    def __init__(self, outs: list[Working | None], element: int | None) -> None:
        self.outs = outs
        self.element = element
        self.stash: dict[str, dict[str, Any]] = {}
        self.taken: dict[Path, bool] = {}
        self.mapped = self.stashed = self.empty = self.dropped = 0


class Mapper:
    """Maps the payloads of one connection and record type; build once, use for every payload."""

    def __init__(self, mapping: Mapping, connection_id: str) -> None:
        self.mapping = mapping
        self.connection_id = connection_id
        self.plan = Plan(mapping)
        self.matched = bytearray(len(self.plan.lines))
        self._lead = f"{connection_id}|{mapping.module_id}|"
        self._reserved = mapping.prefixes
        self.names: dict[str, str] = {}

    @property
    def dead_lines(self) -> list[Line]:
        """The lines that matched nothing in all payloads so far; constants are never dead."""
        return [
            line
            for line, matched in zip(self.plan.lines, self.matched, strict=True)
            if not matched and not is_constant(line.expression.text)
        ]

    def map(self, payload: Working, refusals: Collection[Refusal] = ()) -> Mapped:
        """Map one parsed payload.

        Args:
            payload: parsed with exact decimals; it is only read.
            refusals: targets that refused their value before; their leaves go to the stash.

        Raises:
            RecordError: the payload has no usable id.
        """
        remote_id = self._remote_id(payload)
        run = _Run(self, remote_id, frozenset(refusals))
        record: Working = {"remoteIdMap": {self.connection_id: remote_id}}
        account = run.walk_scope(self.plan.record, record, payload, None)
        if account.stash:
            record["customData"] = account.stash
        return Mapped(record, remote_id, Ledger(*run.totals), run.warnings, run.parts)

    def _remote_id(self, payload: Working) -> str:
        value = self.mapping.id.search(payload)
        if type(value) is int or (type(value) is str and value):
            return str(value)
        raise RecordError(
            f"the payload has no usable id: {self.mapping.id.text!r} gives {value!r}; "
            "it must be a whole number or a text that is not empty",
            stage="map",
        )

    def escaped(self, name: str) -> str:
        """Write a name for a stash key; remembered, since the same names come with every payload."""
        text = self.names.get(name)
        if text is None:
            text = escape_name(name, self._reserved)
            if len(self.names) < 10_000:  # payloads with invented names must not fill the memory
                self.names[name] = text
        return text


class _Run:
    """The walk over one payload."""

    __slots__ = ("_hash", "lead", "mapper", "module_id", "parts", "refusals", "totals", "warnings")

    def __init__(self, mapper: Mapper, remote_id: str, refusals: frozenset[Refusal]) -> None:
        self.mapper = mapper
        self.module_id = mapper.mapping.module_id
        self.lead = mapper._lead  # noqa: SLF001 - the mapper's own other half
        self.refusals = refusals
        self.warnings: list[str] = []
        self.parts: list[Part] = []
        self.totals = [0, 0, 0, 0, 0, 0]
        self._hash = hashlib.blake2b(
            f"{mapper.connection_id}|{mapper.mapping.record_type}|{remote_id}|".encode(errors="surrogatepass"),
            digest_size=16,
        )

    # -- scopes ----------------------------------------------------------------------------------------------------

    def walk_scope(self, scope: Scope, out: Working, data: Working, element: int | None) -> _Account:
        """Walk one scope's data, fill ``out`` and add up the counts."""
        outs: list[Working | None] = [out]
        if scope.singles:
            outs += [self._open_single(single, data) for single in scope.singles]
        account = _Account(outs, element)
        for parent, name, value in scope.constants:
            _put(out, parent, name, value)
        for looker in scope.lookers:
            self._look(looker, data, account)
        for searcher in scope.searchers:
            self._search(searcher, data, account)
        if () in account.taken:
            self._claim(scope.root, data, account)
        else:
            self._object(scope.root, data, account, "", ())
        for single in scope.singles:
            self._close_single(single, account, out, data)
        totals = self.totals
        totals[0] += account.mapped + account.stashed + account.empty + account.dropped
        totals[1] += account.mapped
        totals[2] += account.stashed
        totals[3] += account.empty
        totals[4] += account.dropped
        return account

    def _open_single(self, single: Single, data: Working) -> Working | None:
        if single.block.when is not None and not _truthy(single.block.when.search(data)):
            return None
        return {}

    def _close_single(self, single: Single, account: _Account, record: Working, data: Working) -> None:
        part = account.outs[single.slot]
        if not part:
            return
        block = single.block
        identity = block.id.search(data) if block.id is not None else None
        part[block.id_name] = self._part_id(block, str(identity or block.name))
        record.setdefault(block.target, []).append(part)
        self.parts.append(Part(block.target, part, block, None))

    def _elements(self, scope: Scope, items: list[Any], account: _Account, record: Working, key: str) -> None:
        block = scope.block
        assert block is not None  # noqa: S101 - only blocks over lists have elements
        made = record.setdefault(block.target, [])
        for number, item in enumerate(items):
            if type(item) is not dict or not item:
                self._unit(item, f"{key}[{number}]", account)
                continue
            part: Working = {}
            identity = block.id.search(item) if block.id is not None else None
            if type(identity) is int or (type(identity) is str and identity):
                part[block.id_name] = self._part_id(block, str(identity))
            else:
                part[block.id_name] = self._part_id(block, f"#{number}")
                self.warnings.append(f"{key}[{number}] has no id; it is known by its place in the list")
            inner = self.walk_scope(scope, part, item, number)
            if inner.stash:
                part["customData"] = inner.stash
            made.append(part)
            self.parts.append(Part(block.target, part, block, number))
        if not made:
            del record[block.target]

    def _part_id(self, block: Block, identity: str) -> str:
        # The platform's id of a part follows from what it is, so that mapping the same payload gives the same bytes.
        digest = self._hash.copy()
        digest.update(f"{block.name}|{identity}".encode(errors="surrogatepass"))
        return digest.hexdigest()

    # -- the walk --------------------------------------------------------------------------------------------------

    def _object(self, node: Node, data: Working, account: _Account, lead: str, path: Path) -> None:
        children = node.children.get
        others = node.element  # opened only where an expression takes whatever name comes
        names, out, stash = self.mapper.names, account.outs[RECORD], account.stash
        matched, refused = self.mapper.matched, bool(self.refusals)
        empty = mapped = 0
        for name, value in data.items():
            child = children(name, others)
            kind = type(value)
            if child is None:
                if value is None or value == "":
                    empty += 1
                elif kind is dict or kind is list:
                    self._unit(value, lead + (names.get(name) or self.mapper.escaped(name)), account)
                else:
                    account.stashed += 1
                    key = lead + (names.get(name) or self.mapper.escaped(name))
                    stash[self.lead + key] = self._entry(key, kind, value)
                continue
            fitted = None
            if child.way is not None and not refused:
                if value is None or value == "":
                    empty += 1
                    continue
                fitted = self._short_way(child.way, kind, value)
            if fitted is None:
                self._node(child, value, account, lead + self.mapper.escaped(name), (*path, name))
                continue
            mapped += 1
            for index, parent, field_name in child.targets:
                matched[index] = 1
                if parent is None:
                    out[field_name] = fitted
                elif parent in out:
                    out[parent][field_name] = fitted
                else:
                    out[parent] = {field_name: fitted}
        account.empty += empty
        account.mapped += mapped

    def _short_way(self, way: str, kind: type, value: Any) -> Any:  # noqa: ANN401 - any JSON value
        """Fit the most frequent pairs of value and target; ``None`` leaves the rest to `fit`."""
        if kind is str:
            if way == "amount":
                return _exact_amount(value)
            return value if way == "text" else {self.mapper.connection_id: value}
        if way == "amount":
            return Decimal(value) if kind is int else value if kind is Decimal else None
        return {self.mapper.connection_id: str(value)} if way == "id" and kind is int else None

    def _node(self, node: Node, value: Any, account: _Account, key: str, path: Path) -> None:  # noqa: ANN401
        kind = type(value)
        if node.rule is not None:
            leaves, _empty = count_leaves(value)
            account.dropped += leaves
            return
        if kind is list and value and node.scope is not None:
            record = account.outs[RECORD]
            assert record is not None  # noqa: S101 - the record is always there
            self._elements(node.scope, value, account, record, key)
            return
        if kind is list and value and node.entries is not None:
            _EntryWalk(self, node.entries, value, account, key, path).walk()
            return
        keep = None
        if value is not None and value != "" and value != [] and value != {}:
            keep = self._take(node.takers, value, account) if node.takers else None
            if keep is not False and node.traced:
                keep = account.taken.get(path, keep)
        if keep is False:
            self._claim(node, value, account)
        elif keep:
            self._claim(node, value, account)
            self._stash(value, key, account)
        elif kind is dict and value and (node.children or node.element):
            self._object(node, value, account, f"{key}.", path)
        elif kind is list and value and node.element is not None:
            for number, item in enumerate(value):
                self._node(node.element, item, account, f"{key}[{number}]", (*path, number))
        elif node.traced and account.taken and (kind is dict or kind is list):
            self._traced_unit(value, key, account, path)
        else:
            self._unit(value, key, account)

    def _unit(self, value: Any, key: str, account: _Account) -> None:  # noqa: ANN401 - any JSON value
        """Account for a node that nothing takes: stashed whole, unless it is empty."""
        if type(value) is dict or type(value) is list:
            leaves, empty = count_leaves(value)
        else:
            leaves, empty = 1, int(value is None or value == "")
        account.empty += empty
        if leaves > empty:
            account.stashed += leaves - empty
            self._stash(value, key, account)

    def _traced_unit(self, value: Any, key: str, account: _Account, path: Path) -> None:  # noqa: ANN401
        """Like `_unit`, where an expression may have taken leaves from inside: they count as mapped."""
        mapped = 0
        for taken in account.taken:
            if len(taken) > len(path) and taken[: len(path)] == path:
                leaves, empty = count_leaves(_value_at(value, taken[len(path) :]))
                mapped += leaves - empty
        leaves, empty = count_leaves(value)
        account.empty += empty
        account.mapped += mapped
        account.stashed += leaves - empty - mapped
        if leaves - empty - mapped:
            self._stash(value, key, account)

    def _claim(self, node: Node, value: Any, account: _Account) -> None:  # noqa: ANN401 - any JSON value
        """Count a node whose whole value reached a target; only what a rule drops below it is no part of that."""
        leaves, empty, dropped = _claimed(node, value)
        account.empty += empty
        account.dropped += dropped
        account.mapped += leaves - empty - dropped

    def _stash(self, value: Any, key: str, account: _Account) -> None:  # noqa: ANN401 - any JSON value
        account.stash[self.lead + key] = self._entry(key, type(value), value)

    def _entry(self, key: str, kind: type, value: Any) -> dict[str, Any]:  # noqa: ANN401 - any JSON value
        return {
            "connectionId": self.mapper.connection_id,
            "moduleId": self.module_id,
            "key": key,
            "type": TYPE_OF.get(kind, "json"),
            "value": value,
        }

    # -- lines -----------------------------------------------------------------------------------------------------

    def _take(self, takers: list[Taker], value: Any, account: _Account) -> bool | None:  # noqa: ANN401
        """Let lines take a value: ``None`` if none did, else whether it is to be kept in the stash as well."""
        keep: bool | None = None
        for taker in takers:
            out = account.outs[taker.slot]
            if out is None:
                continue
            line = taker.line
            result = value
            if taker.convert is not None:
                try:
                    result = taker.convert(value)
                except ExpressionError as error:
                    self._warn(line, str(error))
                    continue
            if self._fill(taker, result, out, account):
                keep = line.keep if keep is None else keep or line.keep
        return keep

    def _fill(self, taker: Taker | Searcher, result: Any, out: Working, account: _Account) -> bool:  # noqa: ANN401
        """Put a result into its target; says whether the target took it."""
        if result is None or result == "":
            return False
        line = taker.line
        self.mapper.matched[taker.index] = 1
        if self.refusals and self._is_refused(line, account):
            return False
        fitted = fit(line.field, result, self.mapper.connection_id)
        if type(fitted) is Misfit:
            self._warn(line, f"{line.name} cannot hold {result!r}: {fitted.reason}; the value is kept as custom data")
            return False
        if taker.parent is None:
            out[taker.name] = fitted
        else:
            _put(out, taker.parent, taker.name, fitted)
        return True

    def _look(self, looker: Searcher, data: Working, account: _Account) -> None:
        out = account.outs[looker.slot]
        if out is None:
            return
        try:
            result = looker.line.expression.search(data)
        except ExpressionError as error:
            self._warn(looker.line, str(error))
            return
        self._fill(looker, result, out, account)

    def _search(self, searcher: Searcher, data: Working, account: _Account) -> None:
        out = account.outs[searcher.slot]
        if out is None:
            return
        line = searcher.line
        try:
            result, taken = line.expression.trace(data)
        except ExpressionError as error:
            self._warn(line, str(error))
            return
        if self._fill(searcher, result, out, account):
            for path in taken:
                account.taken[path] = line.keep and account.taken.get(path, True)

    def _is_refused(self, line: Line, account: _Account) -> bool:
        return any(refusal.line == line.name and refusal.element == account.element for refusal in self.refusals)

    def _warn(self, line: Line, message: str) -> None:
        self.warnings.append(f"{line.place}: {message}")


class _EntryWalk:
    """The walk over one key/value list."""

    __slots__ = ("account", "entries", "items", "key", "path", "run")

    def __init__(self, run: _Run, entries: Entries, items: list[Any], account: _Account, key: str, path: Path) -> None:
        self.run = run
        self.entries = entries
        self.items = items
        self.account = account
        self.key = key
        self.path = path

    def walk(self) -> None:
        """Account for every entry."""
        entries, account, items = self.entries, self.account, self.items
        definition = entries.list
        head, _dot, _name = self.key.rpartition(".")
        lead = f"{head}.{definition.prefix}." if _dot else f"{definition.prefix}."
        occurrences = number_entries(items, definition)
        seen: set[str] = set()
        for number, item in enumerate(items):
            occurrence = occurrences[number]
            if occurrence == 0:
                self.run._unit(item, f"{self.key}[{number}]", account)  # noqa: SLF001 - one walk in two classes
                continue
            name = item[definition.key]
            if name in entries.dropped_keys:
                leaves, _empty = count_leaves(item)
                account.dropped += leaves
                continue
            takers = entries.takers.get(name) if name not in seen else None
            seen.add(name)
            self._entry(item, number, f"{lead}{escape_entry_key(name, occurrence)}", takers)

    def _entry(self, item: Working, number: int, key: str, takers: list[Taker] | None) -> None:
        account, run, definition = self.account, self.run, self.entries.list
        value = item[definition.value]
        leaves = 1 if type(value) is not dict and type(value) is not list else count_leaves(value)[0]
        keep = run._take(takers, value, account) if takers else None  # noqa: SLF001 - one walk in two classes
        if keep is not None:
            account.mapped += leaves
            account.mapped += not keep
            account.stashed += keep
        elif account.taken and (mapped := self._traced(number, value, leaves)):
            # The value reached a target, but its key was only looked at: the entry stays in the stash.
            account.mapped += mapped
            account.stashed += leaves + 1 - mapped
        else:
            account.stashed += leaves + 1
        if keep is None or keep:
            run._stash(value, key, account)  # noqa: SLF001 - one walk in two classes
        if len(item) > 2:
            self._other_fields(item, number)

    def _traced(self, number: int, value: Any, leaves: int) -> int:  # noqa: ANN401 - any JSON value
        path = (*self.path, number, self.entries.list.value)
        mapped = 0
        for taken in self.account.taken:
            if taken == path[: len(taken)]:
                return leaves
            if taken[: len(path)] == path:
                mapped += count_leaves(_value_at(value, taken[len(path) :]))[0]
        return mapped

    def _other_fields(self, item: Working, number: int) -> None:
        account, run = self.account, self.run
        definition, dropped = self.entries.list, self.entries.dropped_fields
        for name, value in item.items():
            if name == definition.key or name == definition.value:  # noqa: PLR1714 - the hot path
                continue
            if name in dropped:
                leaves = 1 if type(value) is not dict and type(value) is not list else count_leaves(value)[0]
                account.dropped += leaves
            else:
                run._unit(value, f"{self.key}[{number}].{run.mapper.escaped(name)}", account)  # noqa: SLF001


def number_entries(items: list[Any], definition: KeyValueList) -> list[int]:
    """Number the entries of a key/value list: the first, second ... of each key, in order of the list's ``sort``.

    An item that is no entry (no object, no text as key, no value at all) gets 0.
    """
    key, value, sort = definition.key, definition.value, definition.sort
    names = [item.get(key) if type(item) is dict and value in item else None for item in items]
    numbers = [1 if type(name) is str else 0 for name in names]
    if len({name for name in names if type(name) is str}) == sum(numbers):
        return numbers
    order = list(range(len(items)))
    if sort is not None:
        order.sort(key=lambda at: _rank(items[at], sort))
    counts: dict[str, int] = {}
    for at in order:
        if numbers[at]:
            counts[names[at]] = numbers[at] = counts.get(names[at], 0) + 1
    return numbers


def _rank(item: Any, sort: str) -> int:  # noqa: ANN401 - any JSON value
    value = item.get(sort) if type(item) is dict else None
    return value if type(value) is int else 0


def _claimed(node: Node, value: Any) -> tuple[int, int, int]:  # noqa: ANN401 - any JSON value
    if node.rule is not None:
        leaves, _empty = count_leaves(value)
        return leaves, 0, leaves
    if type(value) is dict and value and (node.children or node.element):
        counts = [_claimed(node.children.get(name, node.element or _NOTHING), item) for name, item in value.items()]
    elif type(value) is list and value and node.element is not None:
        counts = [_claimed(node.element, item) for item in value]
    else:
        return (*count_leaves(value), 0)
    leaves, empty, dropped = map(sum, zip(*counts, strict=True))
    return leaves, empty, dropped


_NOTHING = Node()


def _exact_amount(text: str) -> Decimal | None:
    """Read a decimal that is written as Decimal itself would write it; any other text takes the long way."""
    try:
        number = Decimal(text)
    except ArithmeticError:
        return None
    return number if str(number) == text and number.is_finite() else None


def _value_at(value: Any, path: Path) -> Any:  # noqa: ANN401 - any JSON value
    for step in path:
        value = value[step]
    return value


def _put(out: Working, parent: str | None, name: str, value: object) -> None:
    if parent is None:
        out[name] = value
        return
    inner = out.get(parent)
    if inner is None:
        out[parent] = {name: value}
    else:
        inner[name] = value


def _truthy(value: Any) -> bool:  # noqa: ANN401 - any JSON value
    return value is not None and value is not False and value != "" and value != [] and value != {}
