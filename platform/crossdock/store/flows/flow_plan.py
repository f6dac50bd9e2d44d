"""Decides what flows do to one record: pure, from what its sources have and what was brought before.

It looks at states, not at events, so doing it twice changes nothing, and it does not matter what came first.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Literal, NamedTuple, TypeAlias

from msgspec import Struct

from crossdock.config.flows import Chosen, FlowRule, Flows
from crossdock.customdata.sameness import same
from crossdock.records import Working
from crossdock.records.wire import dump_stored
from crossdock.store.flows.flowing import Brought
from crossdock.store.flows.links import Ref

Decision: TypeAlias = Literal["bring", "change", "overwrite", "takeBack", "there", "kept", "copied", "refused", "off"]

# What the record is like afterwards, for these; nothing is written for the others.
MOVES: frozenset[Decision] = frozenset({"bring", "change", "overwrite", "takeBack"})

# The order in which sources are preferred: by rule, then by their place in the target's links, then by the entry's
# text. None of it depends on what arrived first.
Rank: TypeAlias = tuple[int, int, bytes]
_LAST: Rank = (2**31, 0, b"")
_NO_PLACE = 2**31


class Source(Struct, frozen=True):
    """A record that is linked with the target.

    ``position`` is the place of its link in the target's own ``links``, ``None`` if the link stands in the source;
    ``copied`` says that flows of mode copy have gone from it to the target already.
    """

    ref: Ref
    entries: Working
    position: int | None = None
    copied: bool = False


class Verdict(NamedTuple):
    """What is decided about one entry: what it shall be (``None``: gone), and where it comes from, if anywhere."""

    key: str
    decision: Decision
    entry: Working | None = None
    source: Ref | None = None
    reason: str = ""


class _Offer(NamedTuple):
    """An entry that a source has for the target; ``spent`` is a copy whose only time is over."""

    rank: Rank
    source: Ref
    rule: FlowRule
    entry: Working
    spent: bool


class Target(Struct, frozen=True):
    """The record to which entries flow.

    ``brought`` is what flows have to do with already; ``own`` are entries that are the target's own, although they may
    be equal to what was brought: its import produces them.
    """

    record_type: str
    entries: Working
    brought: Mapping[str, Brought]
    own: frozenset[str] = frozenset()


def plan(flows: Flows, target: Target, sources: Sequence[Source]) -> list[Verdict]:
    """Decide about every entry that a source has or a flow has brought, in the order of their keys."""
    keys = set(target.brought).union(*(source.entries for source in sources))
    return [_Key(flows, target, sources, key).verdict() for key in sorted(keys)]


class _Key:
    """One dictionary key of the target."""

    def __init__(self, flows: Flows, target: Target, sources: Sequence[Source], key: str) -> None:
        self.key = key
        self.flows = flows
        self.target = target
        self.sources = sources
        self.current: Working | None = target.entries.get(key)
        before = target.brought.get(key)
        self.brought = before if before is not None and before.entry is not None else None

    def verdict(self) -> Verdict:
        if self.brought is None:
            if self.current is None:
                return self._first()
            return self._beside("it was written on the target itself")
        if not same(self.current, self.brought.entry) or self.key in self.target.own:
            return self._beside("it was changed on the target since it was brought")
        return self._again(self.brought)

    def _offers(self) -> list[_Offer]:
        offers = []
        for source in self.sources:
            chosen = self._chosen(source.ref)
            entry = source.entries.get(self.key)
            if chosen is not None and entry is not None:
                rank, spent = self._rank(source, chosen.rank, entry), chosen.rule.mode == "copy" and source.copied
                offers.append(_Offer(rank, source.ref, chosen.rule, entry, spent))
        return offers

    def _best_to_come(self) -> _Offer | None:
        return _best(offer for offer in self._offers() if not offer.spent)

    def _first(self) -> Verdict:
        """Decide about an entry that the target does not have, and that no flow has brought so far."""
        best = self._best_to_come()
        return self._nothing() if best is None else Verdict(self.key, "bring", best.entry, best.source)

    def _beside(self, reason: str) -> Verdict:
        """Decide about an entry that is the target's own.

        A copy that was preferred when it was made, or not made, still is: what comes behind it does not get its turn.
        """
        best = _best(self._offers())
        if best is None or best.spent:
            return self._nothing()
        if same(best.entry, self.current):
            return Verdict(self.key, "kept", best.entry, best.source, "the target has the same of its own")
        if best.rule.overwrites:
            return Verdict(self.key, "overwrite", best.entry, best.source)
        return Verdict(self.key, "kept", self.current, best.source, reason)

    def _again(self, brought: Brought) -> Verdict:
        """Decide about an entry that is as it was brought."""
        best = self._best_to_come()
        stays, rank = self._standing(brought)
        if best is None:
            if stays:
                return Verdict(self.key, "there", self.current, brought.source, "it was copied")
            return Verdict(self.key, "takeBack", None, brought.source)
        if stays and rank <= best.rank:
            return Verdict(self.key, "there", self.current, brought.source, "it was copied")
        if same(best.entry, self.current):
            return Verdict(self.key, "there", best.entry, best.source, "it was brought")
        return Verdict(self.key, "change", best.entry, best.source)

    def _standing(self, brought: Brought) -> tuple[bool, Rank]:
        """Say whether an entry stays even if its source no longer offers it, and how it ranks beside other offers.

        What a source that is still followed does not have any more goes; what was copied stays, and so does what came
        over a link or by a rule that is no longer there.
        """
        for source in self.sources:
            if source.ref == brought.source:
                chosen = self._chosen(source.ref)
                if chosen is None:
                    break
                return chosen.rule.mode == "copy", self._rank(source, chosen.rank, brought.entry)
        return True, _LAST

    def _nothing(self) -> Verdict:
        spent = _best(offer for offer in self._offers() if offer.spent)
        if spent is not None:
            return Verdict(self.key, "copied", self.current, spent.source, "a copy is made once, and that was before")
        source_with = next((source.ref for source in self.sources if self.key in source.entries), None)
        return Verdict(self.key, "off", self.current, source_with, "no flow takes it")

    def _chosen(self, source: Ref) -> Chosen | None:
        return self.flows.rule_for(source.record_type, self.target.record_type, self.key)

    @staticmethod
    def _rank(source: Source, rule: int, entry: Working | None) -> Rank:
        return rule, _NO_PLACE if source.position is None else source.position, dump_stored(entry)


def _best(offers: Iterable[_Offer]) -> _Offer | None:
    return min(offers, default=None, key=lambda offer: (offer.rank, offer.spent))
