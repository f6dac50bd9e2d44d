"""Records over HTTP: read, created, changed and deleted, by several connections that cannot harm each other."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import requests

from crossdock.records import RECORD_TYPES
from crossdock.store import Store
from crossdock.store.writes.followers import followers_of
from tests.store.shop import entry, row

from .serving import CONFIG, ERP_ID, SHOP_ID, WMS_ID, Api, read_config, served

LIMITS = """
[[limits]]
module = "x-erp"
max_value = 3

[[limits]]
module = "x-pair"
min_entries = 2
"""
A, B = "a" * 32, "b" * 32


def problems(answer: Any) -> dict[str, str]:
    return {one["pointer"]: one["detail"] for one in answer.json()["errors"]}


def made(api: Api, body: dict[str, Any], record_type: str = "order") -> dict[str, Any]:
    """Create a record as the erp."""
    answer = api.erp.post(f"/api/{record_type}", body)
    assert answer.status_code == 201, answer.text
    record: dict[str, Any] = answer.json()
    return record


def put(api: Api, record: dict[str, Any], body: dict[str, Any], caller: str = "erp") -> dict[str, Any]:
    answer = getattr(api, caller).put(f"/api/order/{record['localId']}", body)
    assert answer.status_code == 200, answer.text
    after: dict[str, Any] = answer.json()
    return after


def content(record: dict[str, Any]) -> dict[str, Any]:
    """Without what the platform writes."""
    return {
        name: value for name, value in record.items() if name not in ("localId", "created", "lastModified", "version")
    }


def test_a_record_of_any_type_lives_and_dies(api: Api) -> None:
    for record_type in RECORD_TYPES:
        created = api.erp.post(f"/api/{record_type}", {"displayId": "1"})
        assert created.status_code == 201
        path = created.headers["Location"]
        assert path == f"/api/{record_type}/{created.json()['localId']}"
        assert created.headers["ETag"] == '"1"'
        assert api.shop.get(path).json() == created.json()
        changed = api.shop.put(path, {"displayId": "2"})
        assert (changed.status_code, changed.headers["ETag"], changed.json()["displayId"]) == (200, '"2"', "2")
        assert api.operator.delete(path).status_code == 204
        assert api.shop.get(path).status_code == 404


def test_decimals_are_strings_in_and_out(api: Api) -> None:
    record = made(api, {"totals": {"totalInclVat": "12.50"}, "rows": [{"type": "product", "quantity": "1.0"}]})
    assert record["totals"] == {"totalInclVat": "12.50"}
    assert record["rows"][0]["quantity"] == "1.0"


def test_json_numbers_are_refused_where_decimals_belong(api: Api) -> None:
    answer = api.erp.post(
        "/api/order",
        {
            "totals": {"totalInclVat": 12.5},
            "rows": [{"type": "product", "quantity": 1}],
            "customData": entry(ERP_ID, "n", 5, module="x-erp"),
        },
    )
    assert answer.status_code == 422
    assert problems(answer) == {
        "/totals/totalInclVat": 'is a JSON number, which readers may round; write a string: "12.5"',
        "/rows/0/quantity": 'is a JSON number, which readers may round; write a string: "1"',
        f"/customData/{ERP_ID}|x-erp|n/value": 'is a JSON number, which readers may round; write a string: "5"',
    }


def test_every_problem_is_told_at_once_where_it_was_given(api: Api) -> None:
    rows = [{"rowId": A, "type": "product"}, {"rowId": B, "type": "fee"}]
    record = made(api, {"rows": rows})
    answer = api.erp.put(
        f"/api/order/{record['localId']}",
        {
            "rows": [{"rowId": B, "type": "nonsense"}, {"sku": "no type"}, {"rowId": "short", "type": "fee"}, 5, None],
            "billingAddress": {"countryCode": "UK", "cty": "Lund"},
            "row": 5,
            "ordrStatus": None,
            "totals": {"vatAmount": 1},
            "version": 7,
            "links": [{"recordType": "order"}],
            "customData": {
                f"{ERP_ID}|x-a/b|k": entry(ERP_ID, "other", "v", module="x-a/b").popitem()[1],
                f"{ERP_ID}|x-a|n": {"type": "text", "val": "v"},
            },
        },
    )
    assert answer.status_code == 422
    assert set(problems(answer)) == {
        "/rows/0/type",
        "/rows/1/type",
        "/rows/2/rowId",
        "/rows/3",
        "/rows/4",
        "/row",
        "/billingAddress/countryCode",
        "/billingAddress/cty",
        "/ordrStatus",
        "/totals/vatAmount",
        "/version",
        "/links/0",
        f"/customData/{ERP_ID}|x-a~1b|k/key",
        *(f"/customData/{ERP_ID}|x-a|n/{name}" for name in ("type", "value", "val")),
    }
    assert problems(answer)["/ordrStatus"].endswith("did you mean 'orderStatus'?")
    assert problems(answer)["/billingAddress/cty"].endswith("did you mean 'city'?")
    assert api.erp.get(f"/api/order/{record['localId']}").json() == record


def test_a_record_is_an_object(api: Api) -> None:
    for body in ("[]", '"text"', "5", "null"):
        answer = api.erp("POST", "/api/order", data=body, headers={"Content-Type": "application/json"})
        assert (answer.status_code, problems(answer)) == (422, {"": "a record is a JSON object"})


def test_absent_leaves_alone_null_clears_a_value_sets(api: Api) -> None:
    record = made(
        api,
        {
            "channel": "web",
            "customerNote": "ring twice",
            "billingAddress": {"city": "Lund", "phone": "1"},
            "shippingAddress": {"city": "Lund"},
            "discountCodes": ["a", "b"],
            "remoteRefMap": {ERP_ID: "SO-1"},
        },
    )
    after = put(
        api,
        record,
        {
            "customerNote": None,
            "channel": "",
            "billingAddress": {"phone": None, "city": "Malmö", "region": "Skåne"},
            "shippingAddress": None,
            "discountCodes": ["c"],
            "remoteRefMap": {ERP_ID: None},
        },
    )
    assert content(after) == {
        "channel": "",
        "billingAddress": {"city": "Malmö", "region": "Skåne"},
        "discountCodes": ["c"],
    }


def test_clearing_the_last_value_of_an_object_clears_the_object(api: Api) -> None:
    record = made(api, {"billingAddress": {"city": "Lund"}})
    assert content(put(api, record, {"billingAddress": {"city": None}})) == {}


def test_writing_what_is_there_already_changes_nothing(api: Api) -> None:
    record = made(api, {"channel": "web", "rows": [row(1, sku="x")]})
    assert put(api, record, record) == record
    assert put(api, record, {}) == record


def test_what_the_platform_writes_cannot_be_written(api: Api) -> None:
    record = made(api, {})
    given = {"localId": A, "version": 2, "created": "2020-01-01T00:00:00Z", "lastModified": "2020-01-01T00:00:00Z"}
    for answer in (api.erp.put(f"/api/order/{record['localId']}", given), api.erp.post("/api/order", given)):
        assert answer.status_code == 422
        assert set(problems(answer)) == {f"/{name}" for name in given}
        assert all("is written by the platform only" in detail for detail in problems(answer).values())


def test_rows_are_matched_by_their_id_and_the_others_stay(api: Api) -> None:
    record = made(api, {"rows": [row(1, sku="a", quantity="1"), row(2, sku="b"), row(3, sku="c")]})
    after = put(
        api,
        record,
        {"rows": [{"type": "shipping", "sku": "new"}, {"rowId": f"{2:032x}", "sku": "B"}, {"rowId": A, "type": "fee"}]},
    )
    *there, new, named = after["rows"]
    assert there == [row(1, sku="a", quantity="1"), row(2, sku="B"), row(3, sku="c")]
    assert (new["type"], new["sku"], len(new["rowId"])) == ("shipping", "new", 32)
    assert named == {"rowId": A, "type": "fee"}


def test_a_row_goes_when_it_is_listed_as_removed(api: Api) -> None:
    record = made(api, {"rows": [row(1), row(2)]})
    gone = [{"rowId": f"{1:032x}", "removed": True}]
    after = put(api, record, {"rows": gone})
    assert after["rows"] == [row(2)]
    assert put(api, record, {"rows": gone}) == after  # it is gone already
    assert "rows" not in put(api, record, {"rows": None})


def test_a_row_with_others_entries_stays_and_is_marked(api: Api) -> None:
    record = made(api, {"rows": [row(1, sku="a"), row(2)]})
    noted = entry(WMS_ID, "bin", "7", module="x-wms")
    put(api, record, {"rows": [{"rowId": f"{1:032x}", "customData": noted}]}, "wms")
    after = put(api, record, {"rows": None})
    assert after["rows"] == [row(1, sku="a", customData=noted, removed=True)]
    assert put(api, record, after) == after  # an echo of the mark removes nothing
    assert "removed" not in put(api, record, {"rows": [{"rowId": f"{1:032x}", "removed": False}]})["rows"][0]


def test_what_is_given_for_a_row_that_stays_when_it_is_removed_counts(api: Api) -> None:
    record = made(api, {"rows": [row(1)]})
    noted, reason = entry(WMS_ID, "bin", "7", module="x-wms"), entry(ERP_ID, "why", "sold out", module="x-erp")
    put(api, record, {"rows": [{"rowId": f"{1:032x}", "customData": noted}]}, "wms")
    gone = {"rowId": f"{1:032x}", "removed": True}
    path = f"/api/order/{record['localId']}"
    foreign = api.erp.put(path, {"rows": [{**gone, "customData": dict.fromkeys(noted)}]})
    assert (foreign.status_code, list(problems(foreign))) == (403, [f"/rows/0/customData/{WMS_ID}|x-wms|bin"])
    wrong = api.erp.put(path, {"rows": [{**gone, "remoteIdMap": 5, "customData": [5], "qty": "1"}]})
    assert (wrong.status_code, len(problems(wrong))) == (422, 3)
    after = put(api, record, {"rows": [{**gone, "name": "none left", "customData": reason}]})
    assert after["rows"] == [row(1, name="none left", customData=noted | reason, removed=True)]


def test_a_row_listed_twice_is_refused(api: Api) -> None:
    record = made(api, {"rows": [row(1)]})
    twice = [{"rowId": f"{1:032x}", "sku": "a"}, {"rowId": f"{1:032x}", "sku": "b"}]
    answer = api.erp.put(f"/api/order/{record['localId']}", {"rows": twice})
    assert (answer.status_code, list(problems(answer))) == (422, ["/rows/1/rowId"])


def test_custom_data_replaces_the_callers_own_and_keeps_everybody_elses(api: Api) -> None:
    record = made(
        api, {"customData": entry(ERP_ID, "a", "1", module="x-erp") | entry(ERP_ID, "b", "2", module="x-erp")}
    )
    foreign = entry(WMS_ID, "bin", "7", module="x-wms")
    put(api, record, {"customData": foreign}, "wms")
    mine = entry(ERP_ID, "b", "3", module="x-erp")
    assert put(api, record, {"customData": mine})["customData"] == foreign | mine
    assert put(api, record, {"customData": mine | foreign})["customData"] == foreign | mine  # an echo
    assert put(api, record, {"customData": None})["customData"] == foreign


def test_a_foreign_entry_that_is_changed_is_refused_with_every_key_and_owner(api: Api) -> None:
    record = made(api, {"rows": [row(1)]})
    foreign = {key: entry(WMS_ID, key, "7", module="x-wms") for key in ("bin", "shelf")}
    put(api, record, {"customData": foreign["bin"], "rows": [row(1, customData=foreign["shelf"])]}, "wms")
    before = api.erp.get(f"/api/order/{record['localId']}").json()
    answer = api.erp.put(
        f"/api/order/{record['localId']}",
        {
            "channel": "web",
            "customData": entry(WMS_ID, "bin", "8", module="x-wms"),
            "rows": [
                row(1, customData=entry(WMS_ID, "shelf", "8", module="x-wms")),
                {"type": "fee", "remoteIdMap": {WMS_ID: "2"}},
            ],
            "remoteIdMap": {WMS_ID: "1"},
            "customer": {"remoteIdMap": {WMS_ID: "1"}},
        },
    )
    assert answer.status_code == 403
    assert {(one["pointer"], one["key"], one["ownerName"], one["attempt"]) for one in answer.json()["errors"]} == {
        (f"/customData/{WMS_ID}|x-wms|bin", f"{WMS_ID}|x-wms|bin", "wms", "change"),
        (f"/rows/0/customData/{WMS_ID}|x-wms|shelf", f"{WMS_ID}|x-wms|shelf", "wms", "change"),
        (f"/rows/1/remoteIdMap/{WMS_ID}", WMS_ID, "wms", "create"),
        (f"/remoteIdMap/{WMS_ID}", WMS_ID, "wms", "create"),
        (f"/customer/remoteIdMap/{WMS_ID}", WMS_ID, "wms", "create"),
    }
    assert api.erp.get(f"/api/order/{record['localId']}").json() == before


def test_a_limit_that_is_broken_is_told_where_it_was_given(tmp_path: Path, url: str) -> None:
    config = read_config(tmp_path, CONFIG + LIMITS)
    with Store.open(url, followers=followers_of(config)) as store, served(config, store) as api:
        record = made(api, {"rows": [row(1), row(2)]})
        noted = entry(ERP_ID, "a/b", "too long", module="x-erp")
        body = {"customData": noted, "rows": [row(2, customData=noted)]}
        answer = api.erp.put(f"/api/order/{record['localId']}", body)
        pair = {"customData": entry(ERP_ID, "a", "1", module="x-pair"), "channel": "web"}
        too_few = api.erp.put(f"/api/order/{record['localId']}", pair)
        no_key = api.erp.put(f"/api/order/{record['localId']}", {"customData": {"no key": {}}})
    assert answer.status_code == 422
    assert set(problems(answer)) == {f"/customData/{ERP_ID}|x-erp|a~1b", f"/rows/0/customData/{ERP_ID}|x-erp|a~1b"}
    assert (too_few.status_code, list(problems(too_few))) == (422, ["/customData"])
    assert (no_key.status_code, list(problems(no_key))) == (422, ["/customData/no key"])


def test_a_caller_links_a_record_to_itself_once(api: Api) -> None:
    record, other = made(api, {}), made(api, {})
    assert put(api, record, {"remoteIdMap": {WMS_ID: "W/1 ü"}}, "wms")["remoteIdMap"] == {WMS_ID: "W/1 ü"}
    found = api.wms.get("/api/order/by-remote-id", params={"remoteId": "W/1 ü"})
    assert (found.status_code, found.json()["localId"]) == (200, record["localId"])
    assert found.headers["Content-Location"] == f"/api/order/{record['localId']}"
    taken = api.wms.put(f"/api/order/{other['localId']}", {"remoteIdMap": {WMS_ID: "W/1 ü"}})
    assert (taken.status_code, list(problems(taken))) == (409, [f"/remoteIdMap/{WMS_ID}"])
    put(api, record, {"remoteIdMap": {WMS_ID: None}}, "wms")
    assert api.wms.get("/api/order/by-remote-id", params={"remoteId": "W/1 ü"}).status_code == 404
    put(api, other, {"remoteIdMap": {WMS_ID: "W/1 ü"}}, "wms")


def test_a_map_is_cleared_only_by_who_owns_all_of_it(api: Api) -> None:
    record = made(api, {"remoteRefMap": {ERP_ID: "SO-1"}, "remoteIdMap": {ERP_ID: "1"}})
    put(api, record, {"remoteRefMap": {WMS_ID: "W-1"}}, "wms")
    answer = api.erp.put(f"/api/order/{record['localId']}", {"remoteRefMap": None})
    assert (answer.status_code, list(problems(answer))) == (403, [f"/remoteRefMap/{WMS_ID}"])
    assert "remoteIdMap" not in put(api, record, {"remoteIdMap": None})


def test_a_remote_id_is_the_callers_own_unless_it_says_whose(api: Api) -> None:
    record = made(api, {"remoteIdMap": {ERP_ID: "1"}})
    path = "/api/order/by-remote-id"
    assert api.shop.get(path, params={"remoteId": "1"}).status_code == 404
    assert api.shop.get(path, params={"remoteId": "1", "connectionId": ERP_ID}).json() == record
    assert api.operator.get(path, params={"remoteId": "1", "connectionId": ERP_ID}).json() == record
    assert api.operator.get(path, params={"remoteId": "1"}).status_code == 422
    assert api.shop.get(path).status_code == 422
    assert api.shop.get(path, params={"remoteId": "1", "connectionId": "x"}).status_code == 404


def test_if_match_refuses_a_state_that_is_gone(api: Api) -> None:
    record = made(api, {})
    path = f"/api/order/{record['localId']}"
    stale = api.erp.put(path, {"channel": "a"}, headers={"If-Match": '"2"'})
    assert (stale.status_code, stale.headers["ETag"]) == (412, '"1"')
    for header in ('"1"', "*", '"7", "3"', '"4"'):
        assert api.erp.put(path, {"channel": header}, headers={"If-Match": header}).status_code == 200
    for header in ("nonsense", 'W/"5"', '"1"'):
        assert api.erp.put(path, {"channel": "b"}, headers={"If-Match": header}).status_code == 412
    assert api.operator.delete(path, headers={"If-Match": '"1"'}).status_code == 412
    assert api.operator.delete(path, headers={"If-Match": '"5"'}).status_code == 204


def test_if_none_match_spares_a_reader_what_it_has(api: Api) -> None:
    record = made(api, {"remoteIdMap": {ERP_ID: "1"}})
    for path in (f"/api/order/{record['localId']}", "/api/order/by-remote-id?remoteId=1"):
        for header in ('"1"', 'W/"1"', '"7", "1"', "*"):
            answer = api.erp.get(path, headers={"If-None-Match": header})
            assert (answer.status_code, answer.content, answer.headers["ETag"]) == (304, b"", '"1"')
        assert api.erp.get(path, headers={"If-None-Match": '"2"'}).status_code == 200


def test_a_creation_sent_twice_is_done_once(api: Api) -> None:
    headers = {"Idempotency-Key": "one"}
    first = api.erp.post("/api/order", {"channel": "web"}, headers=headers)
    put(api, first.json(), {"channel": "app"})
    again = api.erp.post("/api/order", {"channel": "web"}, headers=headers)
    assert (again.status_code, again.json(), again.headers["ETag"]) == (201, first.json(), '"1"')
    assert again.headers["Location"] == first.headers["Location"]
    for body, path in (({"channel": "other"}, "/api/order"), ({"channel": "web"}, "/api/invite")):
        answer = api.erp.post(path, body, headers=headers)
        assert (answer.status_code, answer.json()["type"]) == (422, "/problems/key-reused")
    assert api.shop.post("/api/order", {"channel": "web"}, headers=headers).json() != first.json()
    assert api.erp.post("/api/order", {}, headers={"Idempotency-Key": "x" * 256}).status_code == 422


def test_only_an_operator_deletes(api: Api) -> None:
    record = made(api, {})
    answer = api.erp.delete(f"/api/order/{record['localId']}")
    assert (answer.status_code, answer.json()["type"]) == (403, "/problems/operators-only")


def test_a_record_with_entries_is_deleted_only_by_force(api: Api) -> None:
    foreign = entry(ERP_ID, "a/b", "1", module="x-erp")
    record = made(api, {"customData": foreign, "rows": [row(1, customData=foreign)]})
    path = f"/api/order/{record['localId']}"
    kept = api.operator.delete(path)
    assert kept.status_code == 409
    assert {(one["pointer"], one["owner"]) for one in kept.json()["errors"]} == {
        (f"/customData/{ERP_ID}|x-erp|a~1b", ERP_ID),
        (f"/rows/0/customData/{ERP_ID}|x-erp|a~1b", ERP_ID),
    }
    assert api.operator.delete(path, params={"force": "true"}).status_code == 204
    assert api.operator.delete(path, params={"force": "true"}).status_code == 404


def test_an_unowned_entry_keeps_no_record(api: Api) -> None:
    record = api.operator.post("/api/order", {"customData": entry(None, "k", "v", module="x-crm")}).json()
    assert api.operator.delete(f"/api/order/{record['localId']}").status_code == 204


def test_an_unknown_id_tells_nothing(api: Api) -> None:
    for local_id in ("x", "0" * 32, "0" * 31 + "\0", "%00", "A" * 32, "😀"):
        path, body = f"/api/order/{local_id}", {"channel": "web"}
        for answer in (api.shop.get(path), api.shop.put(path, body), api.operator.delete(path)):
            assert answer.status_code == 404
            assert answer.json()["detail"] == "there is nothing at this address"


def test_nobody_reads_or_writes_without_a_token(api: Api) -> None:
    record = made(api, {})
    for method, path in (("GET", ""), ("POST", ""), ("GET", f"/{record['localId']}"), ("PUT", f"/{record['localId']}")):
        body: dict[str, Any] | None = {} if method in {"POST", "PUT"} else None
        assert api.nobody(method, f"/api/order{path}", body).status_code == 401


def test_an_imported_record_is_amended_like_any_other(api: Api) -> None:
    """What the shop's mapping stashed stays, whoever writes the record."""
    stashed = entry(SHOP_ID, "meta.x", "1")
    record = api.operator.post("/api/order", {"customData": stashed}).json()
    assert put(api, record, {"customData": {}}, "shop")["customData"] == stashed
    assert put(api, record, {"customData": stashed}, "erp")["customData"] == stashed


def test_writers_of_one_record_at_once_never_lose_each_others_values(api: Api) -> None:
    record = made(api, {"rows": [row(number) for number in range(1, 5)]})
    path, rounds = f"/api/order/{record['localId']}", 12
    failures: list[str] = []

    def work(number: int) -> None:
        client = (api.shop, api.erp, api.wms, api.operator)[number - 1]
        owner = (SHOP_ID, ERP_ID, WMS_ID, None)[number - 1]
        for turn in range(rounds):
            own = entry(owner, f"turn{turn}", str(turn), module="x-own")
            body = {"rows": [{"rowId": f"{number:032x}", "customData": own, "name": str(turn)}]}
            answer = requests.put(
                api.url + path, json=body, headers={"Authorization": f"Bearer {client.token}"}, timeout=60
            )
            if answer.status_code != 200:
                failures.append(answer.text)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(1, 5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    after = api.erp.get(path).json()
    assert failures == []
    assert after["version"] == 1 + 4 * rounds
    assert [one["name"] for one in after["rows"]] == [str(rounds - 1)] * 4
    assert [len(one["customData"]) for one in after["rows"]] == [1] * 4
