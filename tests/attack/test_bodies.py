"""Bodies made to break the one who reads them: each is refused in good time, in words, and changes nothing."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator

import pytest
import requests

from crossdock.api.record_descriptions import FIRST
from tests.api.serving import ERP_ID, WMS_ID, Api

ORDER = f"/api/order/{FIRST}"
ENTRIES = f"{ORDER}/customdata"
KEY = f"{ERP_ID}|x-body|k"
SECONDS = 20  # what takes more than linear time takes minutes


def sent(
    api: Api, body: bytes, path: str = ORDER, method: str = "PUT", kind: str = "application/json"
) -> requests.Response:
    return api.erp(method, path, data=body, headers={"Content-Type": kind})


@pytest.fixture(autouse=True)
def untouched(attacked: Api) -> Iterator[None]:
    before = attacked.operator.get(ORDER).content
    yield
    assert attacked.operator.get(ORDER).content == before


def entry(value: bytes, kind: str = "json") -> bytes:
    return b'{"%s":{"type":"%s","value":%s}}' % (KEY.encode(), kind.encode(), value)


@pytest.mark.parametrize(
    "value",
    [
        b"1e999999999999999999999",
        b"1" * 100_000,
        b"NaN",
        b"-Infinity",
        b"01",
        b"1.",
        b".5",
        b"+1",
        b"0x10",
        b"1_000",
        b'"\xff"',
        b'"\xed\xa0\x80"',
        b'"\xc0\x80"',
        b'"\\x41"',
        b'"\\ud8"',
        b'"a\nb"',
        b"'a'",
        b"[1,]",
        b"{,}",
        b"// 1\n1",
        b"undefined",
        b'{"a":1,"a":1}',
        b'{"a":1,"\\u0061":2}',
        b"[" * 200 + b"]" * 200,
        b'{"":' * 200 + b"1" + b"}" * 200,
    ],
)
def test_a_value_that_is_no_sound_json_is_refused(attacked: Api, value: bytes) -> None:
    answer = sent(attacked, entry(value), ENTRIES, "PATCH")
    assert (answer.status_code, answer.headers["Content-Type"]) == (400, "application/problem+json")


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("integer", b'"' + b"1" * 100_000 + b'"'),
        ("integer", b"1e3"),
        ("integer", b'"1e3"'),
        ("integer", b'"1.0"'),
        ("integer", b'" 1"'),
        ("integer", '"١"'.encode()),
        ("integer", b"true"),
        ("decimal", b'"1e999999999"'),
        ("decimal", b"1e999999999"),
        ("decimal", b'"NaN"'),
        ("decimal", b'"Infinity"'),
        ("decimal", b'"1_0"'),
        ("bool", b"1"),
        ("bool", b'"true"'),
        ("string", b"null"),
        ("json ", b"1"),
        ("__proto__", b"1"),
    ],
)
def test_a_value_that_is_not_of_its_type_is_refused(attacked: Api, kind: str, value: bytes) -> None:
    answer = sent(attacked, entry(value, kind), ENTRIES, "PATCH")
    assert (answer.status_code, answer.json()["type"]) == (422, "/problems/invalid")


def test_every_beginning_of_a_body_is_refused(attacked: Api) -> None:
    whole = json.dumps({KEY: {"type": "json", "value": [1.5, "ü\0", None]}}, ensure_ascii=False).encode()
    for length in range(0, len(whole), 7):
        assert sent(attacked, whole[:length], ENTRIES, "PATCH").status_code == 400


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"\xef\xbb\xbf{}", "application/json"),
        ("{}".encode("utf-16"), "application/json; charset=utf-16"),
        ("{}".encode("utf-32"), "application/json"),
        (b"\x1f\x8b\x08\x00", "application/json"),
    ],
)
def test_other_encodings_are_no_json(attacked: Api, body: bytes, kind: str) -> None:
    assert sent(attacked, body, kind=kind).status_code == 400


@pytest.mark.parametrize(
    "kind",
    [
        "",
        "text/json",
        "application/json, text/plain",
        "multipart/form-data; boundary=json",
        "application/xml+jsonx",
        "*/*",
    ],
)
def test_nothing_but_json_is_taken(attacked: Api, kind: str) -> None:
    assert sent(attacked, b"{}", kind=kind).status_code == 415


def many(number: int) -> list[tuple[str, bytes, str, int]]:
    """Bodies in which as much as possible is wrong, with their paths and how they are answered."""
    wrong_row = b'{"type":"product","quantity":1,"name":5}'
    bodies = [
        ("rows", b'{"rows":[%s]}' % b",".join([wrong_row] * number), ORDER, 422),
        ("no rows", b'{"rows":[%s]}' % b",".join([b"1"] * number), ORDER, 422),
        ("names", json.dumps({f"rowz{at}": 1 for at in range(number)}).encode(), ORDER, 422),
        ("links", json.dumps({"links": [{"to": at} for at in range(number)]}).encode(), ORDER, 422),
        ("ids", json.dumps({"remoteIdMap": {f"x{at}": "1" for at in range(number)}}).encode(), ORDER, 422),
        ("twice", b"{%s}" % b",".join(b'"a%d":1,"a%d":1' % (at, at) for at in range(number)), ORDER, 400),
    ]
    of_others = {f"{WMS_ID}|x-a|{at}": {"type": "bool", "value": True} for at in range(number)}
    return [*bodies, ("entries", json.dumps(of_others).encode(), ENTRIES, 403)]


@pytest.mark.parametrize(("body", "path", "status"), [pytest.param(*one, id=name) for name, *one in many(8000)])
def test_a_body_with_thousands_of_mistakes_is_told_all_of_them_in_linear_time(
    attacked: Api, body: bytes, path: str, status: int
) -> None:
    """Rows with a mistake each once took the square of their number, while every other writer waited."""
    begin = time.monotonic()
    answer = sent(attacked, body, path, "PATCH" if path == ENTRIES else "PUT")
    assert answer.status_code == status
    assert len(answer.json()["errors"]) >= 8000
    assert time.monotonic() - begin < SECONDS


def test_of_more_mistakes_than_anybody_reads_the_number_is_told(attacked: Api) -> None:
    """Eight megabytes of wrong links once took six gigabytes of memory to tell of."""
    begin = time.monotonic()
    links = sent(attacked, b'{"links":[%s{}]}' % (b"{}," * 1_000_000)).json()
    assert links["errors"] == [
        {"pointer": "", "detail": "1,000,001 things are wrong, more than can be told; send less at once"}
    ]
    entries = json.dumps({f"{ERP_ID}|x-a|{at}": {"type": "bool", "value": 1} for at in range(50_007)}).encode()
    told = sent(attacked, entries, ENTRIES, "PATCH").json()
    assert (len(told["errors"]), told["detail"].rpartition("; ")[2]) == (50_000, "and 7 more")
    assert time.monotonic() - begin < SECONDS


def test_eight_megabytes_of_brackets_are_answered(attacked: Api) -> None:
    begin = time.monotonic()
    assert sent(attacked, b"[" * 4_000_000 + b"]" * 4_000_000).json()["type"] == "/problems/too-deep"
    assert sent(attacked, b"[" + b"0," * 1_000_000 + b"0]").status_code == 422
    assert time.monotonic() - begin < SECONDS


def test_a_record_is_written_by_its_fields_and_by_nothing_else(attacked: Api) -> None:
    """What other languages would take for something special is a misspelt field here."""
    for name in ("__proto__", "constructor", "__class__", "$where", "$ref", "local_id", "record_type", ""):
        answer = attacked.erp.put(ORDER, {name: {"localId": "0" * 32}})
        assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, f"/{name}")
    for name in ("localId", "version", "created", "lastModified"):
        assert attacked.erp.put(ORDER, {name: "0" * 32}).status_code == 422
