"""The walk over one payload: fills the record, stashes the rest and keeps the ledger.

This is the hot path: about one visit per leaf, nothing copied. A node is *covered* when a line took it or something
around it; ``cover`` is then whether the value is to be kept in the stash as well, and ``None`` where nothing took it.
"""

from __future__ import annotations

from hashlib import blake2b
from typing import Any

from crossdock.expressions.expression import Expression, ExpressionError, Json
from crossdock.expressions.values import is_true
from crossdock.mapping.definition import Block, Line
from crossdock.mapping.dropped import brings_dropped, holds_dropped
from crossdock.mapping.entries import walk_entries
from crossdock.mapping.fit import Misfit, fit, gives_back
from crossdock.mapping.leaves import Path, count_leaves
from crossdock.mapping.mapped import Refusal
from crossdock.mapping.memory import Memory
from crossdock.mapping.shape import ShapeWalk
from crossdock.mapping.tally import Cover, Tally, merged
from crossdock.mapping.tree import NOTHING, RECORD, Gate, Node, Scope, Searcher, Single, Taker
from crossdock.records.packed import Stash
from crossdock.records.wire import Working


class Walk:
    """The walk over one payload."""

    __slots__ = ("_identity", "memory", "parts", "refusals", "warnings")

    def __init__(self, memory: Memory, record_type: str, remote_id: str, refusals: frozenset[Refusal]) -> None:
        self.memory = memory
        self.refusals = refusals
        self.warnings: list[str] = []
        self.parts: list[tuple[Block, Working, int | None]] = []
        self._identity = known_as(memory.connection_id, record_type, remote_id)

    # -- scopes ----------------------------------------------------------------------------------------------------

    def scope(self, scope: Scope, out: Working, data: Working, tally: Tally, cover: Cover = None) -> None:
        """Walk one scope's data and fill ``out``."""
        if scope.singles:
            tally.outs += [self._open_single(single, data) for single in scope.singles]
        for gate in scope.gates:
            tally.outs += self._open_gate(gate, data, tally)
        for line, parent, name, value in scope.constants:
            if not self.refusals or not self._is_refused(line, tally):
                _put(out, parent, name, value)
        for looker in scope.lookers:
            self._look(looker, data, tally)
        for searcher in scope.searchers:
            self._search(scope, searcher, data, tally)
        if tally.taken:
            cover = tally.covered((), cover)
        if cover is None:
            self.object(scope.root, data, tally, "", ())
        else:
            self._fields(scope.root, data, tally, "", (), cover)
        for single in scope.singles:
            self._close_single(single, tally, out, data)
        if tally.stash:
            out["customData"] = Stash(self.memory.connection_id, self.memory.module_id, tally.stash)

    def _open_single(self, single: Single, data: Working) -> Working | None:
        when = single.block.when
        return {} if when is None or is_true(self.evaluate(when, data, single.block)) else None

    def _open_gate(self, gate: Gate, data: Working, tally: Tally) -> tuple[Working | None, Working | None]:
        out = tally.outs[gate.slot]
        if out is None:
            return None, None
        try:
            value = gate.condition(data)
        except ExpressionError as error:
            self.warn(gate.taker.line, str(error))
            return None, None
        if is_true(value):
            return out, None
        if gate.other is not None:
            return None, out
        if value is False:  # then that is what the line gives, and its target does not take it
            self._fill(gate.taker, value, out, tally)
        return None, None

    def _close_single(self, single: Single, tally: Tally, record: Working, data: Working) -> None:
        part = tally.outs[single.slot]
        if not part:
            return
        block = single.block
        identity = self.evaluate(block.id, data, block)
        own = f"|{identity}" if type(identity) in (int, str) and identity else ""
        part[block.id_name] = part_id(f"{self._identity}{block.name}{own}")
        record.setdefault(block.target, []).append(part)
        self.parts.append((block, part, None))

    def elements(self, node: Node, items: list[Any], tally: Tally, key: str, path: Path, cover: Cover = None) -> None:
        """Make a part of each object of a list."""
        scope, record, memory = node.scope, tally.outs[RECORD], self.memory
        assert scope is not None and scope.block is not None and record is not None  # noqa: S101, PT018 - by the caller
        block = scope.block
        made = record.get(block.target, [])
        traced = path in tally.inside  # expressions of the record took something of the elements
        others = node.element or NOTHING
        start = scope.start or {}
        usual = scope.start is not None and not (others.rule or traced or cover is not None or self.refusals)
        walks = memory.shapes_of(scope.root).walks if usual else _NO_WALKS
        inner = Tally([], None)  # one for all elements, since it counts for all of them
        ids = _PartIds(self, block, scope.id_name, f"{self._identity}{block.name}")
        for number, item in enumerate(items):
            shaped = walks.get(tuple(item)) if type(item) is dict else None
            if shaped is not None:  # the usual case, in short
                part: Working = {block.id_name: ids.next(item, number), **start}
                inner.outs, inner.stash = [part], {}
                for gate in scope.gates:
                    inner.outs += self._open_gate(gate, item, inner)
                shaped(self, item, inner, "", ())
                if inner.stash:
                    part["customData"] = Stash(memory.connection_id, memory.module_id, inner.stash)
            else:
                inner_cover = tally.covered((*path, number), cover) if traced else cover
                if type(item) is not dict or not item or others.rule is not None:
                    self.node(others, item, tally, f"{key}[{number}]", (*path, number), inner_cover)
                    continue
                part = {block.id_name: ids.next(item, number)}
                inner.outs, inner.element, inner.stash = [part], number, {}
                if inner.taken or traced:
                    inner.take_from(tally, (*path, number))
                self.scope(scope, part, item, inner, inner_cover)
            made.append(part)
            self.parts.append((block, part, number))
        if made:
            record[block.target] = made
        tally.add(inner)

    def evaluate(self, expression: Expression | None, data: Working, block: Block) -> Json:
        """What an expression of a block gives; ``None`` if there is none, or, with a warning, if it fails."""
        if expression is None:
            return None
        try:
            return expression.search(data)
        except ExpressionError as error:
            self.warnings.append(f"{block.place}: {error}")
            return None

    # -- the walk --------------------------------------------------------------------------------------------------

    def object(self, node: Node, data: Working, tally: Tally, lead: str, path: Path) -> None:
        """Walk an object that nothing covers, the usual case."""
        if not self.refusals:
            shapes = self.memory.shapes.get(id(node)) or self.memory.shapes_of(node)
            names = tuple(data)
            shaped = shapes.walks.get(names) or shapes.meet(names, data)
            if shaped is not None:
                shaped(self, data, tally, lead, path)
                return
        children = node.children.get
        others = node.element  # opened only where an expression takes whatever name comes
        for name, value in data.items():
            child = children(name, others)
            key = lead + self.memory.escaped(name)
            if child is None:
                self.unit(value, key, tally)
            else:
                self.node(child, value, tally, key, (*path, name), None)

    def node(self, node: Node, value: Any, tally: Tally, key: str, path: Path, cover: Cover) -> None:
        """Account for a node and everything below it."""
        if node.rule is not None:
            tally.dropped += count_leaves(value)[0]
            return
        kind = type(value)
        if node.takers and (value or (value is not None and kind is not str and kind is not list and kind is not dict)):
            cover = merged(cover, self._take(node, value, tally))
        if node.traced:
            cover = tally.covered(path, cover)
        if kind is dict and value and (node.children or node.element is not None):
            if cover is None:
                self.object(node, value, tally, f"{key}.", path)
            else:
                self._fields(node, value, tally, f"{key}.", path, cover)
        elif kind is list and value and node.scope is not None:
            self.elements(node, value, tally, key, path, cover)
        elif kind is list and value and node.entries is not None:
            self.entries(node, value, tally, key, path, cover)
        elif kind is list and value and node.element is not None:
            for number, item in enumerate(value):
                self.node(node.element, item, tally, f"{key}[{number}]", (*path, number), cover)
        else:
            self.unit(value, key, tally, path if node.traced else None, cover)

    def entries(self, node: Node, items: list[Any], tally: Tally, key: str, path: Path, cover: Cover) -> None:
        """Account for a key/value list."""
        assert node.entries is not None  # noqa: S101 - by the caller
        walk_entries(self, node, node.entries, items, tally, key, path, cover)

    def _fields(self, node: Node, data: Working, tally: Tally, lead: str, path: Path, cover: Cover) -> None:
        """Walk an object that a line took whole."""
        for name, value in data.items():
            child = node.children.get(name, node.element or NOTHING)
            self.node(child, value, tally, lead + self.memory.escaped(name), (*path, name), cover)

    def unit(self, value: Any, key: str, tally: Tally, path: Path | None = None, cover: Cover = None) -> None:
        """Account for a node in which the mapping names nothing; it is stashed whole, unless it is empty or taken.

        With its path, what expressions took of it counts as mapped.
        """
        leaves, empty = count_leaves(value)
        tally.empty += empty
        full = leaves - empty
        if not full:
            return
        mapped, kept = 0, False
        if path is not None and tally.taken:
            cover = tally.covered(path, cover)
            taken, gaps, kept = tally.count_taken(value, path)
            mapped = taken - gaps
        if cover is not None:
            mapped, kept = full, kept or cover
        tally.mapped += mapped
        tally.stashed += full - mapped
        if kept or mapped < full:
            self.stash(value, key, tally)

    def stash(self, value: Any, key: str, tally: Tally) -> None:
        """Keep a value as custom data."""
        tally.stash[key] = value

    # -- lines -----------------------------------------------------------------------------------------------------

    def _take(self, node: Node, value: Any, tally: Tally) -> Cover:
        if node.guarded and (type(value) is dict or type(value) is list) and holds_dropped(node, value):
            for taker in node.takers:
                self._guard(taker)
            return None
        return self.take(node.takers, value, tally)

    def take(self, takers: list[Taker], value: Any, tally: Tally) -> Cover:
        """Let lines take a value: ``None`` if none did, else whether it is to be kept in the stash as well."""
        cover: Cover = None
        for taker in takers:
            out = tally.outs[taker.slot]
            if out is None:
                continue
            result = value
            if taker.convert is not None:
                try:
                    result = taker.convert(value)
                except ExpressionError as error:
                    self.warn(taker.line, str(error))
                    continue
            if self._fill(taker, result, out, tally):
                cover = merged(cover, taker.line.keep)
        return cover

    def _fill(self, taker: Taker | Searcher, result: Any, out: Working, tally: Tally) -> bool:
        """Put a result into its target; says whether the target took it and can give it back."""
        if result is None or result in ("", [], {}):
            return False
        line = taker.line
        self.memory.matched[taker.index] = 1
        if self.refusals and self._is_refused(line, tally):
            return False
        fitted = fit(line.field, result, self.memory.connection_id)
        if type(fitted) is Misfit:
            shown = repr(result)
            shown = shown if len(shown) <= 100 else f"{shown[:100]}..."
            self.warn(line, f"{line.name} cannot hold {shown}: {fitted.reason}; the value is kept as custom data")
            return False
        _put(out, taker.parent, taker.name, fitted)
        return gives_back(result, fitted)

    def _look(self, looker: Searcher, data: Working, tally: Tally) -> None:
        out = tally.outs[looker.slot]
        if out is None:
            return
        try:
            result = looker.line.expression.search(data)
        except ExpressionError as error:
            self.warn(looker.line, str(error))
            return
        self._fill(looker, result, out, tally)

    def _search(self, scope: Scope, searcher: Searcher, data: Working, tally: Tally) -> None:
        out = tally.outs[searcher.slot]
        if out is None:
            return
        line = searcher.line
        try:
            if line.expression.search(data) in (None, "", [], {}):  # the usual case, and much quicker than a trace
                return
            result, taken = line.expression.trace(data)
        except ExpressionError as error:
            self.warn(line, str(error))
            return
        if searcher.guarded and any(brings_dropped(scope.root, data, path) for path in taken):
            self._guard(searcher)
            return
        if self._fill(searcher, result, out, tally):
            for path in taken:
                tally.take(path, keep=line.keep)

    def _guard(self, taker: Taker | Searcher) -> None:
        self.memory.matched[taker.index] = 1
        self.warn(taker.line, f"{taker.line.name} would hold what a rule drops; the field stays empty")

    def _is_refused(self, line: Line, tally: Tally) -> bool:
        return any(refusal.line == line.name and refusal.element == tally.element for refusal in self.refusals)

    def warn(self, line: Line, message: str) -> None:
        """Warn of what a line could not do."""
        self.warnings.append(f"{line.place}: {message}")


def _put(out: Working, parent: str | None, name: str, value: object) -> None:
    if parent is None:
        out[name] = value
        return
    inner = out.get(parent)
    if inner is None:
        out[parent] = {name: value}
    else:
        inner[name] = value


class _PartIds:
    """The platform's ids of the parts that a block makes of a list."""

    __slots__ = ("_block", "_known", "_lead", "_name", "_walk")

    def __init__(self, walk: Walk, block: Block, name: str | None, lead: str) -> None:
        self._walk = walk
        self._block = block
        self._name = name  # of the element's id, if that is what the block's expression says
        self._lead = lead
        self._known: set[Json] = set()

    def next(self, item: Working, number: int) -> str:
        """The id of one element's part: by the element's own id, or else by its place in the list."""
        block, name = self._block, self._name
        identity = item.get(name) if name is not None else self._walk.evaluate(block.id, item, block)
        if type(identity) is int or (type(identity) is str and identity):
            if identity not in self._known:
                self._known.add(identity)
                return part_id(f"{self._lead}|{identity}")
            problem = f"has the id {identity!r} of an element before it"
        else:
            problem = "has no id"
        self._walk.warnings.append(f"{block.name}: element {number} {problem}; it is known by its place in the list")
        return part_id(f"{self._lead}#{number}")


_NO_WALKS: dict[tuple[str, ...], ShapeWalk] = {}


def known_as(connection_id: str, record_type: str, remote_id: str) -> str:
    """Say what the identities of all parts of a record begin with."""
    return f"{connection_id}|{record_type}|{remote_id}|"


def part_id(identity: str) -> str:
    """Make the platform's id of a part: it follows from what it is, so that the same payload gives the same bytes."""
    return blake2b(identity.encode(errors="surrogatepass"), digest_size=16).hexdigest()
