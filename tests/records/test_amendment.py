"""Writing a record anew: absent leaves alone, null clears, a value sets, and nobody's parts or entries get lost."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, strategies as st

from crossdock.records import SUB_RECORDS, Working
from crossdock.records.amendment import Amendment, Flaw
from crossdock.records.pointer import Place
from tests.records.working import JSON, any_working_record
from tests.store.orders import of_anybody
from tests.store.shop import ERP, SHOP, entry, row

WRITERS = st.sampled_from([SHOP, ERP, None])


def amended(before: Working, given: Any, writer: str | None = ERP, record_type: str = "order") -> Working:
    amendment = Amendment(record_type, given, writer)
    after = amendment.apply(before)
    assert amendment.flaws == []
    return after


def flaws(before: Working, given: Any) -> list[Flaw]:
    amendment = Amendment("order", given, ERP)
    amendment.apply(before)
    return amendment.flaws


@given(of_anybody(), WRITERS)
def test_an_echo_changes_nothing_whoever_sends_it(record: Working, writer: str | None) -> None:
    assert amended(record, record, writer) == record
    assert amended(record, {}, writer) == record


@given(of_anybody(), of_anybody(), WRITERS)
def test_neither_the_record_nor_what_was_given_is_changed(before: Working, given: Working, writer: str | None) -> None:
    copies = repr(before), repr(given)
    amended(before, given, writer)
    assert (repr(before), repr(given)) == copies


@given(of_anybody(), of_anybody())
def test_others_entries_ids_and_parts_stay_if_they_are_not_mentioned(before: Working, given: Working) -> None:
    given = {name: value for name, value in given.items() if name not in {"customData", "rows"}}
    after = amended(before, {**given, "customData": {}}, ERP)
    kept = {key: one for key, one in before.get("customData", {}).items() if not key.startswith(f"{ERP}|x-")}
    assert after.get("customData", {}) == kept
    assert after.get("rows") == before.get("rows")
    others = {
        key: one for key, one in before.get("remoteRefMap", {}).items() if key not in given.get("remoteRefMap", {})
    }
    assert others.items() <= after.get("remoteRefMap", {}).items()


@given(any_working_record())
def test_null_clears_every_field(made: tuple[str, Working]) -> None:
    record_type, record = made
    plain = {name: value for name, value in record.items() if name not in {"customData", *SUB_RECORDS[record_type]}}
    given = {name: None for name in plain if name not in {"localId", "created", "lastModified", "version"}}
    after = amended(plain, given, None, record_type)
    assert after == {name: value for name, value in plain.items() if name not in given}


@given(of_anybody())
def test_listing_a_part_leaves_the_others_and_their_order(record: Working) -> None:
    for part in record.get("rows", ()):
        after = amended(record, {"rows": [{"rowId": part["rowId"], "name": "new"}]})
        assert after["rows"] == [{**one, "name": "new"} if one is part else one for one in record["rows"]]


@given(st.dictionaries(st.sampled_from(["rows", "customData", "billingAddress", "remoteIdMap", "links", "x"]), JSON))
def test_nothing_that_anybody_may_send_breaks_it(given: Working) -> None:
    before = {"rows": [row(1)], "customData": entry(ERP, "k", "v", module="x-erp"), "billingAddress": {"city": "Lund"}}
    amendment = Amendment("order", given, ERP)
    amendment.apply(before)
    places: tuple[Place, ...] = ((), ("rows",), ("rows", 0), ("rows", 7, "sku"), ("customData", "k"))
    for place in places:
        assert amendment.pointer(place).count("/") == len(place)


def test_a_new_part_gets_an_id_of_its_own() -> None:
    after = amended({}, {"rows": [{"type": "fee"}, {"type": "fee", "rowId": None}]})
    ids = {one["rowId"] for one in after["rows"]}
    assert len(ids) == 2
    assert all(len(one) == 32 for one in ids)


def test_pointers_lead_into_what_was_given() -> None:
    before = {"rows": [row(1), row(2)]}
    amendment = Amendment("order", {"rows": [{"type": "fee"}, row(2, sku="b")]}, ERP)
    after = amendment.apply(before)
    assert [after["rows"][1]["sku"], after["rows"][2]["type"]] == ["b", "fee"]
    assert amendment.pointer(("rows", 1, "sku")) == "/rows/1/sku"
    assert amendment.pointer(("rows", 2, "type")) == "/rows/0/type"
    assert amendment.pointer(("customData", "a/b~c")) == "/customData/a~1b~0c"
    assert amendment.pointer_of(f"rows[{2:032x}].customData[x|y|a].b]") == "/rows/1/customData/x|y|a].b"
    assert amendment.pointer_of(f"rows[{after['rows'][2]['rowId']}].remoteIdMap[{ERP}]") == f"/rows/0/remoteIdMap/{ERP}"
    assert amendment.pointer_of(f"customer.remoteIdMap[{ERP}]") == f"/customer/remoteIdMap/{ERP}"


def test_null_in_the_place_of_a_part_is_left_for_the_validation_to_refuse() -> None:
    assert amended({"rows": [row(1)]}, {"rows": [None]})["rows"] == [row(1), None]


@pytest.mark.parametrize(
    ("given", "pointer"),
    [
        ({"version": 2}, "/version"),
        ({"totals": {"vatAmount": 1}}, "/totals/vatAmount"),
        ({"rows": [{"type": "fee", "quantity": 1}]}, "/rows/0/quantity"),
        ({"customData": {"|x-a|k": {"type": "integer", "value": 1}}}, "/customData/|x-a|k/value"),
        ({"customData": {"k": {"type": "string", "value": "v"}}}, "/customData/k"),
        ({"customData": entry(ERP, "k", "v") | {"wrong": entry(ERP, "k", "v").popitem()[1]}}, "/customData/wrong"),
        ({"rows": [row(1), row(1)]}, "/rows/1/rowId"),
    ],
)
def test_what_only_the_wire_format_knows_is_a_flaw(given: Working, pointer: str) -> None:
    assert [flaw.pointer for flaw in flaws({"version": 1}, given)] == [pointer]


def test_what_a_flow_brought_is_not_taken_by_an_owner_who_does_not_mention_it() -> None:
    brought, own = entry(ERP, "a", "1", module="x-erp"), entry(ERP, "b", "2", module="x-erp")
    amendment = Amendment("order", {"customData": {}}, ERP)
    assert amendment.apply({"customData": brought | own}, set(brought)) == {"customData": brought}
