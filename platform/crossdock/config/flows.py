"""Flows: the rules by which custom data goes along links from record to record, and how ``[[flow]]`` is read."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from graphlib import TopologicalSorter
from typing import Annotated, Any, Literal, NamedTuple, TypeAlias

from msgspec import Struct
from pydantic import AfterValidator, Field

from crossdock.config.complaint import shown
from crossdock.config.scope import Scope
from crossdock.config.tables import Table
from crossdock.customdata import split_dictionary_key
from crossdock.records.values import RecordTypeName
from crossdock.suggestion import did_you_mean

FlowMode: TypeAlias = Literal["copy", "follow", "off"]
Pair: TypeAlias = tuple[str, str]

ANY = "*"
_PARTS = 3
_ID = re.compile(r"[0-9a-f]{32}")


class EntryPattern(NamedTuple):
    """Which entries are meant, each part with ``*`` for anything; an empty connection id means unowned ones."""

    connection_id: str
    module_id: str
    key: str

    def fits(self, dictionary_key: str) -> bool:
        """Say whether an entry is meant."""
        owner, module_id, key = split_dictionary_key(dictionary_key)
        return _fits(self.connection_id, owner or "") and _fits(self.module_id, module_id) and _fits(self.key, key)


EVERY_ENTRY = EntryPattern(ANY, ANY, ANY)


def _fits(pattern: str, text: str) -> bool:
    if pattern == ANY:
        return True
    first, *rest = pattern.split(ANY)
    if not rest:
        return text == first
    if not text.startswith(first):
        return False
    at = len(first)
    for part in rest[:-1]:  # the earliest place leaves most room for what comes after it
        found = text.find(part, at)
        if found < 0:
            return False
        at = found + len(part)
    return len(text) - at >= len(rest[-1]) and text.endswith(rest[-1])


class FlowRule(Struct, frozen=True):
    """One rule: which entries go from records of one type to linked ones of another.

    ``copy`` goes once, when the link appears; ``follow`` carries later changes over, too; ``off`` lets nothing pass.
    """

    source: str
    target: str
    mode: FlowMode
    patterns: tuple[EntryPattern, ...] = (EVERY_ENTRY,)
    overwrites: bool = False

    def takes(self, dictionary_key: str) -> bool:
        """Say whether the rule is about an entry."""
        return any(pattern.fits(dictionary_key) for pattern in self.patterns)


DEFAULT_RULES = (
    FlowRule("invite", "order", "copy"),
    FlowRule("checkout", "order", "copy"),
    FlowRule("order", "shipment", "follow"),
)


class Chosen(NamedTuple):
    """The rule for one entry; the lower the ``rank``, the sooner it is preferred to that of another source."""

    rank: int
    rule: FlowRule


class Flows(Struct, frozen=True):
    """All rules, in their order: of those from one record type to another, the first that is about an entry decides."""

    rules: tuple[FlowRule, ...] = ()

    @property
    def pairs(self) -> frozenset[Pair]:
        """From which record types to which ones anything goes."""
        return frozenset((rule.source, rule.target) for rule in self.rules if rule.mode != "off")

    @property
    def copying(self) -> frozenset[Pair]:
        """From which record types to which ones something goes once."""
        return frozenset((rule.source, rule.target) for rule in self.rules if rule.mode == "copy")

    @property
    def turns(self) -> tuple[str, ...]:
        """The record types between which anything goes, each behind all that it may have something from."""
        sorter: TopologicalSorter[str] = TopologicalSorter()
        for rule in self.rules:
            if rule.mode != "off":
                sorter.add(rule.target, rule.source)
        return tuple(sorter.static_order())

    def rule_for(self, source: str, target: str, dictionary_key: str) -> Chosen | None:
        """Find the rule that decides about an entry; ``None`` if it does not go."""
        for rank, rule in enumerate(self.rules):
            if (rule.source, rule.target) == (source, target) and rule.takes(dictionary_key):
                return None if rule.mode == "off" else Chosen(rank, rule)
        return None


DEFAULT_FLOWS = Flows(DEFAULT_RULES)


def _pattern(text: str) -> str:
    if text.count("|") != _PARTS - 1:
        message = f"{text!r} has not three parts; write connectionId|moduleId|key, each with * for anything"
        raise ValueError(message)
    return text


def _some(patterns: tuple[str, ...]) -> tuple[str, ...]:
    if not patterns:
        message = 'name at least one kind of entry, or leave the line out for all of them; mode = "off" lets none pass'
        raise ValueError(message)
    return patterns


class FlowTable(Table):
    """``[[flow]]``: which custom data goes along links."""

    from_: RecordTypeName = Field(alias="from", description="the record type that entries come from")
    to: RecordTypeName = Field(description="the record type that they go to, if two such records are linked")
    entries: Annotated[tuple[Annotated[str, AfterValidator(_pattern)], ...], AfterValidator(_some)] = Field(
        default=("*|*|*",),
        description="which entries: `connectionId|moduleId|key`, each part with `*` for anything; the first may be a "
        "connection's name, or empty for unowned entries",
    )
    mode: FlowMode = Field(
        description='`"copy"`: once, when the link appears; `"follow"`: later changes, too; `"off"`: never'
    )
    on_conflict: Literal["keep", "overwrite"] = Field(
        default="keep", description="what becomes of an entry that somebody wrote on the target itself"
    )


def read_flows(top: Scope, raw: object, connections: Mapping[str, str]) -> Flows:
    """Read all flows; problems go to the scope. Any rule from one type to another replaces the default for the two.

    Args:
        top: the scope of the file.
        raw: what stands under ``flow``.
        connections: ids of the connections, by name and by id.
    """
    tables = raw if isinstance(raw, list) else []
    found: list[tuple[Scope, FlowRule]] = []
    for position, table in enumerate(tables):
        if isinstance(table, dict):
            scope = top.inner("flow", position)
            rule = _read_rule(scope, table, connections)
            if rule is not None:
                _check_reached(scope, rule, found)
                found.append((scope, rule))
    rules = [rule for _scope, rule in found]
    given = {(rule.source, rule.target) for rule in rules}
    defaults = [rule for rule in DEFAULT_RULES if (rule.source, rule.target) not in given]
    _check_circles(defaults, found)
    return Flows((*rules, *defaults))


def _read_rule(scope: Scope, raw: dict[str, Any], connections: Mapping[str, str]) -> FlowRule | None:
    table = scope.read(FlowTable, raw, "[[flow]]")
    if table is None:
        return None
    patterns = [EntryPattern(*text.split("|")) for text in table.entries]
    for position, pattern in enumerate(patterns):
        owner = pattern.connection_id
        if owner in connections:
            patterns[position] = pattern._replace(connection_id=connections[owner])
        elif owner and ANY not in owner and not _ID.fullmatch(owner):
            names = [name for name, connection_id in connections.items() if name != connection_id]
            hint = did_you_mean(owner, names) if names else "; write * for any"
            scope.say(("entries", position), f"there is no connection {shown(owner)}{hint}")
    return FlowRule(table.from_, table.to, table.mode, tuple(patterns), table.on_conflict == "overwrite")


def _check_reached(scope: Scope, rule: FlowRule, before: Sequence[tuple[Scope, FlowRule]]) -> None:
    for earlier, other in before:
        if (other.source, other.target) == (rule.source, rule.target) and EVERY_ENTRY in other.patterns:
            line = earlier.place().line
            scope.say((), f"this flow is never used: that in line {line} takes every entry already; put it before that")
            return


def _check_circles(defaults: Sequence[FlowRule], found: Sequence[tuple[Scope, FlowRule]]) -> None:
    ways: dict[str, set[str]] = {}
    for rule in defaults:
        ways.setdefault(rule.source, set()).add(rule.target)
    for scope, rule in found:
        if rule.mode == "off":
            continue
        back = _way(ways, rule.target, rule.source)
        if back is None:
            ways.setdefault(rule.source, set()).add(rule.target)
        else:
            circle = " -> ".join([rule.source, *back])
            scope.say((), f'entries would go round in a circle, {circle}; switch one of these flows off: mode = "off"')


def _way(ways: Mapping[str, set[str]], start: str, end: str) -> list[str] | None:
    """Find a way from one record type to another, both ends included."""
    reached: dict[str, list[str]] = {start: [start]}
    waiting = [start]
    for place in waiting:
        for following in sorted(ways.get(place, ())):
            if following not in reached:
                reached[following] = [*reached[place], following]
                waiting.append(following)
    return reached.get(end)
