"""Custom data goes along links: by rules, word for word, once or for good, and never over what others wrote."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import permutations, product

import pytest
from sqlalchemy import select

from crossdock.config.flows import DEFAULT_FLOWS, EntryPattern, FlowMode, FlowRule, Flows
from crossdock.errors import OwnershipError
from crossdock.limits.limits import Limits
from crossdock.limits.rule import LimitRule
from crossdock.records import Working
from crossdock.records.wire import dump_stored
from crossdock.store import Actor, Store, Written
from crossdock.store.flows.flow import FlowFollower, refusal_by, refuse_nothing
from crossdock.store.flows.flowing import flowed_keys
from crossdock.store.sql.tables import log_events
from crossdock.store.writes.actor import Copy
from tests.store.shop import ERP, ERP_API, IMPORT, OPERATOR, SHOP, SHOP_API, entry, incoming, local_id, order, write

TIER = f"{ERP}|x-crm|tier"


@contextmanager
def flowing(url: str, flows: Flows = DEFAULT_FLOWS, limits: tuple[LimitRule, ...] = ()) -> Iterator[Store]:
    refuse = refusal_by(limits) if limits else refuse_nothing
    with Store.open(url, followers=(FlowFollower(flows, refuse),)) as store:
        yield store


@pytest.fixture
def store(url: str) -> Iterator[Store]:
    """A store with the default flows."""
    with flowing(url) as opened:
        yield opened


def tier(value: object, owner: str | None = ERP) -> Working:
    return entry(owner, "tier", value, module="x-crm")


GOLD = tier("gold")


def make(store: Store, record_type: str, *, links: list[Working] | None = None, **fields: object) -> Written:
    content = {**fields, **({"links": links} if links else {})}
    return store.write_record(OPERATOR, record_type, None, content)


def to(record_type: str, written: Written) -> Working:
    return {"recordType": record_type, "localId": written.local_id}


def remote(record_type: str, remote_id: str) -> Working:
    return {"recordType": record_type, "connectionId": SHOP, "remoteId": remote_id}


def entries(store: Store, record_type: str, record: Written | str) -> Working:
    found = store.record(record_type, record if isinstance(record, str) else record.local_id)
    assert found is not None
    content: Working = found.get("customData", {})
    return content


def values(store: Store, record_type: str, record: Written | str) -> dict[str, object]:
    return {one["key"]: one["value"] for one in entries(store, record_type, record).values()}


def put(store: Store, record_type: str, record: Written, *given: Working, actor: Actor = OPERATOR) -> None:
    """Write entries beside those that are there."""
    merged: Working = {}
    for one in given:
        merged |= one

    def after(before: Working) -> Working:
        return {**before, "customData": {**before.get("customData", {}), **merged}}

    store.write_record(actor, record_type, record.local_id, after)


def drop(store: Store, record_type: str, record: Written, key: str = TIER) -> None:
    def after(before: Working) -> Working:
        return {**before, "customData": {name: one for name, one in before["customData"].items() if name != key}}

    store.write_record(OPERATOR, record_type, record.local_id, after)


def rules(source: str, target: str, mode: FlowMode, *patterns: str, overwrites: bool = False) -> Flows:
    found = tuple(EntryPattern(*pattern.split("|")) for pattern in patterns or ("*|*|*",))
    return Flows((FlowRule(source, target, mode, found, overwrites),))


# What goes where


def test_an_order_gets_the_entries_of_its_checkout_word_for_word(store: Store) -> None:
    given = tier("gold") | entry(SHOP, "json", {"a": [1, None]}) | entry(None, "note", "", module="x-a")
    checkout = make(store, "checkout", customData=given)
    bought = make(store, "order", links=[to("checkout", checkout)])
    assert entries(store, "order", bought) == entries(store, "checkout", checkout)
    assert bought.record["customData"] == entries(store, "checkout", checkout)  # what was written is told as it stands
    assert bought.version == 2


def test_the_link_may_stand_in_either_record(store: Store) -> None:
    bought = make(store, "order")
    make(store, "invite", customData=tier("gold"), links=[to("order", bought)])
    assert values(store, "order", bought) == {"tier": "gold"}


def test_entries_of_an_order_follow_to_its_shipments(store: Store) -> None:
    bought = make(store, "order", customData=tier("gold"))
    shipments = [make(store, "shipment", links=[to("order", bought)]) for _ in range(2)]
    put(store, "order", bought, tier("silver"), entry(SHOP, "new", 1))
    assert [values(store, "shipment", one) for one in shipments] == [{"tier": "silver", "new": "1"}] * 2
    drop(store, "order", bought)
    assert [values(store, "shipment", one) for one in shipments] == [{"new": "1"}] * 2


def test_a_copy_is_made_once(store: Store) -> None:
    checkout = make(store, "checkout", customData=tier("gold"))
    bought = make(store, "order", links=[to("checkout", checkout)])
    put(store, "checkout", checkout, tier("silver"), entry(SHOP, "new", 1))
    assert values(store, "order", bought) == {"tier": "gold"}
    drop(store, "order", bought)
    put(store, "checkout", checkout, tier("bronze"))
    assert entries(store, "order", bought) == {}


def test_nothing_flows_to_a_refund_or_backwards_or_without_a_link(store: Store) -> None:
    bought = make(store, "order", customData=tier("gold"))
    refund = make(store, "refund", links=[to("order", bought)])
    shipment = make(store, "shipment", links=[to("order", bought)], customData=entry(SHOP, "own", 1))
    alone = make(store, "shipment")
    assert entries(store, "refund", refund) == entries(store, "shipment", alone) == {}
    assert values(store, "order", bought) == {"tier": "gold"}
    assert values(store, "shipment", shipment) == {"tier": "gold", "own": "1"}


def test_only_the_entries_that_a_rule_names_flow(url: str) -> None:
    with flowing(url, rules("order", "refund", "follow", "*|x-crm|t*")) as store:
        bought = make(store, "order", customData=tier("gold") | entry(SHOP, "tier", 1))
        refund = make(store, "refund", links=[to("order", bought)])
        assert list(entries(store, "refund", refund)) == [TIER]


def test_entries_of_rows_do_not_flow(store: Store) -> None:
    row = {"rowId": "1" * 32, "type": "product", "customData": tier("gold")}
    checkout = make(store, "checkout", rows=[row])
    bought = make(store, "order", rows=[{"rowId": "1" * 32, "type": "product"}], links=[to("checkout", checkout)])
    assert bought.record["rows"] == [{"rowId": "1" * 32, "type": "product"}]
    assert "customData" not in bought.record


# Who arrives when


@pytest.mark.parametrize("arriving", list(permutations(("invite", "order", "shipment"))))
def test_rules_chain_in_whatever_order_the_records_arrive(store: Store, arriving: tuple[str, ...]) -> None:
    made: dict[str, Working] = {
        "invite": {"customData": tier("gold"), "remoteIdMap": {SHOP: "i"}},
        "order": {"links": [remote("invite", "i")], "remoteIdMap": {SHOP: "o"}},
        "shipment": {"links": [remote("order", "o")]},
    }
    ids = {kind: store.write_record(OPERATOR, kind, None, made[kind]).local_id for kind in arriving}
    assert values(store, "order", ids["order"]) == values(store, "shipment", ids["shipment"]) == {"tier": "gold"}


@pytest.mark.parametrize("named", [*product((True, False), repeat=2)])
def test_copies_chain_whichever_records_the_links_stand_in(url: str, named: tuple[bool, bool]) -> None:
    flows = Flows((FlowRule("invite", "order", "copy"), FlowRule("order", "shipment", "copy")))
    invited, sent = named
    with flowing(url, flows) as store:
        make(store, "invite", links=[] if invited else [remote("order", "o")], remoteIdMap={SHOP: "i"}, customData=GOLD)
        shipment = make(store, "shipment", links=[] if sent else [remote("order", "o")], remoteIdMap={SHOP: "s"})
        links = [*([remote("shipment", "s")] if sent else []), *([remote("invite", "i")] if invited else [])]
        make(store, "order", links=links, remoteIdMap={SHOP: "o"})
        assert entries(store, "shipment", shipment) == GOLD


@pytest.mark.parametrize("kinds", [*permutations(("checkout", "order"))])
def test_what_comes_in_two_ways_at_once_comes_by_the_first_rule(url: str, kinds: tuple[str, ...]) -> None:
    first = FlowRule("checkout", "order", "follow")
    flows = Flows((first, FlowRule("invite", "checkout", "copy"), FlowRule("invite", "order", "copy", overwrites=True)))
    with flowing(url, flows) as store:
        checkout = make(store, "checkout")
        order = make(store, "order", links=[to("checkout", checkout)], customData=tier("own"))
        made = {"checkout": checkout, "order": order}
        make(store, "invite", links=[to(kind, made[kind]) for kind in kinds], customData=GOLD)
        assert (entries(store, "checkout", checkout), entries(store, "order", order)) == (GOLD, tier("own"))


def test_an_order_that_is_imported_later_is_found_by_what_waits_for_it(store: Store) -> None:
    shipment = make(store, "shipment", links=[remote("order", "138")])
    checkout = make(store, "checkout", links=[remote("order", "138")], customData=tier("gold"))
    write(store, incoming(order("138", customData=entry(SHOP, "total", "1"))), incoming(order("139")))
    assert values(store, "order", local_id(store, "138")) == {"tier": "gold", "total": "1"}
    assert values(store, "shipment", shipment) == {"tier": "gold", "total": "1"}
    assert entries(store, "order", local_id(store, "139")) == {}
    put(store, "checkout", checkout, tier("silver"))
    assert values(store, "shipment", shipment) == {"tier": "gold", "total": "1"}


def test_an_imported_order_with_a_link_gets_what_its_checkout_has(store: Store) -> None:
    make(store, "checkout", remoteIdMap={SHOP: "c"}, customData=entry(SHOP, "cart", "7"))
    produced = order("138", links=[remote("checkout", "c")], customData=entry(SHOP, "total", "1"))
    write(store, incoming(produced))
    bought = local_id(store, "138")
    assert values(store, "order", bought) == {"total": "1", "cart": "7"}
    changed = produced | {"channel": "web", "customData": entry(SHOP, "total", "2")}
    write(store, incoming(changed, modified="2024-05-02T10:00:00Z"))
    assert values(store, "order", bought) == {"total": "2", "cart": "7"}
    assert (store.record("order", bought) or {})["channel"] == "web"


def test_what_an_import_changes_follows(store: Store) -> None:
    shipment = make(store, "shipment", links=[remote("order", "138")])
    write(store, incoming(order("138", customData=entry(SHOP, "total", "1"))))
    write(store, incoming(order("138", customData=entry(SHOP, "total", "2")), modified="2024-05-02T10:00:00Z"))
    assert values(store, "shipment", shipment) == {"total": "2"}


def test_doing_it_again_changes_nothing(store: Store) -> None:
    bought = make(store, "order", customData=tier("gold"))
    shipment = make(store, "shipment", links=[to("order", bought)])
    before = store.record("shipment", shipment.local_id)
    store.write_record(OPERATOR, "order", bought.local_id, lambda record: {**record, "channel": "web"})
    store.write_record(OPERATOR, "shipment", shipment.local_id, lambda record: {**record})
    assert store.record("shipment", shipment.local_id) == before


def test_when_a_link_goes_what_was_brought_stays_and_follows_no_longer(store: Store) -> None:
    bought = make(store, "order", customData=tier("gold"))
    shipment = make(store, "shipment", links=[to("order", bought)])
    store.write_record(
        OPERATOR,
        "shipment",
        shipment.local_id,
        lambda record: {**record, "links": [], "customData": record["customData"]},
    )
    drop(store, "order", bought)
    assert values(store, "shipment", shipment) == {"tier": "gold"}
    store.delete_record(OPERATOR, "order", bought.local_id)
    assert values(store, "shipment", shipment) == {"tier": "gold"}


# What was written on the target itself


def test_a_flow_keeps_what_was_on_the_target_before(store: Store) -> None:
    bought = make(store, "order", customData=tier("gold"))
    shipment = make(store, "shipment", links=[to("order", bought)], customData=tier("own"))
    put(store, "order", bought, tier("silver"))
    drop(store, "order", bought)
    assert values(store, "shipment", shipment) == {"tier": "own"}


def test_a_flow_keeps_what_was_changed_or_deleted_on_the_target_meanwhile(store: Store) -> None:
    other = entry(ERP, "other", "1", module="x-crm")
    bought = make(store, "order", customData=tier("gold") | other)
    shipment = make(store, "shipment", links=[to("order", bought)])
    put(store, "shipment", shipment, tier("own"), actor=ERP_API)
    drop(store, "shipment", shipment, f"{ERP}|x-crm|other")
    put(store, "order", bought, tier("silver"), entry(ERP, "other", "2", module="x-crm"))
    assert values(store, "shipment", shipment) == {"tier": "own"}
    drop(store, "order", bought)
    assert values(store, "shipment", shipment) == {"tier": "own"}


def test_a_flow_that_overwrites_does_so_before_and_afterwards(url: str) -> None:
    with flowing(url, rules("order", "shipment", "follow", overwrites=True)) as store:
        bought = make(store, "order", customData=tier("gold"))
        shipment = make(store, "shipment", links=[to("order", bought)], customData=tier("own"))
        assert values(store, "shipment", shipment) == {"tier": "gold"}
        put(store, "shipment", shipment, tier("again"), actor=ERP_API)
        assert values(store, "shipment", shipment) == {"tier": "gold"}


def test_a_copy_that_overwrites_does_so_once(url: str) -> None:
    with flowing(url, rules("order", "shipment", "copy", overwrites=True)) as store:
        bought = make(store, "order", customData=tier("gold"))
        shipment = make(store, "shipment", links=[to("order", bought)], customData=tier("own"))
        assert values(store, "shipment", shipment) == {"tier": "gold"}
        put(store, "shipment", shipment, tier("again"), actor=ERP_API)
        assert values(store, "shipment", shipment) == {"tier": "again"}


def test_what_the_targets_own_import_produces_is_its_own_although_it_is_the_same(url: str) -> None:
    with flowing(url, rules("checkout", "order", "follow")) as store:
        total = entry(SHOP, "total", "1")
        checkout = make(store, "checkout", links=[remote("order", "138")], customData=total)
        write(store, incoming(order("138")))
        assert values(store, "order", local_id(store, "138")) == {"total": "1"}
        write(store, incoming(order("138", customData=total), modified="2024-05-02T10:00:00Z"))
        drop(store, "checkout", checkout, next(iter(total)))
        assert values(store, "order", local_id(store, "138")) == {"total": "1"}


# Several sources


def test_of_several_sources_the_first_rule_is_preferred_whichever_arrived_first(url: str) -> None:
    flows = Flows((FlowRule("checkout", "order", "copy"), FlowRule("invite", "order", "copy")))
    for kinds in permutations(("checkout", "invite")):
        with flowing(url, flows) as store:
            bought = make(store, "order", links=[remote(kind, "1" + "".join(kinds)) for kind in kinds])
            for kind in kinds:
                make(store, kind, remoteIdMap={SHOP: "1" + "".join(kinds)}, customData=tier(kind))
            assert values(store, "order", bought) == {"tier": "checkout"}


def test_of_several_sources_of_one_type_the_first_link_is_preferred(store: Store) -> None:
    shipment = make(store, "shipment", links=[remote("order", "1"), remote("order", "2")])
    second = make(store, "order", remoteIdMap={SHOP: "2"}, customData=tier("second"))
    assert values(store, "shipment", shipment) == {"tier": "second"}
    first = make(store, "order", remoteIdMap={SHOP: "1"}, customData=tier("first"))
    assert values(store, "shipment", shipment) == {"tier": "first"}
    drop(store, "order", first)
    assert values(store, "shipment", shipment) == {"tier": "second"}
    drop(store, "order", second)
    assert values(store, "shipment", shipment) == {}


# Who it belongs to


def test_the_history_says_where_an_entry_came_from(store: Store) -> None:
    bought = make(store, "order", customData=tier("gold"))
    shipment = make(store, "shipment", links=[to("order", bought)])
    line = store.history("shipment", shipment.local_id)[-1]
    assert (line.actor_kind, line.through, line.path) == ("flow", "flow", f"customData[{TIER}]")
    assert line.actor_name == f"flow order->shipment from order/{bought.local_id}"
    assert (line.old, line.new) == (None, tier("gold")[TIER])


def test_the_owners_import_does_not_delete_what_a_flow_brought(store: Store) -> None:
    own = entry(SHOP, "total", "1")
    make(store, "checkout", links=[remote("order", "138")], customData=entry(SHOP, "cart", "7"))
    write(store, incoming(order("138", customData=own)))
    again = incoming(order("138", customData=own, channel="web"), modified="2024-05-02T10:00:00Z")
    write(store, again)
    assert values(store, "order", local_id(store, "138")) == {"total": "1", "cart": "7"}


def test_the_keys_that_flows_brought_are_told_until_somebody_changes_them(store: Store) -> None:
    bought = make(store, "order", customData=tier("gold"))
    shipment = make(store, "shipment", links=[to("order", bought)], customData=entry(ERP, "own", 1, module="x-crm"))

    def keys() -> dict[str, frozenset[str]]:
        with store._database.read() as connection:
            return flowed_keys(connection, "shipment", shipment.local_id)

    assert keys() == {"": frozenset({TIER})}
    put(store, "shipment", shipment, tier("own"), actor=ERP_API)
    assert keys() == {}


def test_nothing_is_remembered_of_deleted_records(store: Store) -> None:
    bought = make(store, "order", customData=tier("gold"))
    checkout = make(store, "checkout", links=[to("order", bought)])
    shipment = make(store, "shipment", links=[to("order", bought)])
    for record_type, record in (("shipment", shipment), ("checkout", checkout), ("order", bought)):
        store.delete_record(OPERATOR, record_type, record.local_id)
    with store._database.read() as connection:
        for table in ("links", "flowed", "copied"):
            assert connection.exec_driver_sql(f"SELECT * FROM {table}").all() == []


# The guard


@pytest.mark.parametrize(
    "after",
    [
        {"customData": tier("silver")},
        {"customData": {}},
        {"customData": tier("gold"), "carrier": "web"},
        {"customData": tier("gold") | entry(ERP, "more", 1, module="x-crm")},
        {"customData": tier("gold"), "remoteIdMap": {SHOP: "1"}},
    ],
)
def test_a_flow_may_write_nothing_but_its_copies(store: Store, after: Working) -> None:
    copy = Copy("", TIER, dump_stored(tier("gold")[TIER]))
    flow = Actor("flow", None, "flow a->b", "flow", copies=frozenset({copy}))
    target = make(store, "shipment", customData=tier("bronze"))
    store.write_record(flow, "shipment", target.local_id, {"customData": tier("gold")})
    with pytest.raises(OwnershipError):
        store.write_record(flow, "shipment", target.local_id, after)
    with pytest.raises(OwnershipError):
        store.delete_record(flow, "shipment", target.local_id)
    assert values(store, "shipment", target) == {"tier": "gold"}


# Limits


def test_an_entry_over_the_targets_limits_is_reported_once_and_not_cut(url: str) -> None:
    rule = LimitRule("short", Limits(max_value=5), module_id="x-crm", record_types=frozenset({"shipment"}))
    with flowing(url, limits=(rule,)) as store:
        bought = make(store, "order", customData=tier("platinum"))
        shipment = make(store, "shipment", displayId="S-1", links=[to("order", bought)])
        put(store, "order", bought, entry(SHOP, "other", "1"))
        assert values(store, "shipment", shipment) == {"other": "1"}
        with store._database.read() as connection:
            [event] = connection.execute(select(log_events)).all()
        assert (event.connection_id, event.severity, event.record_type) == (ERP, "warning", "shipment")
        assert f"did not flow from order/{bought.local_id}" in event.summary
        assert "3 more than the 5 allowed" in event.summary
        assert '"S-1"' in event.related
        put(store, "order", bought, tier("gold"))
        assert values(store, "shipment", shipment) == {"other": "1", "tier": "gold"}


def test_a_longer_value_over_the_limits_leaves_the_one_that_was_brought(url: str) -> None:
    rule = LimitRule("short", Limits(max_value=5), module_id="x-crm", record_types=frozenset({"shipment"}))
    with flowing(url, limits=(rule,)) as store:
        bought = make(store, "order", customData=tier("gold"))
        shipment = make(store, "shipment", links=[to("order", bought)])
        put(store, "order", bought, tier("platinum"))
        assert values(store, "shipment", shipment) == {"tier": "gold"}
        drop(store, "order", bought)
        assert values(store, "shipment", shipment) == {}


# What goes on beside


def test_an_owner_is_refused_and_nothing_flows(store: Store) -> None:
    bought = make(store, "order")
    shipment = make(store, "shipment", links=[to("order", bought)])
    with pytest.raises(OwnershipError):
        put(store, "order", bought, tier("gold"), actor=SHOP_API)
    assert entries(store, "shipment", shipment) == {}


def test_an_import_without_links_wants_nothing() -> None:
    assert not FlowFollower(DEFAULT_FLOWS).wants("order", order(customData=tier("gold")), [tier("gold")])
    assert FlowFollower(DEFAULT_FLOWS).wants("order", order(links=[remote("checkout", "1")]), [])
    assert IMPORT.copies == frozenset()
