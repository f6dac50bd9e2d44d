"""Whatever order the same events come in, flows end in the same state.

What is excluded depends on the order by its meaning: a copy is made once, so its source does not change afterwards,
and nothing goes that was preferred to it; where flows overwrite, nothing is deleted at the source, since what stood on
the target would be gone or not; and what is deleted on the target is nothing that a flow could bring again.
"""

from __future__ import annotations

from typing import NamedTuple

from hypothesis import given, settings, strategies as st

from crossdock.config.flows import FlowMode, FlowRule, Flows
from crossdock.records import Working
from crossdock.store import Store
from crossdock.store.flows.flow import FlowFollower
from tests.databases import Slate
from tests.store.shop import OPERATOR, SHOP, entry

SHARED, OWN = ("k1", "k2"), ("d1", "d2")
MODES: tuple[FlowMode, ...] = ("copy", "follow")
LINKS = {
    "invite": [],
    "checkout": [],
    "order": ["invite", "checkout"],
    "shipment": ["order"],
}


class Event(NamedTuple):
    """Somebody writes an entry of a record, or deletes it (``value`` is ``None``)."""

    record: str
    key: str
    value: str | None


class World(NamedTuple):
    """Rules, and what happens to each record in its own order, beginning with its creation."""

    flows: Flows
    lives: dict[str, list[Event]]


@st.composite
def lives(draw: st.DrawFn, record: str, written: tuple[str, ...], deleted: tuple[str, ...], most: int) -> list[Event]:
    """What happens to one record; no value is one that another record has."""
    number = st.integers(0, 2).map(lambda one: f"{record} {one}")
    puts = st.builds(Event, st.just(record), st.sampled_from(written), number)
    drops = st.builds(Event, st.just(record), st.sampled_from(deleted or written), st.none())
    return draw(st.lists(st.one_of(puts, puts, drops) if deleted else puts, max_size=most))


@st.composite
def worlds(draw: st.DrawFn) -> World:
    modes = (draw(st.sampled_from(MODES)), draw(st.sampled_from(MODES)))
    beaten = modes == ("follow", "follow") and draw(st.booleans())  # what stands on the order itself
    also = draw(st.booleans())  # what stands on the shipment itself
    flows = Flows(
        (
            FlowRule("invite", "order", modes[0], overwrites=beaten),
            FlowRule("checkout", "order", modes[1], overwrites=beaten),
            FlowRule("order", "shipment", "follow", overwrites=also),
        )
    )
    found = {}
    for record, mode in zip(("invite", "checkout"), modes, strict=True):
        deleted = () if beaten or also or modes == ("follow", "copy") else SHARED
        found[record] = draw(lives(record, SHARED, deleted, 4 if mode == "follow" else 0))
    found["order"] = draw(lives("order", SHARED + OWN, () if also else OWN, 5))
    found["shipment"] = draw(lives("shipment", SHARED + OWN, (), 3))
    return World(flows, found)


@st.composite
def orders_of(draw: st.DrawFn, world: World) -> list[str]:
    """Whose turn it is, one event after the other."""
    turns = [record for record, events in world.lives.items() for _ in range(len(events) + 1)]
    return draw(st.permutations(turns))


def outcome(slate: Slate, world: World, turns: list[str], beginnings: dict[str, Working]) -> dict[str, Working]:
    """What every record carries when all has happened in this order."""
    with slate.store(followers=(FlowFollower(world.flows),)) as store:
        ids: dict[str, str] = {}
        left = {record: iter(events) for record, events in world.lives.items()}
        for record in turns:
            if record not in ids:
                links = [{"recordType": to, "connectionId": SHOP, "remoteId": to} for to in LINKS[record]]
                content = {"remoteIdMap": {SHOP: record}, "links": links, "customData": beginnings[record]}
                ids[record] = store.write_record(OPERATOR, record, None, content).local_id
            else:
                happen(store, ids[record], next(left[record]))
        found = {record: store.record(record, local_id) or {} for record, local_id in ids.items()}
        return {record: one.get("customData", {}) for record, one in found.items()}


def happen(store: Store, local_id: str, event: Event) -> None:
    def after(before: Working) -> Working:
        entries = {**before.get("customData", {})}
        entries.pop(f"|x-crm|{event.key}", None)
        if event.value is not None:
            entries |= entry(None, event.key, event.value, module="x-crm")
        return {**before, "customData": entries}

    store.write_record(OPERATOR, event.record, local_id, after)


@st.composite
def begun(draw: st.DrawFn) -> dict[str, Working]:
    """What each record carries when it is created."""
    found: dict[str, Working] = {}
    for record in LINKS:
        keys = draw(st.sets(st.sampled_from(SHARED), max_size=2))
        found[record] = {}
        for key in keys:
            found[record] |= entry(None, key, f"{record} at first", module="x-crm")
    return found


@settings(max_examples=30)
@given(world=worlds(), beginnings=begun(), data=st.data())
def test_the_same_events_in_any_order_end_in_the_same_state(
    slate: Slate, world: World, beginnings: dict[str, Working], data: st.DataObject
) -> None:
    first = data.draw(orders_of(world))
    second = data.draw(orders_of(world))
    assert outcome(slate, world, first, beginnings) == outcome(slate, world, second, beginnings)
