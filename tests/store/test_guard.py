"""The ownership guard: what a writer may touch, for any record before and after."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

import pytest
from hypothesis import given, strategies as st
from msgspec.structs import replace

from crossdock.customdata import split_dictionary_key
from crossdock.errors import OwnershipError
from crossdock.records import RECORD_TYPES, Working
from crossdock.records.wire import dump_stored
from crossdock.store import Actor, PageWrite, Parcel, Store, pack_items
from crossdock.store.writes.actor import Copy
from crossdock.store.writes.guard import check
from crossdock.store.writes.layout import layout_of
from tests.store.orders import canonical, of_anybody, of_connection
from tests.store.shop import (
    ERP,
    ERP_API,
    ERP_IMPORT,
    IMPORT,
    OPERATOR,
    SHOP,
    SHOP_API,
    entry,
    incoming,
    order,
    row,
    running,
)

FLOW = Actor("flow", None, "flow checkout->order", "flow")
WRITERS = st.sampled_from([IMPORT, ERP_IMPORT, SHOP_API, ERP_API, OPERATOR])
ANY = st.one_of(of_anybody(), of_connection(SHOP, "connector.woocommerce"), of_connection(ERP, "connector.erp"))


def owned(record: Working | None) -> dict[str, object]:
    """Everything in a record that belongs to somebody, by its place; written without looking at the guard."""
    found: dict[str, object] = {}
    if not record:
        return found
    places = [("", record)] + [(f"rows[{one['rowId']}].", one) for one in record.get("rows", [])]
    for place, holder in places:
        for key, value in holder.get("customData", {}).items():
            found[f"{place}customData[{key}]"] = value
        for name in ("remoteIdMap", "remoteRefMap", "productRemoteIdMap"):
            for key, value in holder.get(name, {}).items():
                found[f"{place}{name}[{key}]"] = value
        for key, value in holder.get("customer", {}).get("remoteIdMap", {}).items():
            found[f"{place}customer.remoteIdMap[{key}]"] = value
    return found


def may_touch(actor: Actor, place: str, was: Mapping[str, object]) -> bool:
    """Say whether an actor may have changed what stood, or now stands, at a place."""
    key = place[place.rindex("[") + 1 : -1]
    if actor.kind == "operator":
        if "customData[" not in place or place in was:
            return True
        owner, module, _key = split_dictionary_key(key)
        return owner is not None or module.startswith("x-")
    if "customData[" not in place:
        return key == actor.connection_id
    owner, module, _key = split_dictionary_key(key)
    own_module = module.startswith("x-") or (actor.through == "import" and module == f"connector.{actor.connector}")
    return owner is not None and owner == actor.connection_id and own_module


@given(WRITERS, st.one_of(st.none(), ANY), st.one_of(st.none(), ANY))
def test_a_refusal_names_exactly_the_offending_keys(
    actor: Actor, before: Working | None, after: Working | None
) -> None:
    was, now = owned(before), owned(after)
    forbidden = {place for place in was | now if was.get(place) != now.get(place) and not may_touch(actor, place, was)}
    if not forbidden:
        check(actor, "order", before, after)
        return
    with pytest.raises(OwnershipError) as refusal:
        check(actor, "order", before, after)
    assert sorted(offence.place for offence in refusal.value.offences) == sorted(forbidden)
    assert all(repr(place) in str(refusal.value) for place in forbidden)


@given(st.one_of(st.none(), ANY), st.one_of(st.none(), ANY))
def test_an_operator_may_repair_anything(before: Working | None, after: Working | None) -> None:
    invented = [place for place in owned(after) if "[|connector." in place and place not in owned(before)]
    if not invented:
        check(OPERATOR, "order", before, after)


INVENTED = [entry(None, "k", "x", module="connector.bogus"), entry(None, "k", "x")]


@pytest.mark.parametrize("invented", INVENTED)
@pytest.mark.parametrize("new", [True, False], ids=["a new record", "a record that is there"])
@pytest.mark.parametrize("on_row", [True, False], ids=["on a row", "on the record"])
def test_nobody_creates_entries_of_a_connector_that_no_connection_owns(
    invented: Working, new: bool, on_row: bool
) -> None:
    there = order(customData=entry(SHOP, "total", "1") | entry(None, "tier", "gold", module="x-crm"), rows=[row(1)])
    before = order() if new else there
    after = {**before, "rows": [row(1, customData=invented)]} if on_row else {**before, "customData": invented}
    with pytest.raises(OwnershipError, match=r"may not create .* nobody's.*\. Name the connection .*'x-crm'"):
        check(OPERATOR, "order", None if new else before, after)
    check(OPERATOR, "order", after, order())  # one that is there already can be taken out


@given(ANY, ANY)
def test_a_flow_may_make_its_copies_and_nothing_else(before: Working, after: Working) -> None:
    was, now = before.get("customData", {}), after.get("customData", {})
    copied = {**{name: value for name, value in before.items() if name != "customData"}, "customData": now}
    changed = [key for key in {**was, **now} if was.get(key) != now.get(key)]
    copies = frozenset(Copy("", key, dump_stored(now[key]) if key in now else None) for key in changed)
    check(replace(FLOW, copies=copies), "order", before, copied)
    for copy in copies:
        with pytest.raises(OwnershipError, match="may not"):
            check(replace(FLOW, copies=copies - {copy}), "order", before, copied)
    if canonical({**copied, "customData": {}}) != canonical({**after, "customData": {}}):
        with pytest.raises(OwnershipError, match="may not"):
            check(replace(FLOW, copies=copies), "order", before, after)


@given(st.one_of(WRITERS, st.just(FLOW)), ANY)
def test_who_changes_nothing_is_never_refused(actor: Actor, record: Working) -> None:
    check(actor, "order", record, record)


ERPS = entry(ERP, "k", "1", module="connector.erp")
NOBODYS = entry(None, "tier", "gold", module="x-crm")


@pytest.mark.parametrize(
    ("actor", "before", "after", "attempts"),
    [
        # an entry of another connection: created, changed, deleted
        (IMPORT, {}, {"customData": ERPS}, [("create", ERP)]),
        (IMPORT, {"customData": entry(ERP, "k", "0", module="connector.erp")}, {"customData": ERPS}, [("change", ERP)]),
        (IMPORT, {"customData": ERPS}, {}, [("delete", ERP)]),
        # unowned entries are the operators'
        (IMPORT, {}, {"customData": NOBODYS}, [("create", None)]),
        # a sub-record taken away with what others have on it
        (IMPORT, {"rows": [row(1, customData=ERPS, remoteIdMap={ERP: "7"})]}, {}, [("delete", ERP), ("delete", ERP)]),
        # linking somebody else
        (IMPORT, order(), {"remoteIdMap": {SHOP: "138", ERP: "7"}}, [("create", ERP)]),
        # the connector's own module, but not by its mapping
        (SHOP_API, {}, {"customData": entry(SHOP, "k", "1")}, [("create, outside its connector's mapping,", SHOP)]),
        # another connector's module under the own connection
        (
            IMPORT,
            {},
            {"customData": entry(SHOP, "k", "1", module="connector.erp")},
            [("create, outside its connector's mapping,", SHOP)],
        ),
        # a dictionary key that is none
        (IMPORT, {}, {"customData": {"nonsense": {}}}, [("create", None)]),
    ],
)
def test_each_offence_says_what_was_tried_and_who_owns_it(
    actor: Actor, before: Working, after: Working, attempts: list[tuple[str, str | None]]
) -> None:
    with pytest.raises(OwnershipError) as refusal:
        check(actor, "order", before, after)
    assert [(offence.tried, offence.owner) for offence in refusal.value.offences] == attempts


def test_a_connection_may_write_everything_of_its_own() -> None:
    own = order(
        channel="web",
        customData=entry(SHOP, "k", "1") | entry(SHOP, "k", "1", module="x-notes"),
        remoteRefMap={SHOP: "#138"},
        customer={"remoteIdMap": {SHOP: "7"}},
        rows=[row(1, customData=entry(SHOP, "k", "1"), remoteIdMap={SHOP: "1"}, productRemoteIdMap={SHOP: "2"})],
    )
    check(IMPORT, "order", None, own)
    check(IMPORT, "order", own, None)


_ROWS_OF_AN_ORDER = ("rows[].remoteIdMap", "rows[].orderRowRemoteIdMap", "rows[].productRemoteIdMap")


def test_every_map_by_connection_id_of_every_record_type_is_guarded() -> None:
    places = {
        record_type: [".".join(steps) for steps in layout_of(record_type).id_maps]
        + [f"{parts.name}[].{'.'.join(steps)}" for parts in layout_of(record_type).parts for steps in parts.id_maps]
        for record_type in RECORD_TYPES
    }
    assert places == {
        "order": [
            "remoteIdMap",
            "remoteRefMap",
            "customer.remoteIdMap",
            "rows[].remoteIdMap",
            "rows[].productRemoteIdMap",
            "payments[].remoteIdMap",
            "shipments[].remoteIdMap",
            "refunds[].remoteIdMap",
        ],
        "product": ["remoteIdMap", "remoteRefMap", "variantGroup.remoteIdMap"],
        "customer": ["remoteIdMap", "remoteRefMap"],
        "invite": ["remoteIdMap", "remoteRefMap", "customer.remoteIdMap"],
        "checkout": [
            "remoteIdMap",
            "remoteRefMap",
            "customer.remoteIdMap",
            "rows[].remoteIdMap",
            "rows[].productRemoteIdMap",
        ],
        "shipment": ["remoteIdMap", "remoteRefMap", *_ROWS_OF_AN_ORDER],
        "refund": ["remoteIdMap", "remoteRefMap", *_ROWS_OF_AN_ORDER],
        "invoice": ["remoteIdMap", "remoteRefMap", "customer.remoteIdMap", *_ROWS_OF_AN_ORDER],
        "stockLevel": ["remoteIdMap", "remoteRefMap", "productRemoteIdMap"],
    }


def test_a_parcel_that_was_cleared_for_one_writer_is_looked_at_again_for_another(store: Store) -> None:
    [parcel] = pack_items(IMPORT, "order", [incoming(order(customData=entry(SHOP, "total", "1")))])
    assert isinstance(parcel, Parcel)
    assert parcel.cleared_for == IMPORT
    with running(store, ERP_IMPORT) as run:
        (result,) = store.write_page(ERP_IMPORT, run, PageWrite([parcel._replace(identity="138")]))
    assert result.outcome == "failed"
    assert list(store.records("order")) == []


@pytest.mark.parametrize(("old", "new"), [(1, True), (False, 0), (1, Decimal("1.0")), ([1], [True])])
def test_a_foreign_value_is_not_exchanged_for_one_that_python_takes_for_equal(old: object, new: object) -> None:
    before = entry(SHOP, "n", [], module="x-note")
    [(key, there)] = before.items()
    before[key] = {**there, "value": old}
    after = {key: {**there, "value": new}, **entry(ERP, "tier", "gold", module="x-erp")}
    with pytest.raises(OwnershipError, match=r"x-note\|n"):
        check(ERP_API, "order", {"customData": before}, {"customData": after})
