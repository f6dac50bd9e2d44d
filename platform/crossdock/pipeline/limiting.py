"""Refuses what breaks limits: entries of a finished record that are not kept, and the account of their leaves.

The entry is taken out of the record before it is stored, and the leaves that were kept in it are counted as refused.
Their values stay in the payload.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

from crossdock.customdata.entry import TYPE_OF
from crossdock.customdata.key import dictionary_key, split_dictionary_key
from crossdock.customdata.stash import read_stash_key
from crossdock.limits.excess import Excess
from crossdock.limits.rule import LimitRule
from crossdock.limits.sieve import Item, items_of, sift
from crossdock.mapping.definition import Line
from crossdock.mapping.leaves import Path, count_leaves
from crossdock.mapping.ledger import Ledger
from crossdock.mapping.mapped import Mapped
from crossdock.mapping.mapper import Mapper
from crossdock.records import SUB_RECORDS, Stash, Working

if TYPE_CHECKING:
    from crossdock.mapping.account import Accountant, LeafFate


class RefusedEntry(NamedTuple):
    """An entry that was not kept.

    ``place`` is where it would have stood, such as ``rows[].customData``; ``key`` is its own key; ``part`` is where in
    the payload its part was made from, ``None`` of a part that was made of nothing; ``value`` is known of a stash.
    """

    place: str
    key: str
    part: Path | None
    value: Any
    excess: Excess


@dataclass
class Limiter:
    """Refuses entries of the records of one import; built once, used for every record."""

    rules: Sequence[LimitRule]
    mapper: Mapper

    def refuse(self, mapped: Mapped, payload: Working) -> list[RefusedEntry]:
        """Take out of a finished record what breaks a limit, and count its leaves as refused."""
        found = [
            entry
            for place, part, holder in self._holders(mapped)
            if holder.get("customData")
            for entry in self._refuse_in(place, part, holder)
        ]
        if found:
            mapped.ledger = shifted(mapped.ledger, *self._count(found, mapped, payload))
        return found

    def account(self, found: Sequence[RefusedEntry], mapped: Mapped, payload: Working) -> list[LeafFate]:
        """List the leaves that entries which were not kept had in them, by the reference account."""
        own = dictionary_key(self.mapper.connection_id, self.mapper.mapping.module_id, "")
        wanted = {(one.part, one.key) for one in found if str(one.excess.key).startswith(own)}
        fates = self._accountant.account(payload, mapped.refusals)
        kept = [fate for fate in fates if (fate.part, fate.key) in wanted]
        units = {fate.unit for fate in kept if fate.entry is None}  # what is empty in an entry of a list was stashed
        gaps = [
            fate
            for fate in fates
            if units and fate.fate == "empty" and any(fate.path[:end] in units for end in range(len(fate.path) + 1))
        ]
        return kept + gaps

    @cached_property
    def _accountant(self) -> Accountant:
        from crossdock.mapping.account import Accountant  # noqa: PLC0415 - only where something is refused

        return Accountant(self.mapper.mapping)

    def _holders(self, mapped: Mapped) -> Iterator[tuple[str, Path | None, Working]]:
        yield "customData", (), mapped.record
        made: dict[tuple[str, str], Path] = {}
        for part in mapped.parts:
            path: Path = () if part.element is None else (*part.block.over, part.element)
            made[part.target, part.record[part.block.id_name]] = path
        for name, id_name in SUB_RECORDS[self.mapper.mapping.record_type].items():
            for item in mapped.record.get(name, ()):
                yield f"{name}[].customData", made.get((name, item[id_name])), item

    def _refuse_in(self, place: str, part: Path | None, holder: Working) -> Iterator[RefusedEntry]:
        entries = holder["customData"]
        stash = entries if type(entries) is Stash else None
        for name, excess in sift(self.rules, items_of(entries) if stash is None else _items(stash)).items():
            key = split_dictionary_key(name)[2]
            value = _UNKNOWN if stash is None else stash.values.pop(key)
            if stash is None:
                del entries[name]
            yield RefusedEntry(place, key, part, value, excess)
        if not (entries if stash is None else stash.values):
            del holder["customData"]

    # -- the account -------------------------------------------------------------------------------------------------

    def _count(self, found: Sequence[RefusedEntry], mapped: Mapped, payload: Working) -> tuple[int, int, int]:
        """Count the leaves that were mapped, stashed and empty.

        That is quick where they can only have been stashed; else it is the reference account's.
        """
        stashed = empty = 0
        for one in found:
            if one.value is _UNKNOWN or one.part is None or self._is_irregular(one.key, one.part):
                classes = Counter(fate.fate for fate in self.account(found, mapped, payload))
                return classes["mapped"], classes["stashed"], classes["empty"]
            leaves, gaps = count_leaves(one.value)
            if read_stash_key(one.key, self.mapper.mapping.prefixes).prefix is not None:
                stashed += leaves + 1  # an entry of a key/value list: its key is a leaf as well
            else:
                stashed, empty = stashed + leaves - gaps, empty + gaps
        return 0, stashed, empty

    def _is_irregular(self, key: str, part: Path) -> bool:
        """Whether a line may have taken something of what is stashed under a key."""
        names = self._irregular[()]
        if part:
            if names & {None, part[0]}:
                return True
            names = self._irregular[part[:-1]]
        place = read_stash_key(key, self.mapper.mapping.prefixes)
        first = place.path[:1] or [str(item.path[-1]) for item in self.mapper.mapping.key_values]
        return not names.isdisjoint([None, *first])

    @cached_property
    def _irregular(self) -> dict[Path, frozenset[str | int | None]]:
        """By scope the names below which a line keeps what it takes, or takes what its path does not tell.

        ``None`` stands for any name.
        """
        mapping = self.mapper.mapping
        single = [line for block in mapping.single_blocks for line in block.lines]
        scopes: dict[Path, list[Line]] = {(): [*mapping.lines, *single]}
        scopes |= {over: list(block.lines) for over, block in mapping.list_blocks.items()}
        return {
            over: frozenset(
                pattern[0] if pattern and isinstance(pattern[0], str) else None
                for line in lines
                if line.keep or not self._is_plain((*over, 0) if over else (), line)
                for pattern in line.expression.touches
            )
            for over, lines in scopes.items()
        }

    def _is_plain(self, scope: Path, line: Line) -> bool:
        if self._accountant.is_lookup(scope, line):
            return True
        found = line.expression
        return bool(found.plain or found.unary) and not self._enters_list(scope, line)

    def _enters_list(self, scope: Path, line: Line) -> bool:
        """Whether a line takes something out of an entry of a key/value list, which is stashed whole all the same."""
        return any(
            self._accountant.list_at((*scope, *pattern[:end]))
            for pattern in line.expression.touches
            for end in range(1, len(pattern) + 1)
        )


_UNKNOWN = object()


def shifted(ledger: Ledger, mapped: int, stashed: int, empty: int) -> Ledger:
    """Count leaves as refused that were counted as mapped, stashed and empty."""
    return ledger._replace(
        mapped=ledger.mapped - mapped,
        stashed=ledger.stashed - stashed,
        empty=ledger.empty - empty,
        refused=ledger.refused + mapped + stashed + empty,
    )


def _items(stash: Stash) -> list[Item]:
    owner, module = stash.connection_id, stash.module_id
    lead, types = f"{owner}|{module}|", TYPE_OF
    return [
        Item(lead + key, owner, module, key, types.get(type(value), "json"), value)
        for key, value in stash.values.items()
    ]
