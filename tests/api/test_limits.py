"""Limits over HTTP: which limit, by how much, and where in the body; and what a flow brought stays."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest
import requests

from crossdock.records import Working
from crossdock.store import Store
from crossdock.store.writes.followers import followers_of
from tests.databases import Postgresql, Sqlite

from .serving import CONFIG, ERP_ID, OPERATOR, SHOP_ID, Api, read_config, served

ADDED = """
[[limits]]
module = "x-kibo"
preset = "kibo"

[[limits]]
connection = "erp"
module = "x-few"
max_entries = 2
types = ["string", "integer"]

[[limits]]
module = "x-zebo"
preset = "zebo"
max_total = 100

[[flow]]
from = "checkout"
to = "order"
entries = ["*|*|*"]
mode = "copy"
"""


@pytest.fixture(scope="module")
def limited(database: Sqlite | Postgresql, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    config = read_config(tmp_path_factory.mktemp("limited"), CONFIG + ADDED)
    with Store.open(database.new_url(), followers=followers_of(config)) as opened, served(config, opened) as found:
        yield found


@pytest.fixture
def path(limited: Api) -> str:
    local_id = limited.store.write_record(OPERATOR, "order", None, {}).local_id
    return f"/api/order/{local_id}/customdata"


def key(module: str, name: str, owner: str = ERP_ID) -> str:
    return f"{owner}|{module}|{name}"


def text(value: str) -> Working:
    return {"type": "string", "value": value}


def refused(answer: requests.Response) -> list[tuple[str, str, str, Any]]:
    found = answer.json()
    assert (answer.status_code, found["type"]) == (422, "/problems/over-limit"), answer.text
    return [(one["pointer"], one["limit"], one["rule"], one["by"]) for one in found["errors"]]


def test_a_violation_says_which_limit_where_and_by_how_much(limited: Api, path: str) -> None:
    one = f"{path}/{quote(key('x-kibo', 'note'), safe='')}"
    answer = limited.erp.put(one, text("x" * 1010))
    assert refused(answer) == [("/value", "kibo", "max_value", 10)]
    assert "1,010 characters, 10 more than the 1,000 allowed" in answer.json()["detail"]
    assert refused(limited.erp.put(one, text(""))) == [("/value", "kibo", "min_value", 1)]
    assert refused(limited.erp.put(one, {"type": "bool", "value": True})) == [("", "kibo", "types", None)]
    assert limited.erp.get(one).status_code == 404
    assert limited.erp.put(one, text("x" * 1000)).status_code == 201


def test_every_violation_of_several_entries_is_told_with_its_pointer(limited: Api, path: str) -> None:
    body = {key("x-kibo", "a/b"): text(""), key("x-kibo", "n" * 101): text("x"), key("x-kibo", "fine"): text("x")}
    wanted = [
        (f"/{ERP_ID}|x-kibo|a~1b", "kibo", "min_value", 1),
        (f"/{ERP_ID}|x-kibo|{'n' * 101}", "kibo", "max_key", 1),
    ]
    assert sorted(refused(limited.erp.patch(path, body))) == sorted(wanted)
    assert sorted(refused(limited.erp.put(path, body))) == sorted(wanted)
    assert limited.erp.get(path).json() == {}


def test_a_record_that_carries_custom_data_is_held_to_the_same(limited: Api, path: str) -> None:
    record = path.removesuffix("/customdata")
    rows = [{"type": "product", "customData": {key("x-kibo", "k"): whole("x-kibo", "k", "")}}]
    answer = limited.erp.put(record, {"rows": rows})
    assert refused(answer) == [(f"/rows/0/customData/{key('x-kibo', 'k')}", "kibo", "min_value", 1)]
    created = limited.erp.post("/api/order", {"customData": {key("x-kibo", "k"): whole("x-kibo", "k", "")}})
    assert refused(created) == [(f"/customData/{key('x-kibo', 'k')}", "kibo", "min_value", 1)]


def whole(module: str, name: str, value: str, owner: str = ERP_ID) -> Working:
    return {"connectionId": owner, "moduleId": module, "key": name, "type": "string", "value": value}


def test_one_entry_more_than_allowed_is_refused_and_a_change_of_one_is_not(limited: Api, path: str) -> None:
    for name in ("a", "b"):
        assert limited.erp.post(path, whole("x-few", name, "1")).status_code == 201
    assert refused(limited.erp.post(path, whole("x-few", "c", "1"))) == [("", "x-few", "max_entries", 1)]
    assert limited.erp.put(f"{path}/{quote(key('x-few', 'a'), safe='')}", text("2")).status_code == 200
    assert limited.shop.post(path, whole("x-few", "c", "1", SHOP_ID)).status_code == 201  # not the erp's


def test_what_counts_for_the_whole_record_counts_whoever_wrote_it(limited: Api, path: str) -> None:
    assert limited.shop.post(path, whole("x-zebo", "a", "x" * 50, SHOP_ID)).status_code == 201
    assert limited.erp.post(path, whole("x-zebo", "b", "x" * 20)).status_code == 201
    together = len('{"a":"","b":"","c":""}') + 50 + 20 + 30
    assert refused(limited.erp.post(path, whole("x-zebo", "c", "x" * 30))) == [
        ("", "zebo", "max_total", together - 100)
    ]


def test_no_write_leaves_less_than_one_pair_where_one_has_to_stand(limited: Api, path: str) -> None:
    record = path.removesuffix("/customdata")
    assert limited.erp.put(path, {}).status_code == 200  # there was none
    assert limited.erp.post(path, whole("x-kibo", "a", "1")).status_code == 201
    one = f"{path}/{quote(key('x-kibo', 'a'), safe='')}"
    too_few = ("kibo", "min_entries", 1)
    assert refused(limited.erp.put(path, {})) == [("", *too_few)]
    assert refused(limited.erp.patch(path, {key("x-kibo", "a"): None})) == [("", *too_few)]
    assert refused(limited.erp.delete(one)) == [("", *too_few)]
    assert refused(limited.operator.delete(one)) == [("", *too_few)]
    assert refused(limited.erp.put(record, {"customData": {}})) == [("/customData", *too_few)]
    assert refused(limited.erp.put(record, {"customData": None})) == [("/customData", *too_few)]
    assert limited.erp.put(path, {key("x-kibo", "b"): text("1")}).status_code == 200  # another one in its place
    assert limited.erp.post(path, whole("x-kibo", "a", "1")).status_code == 201
    assert limited.erp.delete(one).status_code == 204
    assert limited.operator.delete(f"{record}?force=true").status_code == 204


def test_each_row_and_each_owner_keeps_a_pair_of_its_own(limited: Api, path: str) -> None:
    record = path.removesuffix("/customdata")
    pair = {key("x-kibo", "a"): whole("x-kibo", "a", "1")}
    made = limited.erp.put(record, {"rows": [{"type": "product", "customData": pair}], "customData": pair}).json()
    row = made["rows"][0]["rowId"]
    assert limited.shop.post(path, whole("x-kibo", "a", "1", SHOP_ID)).status_code == 201
    theirs = f"{path}/{quote(key('x-kibo', 'a', SHOP_ID), safe='')}"
    assert refused(limited.shop.delete(theirs)) == [("", "kibo", "min_entries", 1)]
    without = {"rows": [{"rowId": row, "customData": {}}]}
    assert refused(limited.erp.put(record, without)) == [("/rows/0/customData", "kibo", "min_entries", 1)]
    assert limited.erp.put(record, {"rows": [{"rowId": row, "removed": True}]}).status_code == 200


def test_a_name_cannot_be_changed_by_an_update(limited: Api, path: str) -> None:
    one = f"{path}/{quote(key('x-kibo', 'a'), safe='')}"
    answer = limited.erp.put(one, whole("x-kibo", "b", "1"))
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/key")
    assert "the name of an entry cannot be changed" in answer.json()["detail"]


def test_what_a_flow_brought_stays_when_its_owner_replaces_what_it_wrote(limited: Api) -> None:
    api = limited
    checkout = api.erp.post(
        "/api/checkout",
        {"remoteIdMap": {ERP_ID: "c-1"}, "customData": {key("x-own", "source"): whole("x-own", "source", "ad")}},
    )
    links = [{"recordType": "checkout", "localId": checkout.json()["localId"]}]
    order = api.erp.post("/api/order", {"links": links}).json()["localId"]
    path = f"/api/order/{order}/customdata"
    brought = {key("x-own", "source"): whole("x-own", "source", "ad")}
    assert api.erp.get(path).json() == brought
    given = {key("x-own", "mine"): whole("x-own", "mine", "1")}
    assert api.erp.put(path, given).json() == brought | given
    assert api.erp.put(path, {}).json() == brought
    assert api.erp.put(f"/api/order/{order}", {"customData": {}}).json()["customData"] == brought
    last = api.erp.get(f"{path}-history").json()["changes"][1]
    assert (last["actor"], last["through"], last["new"]["value"]) == ("flow", "flow", "ad")
