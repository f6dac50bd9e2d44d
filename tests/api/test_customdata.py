"""Custom data over HTTP: one meaning for each verb, and what others own is never touched."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import pytest
import requests

from crossdock.records import Working
from crossdock.store import Actor, PageWrite
from tests.store.shop import incoming

from .serving import ERP_ID, OPERATOR, SHOP_ID, WMS_ID, Api

ROW, PAYMENT = "0" * 31 + "1", "0" * 31 + "2"
SHOPS_IMPORT = Actor("connection", SHOP_ID, "shop", "import", "woocommerce")


def entry(owner: str | None, key: str, value: Any, kind: str = "string", module: str = "x-own") -> Working:
    made: Working = {"connectionId": owner} if owner else {}
    return made | {"moduleId": module, "key": key, "type": kind, "value": value}


def name_of(owner: str | None, key: str, module: str = "x-own") -> str:
    return f"{owner or ''}|{module}|{key}"


def by_key(*entries: Working) -> dict[str, Working]:
    return {name_of(one.get("connectionId"), one["key"], one["moduleId"]): one for one in entries}


STASHED = entry(SHOP_ID, "meta.a", "of the shop", module="connector.woocommerce")
SHOPS, ERPS, NOBODYS = entry(SHOP_ID, "a", "1"), entry(ERP_ID, "a", "2"), entry(None, "a", "3")
EVERYBODYS = by_key(STASHED, SHOPS, ERPS, NOBODYS)


class Order:
    """One order on which everybody has an entry, and what is said to it."""

    def __init__(self, api: Api, path: str = "") -> None:
        self.api = api
        rows = [{"rowId": ROW, "type": "product", "customData": EVERYBODYS}]
        payments = [{"paymentId": PAYMENT, "customData": EVERYBODYS}]
        given = {"displayId": "1001", "customData": EVERYBODYS, "rows": rows, "payments": payments}
        self.local_id = api.store.write_record(OPERATOR, "order", None, given).local_id
        self.path = f"/api/order/{self.local_id}{path}/customdata"

    def one(self, name: str) -> str:
        return f"{self.path}/{quote(name, safe='')}"

    @property
    def entries(self) -> dict[str, Working]:
        found: dict[str, Working] = self.api.wms.get(self.path).json()
        return found

    @property
    def version(self) -> int:
        record = self.api.store.record("order", self.local_id)
        assert record is not None
        version: int = record["version"]
        return version


@pytest.fixture(params=["", f"/rows/{ROW}", f"/payments/{PAYMENT}"])
def order(shared_api: Api, request: pytest.FixtureRequest) -> Order:
    return Order(shared_api, request.param)


@pytest.fixture
def plain(shared_api: Api) -> Order:
    return Order(shared_api)


def problem(answer: requests.Response, status: int, kind: str) -> Working:
    found: Working = answer.json()
    assert (answer.status_code, found["type"]) == (status, f"/problems/{kind}"), answer.text
    return found


# Reading


def test_everybody_reads_everything(order: Order) -> None:
    assert order.entries == EVERYBODYS


@pytest.mark.parametrize(
    ("query", "found"),
    [
        (f"connectionId={SHOP_ID}", by_key(STASHED, SHOPS)),
        ("connectionId=", by_key(NOBODYS)),
        ("moduleId=x-own", by_key(SHOPS, ERPS, NOBODYS)),
        (f"connectionId={SHOP_ID}&moduleId=x-own", by_key(SHOPS)),
        ("moduleId=x-other", {}),
    ],
)
def test_entries_are_filtered_by_owner_and_module(plain: Order, query: str, found: dict[str, Working]) -> None:
    assert plain.api.erp.get(f"{plain.path}?{query}").json() == found


def test_one_entry_is_read_by_its_dictionary_key(order: Order) -> None:
    answer = order.api.erp.get(order.one(name_of(SHOP_ID, "a")))
    assert (answer.status_code, answer.json(), answer.headers["ETag"]) == (200, SHOPS, '"1"')


def test_what_is_not_there_is_not_found(plain: Order) -> None:
    erp, other = plain.api.erp, "f" * 32
    for path in (
        plain.one(name_of(ERP_ID, "absent")),
        plain.one("no key at all"),
        f"/api/order/{other}/customdata",
        "/api/order/nonsense/customdata",
        f"/api/order/{plain.local_id}/rows/{other}/customdata",
        f"/api/product/{plain.local_id}/customdata",
    ):
        problem(erp.get(path), 404, "not-found")


def test_a_caller_who_has_it_already_is_spared_the_body(plain: Order) -> None:
    for path in (plain.path, plain.one(name_of(SHOP_ID, "a"))):
        answer = plain.api.erp.get(path, headers={"If-None-Match": '"1"'})
        assert (answer.status_code, answer.content) == (304, b"")


# PUT one


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("string", ""),
        ("string", "0"),
        ("bool", False),
        ("integer", "0"),
        ("integer", "123456789012345678901234567890"),
        ("decimal", "1.10"),
        ("json", None),
        ("json", {"a": [1.10, None, ""]}),
        ("json", []),
    ],
)
def test_an_entry_of_any_value_is_created_and_changed(plain: Order, kind: str, value: Any) -> None:
    path = plain.one(name_of(ERP_ID, "new"))
    created = plain.api.erp.put(path, {"type": kind, "value": value})
    assert (created.status_code, created.headers["Location"], created.headers["ETag"]) == (201, path, '"2"')
    assert created.json() == entry(ERP_ID, "new", value, kind)
    changed = plain.api.erp.put(path, entry(ERP_ID, "new", "another"))
    assert (changed.status_code, changed.json()["value"], changed.headers["ETag"]) == (200, "another", '"3"')
    assert plain.entries == EVERYBODYS | by_key(entry(ERP_ID, "new", "another"))


def test_the_same_again_changes_nothing(order: Order) -> None:
    answer = order.api.erp.put(order.one(name_of(ERP_ID, "a")), {"type": "string", "value": "2"})
    assert (answer.status_code, order.version) == (200, 1)


def test_an_unchanged_echo_of_a_foreign_entry_is_no_offence(order: Order) -> None:
    assert order.api.erp.put(order.one(name_of(SHOP_ID, "a")), SHOPS).status_code == 200
    assert order.api.erp.patch(order.path, EVERYBODYS).status_code == 200
    assert order.api.erp.put(order.path, EVERYBODYS).status_code == 200
    assert order.version == 1


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"type": "string", "value": 5}, "/value"),
        ({"type": "bool", "value": 1}, "/value"),
        ({"type": "integer", "value": True}, "/value"),
        ({"type": "integer", "value": 12}, "/value"),  # readers may round it
        ({"type": "decimal", "value": 1.5}, "/value"),
        ({"type": "decimal", "value": "NaN"}, "/value"),
        ({"type": "text", "value": "x"}, "/type"),
        ({"type": "string"}, "/value"),
        ({"value": "x"}, "/type"),
        ({"type": "string", "value": "x", "note": 1}, "/note"),
        ([], ""),
        ("x", ""),
        ({"type": "string", "value": "x", "key": "other"}, "/key"),
        ({"type": "string", "value": "x", "moduleId": "x-other"}, "/moduleId"),
        ({"type": "string", "value": "x", "connectionId": None}, "/connectionId"),
    ],
)
def test_what_is_no_entry_is_refused_with_its_place(plain: Order, body: Any, pointer: str) -> None:
    found = problem(plain.api.erp.put(plain.one(name_of(ERP_ID, "a")), body), 422, "invalid")
    assert [one["pointer"] for one in found["errors"]] == [pointer]
    assert plain.entries == EVERYBODYS


def test_a_name_cannot_be_changed_by_an_update(plain: Order) -> None:
    found = problem(plain.api.erp.put(plain.one(name_of(ERP_ID, "a")), entry(ERP_ID, "renamed", "2")), 422, "invalid")
    assert "the name of an entry cannot be changed" in found["detail"]


@pytest.mark.parametrize("name", ["no parts", "a|b", "zz|x-own|k", f"{ERP_ID}|crm|k", f"{ERP_ID}|x-|k", "||"])
def test_a_key_that_is_none_cannot_be_written(plain: Order, name: str) -> None:
    problem(plain.api.operator.put(plain.one(name), {"type": "string", "value": "x"}), 422, "invalid")


# Whose it is


@pytest.mark.parametrize(
    ("name", "attempt", "owner", "whose"),
    [
        (name_of(SHOP_ID, "a"), "change", SHOP_ID, "shop"),
        (name_of(SHOP_ID, "new"), "create", SHOP_ID, "shop"),
        (name_of(None, "new"), "create", None, None),
        (name_of(SHOP_ID, "meta.a", "connector.woocommerce"), "change", SHOP_ID, "shop"),
    ],
)
def test_a_foreign_entry_is_refused_with_its_owner(
    order: Order, name: str, attempt: str, owner: str | None, whose: str | None
) -> None:
    found = problem(order.api.erp.put(order.one(name), {"type": "string", "value": "mine"}), 403, "not-owned")
    (one,) = found["errors"]
    assert (one["key"], one["attempt"], one["owner"], one["ownerName"]) == (name, attempt, owner, whose)
    assert "operator" in one["remedy"]
    assert order.entries == EVERYBODYS


def test_nobody_writes_what_its_own_mapping_stashes(plain: Order) -> None:
    stashed = name_of(SHOP_ID, "meta.a", "connector.woocommerce")
    found = problem(plain.api.shop.put(plain.one(stashed), {"type": "string", "value": "x"}), 403, "not-owned")
    (one,) = found["errors"]
    assert (one["attempt"], one["ownerName"], "a module of your own" in one["remedy"]) == ("change", "shop", True)
    problem(plain.api.shop.delete(plain.one(stashed)), 403, "not-owned")


def test_a_foreign_entry_cannot_be_deleted(order: Order) -> None:
    problem(order.api.erp.delete(order.one(name_of(SHOP_ID, "a"))), 403, "not-owned")


def test_every_offence_of_a_request_is_told_and_nothing_of_it_is_done(order: Order) -> None:
    body = {
        name_of(ERP_ID, "new"): {"type": "string", "value": "mine"},
        name_of(SHOP_ID, "a"): {"type": "string", "value": "mine"},
        name_of(None, "a"): None,
    }
    found = problem(order.api.erp.patch(order.path, body), 403, "not-owned")
    told = {one["pointer"]: one["attempt"] for one in found["errors"]}
    assert told == {f"/{name_of(SHOP_ID, 'a')}": "change", f"/{name_of(None, 'a')}": "delete"}
    assert order.entries == EVERYBODYS


def test_an_operator_may_repair_anything(order: Order) -> None:
    for owner in (SHOP_ID, None):
        assert order.api.operator.put(order.one(name_of(owner, "a")), {"type": "string", "value": "x"}).ok
    assert order.api.operator.delete(order.one(name_of(SHOP_ID, "meta.a", "connector.woocommerce"))).status_code == 204


# DELETE, POST, PATCH, PUT of all


def test_delete_removes_one_entry_and_nothing_else(order: Order) -> None:
    path = order.one(name_of(ERP_ID, "a"))
    assert (order.api.erp.delete(path).status_code, order.api.erp.delete(path).status_code) == (204, 404)
    assert order.entries == by_key(STASHED, SHOPS, NOBODYS)


def test_post_creates_and_never_changes(order: Order) -> None:
    made = entry(ERP_ID, "ta/k e", "new")
    created = order.api.erp.post(order.path, made)
    assert (created.status_code, created.json()) == (201, made)
    assert order.api.erp.get(created.headers["Location"]).json() == made
    again = order.api.erp.post(order.path, made | {"value": "another"})
    problem(again, 409, "entry-exists")
    assert again.headers["Location"] == created.headers["Location"]
    assert order.entries[name_of(ERP_ID, "ta/k e")] == made


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"type": "string", "value": "x"}, "/moduleId"),
        ({"moduleId": "x-own", "type": "string", "value": "x"}, "/key"),
        ({"moduleId": "crm", "key": "k", "type": "string", "value": "x"}, "/moduleId"),
        ({"moduleId": "x-own", "key": "a|b", "type": "string", "value": "x"}, "/key"),
    ],
)
def test_post_needs_a_whole_entry(plain: Order, body: Any, pointer: str) -> None:
    found = problem(plain.api.erp.post(plain.path, body), 422, "invalid")
    assert pointer in [one["pointer"] for one in found["errors"]]


@pytest.mark.parametrize("body", [{}, {"type": "text"}, {"type": None, "key": 5}])
def test_an_entry_without_a_type_is_told_everything_else_that_is_wrong_with_it(plain: Order, body: Any) -> None:
    found = problem(plain.api.erp.post(plain.path, body), 422, "invalid")
    assert [one["pointer"] for one in found["errors"]] == ["/type", "/moduleId", "/key", "/value"]


def test_patch_sets_values_removes_nulls_and_leaves_the_rest_alone(order: Order) -> None:
    order.api.erp.put(order.one(name_of(ERP_ID, "b")), {"type": "string", "value": "stays"})
    body = {
        name_of(ERP_ID, "a"): None,
        name_of(ERP_ID, "absent"): None,
        name_of(ERP_ID, "new"): {"type": "json", "value": None},
        name_of(SHOP_ID, "a"): SHOPS,
    }
    answer = order.api.erp.patch(order.path, body)
    left = by_key(STASHED, SHOPS, NOBODYS, entry(ERP_ID, "b", "stays"), entry(ERP_ID, "new", None, "json"))
    assert (answer.status_code, answer.json(), order.entries) == (200, left, left)


def test_put_of_all_replaces_the_callers_own_and_keeps_everybody_elses(order: Order) -> None:
    answer = order.api.erp.put(order.path, by_key(entry(ERP_ID, "new", "1", module="x-b")))
    left = by_key(STASHED, SHOPS, NOBODYS, entry(ERP_ID, "new", "1", module="x-b"))
    assert (answer.status_code, answer.json(), order.entries) == (200, left, left)
    assert order.api.erp.put(order.path, {}).json() == by_key(STASHED, SHOPS, NOBODYS)


def test_an_operators_own_are_the_unowned_entries(order: Order) -> None:
    assert order.api.operator.put(order.path, {}).json() == by_key(STASHED, SHOPS, ERPS)


def test_every_flaw_of_several_entries_is_told(plain: Order) -> None:
    body = {name_of(ERP_ID, "a/b"): {"type": "bool", "value": "x"}, "nonsense": {"type": "bool", "value": True}}
    for send in (plain.api.erp.patch, plain.api.erp.put):
        found = problem(send(plain.path, body), 422, "invalid")
        assert [one["pointer"] for one in found["errors"]] == [f"/{ERP_ID}|x-own|a~1b/value", "/nonsense"]


def test_record_and_row_have_entries_of_their_own(plain: Order) -> None:
    record, row = plain, Order(plain.api)
    row.local_id = record.local_id
    row.path = f"/api/order/{record.local_id}/rows/{ROW}/customdata"
    record.api.erp.delete(record.one(name_of(ERP_ID, "a")))
    assert (record.entries, row.entries) == (by_key(STASHED, SHOPS, NOBODYS), EVERYBODYS)


# States


@pytest.mark.parametrize("verb", ["put", "delete", "post", "patch", "replace"])
def test_a_write_to_another_state_than_was_read_is_refused(order: Order, verb: str) -> None:
    headers = {"If-Match": '"7"'}
    erp, one = order.api.erp, order.one(name_of(ERP_ID, "a"))
    send = {
        "put": lambda: erp.put(one, {"type": "string", "value": "x"}, headers=headers),
        "delete": lambda: erp.delete(one, headers=headers),
        "post": lambda: erp.post(order.path, entry(ERP_ID, "new", "x"), headers=headers),
        "patch": lambda: erp.patch(order.path, {}, headers=headers),
        "replace": lambda: erp.put(order.path, {}, headers=headers),
    }
    answer = send[verb]()
    problem(answer, 412, "version-conflict")
    assert (answer.headers["ETag"], order.entries) == ('"1"', EVERYBODYS)


def test_a_write_to_the_state_that_was_read_is_done(plain: Order) -> None:
    one = plain.one(name_of(ERP_ID, "a"))
    tag = plain.api.erp.get(one).headers["ETag"]
    assert plain.api.erp.put(one, {"type": "string", "value": "x"}, headers={"If-Match": tag}).headers["ETag"] == '"2"'


def test_nobody_comes_in_without_a_token(plain: Order) -> None:
    problem(plain.api.nobody.get(plain.path), 401, "no-token")
    problem(plain.api.nobody.put(plain.path, {}), 401, "no-token")


def test_a_reimport_leaves_what_was_written_here(plain: Order) -> None:
    store, remote_id = plain.api.store, plain.local_id
    stashed = STASHED | {"value": "of the shop, changed"}
    for number, entry_of_shop in enumerate((STASHED, stashed), 1):
        run = store.start_run(SHOP_ID, "order", b"")
        produced = {"remoteIdMap": {SHOP_ID: remote_id}, "customData": by_key(entry_of_shop)}
        item = incoming(produced, f"2025-01-0{number}T00:00:00Z", owner=SHOP_ID)
        (result,) = store.write_page(SHOPS_IMPORT, run, PageWrite([item]))
        store.finish_run(run, {}, "succeeded")
        path = f"/api/order/{result.local_id}/customdata"
        tracking = f"{path}/{quote(name_of(WMS_ID, 'track/1'), safe='')}"
        assert plain.api.wms.put(tracking, {"type": "string", "value": "123"}).status_code == (201, 200)[number - 1]
    assert plain.api.erp.get(path).json() == by_key(stashed, entry(WMS_ID, "track/1", "123"))
