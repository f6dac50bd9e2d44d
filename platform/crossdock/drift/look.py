"""A look at one payload, leaf by leaf: what of it is not known yet."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Literal, NamedTuple, TypeAlias

from msgspec import Struct

from crossdock.drift.known import (
    DEEPEST,
    LONGEST_WORD,
    MARK,
    MOST_NAMES,
    MOST_NODES,
    MOST_WORDS,
    TYPES,
    Known,
    Node,
    Step,
    Steps,
    Type,
    digest,
    is_word,
)
from crossdock.drift.place import Place, Places
from crossdock.mapping.definition import KeyValueList
from crossdock.mapping.leaves import Path

Kind: TypeAlias = Literal["path", "type", "value", "crowded", "vanished"]


class Difference(Struct, frozen=True):
    """Something of a payload that was not known.

    Attributes:
        kind: a new path, another type at a known one, a new value of an enumeration, or more names than are told apart.
        steps: the place, as the known payloads have it.
        path: the place in this payload.
        value: what stands there.
        before: the types or values known before.
    """

    kind: Kind
    steps: Steps
    path: Path
    value: Any
    before: tuple[str, ...] = ()

    @property
    def type(self) -> Type:
        """The type of what stands there."""
        return TYPES[type(self.value)]


class Trail(NamedTuple):
    """The way to a place, from the payload inwards; most are never asked for, so it is only written down then.

    ``step`` is how the known payloads have it, or ``None`` where the next step says it; ``at`` how this one has it.
    """

    before: Trail | None
    step: Step | None
    at: str | int
    depth: int

    @property
    def steps(self) -> Steps:
        """The place, as the known payloads have it."""
        return tuple(one.step for one in self._all() if one.step is not None)

    @property
    def path(self) -> Path:
        """The place in this payload."""
        return tuple(one.at for one in self._all())

    @property
    def outer(self) -> Trail:
        """The way to what the place is in: the object, or the key/value list of an entry."""
        outer = self.before or self
        return outer.before if outer.step is None and outer.before is not None else outer

    def _all(self) -> list[Trail]:
        found, one = [], self
        while one.before is not None:
            found.append(one)
            one = one.before
        return found[::-1]


_START = Trail(None, "", "", 0)


class Look:
    """Looks at payloads one after the other.

    Args:
        known: what is known; it grows by what is learned.
        places: what the mapping says.
        learns: whether differences become known; what is no difference to be told becomes known in any case.

    ``grown`` says that something has become known since it was set to false.
    """

    def __init__(self, known: Known, places: Places, *, learns: bool) -> None:
        self.known = known
        self.places = places
        self.learns = learns
        self.met: dict[int, Node] = {}
        self.grown = False
        self._found: list[Difference] = []

    def at(self, payload: dict[str, Any], *, count: bool) -> Sequence[Difference]:
        """Compare one payload with what is known; nothing that a first run brings is a difference.

        Afterwards ``met`` are the nodes that it has, by id. ``count`` says whether they are to be counted.
        """
        self._found, self.met = [], {}
        known = self.known
        self._object(known.root, payload, self.places.root, _START)
        if count:
            known.counted += 1
            for node in self.met.values():
                node.seen += 1
        return self._found if known.learned else ()

    def _value(self, node: Node, value: Any, place: Place | None, trail: Trail) -> None:
        self.met[id(node)] = node
        kind = TYPES[type(value)]
        if kind not in node.types and not (kind == "integer" and "decimal" in node.types):
            self._tell("type", trail, value, node.types)
            if self._becomes_known:
                self.grown = True
                node.types.add(kind)
                node.words = node.words if kind in ("string", "null") else None
        if kind == "string":
            if node.words is not None and value and value not in node.words:
                self._word(node, value, place, trail)
        elif kind == "object":
            self._object(node, value, place, trail)
        elif kind == "list":
            self._list(node, value, place, trail)

    def _object(self, node: Node, value: dict[str, Any], place: Place | None, trail: Trail) -> None:
        if trail.depth >= DEEPEST:
            return
        names, met = node.names, self.met
        for name, item in value.items():
            below = None if place is None else place.below(name)
            if below is not None and below.left_out:
                continue
            child = names.get(name)
            if child is not None and _is_known(child, item):
                met[id(child)] = child
                continue
            inner = Trail(trail, name, name, trail.depth + 1)
            child = child or self._new(node, names, name, item, inner)
            if child is not None:
                self._value(child, item, below, inner)

    def _list(self, node: Node, value: list[Any], place: Place | None, trail: Trail) -> None:
        definition = None if place is None else place.key_values
        below = None if place is None else place.element
        if trail.depth >= DEEPEST or (below is not None and below.left_out):
            return
        for number, item in enumerate(value):
            if definition is not None and place is not None and _is_entry(item, definition):
                if item[definition.key] not in place.left_out_keys:
                    self._entry(node, item, place, definition, Trail(trail, None, number, trail.depth))
                continue
            inner = Trail(trail, 0, number, trail.depth + 1)
            self._value(self._element(node, item, inner), item, below, inner)

    def _entry(self, node: Node, item: dict[str, Any], place: Place, definition: KeyValueList, trail: Trail) -> None:
        """Look at an entry of a key/value list; ``trail`` leads to it without naming its key."""
        key, value = item[definition.key], item[definition.value]
        inner = Trail(trail, (key,), definition.value, trail.depth + 1)
        child = node.entries.get(key) or self._new(node, node.entries, key, value, inner)
        if child is not None:
            self._value(child, value, None, inner)
        own = {definition.key, definition.value, *(name for name, _reason in definition.drop)}
        if others := {name: other for name, other in item.items() if name not in own}:
            around = Trail(trail.before, 0, trail.at, trail.depth + 1)
            self._object(self._element(node, {}, around), others, place.element, around)

    def _element(self, node: Node, item: Any, trail: Trail) -> Node:
        if node.element is None:
            made = self._made(item)
            if self._becomes_known:
                node.element = made
            self._tell("path", trail, item)
            return made
        return node.element

    def _new(self, parent: Node, siblings: dict[str, Node], name: str, value: Any, trail: Trail) -> Node | None:
        """Take note of what has not come before; ``None`` if there is too much of it to tell it apart."""
        if len(siblings) >= MOST_NAMES or self.known.nodes >= MOST_NODES:
            if not parent.crowded:
                parent.crowded = True
                self._tell("crowded", trail.outer, value)
            return None
        made = self._made(value)
        if self._becomes_known:
            siblings[name] = made
        self._tell("path", trail, value)
        return made

    def _made(self, value: Any) -> Node:
        if self._becomes_known:
            self.known.nodes += 1
            self.grown = True
        return Node({TYPES[type(value)]}, since=self.known.counted)

    def _word(self, node: Node, word: str, place: Place | None, trail: Trail) -> None:
        words = node.words
        assert words is not None  # noqa: S101 - by the caller
        if place is not None and place.words:
            self._translated_word(node, words, word, place, trail)
        elif place is not None and place.personal:
            node.words = None
        elif self.known.is_enumeration(node):
            if not self._is_marked(words, word):
                self._tell("value", trail, word, words)
                if self._becomes_known:
                    self._add_word(node, words, word)
        elif not is_word(word):
            node.words = None
        elif not self._is_marked(words, word):
            self._add_word(node, words, word)

    @staticmethod
    def _is_marked(words: set[str], word: str) -> bool:
        """Whether a word is known by its digest; from now on it is known as it is."""
        marked = digest(word) if any(one.startswith(MARK) for one in words) else ""
        if marked not in words:
            return False
        words.remove(marked)
        words.add(word)
        return True

    def _translated_word(self, node: Node, words: set[str], word: str, place: Place, trail: Trail) -> None:
        """Take note of a word that a mapping line translates: what its table has is no news."""
        if word not in place.words and not self._is_marked(words, word):
            self._tell("value", trail, word, {*place.words, *words})
            if not self._becomes_known:
                return
        self._add_word(node, words, word)

    def _add_word(self, node: Node, words: set[str], word: str) -> None:
        self.grown = True
        words.add(word)
        if len(words) > MOST_WORDS or len(word) > LONGEST_WORD:
            node.words = None

    @property
    def _becomes_known(self) -> bool:
        return self.learns or not self.known.learned

    def _tell(self, kind: Kind, trail: Trail, value: Any, before: Iterable[str] = ()) -> None:
        told = sorted(word for word in before if not word.startswith(MARK))
        self._found.append(Difference(kind, trail.steps, trail.path, value, tuple(told)))


def _is_known(node: Node, value: Any) -> bool:
    """Whether a value certainly brings nothing new; the way to it need not be known then."""
    kind = TYPES[type(value)]
    if kind not in node.types or kind == "object" or kind == "list":  # noqa: PLR1714 - said for every value
        return False
    return kind != "string" or node.words is None or not value or value in node.words


def _is_entry(item: Any, definition: KeyValueList) -> bool:
    return type(item) is dict and definition.value in item and type(item.get(definition.key)) is str
