"""What a mapping says about places of payloads: which are left out, which are key/value lists, which take lines."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from msgspec import Struct, field

from crossdock.customdata.stash import escape_entry_key, escape_name
from crossdock.drift.known import Step, Steps
from crossdock.expressions.expression import ANY, Expression
from crossdock.expressions.shapes import plain_path
from crossdock.expressions.syntax import Node as SyntaxNode, parse
from crossdock.mapping.definition import Block, KeyValueList, Line, Mapping, Pattern


class Place(Struct):
    """One place of payloads, as the mapping sees it.

    Attributes:
        names: the fields that the mapping names.
        element: each element of a list, or each name that is not among the others.
        left_out: a rule drops or redacts it with all that is below; it is not compared.
        key_values: the key/value list that stands here.
        left_out_keys: entries of that list which a rule drops or redacts.
        lines: the mapping lines that take it.
        entry_lines: those that take an entry of the list, by key.
        words: what a line translates here.
        personal: what is said here is about a person; its words are not collected.
    """

    names: dict[str, Place] = field(default_factory=dict)
    element: Place | None = None
    left_out: bool = False
    key_values: KeyValueList | None = None
    left_out_keys: set[str] = field(default_factory=set)
    lines: list[Line] = field(default_factory=list)
    entry_lines: dict[str, list[Line]] = field(default_factory=dict)
    words: dict[str, Any] = field(default_factory=dict)
    personal: bool = False

    def below(self, name: str) -> Place | None:
        """Return the place of a field, if the mapping says anything about it."""
        return self.names.get(name, self.element)


class Places:
    """The places of one mapping."""

    def __init__(self, mapping: Mapping) -> None:
        self.mapping = mapping
        self.root = Place()
        for definition in mapping.key_values:
            self._at(definition.path).key_values = definition
        for rule in mapping.rules:
            place = self._at(rule.pattern)
            if rule.entry is None:
                place.left_out = True
            else:
                place.left_out_keys.add(rule.entry)
        for line in mapping.lines:
            self._add_line(line, ())
        for block in mapping.blocks:
            for line in block.lines:
                self._add_line(line, (*block.over, ANY) if block.over else ())

    def _at(self, pattern: Pattern) -> Place:
        place = self.root
        for step in pattern:
            if isinstance(step, str):
                place = place.names.setdefault(step, Place())
            else:
                place.element = place.element or Place()
                place = place.element
        return place

    def _add_line(self, line: Line, scope: Pattern) -> None:
        expression = line.expression
        lookup = expression.key_value
        if lookup is not None:
            self._at((*scope, *lookup.list_path)).entry_lines.setdefault(lookup.key, []).append(line)
            return
        if "[?" in expression.text:
            for path, key in _looked_up(parse(expression.text)):
                self._at((*scope, *path)).entry_lines.setdefault(key, []).append(line)
        for pattern in _takes(expression):
            place = self._at((*scope, *pattern))
            place.lines.append(line)
            place.words |= _translated(expression)
            place.personal |= line.field.personal is not None

    # -- about a place of the known payloads -----------------------------------------------------------------------

    def lines_at(self, steps: Steps) -> list[Line]:
        """List the mapping lines that take what stands at a place."""
        place = self._find(steps)
        if place is not None and steps and isinstance(steps[-1], tuple):
            return place.entry_lines.get(steps[-1][0], [])
        return place.lines if place is not None else []

    def lines_below(self, steps: Steps) -> list[Line]:
        """List the mapping lines that take what stands at a place or below."""
        if steps and isinstance(steps[-1], tuple):
            return self.lines_at(steps)
        place = self._find(steps)
        return [] if place is None else list(_all_lines(place))

    def is_left_out(self, steps: Steps) -> bool:
        """Whether a rule drops or redacts what stands at a place."""
        place: Place | None = self.root
        for step in steps:
            if place is None:
                return False
            if isinstance(step, tuple):
                if step[0] in place.left_out_keys:
                    return True
                place = None
            else:
                place = place.below(step) if isinstance(step, str) else place.element
                if place is not None and place.left_out:
                    return True
        return False

    def block_at(self, steps: Steps) -> tuple[Block | None, Steps]:
        """Find the block in whose elements a place lies, and the way from there; ``None`` for the record itself."""
        for over, block in self.mapping.list_blocks.items():
            if steps[: len(over) + 1] == (*over, 0):
                return block, steps[len(over) + 1 :]
        return None, steps

    def list_at(self, steps: Steps) -> KeyValueList | None:
        """Return the key/value list at a place."""
        place = self._find(steps)
        return None if place is None else place.key_values

    def written(self, steps: Steps) -> str:
        """Write a place as people read it: ``line_items[].total``, ``meta._vat_number``."""
        text, prefixes = "", self.mapping.prefixes
        for at, step in enumerate(steps):
            if isinstance(step, tuple):
                text = text.rpartition(".")[0]  # the list goes by its prefix
                definition = self.list_at(steps[:at])
                prefix = definition.prefix if definition is not None else "meta"
                text += f".{prefix}.{escape_entry_key(step[0], 1)}"
            else:
                text += f".{escape_name(step, prefixes)}" if isinstance(step, str) else "[]"
        return text.removeprefix(".")

    def is_there(self, value: Any, steps: Sequence[Step], place: Place | None = None) -> bool:
        """Whether a payload has something at a place."""
        return next(self.values_at(value, steps, place), _NOTHING) is not _NOTHING

    def values_at(self, value: Any, steps: Sequence[Step], place: Place | None = None) -> Iterator[Any]:
        """Walk what a payload has at a place: one value, or one for each element of lists on the way."""
        place = place or self.root
        for at, step in enumerate(steps):
            if isinstance(step, str):
                if type(value) is not dict or step not in value:
                    return
                value, place = value[step], place.below(step) or _NO_PLACE
                continue
            rest = steps[at + 1 :]
            for item in value if type(value) is list else ():
                if isinstance(step, int):
                    yield from self.values_at(item, rest, place.element or _NO_PLACE)
                elif (entries := place.key_values) is not None and _is_of(item, step[0], entries):
                    yield from self.values_at(item[entries.value], rest, _NO_PLACE)
            return
        yield value

    def _find(self, steps: Steps) -> Place | None:
        """Find a place; for an entry of a key/value list, the list."""
        place: Place | None = self.root
        for at, step in enumerate(steps):
            if place is None:
                return None
            if isinstance(step, tuple):
                return place if at == len(steps) - 1 else None
            place = place.below(step) if isinstance(step, str) else place.element
        return place


_NOTHING = object()
_NO_PLACE = Place()


def _is_of(item: Any, key: str, entries: KeyValueList) -> bool:
    """Whether something is an entry of a key."""
    return type(item) is dict and item.get(entries.key) == key and entries.value in item


def _all_lines(place: Place) -> Iterator[Line]:
    yield from place.lines
    for lines in place.entry_lines.values():
        yield from lines
    for below in (*place.names.values(), *([place.element] if place.element else [])):
        yield from _all_lines(below)


def _takes(expression: Expression) -> Iterator[Pattern]:
    """Walk the places that an expression takes or, where it makes something of them, looks at."""
    if expression.plain or expression.unary:
        yield expression.plain or (expression.unary[1] if expression.unary else ())
        return
    yield from (pattern for pattern in expression.touches if pattern)
    if not expression.touches:
        yield from (path for path, _table in _translations(parse(expression.text)))


def _looked_up(node: SyntaxNode) -> Iterator[tuple[Pattern, str]]:
    """Find the keys that an expression asks lists for, as in ``meta_data[?key=='a' || key=='b']``."""
    if node.kind == "filter_projection" and (path := plain_path(node.children[0])):
        yield from ((path, key) for key in _keys(node.children[2]))
    for child in node.children:
        yield from _looked_up(child)


def _keys(condition: SyntaxNode) -> Iterator[str]:
    if condition.kind == "or_expression":
        for child in condition.children:
            yield from _keys(child)
    elif condition.kind == "comparator" and condition.value == "eq":
        yield from (
            child.value for child in condition.children if isinstance(child.value, str) and child.kind == "literal"
        )


def _translated(expression: Expression) -> dict[str, Any]:
    if "translate" not in expression.text:
        return {}
    return {word: value for _path, table in _translations(parse(expression.text)) for word, value in table.items()}


def _translations(node: SyntaxNode) -> Iterator[tuple[Pattern, dict[str, Any]]]:
    """Find ``translate(path, table)`` in an expression, with a plain path of one or more names."""
    if node.kind == "function_expression" and node.value == "translate" and len(node.children) >= 2:
        path, table = plain_path(node.children[0]), node.children[1].value
        if path and isinstance(table, dict):
            yield path, table
    for child in node.children:
        yield from _translations(child)
