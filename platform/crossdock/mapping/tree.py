"""The tree of a plan: at each node what is to be done at one place of the payload, and by which mapping lines."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from msgspec import Struct, field

from crossdock.customdata.stash import escape_entry_key, escape_name
from crossdock.expressions.expression import Json
from crossdock.expressions.values import Search
from crossdock.mapping.definition import Block, DropRule, KeyValueList, Line
from crossdock.records.wire import Working

_SHORT_WAY = dict.fromkeys(("string", "country", "currency", "language", "choice"), "text") | {
    "decimal": "amount",
    "bool": "flag",
    "map": "id",
    "timestamp": "time",
}

_MOST_SHAPES = 100
_MOST_KEYS = 10_000

RECORD = 0  # slot of the record itself; parts of single blocks have the slots after it


class Target(NamedTuple):
    """What a line does with the value of a node in the usual way: see `shape.py`.

    ``line`` is its number, ``way`` is ``text``, ``amount``, ``flag``, ``id`` or ``time``; the value goes to a ``field``
    of the ``parent`` part of what is made in ``slot``, after ``convert``, which calls the ``functions`` of these names.
    """

    line: int
    slot: int
    parent: str | None
    field: str
    way: str
    convert: Callable[[Json], Json] | None
    functions: tuple[str, ...]


class Taker(Struct):
    """A mapping line that takes the value of one node as it is, or through lossless functions of one argument.

    ``skips_null``: of the entries of a key, the first that is not null is meant, not the first.
    """

    line: Line
    index: int
    slot: int
    parent: str | None
    name: str
    convert: Callable[[Json], Json] | None = None
    functions: tuple[str, ...] = ()
    skips_null: bool = True

    def target(self) -> Target | None:
        """What the line does, if that is the usual: a text, amount, flag, id or time put into its field."""
        way = _SHORT_WAY.get(self.line.field.kind)
        if way is None or self.line.keep or (self.slot != RECORD and self.parent):
            return None
        if (way == "time") != (self.convert is not None) and way != "id":
            return None
        return Target(self.index, self.slot, self.parent, self.name, way, self.convert, self.functions)


class Searcher(Struct):
    """A mapping line that is evaluated before the walk: with a trace, unless it takes nothing whatever comes.

    ``guarded``: what it takes may hold something that a rule drops.
    """

    line: Line
    index: int
    slot: int
    parent: str | None
    name: str
    guarded: bool = False


class EntryKeys(dict[str, str]):
    """The stash key of the first entry of each key that has come in one key/value list.

    ``takers`` are the lines that take an entry, by its stash key; none where a rule drops it.
    """

    __slots__ = ("lead", "takers")

    def __init__(self, lead: str, entries: Entries) -> None:
        self.lead = lead
        self.takers: dict[str, list[Taker]] = {self[name]: takers for name, takers in entries.takers.items()}
        self.takers |= {self[name]: [] for name in entries.dropped_keys}

    def __missing__(self, name: str) -> str:
        """Write the key of an entry that has not come before.

        Raises:
            TypeError: it is no text.
        """
        if type(name) is not str:
            raise TypeError(name)
        key = f"{self.lead}{escape_entry_key(name, 1)}"
        if len(self) < _MOST_KEYS:
            self[name] = key
        return key


class Entries(Struct):
    """A key/value list, what rules drop of its entries, and the lines that take entries by their key."""

    definition: KeyValueList
    dropped_fields: frozenset[str]
    dropped_keys: set[str] = field(default_factory=set)
    takers: dict[str, list[Taker]] = field(default_factory=dict)
    usual: set[tuple[str, ...]] = field(default_factory=set)
    keys: dict[str, EntryKeys] = field(default_factory=dict)

    def is_usual(self, names: tuple[str, ...]) -> bool:
        """Whether an item with these names has only key, value and what is dropped; remembered in ``usual``."""
        own = {self.definition.key, self.definition.value}
        if not own <= set(names) <= own | self.dropped_fields:
            return False
        if len(self.usual) < _MOST_SHAPES:
            self.usual.add(names)
        return True

    def keys_at(self, holder: str) -> EntryKeys:
        """The keys of entries where the object that holds the list has this lead; remembered in ``keys``."""
        keys = self.keys.get(holder)
        if keys is None:
            keys = EntryKeys(f"{holder}{self.definition.prefix}.", self)
            if len(self.keys) < _MOST_SHAPES:
                self.keys[holder] = keys
        return keys


class Node(Struct):
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
        lead: what stands before the names of its fields in stash keys; ``None`` if that differs from payload to
            payload, as in elements of lists.
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
    lead: str | None = None

    def settle(self, lead: str | None, reserved: frozenset[str]) -> None:
        """Work out what follows from the finished tree: what wildcards mean for names, guards, short ways and leads.

        Args:
            lead: what stands before the names of its fields in stash keys, if that is always the same.
            reserved: names that stash keys may not begin with; see `escape_name`.
        """
        self.lead = lead
        if self.element is not None:
            for child in self.children.values():
                child.absorb(self.element)
            self.element.settle(None, reserved)
        for name, child in self.children.items():
            child.settle(None if lead is None else f"{lead}{escape_name(name, reserved)}.", reserved)
        below = [*self.children.values(), *([self.element] if self.element else [])]
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


class Single(Struct):
    """A block over the payload itself: at most one sub-record."""

    block: Block
    slot: int


class Gate(Struct):
    """Decides where a line ``condition && value`` or ``one || other`` may take its value: of two slots one is open.

    Attributes:
        condition: what is looked at; of ``one || other`` it is the value of the first.
        slot: that of what the line writes to behind the gate.
        taker: takes the value where the condition is true, and writes to the first slot behind the gate.
        other: takes the other value where it is not, and writes to the second.
    """

    condition: Search
    slot: int
    taker: Taker
    other: Taker | None = None


class Scope(Struct):
    """The record, or one block over a list: its own tree, and the lines that are evaluated before the walk."""

    block: Block | None
    root: Node = field(default_factory=Node)
    searchers: list[Searcher] = field(default_factory=list)
    lookers: list[Searcher] = field(default_factory=list)
    constants: list[tuple[Line, str | None, str, object]] = field(default_factory=list)
    singles: list[Single] = field(default_factory=list)
    gates: list[Gate] = field(default_factory=list)

    id_name: str | None = None
    start: Working | None = None

    @property
    def next_slots(self) -> tuple[int, int]:
        """The two slots behind the next gate."""
        first = RECORD + 1 + len(self.singles) + 2 * len(self.gates)
        return first, first + 1

    def settle(self, reserved: frozenset[str]) -> None:
        """Work out what follows from the finished scope.

        ``id_name`` is the name of an element's id, if that is all that the block's expression says. ``start`` is what
        a part begins with, if gates and its object's walk are all that makes the rest of it.
        """
        self.root.settle("", reserved)
        if self.block and self.block.id and self.block.id.plain and len(self.block.id.plain) == 1:
            (step,) = self.block.id.plain
            self.id_name = step if isinstance(step, str) else None
        nested = any(parent for _line, parent, _name, _value in self.constants)
        if not (self.searchers or self.lookers or self.singles or self.root.traced or nested):
            self.start = {name: value for _line, _parent, name, value in self.constants}
