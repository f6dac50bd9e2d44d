"""What is known of the payloads of one connection and record type: their paths, types and words.

It is a tree in the shape of a payload, with one node for all elements of a list and one for each key of a key/value
list. It says what has come, never how often a value came, and holds no values but the words of enumerations.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from functools import lru_cache
from hashlib import blake2b
from typing import Literal, TypeAlias

import msgspec

Type: TypeAlias = Literal["object", "list", "string", "integer", "decimal", "boolean", "null"]
Step: TypeAlias = str | int | tuple[str]
"""A name; 0 for each element of a list; the key, alone in a tuple, of an entry of a key/value list."""
Steps: TypeAlias = tuple[Step, ...]

TYPES: dict[type, Type] = {
    dict: "object",
    list: "list",
    str: "string",
    int: "integer",
    Decimal: "decimal",
    bool: "boolean",
    type(None): "null",
}

MOST_NAMES = 300
"""Names in one object, or keys in one key/value list, that are told apart."""
MOST_NODES = 5_000
DEEPEST = 20
MOST_WORDS = 16
"""Values of an enumeration."""
ENOUGH = 100
"""How many payloads must have had a field before its few values are taken for an enumeration."""

LONGEST_WORD = 40
_WORD = re.compile(rf"[A-Za-z][\w.-]{{0,{LONGEST_WORD - 1}}}")
MARK = "#"
"""Stands in front of digests; no word begins with it."""


class Node(msgspec.Struct, omit_defaults=True, eq=False):
    """One place of payloads, and what has stood there.

    Attributes:
        types: what has stood there.
        names: the fields of an object.
        element: each element of a list.
        entries: the values of a key/value list, by key.
        words: the different values of a text that may be an enumeration; ``None`` if it cannot be one.
        since: how many payloads had been counted before it first came.
        seen: how many of those that were counted since had it.
        missing: how many payloads came since the last run that had it, and ``lacking`` how many of those were counted.
        gone: that it vanished has been told.
        last: the remote id of the last record that was looked at and had it.
        crowded: more names or keys came than are told apart; new ones are not looked at.
    """

    types: set[Type] = msgspec.field(default_factory=set)
    names: dict[str, Node] = msgspec.field(default_factory=dict)
    element: Node | None = None
    entries: dict[str, Node] = msgspec.field(default_factory=dict)
    words: set[str] | None = msgspec.field(default_factory=set)
    since: int = 0
    seen: int = 0
    missing: int = 0
    lacking: int = 0
    gone: bool = False
    last: str | None = None
    crowded: bool = False


class Known(msgspec.Struct, omit_defaults=True, eq=False):
    """Everything known of one connection's payloads of one type.

    Attributes:
        root: the payload itself.
        learned: whether a first run has come to its end; until then nothing is news.
        payloads: how many were compared.
        counted: in how many of them every path was looked for, to know how usual it is.
        nodes: how many nodes there are.
    """

    root: Node = msgspec.field(default_factory=Node)
    learned: bool = False
    payloads: int = 0
    counted: int = 0
    nodes: int = 0

    def share(self, node: Node) -> float:
        """Tell the share of payloads, from 0 to 1, that had a node from its first time until it was last met."""
        return min(1.0, node.seen / max(1, self.counted - node.since - node.lacking))

    def is_enumeration(self, node: Node) -> bool:
        """Whether a node has had few words in many payloads."""
        return bool(node.words) and self.share(node) * self.payloads >= ENOUGH

    def node_at(self, steps: Steps) -> Node | None:
        """Find a node."""
        node: Node | None = self.root
        for step in steps:
            node = None if node is None else _below(node, step)
        return node

    def make_node(self, steps: Steps) -> Node:
        """Find a node, or make it and what is missing on the way."""
        node = self.root
        for step in steps:
            inner = _below(node, step)
            if inner is None:
                inner = Node(since=self.counted)
                self.nodes += 1
                _attach(node, step, inner)
            node = inner
        return node

    def walk(self) -> Iterator[tuple[Steps, Node]]:
        """Walk every node but the root, each before what is below it."""
        waiting: list[tuple[Steps, Node]] = [((), self.root)]
        while waiting:
            steps, node = waiting.pop()
            if steps:
                yield steps, node
            waiting += [((*steps, name), inner) for name, inner in reversed(node.names.items())]
            waiting += [((*steps, (key,)), inner) for key, inner in reversed(node.entries.items())]
            if node.element is not None:
                waiting.append(((*steps, 0), node.element))

    def encode(self) -> bytes:
        """Write it for the store; words that may yet turn out to be people's names only as digests."""
        plain = [(node, node.words) for _steps, node in self.walk() if node.words and not self.is_enumeration(node)]
        for node, words in plain:
            node.words = {word if word.startswith(MARK) else digest(word) for word in words}
        try:
            return msgspec.json.encode(self)
        finally:
            for node, words in plain:
                node.words = words


def decode(document: bytes | str) -> Known:
    """Read what :meth:`Known.encode` wrote."""
    return msgspec.json.decode(document, type=Known)


def _below(node: Node, step: Step) -> Node | None:
    if isinstance(step, str):
        return node.names.get(step)
    return node.element if isinstance(step, int) else node.entries.get(step[0])


def _attach(node: Node, step: Step, inner: Node) -> None:
    if isinstance(step, str):
        node.names[step] = inner
    elif isinstance(step, int):
        node.element = inner
    else:
        node.entries[step[0]] = inner


def is_word(value: str) -> bool:
    """Whether a text may be a value of an enumeration: short, of letters, digits, ``_``, ``-`` and ``.``."""
    return _WORD.fullmatch(value) is not None


@lru_cache(4096)
def digest(word: str) -> str:
    """Write a word so that it can be recognised and not read."""
    return MARK + blake2b(word.encode("utf-8", "replace"), digest_size=6).hexdigest()
