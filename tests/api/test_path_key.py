"""One escape rule for keys in paths: whatever a key holds, it comes back as it was sent, over real HTTP."""

from __future__ import annotations

import http.client
import json
from urllib.parse import quote, urlsplit

import pytest
from hypothesis import given, settings, strategies as st

from crossdock.api.path_key import key_segment, read_segment

from .serving import ERP_ID, OPERATOR, Api

LEAD = f"{ERP_ID}|x-own|"
AWKWARD = [
    "",
    ".",
    "..",
    "/../..",
    "a/b",
    "/",
    "//",
    "customdata-history",
    "history",
    "%",
    "%2F",
    "%252F",
    "%zz",
    "a b+c",
    "?x=1&y#z",
    ";a=b",
    "\\",
    "\0",
    "\r\nX-Injected: 1",
    "'; DROP TABLE records; --",
    "{key:path}",
    "🧾/📦",
    "é",
    "e\u0301",
    "\u202e",
    "meta.a#2",
    "x" * 3000,
]
any_keys = st.text(st.characters(exclude_characters="|", exclude_categories=["Cs"]), max_size=30)


@pytest.fixture(scope="module")
def order(shared_api: Api) -> str:
    return shared_api.store.write_record(OPERATOR, "order", None, {}).local_id


@given(st.text(max_size=40))
def test_every_key_is_one_segment_of_plain_characters_and_comes_back(key: str) -> None:
    segment = key_segment(key)
    assert "/" not in segment
    assert segment.isascii()
    assert read_segment(segment.encode()) == key
    assert read_segment("".join(f"%{byte:02x}" for byte in key.encode()).encode()) == key


@pytest.mark.parametrize("raw", [b"%", b"%1", b"%zz", b"%ff", b"%c3", b"a%e2%28%a1"])
def test_what_is_no_percent_encoded_unicode_is_no_key(raw: bytes) -> None:
    assert read_segment(raw) is None


def round_trip(api: Api, local_id: str, key: str) -> None:
    """Create, read and delete an entry by addresses that are sent as they are written, byte for byte."""
    path = f"/api/order/{local_id}/customdata/{quote(LEAD + key, safe='')}"
    address = urlsplit(api.url)
    connection = http.client.HTTPConnection(str(address.hostname), address.port)
    headers = {"Authorization": f"Bearer {api.erp.token}", "Content-Type": "application/json"}

    def send(method: str, body: object = None) -> tuple[int, bytes, str | None]:
        connection.request(method, path, None if body is None else json.dumps(body), headers)
        answer = connection.getresponse()
        return answer.status, answer.read(), answer.getheader("Location")

    try:
        status, _body, location = send("PUT", {"type": "string", "value": key})
        assert (status, location) == (201, path)
        status, body, _location = send("GET")
        assert (status, json.loads(body)["key"], json.loads(body)["value"]) == (200, key, key)
        assert [send("DELETE")[0], send("GET")[0]] == [204, 404]
    finally:
        connection.close()


@pytest.mark.parametrize("key", AWKWARD)
def test_an_awkward_key_works_with_every_verb(shared_api: Api, order: str, key: str) -> None:
    round_trip(shared_api, order, key)


def test_any_key_works_with_every_verb(shared_api: Api, order: str) -> None:
    @given(any_keys)
    @settings(max_examples=40)
    def check(key: str) -> None:
        round_trip(shared_api, order, key)

    check()


def test_half_a_surrogate_pair_is_addressed_by_its_three_bytes(shared_api: Api, order: str) -> None:
    path = f"/api/order/{order}/customdata"
    name = json.loads(f'"{LEAD}\\ud83d"')
    body = json.dumps({name: {"type": "bool", "value": True}})
    headers = {"Content-Type": "application/json"}
    assert shared_api.erp("PATCH", path, headers=headers, data=body).ok
    one = shared_api.erp.get(f"{path}/{quote(LEAD, safe='')}%ED%A0%BD")
    assert (one.status_code, b'"\\ud83d"' in one.content) == (200, True)
    assert shared_api.erp.delete(f"{path}/{quote(LEAD, safe='')}%ED%A0%BD").status_code == 204


@pytest.mark.parametrize(
    "path",
    [
        "/api/order/{id}/customdata/{lead}a/b",  # a slash that is not encoded belongs to the address
        "/api/order/{id}/customdata/",
        "/api/order/{id}%2Fcustomdata%2F{lead}a",
        "/api/order%2F{id}/customdata/{lead}a",
        "/api/order/{id}/customdata%2F{lead}a",
        "/api/order/{id}/customdata/%ff",
        "/api/order/{id}/rows%2Fx%2Fcustomdata/{lead}a",
    ],
)
def test_an_address_that_is_only_alike_has_nothing(shared_api: Api, order: str, path: str) -> None:
    shared_api.erp.patch(
        f"/api/order/{order}/customdata", {LEAD + "a": {"type": "bool", "value": True}, LEAD + "a/b": None}
    )
    sent = path.format(id=order, lead=quote(LEAD, safe=""))
    answer = shared_api.erp.get(sent)
    assert answer.status_code == 404, answer.text
    assert b"true" not in answer.content


def test_a_key_called_like_an_address_is_a_key(shared_api: Api, order: str) -> None:
    for key in ("customdata-history", "history"):
        round_trip(shared_api, order, key)
    assert shared_api.erp.get(f"/api/order/{order}/customdata-history").json()["changes"]


def test_a_message_about_a_key_is_json_whatever_is_in_it(shared_api: Api, order: str) -> None:
    name = 'no key "\n\0\u2028'
    answer = shared_api.erp.put(
        f"/api/order/{order}/customdata/{quote(name, safe='')}", {"type": "bool", "value": True}
    )
    assert answer.status_code == 422
    assert "must have the form connectionId|moduleId|key" in answer.json()["detail"]
