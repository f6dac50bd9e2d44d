"""The list of records is a list of changes: filtered, paged, and never ending."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import pytest

from crossdock.config import Config
from tests.store.shop import entry, row

from .serving import CONFIG, ERP_ID, SHOP_ID, WMS_ID, Api, Client, read_config

PATH = "/api/order"


@pytest.fixture
def config(tmp_path: Path) -> Config:
    return read_config(tmp_path, '[store]\nsearchable = ["connector.woocommerce|meta._vat_number"]\n\n' + CONFIG)


def make(api: Api, note: str, **fields: Any) -> dict[str, Any]:
    answer = api.operator.post(PATH, {"customerNote": note, **fields})
    assert answer.status_code == 201, answer.text
    record: dict[str, Any] = answer.json()
    return record


def listed(client: Client, **query: Any) -> dict[str, Any]:
    answer = client.get(PATH, params=query)
    assert answer.status_code == 200, answer.text
    page: dict[str, Any] = answer.json()
    return page


def notes(page: dict[str, Any]) -> list[str]:
    return [one["customerNote"] for one in page["records"]]


def refused(client: Client, **query: Any) -> dict[str, str]:
    answer = client.get(PATH, params=query)
    assert answer.status_code == 422, answer.text
    assert answer.json()["remedy"]
    return {one["parameter"]: one["detail"] for one in answer.json()["errors"]}


def pages(client: Client, **query: Any) -> Iterator[dict[str, Any]]:
    """Follow the links."""
    answer = client.get(PATH, params=query)
    yield answer.json()
    while "next" in answer.links:
        answer = client.get(urljoin(PATH, answer.links["next"]["url"]))
        yield answer.json()


def test_an_empty_list_has_a_cursor_to_go_on_from(api: Api) -> None:
    page = listed(api.erp)
    assert (page["records"], page["deleted"]) == ([], [])
    make(api, "a")
    assert notes(listed(api.erp, cursor=page["cursor"])) == ["a"]


def test_records_are_given_whole(api: Api) -> None:
    made = make(api, "a", rows=[row(1, quantity="1.50")], customData=entry(None, "k", "v", module="x-crm"))
    assert listed(api.erp)["records"] == [made]


def test_links_lead_from_page_to_page_until_nothing_waits(api: Api) -> None:
    for number in range(5):
        make(api, str(number))
    found = list(pages(api.erp, limit=2))
    assert [notes(page) for page in found] == [["0", "1"], ["2", "3"], ["4"]]
    assert listed(api.erp, cursor=found[-1]["cursor"])["records"] == []


def test_a_poller_is_told_of_each_change_and_deletion_once(api: Api) -> None:
    first, second = make(api, "a", remoteIdMap={ERP_ID: "1"}), make(api, "b")
    cursor = listed(api.erp)["cursor"]
    api.wms.put(f"{PATH}/{second['localId']}", {"customerNote": "B"})
    api.operator.delete(f"{PATH}/{first['localId']}")
    page = listed(api.erp, cursor=cursor)
    assert notes(page) == ["B"]
    [gone] = page["deleted"]
    assert gone.pop("deleted") >= first["lastModified"]
    assert gone == {"localId": first["localId"], "version": 2, "remoteIdMap": {ERP_ID: "1"}}
    page = listed(api.erp, cursor=page["cursor"])
    assert (page["records"], page["deleted"]) == ([], [])


def test_filters_by_time_and_status(api: Api) -> None:
    made = make(api, "a", orderStatus="processing", paymentStatus="paid")
    make(api, "b", orderStatus="processing", shippingStatus="shipped")
    assert notes(listed(api.erp, orderStatus="processing")) == ["a", "b"]
    assert notes(listed(api.erp, orderStatus="processing", paymentStatus="paid")) == ["a"]
    assert notes(listed(api.erp, shippingStatus="shipped")) == ["b"]
    assert notes(listed(api.erp, modifiedAtOrAfter=made["lastModified"])) == ["a", "b"]
    assert notes(listed(api.erp, modifiedAtOrAfter="2999-01-01T00:00:00+01:00")) == []


def test_filters_by_remote_id_of_the_caller_or_of_whom_it_says(api: Api) -> None:
    make(api, "a", remoteIdMap={ERP_ID: "1"})
    make(api, "b", remoteIdMap={WMS_ID: "1"})
    assert notes(listed(api.erp, remoteId="1")) == ["a"]
    assert notes(listed(api.erp, remoteId="1", connectionId=WMS_ID)) == ["b"]
    assert notes(listed(api.operator, remoteId="1", connectionId=WMS_ID)) == ["b"]
    assert list(refused(api.operator, remoteId="1")) == ["connectionId"]
    assert list(refused(api.erp, connectionId=WMS_ID)) == ["connectionId"]


def test_filters_by_entries(api: Api) -> None:
    tier, rank = entry(ERP_ID, "tier", "gold", module="x-erp"), entry(ERP_ID, "rank", 1, module="x-erp")
    rank = {key: one | {"value": str(one["value"])} for key, one in rank.items()}
    make(api, "a", customData=tier)
    make(api, "b", rows=[row(1, customData=tier | rank)])
    make(api, "c", customData=entry(SHOP_ID, "meta._vat_number", "SE556"))
    key = f"{ERP_ID}|x-erp|tier"
    assert notes(listed(api.shop, entry=key, entryValue="gold")) == ["a", "b"]
    assert notes(listed(api.shop, entry=[key, f"{ERP_ID}|x-erp|rank"], entryValue=["gold", "1"])) == ["b"]
    assert notes(listed(api.shop, entry=key, entryValue="silver")) == []
    vat = f"{SHOP_ID}|connector.woocommerce|meta._vat_number"
    assert notes(listed(api.shop, entry=vat, entryValue="SE556")) == ["c"]


def test_an_entry_that_is_not_indexed_is_refused_with_the_remedy(api: Api) -> None:
    key = f"{SHOP_ID}|connector.woocommerce|meta.other"
    assert (
        '[store] searchable = ["connector.woocommerce|meta.other"]'
        in refused(api.erp, entry=key, entryValue="")["entry"]
    )
    assert "connectionId|moduleId|key" in refused(api.erp, entry="k", entryValue="v")["entry"]
    assert "entryValue" in refused(api.erp, entry=key)["entry"]


def test_so_many_entries_are_looked_for_at_once_as_every_database_can(api: Api) -> None:
    keys = [f"{ERP_ID}|x-erp|{at}" for at in range(20)]
    assert not notes(listed(api.erp, entry=keys, entryValue=["v"] * 20))
    assert refused(api.erp, entry=[*keys, *keys], entryValue=["v"] * 40) == {
        "entry": "is given 40 times, and may be 20 times"
    }


def test_a_query_is_refused_with_everything_that_is_wrong_with_it(api: Api) -> None:
    wrong = {"modifiedAtOrAfter": "yesterday", "orderStatus": "proccessing", "limit": "0", "paymentStatsu": "paid"}
    told = refused(api.erp, **wrong)
    assert set(told) == set(wrong)
    assert "did you mean 'processing'?" in told["orderStatus"]
    assert "did you mean 'paymentStatus'?" in told["paymentStatsu"]
    assert "is given twice" in refused(api.erp, orderStatus=["draft", "draft"])["orderStatus"]
    for limit in ("501", "-1", "", "1.5", "9" * 99):
        assert list(refused(api.erp, limit=limit)) == ["limit"]
    assert list(refused(api.erp, modifiedAtOrAfter="0001-01-01T00:00:00+23:59")) == ["modifiedAtOrAfter"]


def test_statuses_are_those_of_the_record_type(api: Api) -> None:
    assert api.erp.get("/api/product", params={"productStatus": "active"}).status_code == 200
    for query in ({"orderStatus": "draft"}, {"paymentStatus": "paid"}):
        assert api.erp.get("/api/product", params=query).status_code == 422


def test_a_cursor_carries_its_filters(api: Api) -> None:
    for number in range(3):
        make(api, str(number), orderStatus="draft")
    make(api, "other", orderStatus="failed")
    page = listed(api.erp, orderStatus="draft", limit=1)
    cursor = page["cursor"]
    assert notes(listed(api.erp, cursor=cursor)) == ["1", "2"]
    assert notes(listed(api.erp, cursor=cursor, orderStatus="draft", limit=1)) == ["1"]
    assert "it belongs to another query" in refused(api.erp, cursor=cursor, orderStatus="failed")["cursor"]
    mine = listed(api.erp, remoteId="1")["cursor"]
    assert "it belongs to another query" in refused(api.wms, cursor=mine, remoteId="1")["cursor"]


def forged(text: str) -> str:
    return base64.urlsafe_b64encode(text.encode()).decode()


FORGED = (
    "",
    "nonsense",
    "é",
    "a",
    forged("{}"),
    forged('[2,"order",0,0,[]]'),
    forged('[1,"product",0,0,[]]'),
    forged('[1,"order",-1,0,[]]'),
    forged('[1,"order",99,0,[]]'),  # ahead of everything
    forged('[1,"order",0,99,[]]'),
    forged(f'[1,"order",{2**70},0,[]]'),
    forged('[1,"order",0.5,0,[]]'),
    forged('[1,"order",0,0,[["nonsense","x"]]]'),
    forged('[1,"order",0,0,[["orderStatus","x"]]]'),
    forged("[" * 5000),
)


def test_a_forged_or_foreign_cursor_is_refused(api: Api) -> None:
    for cursor in FORGED:
        assert refused(api.erp, cursor=cursor), cursor


def test_whoever_pages_while_others_write_has_everything_in_the_end(api: Api) -> None:
    mirror: dict[str, Any] = {}
    cursor = None
    for number in range(6):
        make(api, str(number))
        for changed in listed(api.wms)["records"][:2]:
            api.wms.put(f"{PATH}/{changed['localId']}", {"channel": f"{number}"})
        page = listed(api.erp, limit=2, **({"cursor": cursor} if cursor else {}))
        mirror |= {one["localId"]: one for one in page["records"]}
        cursor = page["cursor"]
    for page in pages(api.erp, cursor=cursor):
        mirror |= {one["localId"]: one for one in page["records"]}
    assert mirror == {one["localId"]: one for one in listed(api.shop)["records"]}
