"""Every change of an entry can be read: who, when, through what, and the value before and after."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import requests

from crossdock.records import Working
from crossdock.store import Actor, PageWrite
from tests.store.shop import incoming

from .serving import ERP_ID, OPERATOR, SHOP_ID, Api, Client

ROW = "0" * 31 + "1"
IMPORT = Actor("connection", SHOP_ID, "shop", "import", "woocommerce")
KEY = f"{ERP_ID}|x-own|a/[b].customData[c]"


def entry(value: str, key: str = "a/[b].customData[c]") -> Working:
    return {"connectionId": ERP_ID, "moduleId": "x-own", "key": key, "type": "string", "value": value}


def created(api: Api, **fields: Any) -> str:
    return api.store.write_record(OPERATOR, "order", None, fields).local_id


def imported(api: Api, remote_id: str, **fields: Any) -> tuple[str, str]:
    """Import an order and tell its id and the run's."""
    run = api.store.start_run(SHOP_ID, "order", b"")
    item = incoming({"remoteIdMap": {SHOP_ID: remote_id}, **fields}, owner=SHOP_ID)
    (result,) = api.store.write_page(IMPORT, run, PageWrite([item]))
    api.store.finish_run(run, {}, "succeeded")
    return str(result.local_id), run.run_id


def history(client: Client, local_id: str, query: str = "") -> list[Working]:
    answer = client.get(f"/api/order/{local_id}/customdata-history{query}")
    assert answer.status_code == 200, answer.text
    found: list[Working] = answer.json()["changes"]
    return found


def put(client: Client, local_id: str, value: str, place: str = "") -> requests.Response:
    path = f"/api/order/{local_id}{place}/customdata/{quote(KEY, safe='')}"
    return client.put(path, {"type": "string", "value": value})


def test_every_change_of_an_entry_is_told(shared_api: Api) -> None:
    api = shared_api
    local_id = created(api, displayId="1")
    put(api.erp, local_id, "one")
    put(api.operator, local_id, "two")
    api.erp.delete(f"/api/order/{local_id}/customdata/{quote(KEY, safe='')}")
    first, *changes = history(api.wms, local_id, f"?key={quote(KEY, safe='')}")
    assert (first["event"], first["actor"], first["through"], first["version"]) == ("created", "operator", "cli", 1)
    told = [(one["actor"], one["actorName"], one["through"], one["version"]) for one in changes]
    assert told == [("connection", "erp", "api", 2), ("operator", "erp", "api", 3), ("connection", "erp", "api", 4)]
    values = [(one.get("old", {}).get("value"), one.get("new", {}).get("value")) for one in changes]
    assert values == [(None, "one"), ("one", "two"), ("two", None)]
    assert {(one["key"], one["place"], one["event"]) for one in changes} == {(KEY, "", "changed")}
    assert all(one["changed"].endswith("Z") for one in changes)


def test_what_an_import_created_is_one_line_with_its_run(shared_api: Api) -> None:
    local_id, run_id = imported(shared_api, "h-1", customData={KEY.replace(ERP_ID, SHOP_ID): shops("v")})
    (line,) = history(shared_api.erp, local_id)
    assert {name: line[name] for name in line if name != "changed"} == {
        "version": 1,
        "event": "created",
        "actor": "connection",
        "actorName": "shop",
        "connectionId": SHOP_ID,
        "through": "import",
        "runId": run_id,
        "place": "",
    }


def shops(value: str) -> Working:
    return entry(value) | {"connectionId": SHOP_ID}


def test_what_an_import_changes_is_told_with_its_run(shared_api: Api) -> None:
    key = KEY.replace(ERP_ID, SHOP_ID)
    local_id, _run = imported(shared_api, "h-2", customData={key: shops("v")})
    run = shared_api.store.start_run(SHOP_ID, "order", b"")
    produced = {"remoteIdMap": {SHOP_ID: "h-2"}, "customData": {key: shops("w")}}
    shared_api.store.write_page(IMPORT, run, PageWrite([incoming(produced, "2025-01-01T00:00:00Z", owner=SHOP_ID)]))
    shared_api.store.finish_run(run, {}, "succeeded")
    _created, change = history(shared_api.erp, local_id)
    assert (change["through"], change["runId"]) == ("import", run.run_id)
    assert (change["old"]["value"], change["new"]["value"]) == ("v", "w")


def test_entries_of_parts_are_told_with_their_place_and_what_came_and_went_with_a_part(shared_api: Api) -> None:
    api = shared_api
    local_id = created(api, rows=[{"rowId": ROW, "type": "product"}])
    put(api.erp, local_id, "one", f"/rows/{ROW}")
    put(api.erp, local_id, "record")
    api.operator.put(f"/api/order/{local_id}", {"rows": [{"rowId": ROW, "removed": True}]})
    api.store.write_record(OPERATOR, "order", local_id, lambda now: now | {"rows": []})
    changes = history(api.erp, local_id, f"?key={quote(KEY, safe='')}")[1:]
    assert [(one["place"], one.get("old", {}).get("value"), one.get("new", {}).get("value")) for one in changes] == [
        (f"rows[{ROW}]", None, "one"),
        ("", None, "record"),
        (f"rows[{ROW}]", "one", None),
    ]


def test_other_keys_are_left_out(shared_api: Api) -> None:
    local_id = created(shared_api)
    for key in ("c", "a/[b].customData[c", "a%[b].customData[c]", "a_[b].customData[c]", "a\\b", "\0"):
        given = {f"{ERP_ID}|x-own|{key}": {"type": "string", "value": key}}
        assert shared_api.erp.patch(f"/api/order/{local_id}/customdata", given).ok
    assert [one["event"] for one in history(shared_api.erp, local_id, f"?key={quote(KEY, safe='')}")] == ["created"]
    for key in ("a%[b].customData[c]", "a\\b", "\0"):
        query = f"?key={quote(f'{ERP_ID}|x-own|{key}', safe='')}"
        assert [one["new"]["value"] for one in history(shared_api.erp, local_id, query)[1:]] == [key]


def test_capitals_and_small_letters_are_different_keys(shared_api: Api) -> None:
    local_id = created(shared_api, rows=[{"rowId": ROW, "type": "product"}])
    for name in ("note", "NOTE"):
        for place in ("", f"/rows/{ROW}"):
            given = {f"{ERP_ID}|x-own|{name}": {"type": "string", "value": name}}
            assert shared_api.erp.patch(f"/api/order/{local_id}{place}/customdata", given).ok
    found = history(shared_api.erp, local_id, f"?key={quote(f'{ERP_ID}|x-own|NOTE', safe='')}")[1:]
    assert [(one["place"], one["new"]["value"]) for one in found] == [("", "NOTE"), (f"rows[{ROW}]", "NOTE")]


def test_pages_lead_on(shared_api: Api) -> None:
    local_id = created(shared_api)
    for number in range(5):
        put(shared_api.erp, local_id, str(number))
    path: str | None = f"/api/order/{local_id}/customdata-history?limit=2&key={quote(KEY, safe='')}"
    found: list[str] = []
    while path is not None:
        answer = shared_api.erp.get(path)
        found += [one.get("new", {}).get("value", one["event"]) for one in answer.json()["changes"]]
        link = answer.headers.get("Link")
        path = None if link is None else link.partition("<")[2].partition(">")[0]
    assert found == ["created", "0", "1", "2", "3", "4"]


def test_a_deleted_record_keeps_its_history_and_an_unknown_one_has_none(shared_api: Api) -> None:
    local_id = created(shared_api)
    put(shared_api.erp, local_id, "one")
    shared_api.store.delete_record(OPERATOR, "order", local_id)
    assert [one["event"] for one in history(shared_api.erp, local_id)] == ["created", "changed", "deleted"]
    for query in ("", "?position=5"):
        assert shared_api.erp.get(f"/api/order/{'f' * 32}/customdata-history{query}").status_code == 404
        assert shared_api.erp.get(f"/api/order/{local_id}/customdata-history{query}").status_code == 200
    assert shared_api.erp.get(f"/api/order/{local_id}/customdata-history?limit=0").status_code == 422
