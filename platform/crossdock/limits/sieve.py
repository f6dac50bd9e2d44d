"""Finds what breaks limits: in an import entry by entry, in a direct write what it makes worse, in the store all."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from crossdock.customdata import split_dictionary_key
from crossdock.customdata.sameness import same
from crossdock.limits.excess import Excess, too_little, too_much
from crossdock.limits.measure import leaves_in, length, size_in_json, text_of
from crossdock.limits.rule import LimitRule

if TYPE_CHECKING:
    from crossdock.limits.limits import Limits

Entries: TypeAlias = Mapping[str, Mapping[str, Any]]
_BRACES = 2


class Item(NamedTuple):
    """One entry as it is measured; ``owner`` is ``None`` of an unowned one."""

    dictionary_key: str
    owner: str | None
    module_id: str
    key: str
    type: str
    value: Any


class Group(NamedTuple):
    """Entries that stand together under one rule: how many, and how large as one JSON object."""

    entries: int
    total: int


_NONE = Group(0, 0)


def items_of(entries: Entries) -> list[Item]:
    """Make items of custom data, working form or wire-level."""
    return [
        Item(name, *split_dictionary_key(name)[:2], entry["key"], entry["type"], entry["value"])
        for name, entry in entries.items()
    ]


def sift(rules: Sequence[LimitRule], items: Iterable[Item]) -> dict[str, Excess]:
    """Say which entries of one record or part are not to be kept, by dictionary key, with the first limit each breaks.

    Entries are taken in their order as long as there is room; what no longer fits is refused, and a smaller one after
    it may still fit.
    """
    found: dict[str, Excess] = {}
    for rule in rules:
        limits = rule.limits
        groups: dict[str | None, Group] = {}
        for item in items:
            if item.dictionary_key in found or not rule.concerns(item.owner, item.module_id):
                continue
            excess = next(_by_itself(rule, item), None)
            if excess is None:
                owner = item.owner if limits.per == "owner" else None
                grown = _with(limits, groups.get(owner), item)
                excess = next(_together(rule, grown, item.dictionary_key), None)
                if excess is None:
                    groups[owner] = grown
            if excess is not None:
                found[item.dictionary_key] = excess
    return found


def newly_broken(rules: Sequence[LimitRule], before: Entries, after: Entries) -> list[Excess]:
    """Say what a write of one record or part breaks: what it wrote, not what was broken already and only stays so."""
    changed = {name for name, entry in after.items() if not same(before.get(name), entry)}
    found: list[Excess] = []
    if not changed and before.keys() <= after.keys():
        return found
    was, now = items_of(before), items_of(after)
    for rule in rules:
        mine = [item for item in now if item.dictionary_key in changed and rule.concerns(item.owner, item.module_id)]
        found += [excess for item in mine for excess in _by_itself(rule, item)]
        old, new = _groups(rule, was), _groups(rule, now)
        for owner in {**old, **new}:
            earlier, group = old.get(owner, _NONE), new.get(owner, _NONE)
            if not earlier.entries or group.entries < earlier.entries:
                found += _too_few(rule, group)
            last = [item.dictionary_key for item in mine if rule.limits.per == "record" or item.owner == owner][-1:]
            for excess in _together(rule, group, *last):
                grew = group.entries > earlier.entries if excess.rule == "max_entries" else group.total > earlier.total
                if last and grew:
                    found.append(excess)
    return found


def broken(rules: Sequence[LimitRule], entries: Entries) -> list[Excess]:
    """Say everything that is broken on one record or part."""
    items = items_of(entries)
    found: list[Excess] = []
    for rule in rules:
        mine = [item for item in items if rule.concerns(item.owner, item.module_id)]
        found += [excess for item in mine for excess in _by_itself(rule, item)]
        for group in _groups(rule, mine).values():
            found += (*_too_few(rule, group), *_together(rule, group))
    return found


def _groups(rule: LimitRule, items: Iterable[Item]) -> dict[str | None, Group]:
    groups: dict[str | None, Group] = {}
    for item in items:
        if rule.concerns(item.owner, item.module_id):
            owner = item.owner if rule.limits.per == "owner" else None
            groups[owner] = _with(rule.limits, groups.get(owner), item)
    return groups


def _with(limits: Limits, group: Group | None, item: Item) -> Group:
    """A group with one more entry in it."""
    count = leaves_in(item.value) if limits.nested == "each" and item.type == "json" else 1
    size = 0
    if limits.max_total is not None:
        size = size_in_json(_counted(limits, item), item.type, item.value) + (1 if group else _BRACES)
    return Group(count + (group.entries if group else 0), size + (group.total if group else 0))


def _together(rule: LimitRule, group: Group, key: str | None = None) -> Iterator[Excess]:
    limits, whose = rule.limits, _whose(rule)
    if limits.max_entries is not None and group.entries > limits.max_entries:
        over = group.entries - limits.max_entries
        said = too_much(group.entries, limits.max_entries, "there are", "entry", f" {whose}")
        yield Excess(rule.name, "max_entries", key, over, said)
    if limits.max_total is not None and group.total > limits.max_total:
        said = too_much(group.total, limits.max_total, f"the entries {whose} have together", "byte", " as JSON")
        yield Excess(rule.name, "max_total", key, group.total - limits.max_total, said)


def _too_few(rule: LimitRule, group: Group) -> Iterator[Excess]:
    """What entries that stand together lack; they are some, or were."""
    least = rule.limits.min_entries
    if least is not None and group.entries < least:
        said = too_little(group.entries, least, "there would be", "entry", f" {_whose(rule)}")
        yield Excess(rule.name, "min_entries", None, least - group.entries, said)


def _whose(rule: LimitRule) -> str:
    return "of this owner" if rule.limits.per == "owner" else "of all owners"


def _by_itself(rule: LimitRule, item: Item) -> Iterator[Excess]:
    """What one entry breaks, whatever stands beside it."""
    limits, name = rule.limits, item.dictionary_key
    if limits.types is not None and item.type not in limits.types:
        said = f"an entry of type {item.type} is not taken, only {' or '.join(limits.types)}"
        yield Excess(rule.name, "types", name, None, said)
    key = _counted(limits, item)
    what = "the key has" if limits.key_counts == "key" else "the dictionary key has"
    yield from _long(rule, name, "key", (limits.min_key, limits.max_key), length(key, limits.key_unit), what)
    wrong = [letter for letter in dict.fromkeys(item.key) if letter in limits.forbidden]
    if wrong:
        said = f"the key contains {_quoted(wrong)}, which may not stand in one"
        yield Excess(rule.name, "forbidden", name, None, said)
    strange = [letter for letter in dict.fromkeys(item.key) if limits.allowed and letter not in limits.allowed]
    if strange:
        yield Excess(rule.name, "allowed", name, None, f"the key contains {_quoted(strange)}, which is not allowed")
    most = limits.max_json if item.type == "json" and limits.max_json is not None else limits.max_value
    if most is not None or limits.min_value is not None:
        size = length(text_of(item.type, item.value), limits.value_unit)
        yield from _long(rule, name, "value", (limits.min_value, most), size, "the value has")


def _long(
    rule: LimitRule, name: str, kind: str, span: tuple[int | None, int | None], found: int, what: str
) -> Iterator[Excess]:
    least, most = span
    unit = (rule.limits.key_unit if kind == "key" else rule.limits.value_unit).removesuffix("s")
    if least is not None and found < least:
        yield Excess(rule.name, f"min_{kind}", name, least - found, too_little(found, least, what, unit))
    if most is not None and found > most:
        yield Excess(rule.name, f"max_{kind}", name, found - most, too_much(found, most, what, unit))


def _counted(limits: Limits, item: Item) -> str:
    return item.key if limits.key_counts == "key" else item.dictionary_key


def _quoted(letters: Iterable[str]) -> str:
    return ", ".join(map(repr, letters))
