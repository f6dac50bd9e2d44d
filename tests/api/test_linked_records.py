"""Several programs and linked records: what flows brought is everybody's to read and its owner's to keep or delete."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from tests.store.shop import entry

from .serving import ERP_ID, SHOP_ID, WMS_ID, Api


def tier(value: str) -> dict[str, Any]:
    return entry(ERP_ID, "tier", value, module="x-crm")


def linked(api: Api) -> dict[str, str]:
    """A checkout of the erp, the shop's order that came of it, and the warehouse's shipment of that: their paths."""
    checkout = api.erp.post("/api/checkout", {"remoteIdMap": {ERP_ID: "c1"}, "customData": tier("gold")})
    link = {"recordType": "checkout", "connectionId": ERP_ID, "remoteId": "c1"}
    order = api.shop.post("/api/order", {"remoteIdMap": {SHOP_ID: "o1"}, "links": [link]})
    link = {"recordType": "order", "connectionId": SHOP_ID, "remoteId": "o1"}
    shipment = api.wms.post("/api/shipment", {"remoteIdMap": {WMS_ID: "s1"}, "links": [link]})
    answers = {"checkout": checkout, "order": order, "shipment": shipment}
    assert {name: answer.status_code for name, answer in answers.items()} == dict.fromkeys(answers, 201)
    return {name: answer.headers["Location"] for name, answer in answers.items()}


def values(api: Api, path: str) -> dict[str, str]:
    answer = api.wms.get(path)
    assert answer.status_code == 200
    return {one["key"]: one["value"] for one in answer.json().get("customData", {}).values()}


def test_what_a_flow_brings_is_in_the_answer_with_the_version_it_has_then(api: Api) -> None:
    api.erp.post("/api/checkout", {"remoteIdMap": {ERP_ID: "c9"}, "customData": tier("gold")})
    link = {"recordType": "checkout", "connectionId": ERP_ID, "remoteId": "c9"}
    created = api.shop.post("/api/order", {"links": [link]})
    assert created.json()["customData"] == tier("gold")
    path, tag = created.headers["Location"], created.headers["ETag"]
    assert api.shop.get(path).headers["ETag"] == tag
    assert api.shop.put(path, {"channel": "web"}, headers={"If-Match": tag}).status_code == 200


def test_the_owners_put_on_the_target_keeps_what_a_flow_brought_and_replaces_the_rest(api: Api) -> None:
    paths = linked(api)
    own = entry(ERP_ID, "own", "1", module="x-crm")
    assert api.erp.put(paths["order"], {"customData": own}).status_code == 200
    assert values(api, paths["order"]) == {"tier": "gold", "own": "1"}
    assert api.erp.put(paths["order"], {"customData": {}}).status_code == 200
    assert values(api, paths["order"]) == {"tier": "gold"}
    assert api.erp.put(f"{paths['order']}/customdata", own).status_code == 200
    assert values(api, paths["order"]) == values(api, paths["shipment"]) == {"tier": "gold", "own": "1"}


def test_the_owner_deletes_what_a_flow_brought_by_its_key_and_it_stays_away(api: Api) -> None:
    paths = linked(api)
    key = quote(f"{ERP_ID}|x-crm|tier", safe="")
    assert api.erp.delete(f"{paths['shipment']}/customdata/{key}").status_code == 204
    assert api.shop.put(paths["order"], {"customData": entry(SHOP_ID, "new", "1", module="x-a")}).status_code == 200
    assert values(api, paths["shipment"]) == {"new": "1"}


def test_nobody_else_may_touch_what_a_flow_brought(api: Api) -> None:
    paths = linked(api)
    refused = api.wms.put(paths["shipment"], {"customData": tier("silver")})
    assert refused.status_code == 403
    assert values(api, paths["shipment"]) == {"tier": "gold"}


def test_the_history_of_an_entry_says_which_record_it_came_from(api: Api) -> None:
    paths = linked(api)
    key = quote(f"{ERP_ID}|x-crm|tier", safe="")
    answer = api.wms.get(f"{paths['shipment']}/customdata-history?key={key}")
    assert answer.status_code == 200
    order = paths["order"].removeprefix("/api/")
    assert f"flow order->shipment from {order}" in answer.text


def test_links_that_name_nothing_or_too_much_are_refused_with_their_place(api: Api) -> None:
    answer = api.shop.post(
        "/api/shipment", {"links": [{"recordType": "order"}, {"recordType": "ordr", "localId": "x"}]}
    )
    assert answer.status_code == 422
    pointers = {one["pointer"] for one in answer.json()["errors"]}
    assert {"/links/0", "/links/1/recordType", "/links/1/localId"} <= pointers


def test_a_link_by_an_id_that_no_record_may_have_is_refused(api: Api) -> None:
    link = {"recordType": "checkout", "connectionId": ERP_ID, "remoteId": "x" * 501}
    answer = api.shop.post("/api/order", {"links": [link]})
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/links/0/remoteId")
    assert api.shop.post("/api/order", {"links": [link | {"remoteId": "x" * 500}]}).status_code == 201
