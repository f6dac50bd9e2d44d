"""What is wrong with a request is said in our words: what must stand there, what does, what was probably meant."""

from __future__ import annotations

from typing import Any

import pytest
import requests

from crossdock.records import Working

from .serving import ERP_ID, Api

HEX = "must be 32 hexadecimal digits (0-9, a-f), not"
TYPES = "'string', 'bool', 'integer', 'decimal' or 'json'"
MODULE = "must be 'x-' and a name of your own, or 'connector.' and the name of one, not"
PAID = "'unpaid', 'authorized', 'partiallyPaid', 'paid', 'partiallyRefunded', 'refunded' or 'voided'"
FOREIGN_WORDS = ("Input should", "should match pattern", "Field required", "Extra inputs", "Unable to", "Value error")


def told(answer: requests.Response) -> dict[str, str]:
    """What is wrong, by JSON pointer or name of a parameter."""
    assert answer.status_code == 422, answer.text
    assert not any(words in answer.text for words in FOREIGN_WORDS), answer.text
    return {one["pointer"] or one.get("parameter", ""): one["detail"] for one in answer.json()["errors"]}


def key(name: str = "k", module: str = "x-a", owner: str = ERP_ID) -> str:
    return f"{owner}|{module}|{name}"


# (field and value given in an order, pointer to the problem, what is said of it)
OF_FIELDS: list[tuple[Working, str, str]] = [
    ({"displayId": 5}, "/displayId", "must be a text, not 5"),
    ({"displayId": {}}, "/displayId", "must be a text, not an object"),
    ({"pricesIncludeVat": "yes"}, "/pricesIncludeVat", "must be true or false, not 'yes'"),
    ({"discountCodes": "a"}, "/discountCodes", "must be a list, not 'a'"),
    ({"rows": [[]]}, "/rows/0", "must be an object, not an empty list"),
    (
        {"paymentStatus": "payed"},
        "/paymentStatus",
        f"must be {PAID}, not 'payed'; did you mean 'paid'?",
    ),
    ({"placedAt": "2024-03-03"}, "/placedAt", "must be a time in UTC like 2024-03-03T14:09:27Z, not '2024-03-03'"),
    ({"currency": "EURO"}, "/currency", "must be an ISO 4217 currency code, not 'EURO'"),
    ({"languageCode": "?"}, "/languageCode", "must be a BCP 47 language tag such as 'sv' or 'pt-BR', not '?'"),
    ({"totals": {"vatAmount": "x"}}, "/totals/vatAmount", "must be a finite decimal number, not 'x'"),
    ({"totls": {}}, "/totls", "order has no field 'totls'; did you mean 'totals'?"),
    (
        {"billingAddress": {"cty": ""}},
        "/billingAddress/cty",
        "order has no field 'billingAddress.cty'; did you mean 'city'?",
    ),
    (
        {"rows": [{"sku": "a"}]},
        "/rows/0/type",
        "must be given: 'product', 'shipping', 'fee', 'discount', 'giftCard' or 'rounding'",
    ),
    ({"remoteIdMap": {"erp": "1"}}, "/remoteIdMap/erp", f"its name {HEX} 'erp'"),
    (
        {"links": [{"recordType": "order", "connectionId": ERP_ID, "remoteId": "x" * 501}]},
        "/links/0/remoteId",
        "must have at most 500 characters, not 501",
    ),
]

# (an entry under a key, where in the entry, what is said of it)
OF_ENTRIES: list[tuple[str, Any, str, str]] = [
    (key(), {"type": "strng", "value": ""}, "/type", f"must be {TYPES}, not 'strng'; did you mean 'string'?"),
    (key(), {"value": ""}, "/type", f"must be given: {TYPES}"),
    (key(), {"type": None, "value": ""}, "/type", f"must be {TYPES}, not null"),
    (key(), {"connectionId": None, "type": "bool", "value": True}, "/connectionId", "says null, and the dictionary"),
    (key(), {"type": "string"}, "/value", "must be given"),
    (key(), {"type": "string", "value": 5}, "/value", "must be a text, not 5"),
    (key(), {"type": "string", "value": None}, "/value", "must be a text, not null"),
    (key(), {"type": "bool", "value": "true"}, "/value", "must be true or false, not 'true'"),
    (key(), {"type": "integer", "value": "1.5"}, "/value", "must be a whole number, not '1.5'"),
    (key(), {"type": "integer", "value": 1}, "/value", "is a JSON number, which readers may round; write a string"),
    (
        key(),
        {"type": "json", "value": 1, "vlaue": 2},
        "/vlaue",
        "there is no such field in an entry; did you mean 'value'?",
    ),
    (key(owner="erp"), {"type": "bool", "value": True}, "", f"its connectionId {HEX} 'erp'"),
    (key(module="erp"), {"type": "bool", "value": True}, "", f"its moduleId {MODULE} 'erp'"),
    (
        key(),
        {"key": "other", "type": "bool", "value": True},
        "/key",
        f"says 'other', and the dictionary key '{key()}' says 'k'",
    ),
    (
        "|x-a|k",
        {"connectionId": ERP_ID, "type": "bool", "value": True},
        "/connectionId",
        "the entry '|x-a|k' is unowned: leave",
    ),
    (
        "no key",
        {"type": "bool", "value": True},
        "",
        "custom data key 'no key' must have the form connectionId|moduleId|key",
    ),
]


@pytest.mark.parametrize(("given", "pointer", "words"), OF_FIELDS, ids=[pointer for _, pointer, _ in OF_FIELDS])
def test_of_a_field(shared_api: Api, given: Working, pointer: str, words: str) -> None:
    assert told(shared_api.erp.post("/api/order", given)) == {pointer: words}


@pytest.mark.parametrize(("name", "entry", "pointer", "words"), OF_ENTRIES)
def test_of_an_entry_wherever_it_is_given(shared_api: Api, name: str, entry: Any, pointer: str, words: str) -> None:
    api = shared_api
    order = api.erp.post("/api/order", {"displayId": "1"}).headers["Location"]
    in_record = told(api.erp.put(order, {"customData": {name: entry}}))
    in_row = told(api.erp.put(order, {"rows": [{"type": "fee", "customData": {name: entry}}]}))
    among_several = told(api.erp.patch(f"{order}/customdata", {name: entry}))
    assert [*in_record] == [f"/customData/{name}{pointer}"]
    assert [*in_row] == [f"/rows/0/customData/{name}{pointer}"]
    assert [*among_several] == [f"/{name}{pointer}"]
    for found in (in_record, in_row, among_several):
        [said] = found.values()
        assert said.startswith(words)


def test_of_everything_at_once(shared_api: Api) -> None:
    order: Working = {}
    for given, _pointer, _words in OF_FIELDS:
        order |= {name: value for name, value in given.items() if name not in order}
    wanted = {pointer: words for given, pointer, words in OF_FIELDS if given.items() <= order.items()}
    assert len(wanted) > 10
    assert told(shared_api.erp.post("/api/order", order)) == wanted


def test_of_a_log_event(shared_api: Api) -> None:
    body = {"severity": "eror", "sumary": "x", "body": [""] * 101, "relatedIdMsgs": [{"idd": "1"}], "time": "now"}
    assert told(shared_api.erp.post("/api/log/event", body)) == {
        "/severity": "must be 'info', 'warning', 'error' or 'critical', not 'eror'; did you mean 'error'?",
        "/summary": "must be given: in one sentence, for the list",
        "/sumary": "there is no such field; did you mean 'summary'?",
        "/body": "must have at most 100 elements, not 101",
        "/relatedIdMsgs/0/idd": "there is no such field; did you mean 'id'?",
        "/time": "must be a time in UTC like 2024-03-03T14:09:27Z, not 'now'",
    }


def test_of_parameters(shared_api: Api) -> None:
    api = shared_api
    order = api.erp.post("/api/order", {}).headers["Location"]
    assert told(api.operator.delete(f"{order}?force=maybe")) == {"force": "must be true or false, not 'maybe'"}
    assert told(api.erp.get("/api/order/by-remote-id")) == {"remoteId": "must be given"}
    spaced = api.erp.post("/api/order", {}, headers={"Idempotency-Key": "a b"})
    assert told(spaced) == {"Idempotency-Key": "must be 1 to 255 visible ASCII characters, not 'a b'"}
    unlimited = told(api.erp.get(f"{order}/customdata-history?limit=x"))
    assert unlimited == {"limit": "must be a whole number, not 'x'"}


def test_a_record_takes_short_entries_as_the_entries_do(shared_api: Api) -> None:
    api = shared_api
    short = {key("a"): {"type": "string", "value": "1"}, key("b"): {"type": "integer", "value": "2"}}
    whole = {
        name: {"connectionId": ERP_ID, "moduleId": "x-a", "key": name[-1], **entry} for name, entry in short.items()
    }
    made = api.erp.post("/api/order", {"customData": short, "rows": [{"type": "fee", "customData": short}]})
    assert made.status_code == 201
    assert made.json()["customData"] == made.json()["rows"][0]["customData"] == whole
    path, row = made.headers["Location"], made.json()["rows"][0]["rowId"]
    one = {key("b"): short[key("b")]}
    assert api.erp.put(path, {"customData": one}).json()["customData"] == {key("b"): whole[key("b")]}
    changed = api.erp.put(path, {"rows": [{"rowId": row, "customData": one}]}).json()
    assert changed["rows"][0]["customData"] == {key("b"): whole[key("b")]}
    echo = api.wms.put(path, {"customData": one})
    assert (echo.status_code, echo.headers["ETag"]) == (200, api.wms.get(path).headers["ETag"])
    refused = api.wms.put(path, {"customData": {key("b"): {"type": "integer", "value": "3"}}})
    assert (refused.status_code, refused.json()["errors"][0]["attempt"]) == (403, "change")
    unowned = api.operator.put(path, {"customData": {"|x-a|k": {"type": "bool", "value": True}}}).json()["customData"]
    assert unowned["|x-a|k"] == {"moduleId": "x-a", "key": "k", "type": "bool", "value": True}
