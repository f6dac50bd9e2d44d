"""Where keys and values stand in a TOML text, read off tree-sitter's syntax tree."""

from __future__ import annotations

import re
import tomllib
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from itertools import accumulate
from typing import TYPE_CHECKING

from msgspec import Struct, field

if TYPE_CHECKING:
    from tree_sitter import Node, Tree

_ESCAPE = re.compile(r"\\(?:u[0-9A-Fa-f]{4}|U[0-9A-Fa-f]{8}|[^\s]|[ \t]*\r?\n[ \t\r\n]*)")
_KEYS = frozenset({"bare_key", "quoted_key", "dotted_key"})
_PUNCTUATION = frozenset({"[", "]", "[[", "]]", "{", "}", ",", "=", ".", "comment"})


class _Entry(Struct):
    """A key, value or list element: positions in characters, and what stands in it.

    ``key`` and ``value`` are ``None`` for what is only implied, such as ``a`` by ``[a.b]``. What is ``closed`` was
    given whole: nothing can be added. What is ``dotted`` is implied by ``a.b = ...``: it has no header.
    """

    key: int | None = None
    value: int | None = None
    literal: str = ""
    is_table_list: bool = False
    closed: bool = False
    dotted: bool = False
    inner: dict[str | int, _Entry] = field(default_factory=dict)


class Repeat(Struct, frozen=True):
    """A name that was given a second time; ``mixed``: once in a header with one bracket, once with two."""

    name: str
    first: int
    again: int
    mixed: bool = False


class TomlIndex:
    """The positions of one document, as character offsets."""

    def __init__(self, root: _Entry, repeats: Sequence[Repeat]) -> None:
        self._root = root
        self.first_repeat: Repeat | None = repeats[0] if repeats else None

    def value_at(self, path: Sequence[str | int], offset: int | None = None) -> int:
        """Return where the value at ``path`` begins, or the nearest one around it; ``offset`` is inside a string."""
        best = 0
        for entry, whole in self._trail(path):
            if entry.value is not None:
                best = entry.value
                if whole and offset is not None:
                    best += _inside(entry.literal, offset)
            elif entry.key is not None:
                best = entry.key
        return best

    def key_at(self, path: Sequence[str | int]) -> int:
        """Return where the key of ``path`` stands, or the nearest one around it."""
        best = 0
        for entry, _whole in self._trail(path):
            if entry.key is not None:
                best = entry.key
            elif entry.value is not None:
                best = entry.value
        return best

    def _trail(self, path: Sequence[str | int]) -> Iterator[tuple[_Entry, bool]]:
        entry = self._root
        for depth, step in enumerate(path, 1):
            found = entry.inner.get(step)
            if found is None:
                return
            entry = found
            yield entry, depth == len(path)


def index_toml(text: str) -> TomlIndex:
    """Read the positions of all keys and values; of a text that is not valid TOML, as many as can be told."""
    builder = _Builder(text)
    builder.document(_tree(builder.raw).root_node)
    return TomlIndex(builder.root, builder.repeats)


def _tree(raw: bytes) -> Tree:
    import tree_sitter_toml  # noqa: PLC0415 - positions are only needed once something is wrong
    from tree_sitter import Language, Parser  # noqa: PLC0415

    return Parser(Language(tree_sitter_toml.language())).parse(raw)


class _Builder:
    def __init__(self, text: str) -> None:
        self.raw = text.encode("utf-8", "surrogatepass")
        self.root = _Entry()
        self.repeats: list[Repeat] = []
        # tree-sitter counts bytes; where every character is one byte the two are the same
        self._starts = None if len(self.raw) == len(text) else list(accumulate(map(_width, text), initial=0))

    def document(self, node: Node) -> None:
        for child in node.children:
            if child.type == "pair":
                self.pair(self.root, child)
            elif child.type in ("table", "table_array_element"):
                self.table(child)

    def table(self, node: Node) -> None:
        names = [name for child in node.children if child.type in _KEYS for name in self.names(child)]
        if not names:
            return
        entry = self.root
        for name, position in names[:-1]:
            entry = self.enter(entry, name, position)
        name, position = names[-1]
        header = self.at(node)
        known = entry.inner.get(name)
        is_list = node.type == "table_array_element"
        if known is not None and (known.dotted or not (known.is_table_list if is_list else known.value is None)):
            mixed = not (known.closed or known.dotted) and known.is_table_list != is_list
            self.repeats.append(Repeat(name, known.key or 0, position, mixed))
        if is_list or (known is not None and known.is_table_list):
            table_list = entry.inner.setdefault(name, _Entry(position, header, is_table_list=True))
            entry = table_list.inner[len(table_list.inner)] = _Entry(position, header)
        else:
            entry = entry.inner.setdefault(name, _Entry())
            entry.key, entry.value = position, header
        for child in node.children:
            if child.type == "pair":
                self.pair(entry, child)

    def enter(self, entry: _Entry, name: str, position: int) -> _Entry:
        inner = entry.inner.setdefault(name, _Entry(position))
        if inner.closed:
            self.repeats.append(Repeat(name, inner.key or 0, position))
        if inner.is_table_list:
            return inner.inner[len(inner.inner) - 1]
        return inner

    def pair(self, entry: _Entry, node: Node) -> None:
        names = [name for child in node.children if child.type in _KEYS for name in self.names(child)]
        values = [child for child in node.children if child.type not in _KEYS | _PUNCTUATION]
        if not names or not values:
            return
        for name, position in names[:-1]:
            known = entry.inner.get(name)
            if known is not None and known.value is not None and not known.closed:
                self.repeats.append(Repeat(name, known.key or 0, position))
            entry = self.enter(entry, name, position)
            entry.dotted = True
        name, position = names[-1]
        if name in entry.inner:
            self.repeats.append(Repeat(name, entry.inner[name].key or 0, position))
        entry.inner[name] = self.value(values[0], position)

    def value(self, node: Node, key: int | None = None) -> _Entry:
        literal = self.source(node) if node.type == "string" else ""
        entry = _Entry(key, self.at(node), literal, closed=True)
        if node.type == "array":
            items = (child for child in node.children if child.type not in _PUNCTUATION)
            entry.inner = {position: self.value(item) for position, item in enumerate(items)}
        elif node.type == "inline_table":
            for child in node.children:
                if child.type == "pair":
                    self.pair(entry, child)
        return entry

    def names(self, node: Node) -> Iterator[tuple[str, int]]:
        if node.type == "dotted_key":
            for child in node.children:
                if child.type in _KEYS:
                    yield from self.names(child)
        else:
            yield self.name(node), self.at(node)

    def name(self, node: Node) -> str:
        source = self.source(node)
        if node.type == "bare_key":
            return source
        try:
            name: str = tomllib.loads(f"k = {source}")["k"]
        except tomllib.TOMLDecodeError:
            return source
        return name

    def source(self, node: Node) -> str:
        return self.raw[node.start_byte : node.end_byte].decode("utf-8", "replace")

    def at(self, node: Node) -> int:
        return node.start_byte if self._starts is None else bisect_right(self._starts, node.start_byte) - 1


def _width(character: str) -> int:
    code = ord(character)
    return 1 if code < 0x80 else 2 if code < 0x800 else 3 if code < 0x10000 else 4


def _inside(literal: str, offset: int) -> int:
    """Return where in a string literal the character number ``offset`` of its value stands."""
    quote = literal[:3] if literal[:3] in ('"""', "'''") else literal[:1]
    if quote not in ('"""', "'''", '"', "'"):
        return 0
    position, end = len(quote), len(literal) - len(quote)
    if len(quote) == 3:  # a line break right after the opening quotes does not count
        position += len(re.match(r"(\r?\n)?", literal[position:])[0])  # type: ignore[index]  # always matches
    while position < end:
        escape = _ESCAPE.match(literal, position, end) if quote[0] == '"' else None
        folded = escape is not None and escape[0][1:].isspace()  # a backslash at the end of a line joins lines
        if offset == 0 and not folded:
            break
        width = len(escape[0]) if escape else 2 if literal.startswith("\r\n", position) else 1
        position += width
        offset -= 0 if folded else 1
    return position
