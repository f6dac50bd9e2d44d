"""Tricks with paths: an address means one thing to everybody, and a key is never another entry's."""

from __future__ import annotations

import http.client
import json
from typing import Any
from urllib.parse import quote, urlsplit

import pytest
from hypothesis import given, settings, strategies as st

from crossdock.api.record_descriptions import FIRST
from tests.api.serving import ERP_ID, SHOP_ID, Api, Client

LEAD = f"{ERP_ID}|x-path|"
ORDER = f"/api/order/{FIRST}"
ENTRIES = f"{ORDER}/customdata"
ROWS = f"{ORDER}/rows/{'0' * 31}1/customdata"
ONE = {"type": "string", "value": "x"}


def asked(api: Api, client: Client, method: str, path: str, body: Any = None) -> tuple[int, dict[str, Any]]:
    """Send a path byte for byte, as no well-behaved client would."""
    address = urlsplit(api.url)
    connection = http.client.HTTPConnection(str(address.hostname), address.port, timeout=30)
    headers = {"Authorization": f"Bearer {client.token}", "Content-Type": "application/json"}
    try:
        connection.request(method, path, None if body is None else json.dumps(body), headers)
        answer = connection.getresponse()
        text = answer.read()
        return answer.status, json.loads(text) if text else {}
    finally:
        connection.close()


@pytest.mark.parametrize(
    "path",
    [
        f"/api/order/{FIRST}%2Fcustomdata",
        f"/api%2Forder/{FIRST}",
        f"/api/order%2f{FIRST}",
        "%2Fapi/order",
        f"/api/order/{FIRST}%2frows/{'0' * 32}/customdata/a/{quote(LEAD, safe='')}b",
        f"/api/order/{FIRST}%2Frows/{'0' * 32}/customdata/a%2Fb",
        f"/api/order/x/..%2f{FIRST}",
        f"/api/order/x/../{FIRST}",
        f"/api/order/./{FIRST}",
        f"/api//order/{FIRST}",
        f"/api/order/{FIRST}/",
        f"/api/order/{FIRST};a=b",
        f"/api/order/{FIRST}%00",
        f"/api/order\\{FIRST}",
        f"/api/order/..\\order\\{FIRST}",
        f"/api/order/{FIRST}%20",
        f"/api/order/{FIRST.upper()}",
        f"/API/order/{FIRST}",
        "/hooks%2Fshop",
        "/problems/..%2Fopenapi.json",
        "/docs/../../../etc/passwd",
    ],
)
def test_a_path_that_only_looks_like_an_address_is_none(attacked: Api, path: str) -> None:
    status, problem = asked(attacked, attacked.erp, "GET", path)
    assert (status, problem["type"]) == (404, "/problems/not-found")


def test_an_encoded_slash_belongs_to_the_key_and_to_nothing_before_it(attacked: Api) -> None:
    part = attacked.erp.put(ORDER, {"rows": [{"type": "product"}]}).json()["rows"][-1]["rowId"]
    key = quote(f"{LEAD}b", safe="")
    for tricky in (
        f"/api/order/{FIRST}%2Frows/{part}/customdata/a/{key}",
        f"/api/order/{FIRST}/rows%2F{part}/customdata/a/{key}",
        f"/api/order/{FIRST}/rows/{part}%2Fcustomdata/a/{key}",
    ):
        assert asked(attacked, attacked.erp, "PUT", tricky, ONE)[0] == 404
    assert asked(attacked, attacked.erp, "GET", f"{ORDER}/rows/{part}/customdata")[1] == {}


parts_of_keys = st.sampled_from(
    [
        "/",
        "..",
        ".",
        "%",
        "%2F",
        "%252f",
        "%7C",
        "%00",
        "\0",
        "\\",
        ";",
        "?",
        "#",
        "&",
        "+",
        " ",
        "é",
        "📦",
        "a",
        "\r\n",
        "'",
    ]
)
keys = st.lists(parts_of_keys, max_size=5).map("".join) | st.just("x" * 10_000)


@given(key=keys, other=keys)
@settings(max_examples=25)
def test_any_key_is_one_entry_and_touches_no_other(attacked: Api, key: str, other: str) -> None:
    names = [LEAD + one for one in (key, other)]
    given_both = {name: {"type": "string", "value": name} for name in names}
    assert attacked.erp.put(ENTRIES, given_both).status_code == 200
    path = f"{ENTRIES}/{quote(names[0], safe='')}"
    assert asked(attacked, attacked.erp, "GET", path)[1]["value"] == names[0]
    assert asked(attacked, attacked.erp, "PUT", path, ONE)[0] == 200
    assert asked(attacked, attacked.erp, "DELETE", path)[0] == 204
    left = {name: entry["value"] for name, entry in attacked.erp.get(f"{ENTRIES}?connectionId={ERP_ID}").json().items()}
    assert left == {name: name for name in names[1:] if name != names[0]}


@pytest.mark.parametrize(
    "segment",
    [
        "",
        "%",
        "%7",
        "a",
        "|",
        "||",
        "|||",
        "%7C%7C",
        quote(f"{ERP_ID}|x-a|b|c", safe=""),
        quote(f"{ERP_ID}||k", safe=""),
        quote(f"{ERP_ID.upper()}|x-a|k", safe=""),
        quote(f" {ERP_ID}|x-a|k", safe=""),
        quote(quote(f"{ERP_ID}|x-a|k", safe=""), safe=""),
        quote(f"{SHOP_ID}|x-a|k", safe=""),
        quote(f"{SHOP_ID}\0{ERP_ID}|x-a|k", safe=""),
        quote("|x-a|k", safe=""),
        quote(f"{ERP_ID}|connector.api|k", safe=""),
        "%ff%fe",
        "%c0%af",
        "%ed%a0",
    ],
)
def test_a_key_that_is_none_or_not_the_callers_is_refused_and_nothing_is_written(attacked: Api, segment: str) -> None:
    before = attacked.operator.get(ORDER).content
    for method, body in (("PUT", ONE), ("DELETE", None)):
        status, problem = asked(attacked, attacked.erp, method, f"{ENTRIES}/{segment}", body)
        assert status in (403, 404, 422), problem
        assert problem["status"] == status
    assert attacked.operator.get(ORDER).content == before
