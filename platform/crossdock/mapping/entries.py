"""The walk over a key/value list: each entry is taken by its key, or stashed as ``<prefix>.<key>``."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from crossdock.customdata.stash import escape_entry_key
from crossdock.mapping.definition import KeyValueList
from crossdock.mapping.leaves import Path, count_leaves
from crossdock.mapping.tally import Cover, Tally, merged
from crossdock.mapping.tree import NOTHING, Entries, EntryKeys, Node, Taker
from crossdock.records.wire import Working

if TYPE_CHECKING:
    from crossdock.mapping.walk import Walk


def walk_entries(
    walk: Walk, node: Node, entries: Entries, items: list[Any], tally: Tally, key: str, path: Path, cover: Cover
) -> None:
    """Account for every item of a key/value list."""
    holder, dot, _name = key.rpartition(".")
    keys = entries.keys_at(f"{holder}{dot}")
    if cover is not None or path in tally.inside or not walk_usual(walk, entries, items, tally, keys):
        _EntryWalk(walk, node, entries, tally, key, keys.lead, path, cover).all(items)


def walk_usual(walk: Walk, entries: Entries, items: list[Any], tally: Tally, keys: EntryKeys) -> bool:
    """Account for a list of entries with no fields but key, value and what is dropped.

    Returns:
        Whether it was such a list; if not, nothing has been done.
    """
    key, value = entries.definition.key, entries.definition.value
    names: tuple[str, ...] | None = None
    found: dict[str, Any] = {}
    all_values: list[Any] = []
    try:
        for item in items:
            if tuple(item) != names:
                names = tuple(item)
                if names not in entries.usual and not entries.is_usual(names):
                    return False
            found[keys[item[key]]] = item[value]
            all_values += item.values()
    except TypeError:  # an item is no object, or its key no text
        return False
    if len(found) < len(items):  # a key came twice
        found = _numbered(items, entries.definition, keys)
        if any(f"{name}#2" in found for name in keys.takers):  # which of them is meant takes a closer look
            return False
    leaves, stashed = len(all_values), 2 * len(items)
    if not _CONTAINERS.isdisjoint(map(type, all_values)):
        kept = [value for value in found.values() if type(value) in _CONTAINERS]
        inside = _leaves_inside(kept)
        stashed += inside
        leaves += inside
        if sum(map(_CONTAINERS.__contains__, map(type, all_values))) > len(kept):  # some are among what is dropped
            leaves = len(all_values) + _leaves_inside(all_values)
    tally.stashed += stashed
    tally.dropped += leaves - stashed
    if keys.takers and not found.keys().isdisjoint(keys.takers):
        _take_out(walk, keys, found, tally)
    tally.stash.update(found)
    return True


def _take_out(walk: Walk, keys: EntryKeys, found: dict[str, Any], tally: Tally) -> None:
    """Take what rules drop and lines take out of what was found, all of which has been counted as stashed."""
    for key in [key for key in found if key in keys.takers]:
        value, takers = found[key], keys.takers[key]
        leaves = count_leaves(value)[0]
        taken = walk.take(takers, value, tally) if takers else False
        if taken is None:
            continue
        if not taken:  # its key is known from the rule, or from the line that looked it up
            leaves += 1
            del found[key]
        tally.stashed -= leaves
        if takers:
            tally.mapped += leaves
        else:
            tally.dropped += leaves


def _numbered(items: list[Any], definition: KeyValueList, keys: EntryKeys) -> dict[str, Any]:
    """The values of entries by their stash keys, where a key comes more than once."""
    numbers = number_entries(items, definition)
    return {
        keys[item[definition.key]]
        if number == 1
        else f"{keys.lead}{escape_entry_key(item[definition.key], number)}": item[definition.value]
        for item, number in zip(items, numbers, strict=True)
    }


def _leaves_inside(values: Iterable[Any]) -> int:
    """How many leaves the lists and objects among values hold, beyond one each."""
    return sum([count_leaves(value)[0] - 1 for value in values if type(value) in _CONTAINERS])


_CONTAINERS = frozenset({dict, list})


class _EntryWalk:
    """The walk over a key/value list that needs a closer look."""

    __slots__ = ("cover", "done", "element", "entries", "key", "lead", "path", "tally", "traced", "walk")

    def __init__(
        self,
        walk: Walk,
        node: Node,
        entries: Entries,
        tally: Tally,
        key: str,
        lead: str,
        path: Path,
        cover: Cover,
    ) -> None:
        self.walk = walk
        self.element = node.element or NOTHING
        self.entries = entries
        self.tally = tally
        self.key = key
        self.lead = lead
        self.path = path
        self.cover = cover
        self.done: set[int] = set()
        self.traced = path in tally.inside  # expressions took something of it

    def all(self, items: list[Any]) -> None:
        """Account for every item of the list."""
        entries, tally = self.entries, self.tally
        definition = entries.definition
        occurrences = number_entries(items, definition)
        for number, item in enumerate(items):
            name = item.get(definition.key) if type(item) is dict else None
            if type(name) is not str:
                self._no_entry(item, number)
                continue
            if name in entries.dropped_keys:
                tally.dropped += count_leaves(item)[0]
                continue
            occurrence = occurrences[number]
            takers = self._waiting(entries.takers[name], item) if name in entries.takers else None
            if occurrence:
                self._entry(item, number, f"{self.lead}{escape_entry_key(name, occurrence)}", takers)
            else:
                self._no_entry(item, number)

    def _waiting(self, takers: list[Taker], item: Working) -> list[Taker]:
        """The lines that mean this entry: the first of its key, or the first that is not null."""
        missing = item.get(self.entries.definition.value) is None
        waiting = [taker for taker in takers if taker.index not in self.done and not (missing and taker.skips_null)]
        self.done.update(taker.index for taker in waiting)
        return waiting

    def _entry(self, item: Working, number: int, key: str, takers: list[Taker] | None) -> None:
        walk, tally, definition = self.walk, self.tally, self.entries.definition
        value = item[definition.value]
        leaves = 1 if type(value) is not dict and type(value) is not list else count_leaves(value)[0]
        taken = walk.take(takers, value, tally) if takers else None
        # The key is known from the line that looked the entry up; other expressions have only looked at it.
        around, mapped, key_mapped, kept = self.cover, leaves, taken is False, taken is True
        if around is not None or self.traced:
            here = (*self.path, number)
            around = tally.covered(here, around)
            key_cover = tally.covered((*here, definition.key), around)
            inner = (*here, definition.value)
            cover = merged(taken, tally.covered(inner, around))
            mapped, _empty, inside_kept = tally.count_taken(value, inner)
            mapped = mapped if cover is None else leaves
            key_mapped = key_mapped or key_cover is not None
            kept = bool(cover or key_cover or inside_kept)
        elif taken is None:
            mapped = 0
        tally.mapped += mapped + key_mapped
        tally.stashed += leaves - mapped + (not key_mapped)
        if kept or mapped < leaves or not key_mapped:
            walk.stash(value, key, tally)
        if len(item) > 2:
            self._other_fields(item, number, around)

    def _other_fields(self, item: Working, number: int, cover: Cover) -> None:
        walk, tally, element = self.walk, self.tally, self.element
        definition, dropped = self.entries.definition, self.entries.dropped_fields
        for name, value in item.items():
            if name == definition.key or name == definition.value:  # noqa: PLR1714 - the hot path
                continue
            if name in dropped:
                leaves = 1 if type(value) is not dict and type(value) is not list else count_leaves(value)[0]
                tally.dropped += leaves
                continue
            key = f"{self.key}[{number}].{walk.memory.escaped(name)}"
            path = (*self.path, number, name)
            node = element.children.get(name, element.element)
            if node is None:
                walk.unit(value, key, tally, path, cover)
            else:
                walk.node(node, value, tally, key, path, cover)

    def _no_entry(self, item: Any, number: int) -> None:
        path = (*self.path, number)
        cover = self.tally.covered(path, self.cover)
        if self.element is NOTHING:
            self.walk.unit(item, f"{self.key}[{number}]", self.tally, path, cover)
        else:
            self.walk.node(self.element, item, self.tally, f"{self.key}[{number}]", path, cover)


def number_entries(items: list[Any], definition: KeyValueList) -> list[int]:
    """Number the entries of a key/value list: the first, second ... of each key, in order of the list's ``sort``.

    An item that is no entry (no object, no text as key, no value at all) gets 0.
    """
    key, value, sort = definition.key, definition.value, definition.sort
    names: list[Any] = [item.get(key) if type(item) is dict and value in item else None for item in items]
    numbers = [1 if type(name) is str else 0 for name in names]
    times = Counter(name for name in names if type(name) is str)
    if len(times) == sum(numbers):
        return numbers
    order = [at for at, number in enumerate(numbers) if number and times[names[at]] > 1]
    if sort is not None:
        order.sort(key=lambda at: _rank(items[at], sort))
    counts: dict[str, int] = {}
    for at in order:
        counts[names[at]] = numbers[at] = counts.get(names[at], 0) + 1
    return numbers


def _rank(item: Any, sort: str) -> int:
    value = item.get(sort) if type(item) is dict else None
    return value if type(value) is int else 0
