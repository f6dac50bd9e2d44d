"""The plan of flows, for anything that may stand on a record and its sources: done once, nothing is left to do."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given, strategies as st
from hypothesis.strategies import SearchStrategy
from msgspec.structs import replace

from crossdock.config.flows import EntryPattern, FlowRule, Flows
from crossdock.records import Working
from crossdock.store.flows.flow_plan import MOVES, Source, Target, Verdict, plan
from crossdock.store.flows.flowing import Brought
from crossdock.store.flows.links import Ref
from tests.store.shop import entry

KEYS = ("|x-crm|a", "|x-crm|b")
REFS = tuple(Ref(record_type, str(number)) for record_type in ("invite", "checkout") for number in range(2))
ENTRIES = st.dictionaries(st.sampled_from(("a", "b")), st.sampled_from("123")).map(
    lambda chosen: {
        key: one for name, value in chosen.items() for key, one in entry(None, name, value, module="x-crm").items()
    }
)
PATTERNS = st.sampled_from(((EntryPattern("*", "*", "*"),), (EntryPattern("", "x-crm", "a"),)))


def rules(*, overwriting: SearchStrategy[bool]) -> SearchStrategy[Flows]:
    """Any rules from invites and checkouts to orders."""
    one = st.builds(
        FlowRule,
        st.sampled_from(("invite", "checkout")),
        st.just("order"),
        st.sampled_from(("copy", "follow", "off")),
        PATTERNS,
        overwriting,
    )
    return st.lists(one, max_size=3).map(lambda found: Flows(tuple(found)))


@st.composite
def targets(draw: st.DrawFn) -> Target:
    """An order with entries, some of them brought, and some of those changed or deleted since."""
    entries = draw(ENTRIES)
    brought: dict[str, Brought] = {}
    for key in draw(st.sets(st.sampled_from(KEYS))):
        was = entries.get(key) if draw(st.booleans()) else draw(ENTRIES).get(key)
        brought[key] = Brought(draw(st.sampled_from(REFS)), was)
    return Target("order", entries, brought, frozenset(draw(st.sets(st.sampled_from(KEYS), max_size=1))))


@st.composite
def linked(draw: st.DrawFn) -> list[Source]:
    """Any records that are linked with it."""
    refs = draw(st.lists(st.sampled_from(REFS), unique=True))
    position = st.one_of(st.none(), st.integers(0, 2))
    return [Source(ref, draw(ENTRIES), draw(position), copied=draw(st.booleans())) for ref in refs]


def done(target: Target, verdicts: list[Verdict]) -> Target:
    """The target as it is when the plan has been carried out."""
    entries: Working = dict(target.entries)
    brought = dict(target.brought)
    for one in verdicts:
        if one.decision in MOVES and one.entry is not None:
            entries[one.key] = one.entry
        elif one.decision in MOVES:
            entries.pop(one.key, None)
        if one.decision in {"bring", "change", "overwrite", "there"} and one.source is not None:
            brought[one.key] = Brought(one.source, one.entry)
        elif one.decision == "takeBack":
            del brought[one.key]
    return replace(target, entries=entries, brought=brought)


def moves(verdicts: list[Verdict]) -> list[Verdict]:
    return [one for one in verdicts if one.decision in MOVES]


@given(rules(overwriting=st.booleans()), targets(), linked())
def test_what_is_done_is_not_done_again(flows: Flows, target: Target, sources: list[Source]) -> None:
    after = done(target, plan(flows, target, sources))
    assert moves(plan(flows, after, [replace(source, copied=True) for source in sources])) == []


def of(value: str) -> Working:
    return entry(None, "a", value, module="x-crm")


@pytest.mark.parametrize("overwrites", [True, False])
@pytest.mark.parametrize("offered", ["1", "3"])
def test_a_flow_behind_a_preferred_copy_does_not_get_its_turn_when_that_is_made(offered: str, overwrites: bool) -> None:
    copy = FlowRule("invite", "order", "copy", overwrites=overwrites)
    flows = Flows((copy, FlowRule("checkout", "order", "follow", overwrites=True)))
    invite, checkout = Ref("invite", "0"), Ref("checkout", "0")
    target = Target("order", of("1"), {})
    after = done(target, plan(flows, target, [Source(invite, of(offered)), Source(checkout, of("2"))]))
    assert after.entries == of(offered if overwrites else "1")
    later = [Source(invite, of(offered), copied=True), Source(checkout, of("2"), copied=True)]
    assert moves(plan(flows, after, later)) == []


def test_of_two_copies_alike_the_one_that_was_not_made_yet_counts() -> None:
    flows = Flows((FlowRule("checkout", "order", "copy", overwrites=True),))
    sources = [Source(ref, of("2"), copied=ref.local_id == "0") for ref in REFS if ref.record_type == "checkout"]
    target = Target("order", of("1"), {})
    for found in (sources, sources[::-1]):
        assert done(target, plan(flows, target, found)).entries == of("2")


@given(rules(overwriting=st.just(False)), targets(), linked())
def test_what_is_the_targets_own_is_kept_unless_a_rule_overwrites(
    flows: Flows, target: Target, sources: list[Source]
) -> None:
    own = [
        key
        for key in KEYS
        if (before := target.brought.get(key)) is None or before.entry != target.entries.get(key) or key in target.own
    ]
    after = done(target, plan(flows, target, sources))
    kept = [key for key in own if key in target.entries]
    assert {key: after.entries[key] for key in kept} == {key: target.entries[key] for key in kept}


@given(rules(overwriting=st.booleans()), targets(), linked())
def test_every_entry_that_comes_is_a_copy_of_one_that_its_source_has(
    flows: Flows, target: Target, sources: list[Source]
) -> None:
    has = {source.ref: source.entries for source in sources}
    for one in moves(plan(flows, target, sources)):
        if one.entry is not None:
            assert one.source is not None
            assert has[one.source][one.key] == one.entry


@given(rules(overwriting=st.booleans()), targets(), linked(), st.randoms(use_true_random=False))
def test_it_does_not_matter_in_what_order_sources_are_found(
    flows: Flows, target: Target, sources: list[Source], random: Random
) -> None:
    shuffled = random.sample(sources, len(sources))
    first, second = (done(target, plan(flows, target, one)) for one in (sources, shuffled))
    assert first.entries == second.entries
