"""Text that would act somewhere else: in SQL, in a log, in a header, in a terminal. Here it is only text."""

from __future__ import annotations

import base64
import json
import logging
import re
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote, urlencode

import pytest

from crossdock.cli.logs import OneLine
from crossdock.errors import ConfigError
from crossdock.store import Store
from crossdock.store.writes.followers import followers_of
from tests.api.serving import ERP_ID, Api, read_config, served
from tests.databases import Postgresql, Sqlite, contents

SQL = [
    "' OR '1'='1",
    "'; DROP TABLE records; --",
    '" OR ""="',
    "x') UNION SELECT hash FROM tokens --",
    "%",
    "_",
    "%%s %(x)s :x $1 ?",
    "\\'; SELECT pg_sleep(20); --",
    "\0'; DROP TABLE tokens; --",
    "${jndi:ldap://x} {{7*7}} {0.__class__}",
]
LINE = "\r\n2024 INFO crossdock.api: all is well"
ACTING = [LINE, "\x1b[2J\x1b]0;x\x07", "\u2028\u2029\x85\x0b\x0c", "\u202egnp.exe"]


@pytest.fixture(scope="module")
def url(database: Sqlite | Postgresql) -> str:
    return database.new_url()


@pytest.fixture(scope="module")
def api(url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    """One record with an entry, on each kind of database."""
    config = read_config(tmp_path_factory.mktemp("injection"))
    with Store.open(url, followers=followers_of(config)) as store, served(config, store) as found:
        key = f"{ERP_ID}|x-own|tier"
        entry = {"connectionId": ERP_ID, "moduleId": "x-own", "key": "tier", "type": "string", "value": "gold"}
        made = found.erp.post("/api/order", {"remoteIdMap": {ERP_ID: "1"}, "customData": {key: entry}})
        assert made.status_code == 201
        yield found


def forged_cursor(text: str) -> str:
    filters = [["connectionId", ERP_ID], ["remoteId", text]]
    return base64.urlsafe_b64encode(json.dumps([1, "order", 0, 0, filters]).encode()).decode().rstrip("=")


@pytest.mark.parametrize("text", SQL)
def test_sql_is_text_in_every_parameter(api: Api, url: str, text: str) -> None:
    """No record is found by it, no table changes, and nobody waits."""
    before = contents(url)
    begin = time.monotonic()
    key = f"{ERP_ID}|x-own|{text}"
    for query in (
        {"remoteId": text},
        {"remoteId": text, "connectionId": ERP_ID},
        {"remoteId": "1", "connectionId": text},
        {"entry": f"{ERP_ID}|x-own|tier", "entryValue": text},
        {"entry": key, "entryValue": "gold"},
        {"orderStatus": text},
        {"modifiedAtOrAfter": text},
        {"limit": text},
        {"cursor": text},
        {"cursor": forged_cursor(text)},
        {text: "1"},
    ):
        answer = api.erp.get(f"/api/order?{urlencode(query)}")
        assert (answer.status_code, answer.json().get("records", [])) in ((200, []), (422, []))
    piece = quote(text, safe="")
    for path in (
        f"/api/order/{piece}",
        f"/api/order/{piece}/customdata",
        f"/api/order/{piece}/customdata-history",
        f"/api/order/by-remote-id?remoteId={piece}",
        f"/api/order/by-remote-id?remoteId=1&connectionId={piece}",
        f"/api/transfer-report/{piece}",
        f"/api/{piece}",
    ):
        assert api.erp.get(path).status_code == 404
    assert api.nobody("POST", f"/hooks/{piece}", data=b"{}").status_code == 404
    order = f"/api/order/{api.erp.get('/api/order').json()['records'][0]['localId']}"
    for path in (f"{order}/customdata?connectionId={piece}", f"{order}/customdata?moduleId={piece}"):
        assert api.erp.get(path).json() == {}
    assert api.erp.get(f"{order}/customdata-history?key={quote(key, safe='')}").json()["changes"][1:] == []
    for headers in ({"If-Match": piece}, {"X-ConnectionId": piece}, {"Authorization": f"Bearer {piece}"}):
        assert api.erp.put(order, {"channel": "x"}, headers=headers).status_code >= 400
    assert contents(url) == before
    assert time.monotonic() - begin < 15


@pytest.mark.parametrize("text", SQL + ACTING)
def test_what_would_act_elsewhere_is_kept_as_it_came(api: Api, text: str) -> None:
    made = api.erp.post("/api/product", {"sku": text, "name": text, "remoteIdMap": {ERP_ID: text}})
    assert made.status_code == 201
    by_id = urlencode({"remoteId": text})
    found = api.erp.get(f"/api/product/by-remote-id?{by_id}").json()
    assert (found["sku"], found["name"], found["remoteIdMap"]) == (text, text, {ERP_ID: text})
    assert [one["sku"] for one in api.erp.get(f"/api/product?{by_id}").json()["records"]] == [text]


@pytest.mark.parametrize("text", ACTING)
def test_no_answer_has_a_header_that_somebody_else_wrote(api: Api, text: str) -> None:
    made = api.erp.post("/api/customer", {})
    name = f"{text}\r\nSet-Cookie: a=b"
    body = {"connectionId": ERP_ID, "moduleId": "x-own", "key": name, "type": "bool", "value": True}
    created = api.erp.post(f"{made.headers['Location']}/customdata", body)
    again = api.erp.post(f"{made.headers['Location']}/customdata", body)
    refused = api.erp.get(f"/api/order/{quote(text, safe='')}")
    assert (created.status_code, again.status_code, refused.status_code) == (201, 409, 404)
    for answer in (created, again, refused):
        assert "Set-Cookie" not in answer.headers
        assert all(value.isascii() and value.isprintable() for value in answer.headers.values())
    assert created.headers["Location"] == again.headers["Location"]


def test_one_request_is_one_line_of_the_log_whatever_it_says(api: Api, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "crossdock")
    api.nobody("GET", "/first")
    while not any("/first" in record.getMessage() for record in logged(caplog, 1)):
        time.sleep(0.01)  # a line of the test before, whose answer was out sooner, may come until then
    caplog.clear()
    paths = [root + quote(text, safe="") for text in ACTING for root in ("/", "/api/order/", "/hooks/")]
    for path in paths:
        headers = {"User-Agent": "x\x85y", "Referer": quote(path), "X-Request-Id": "x\x85y"}
        api.nobody("POST", path, data=b"{}", headers=headers)
    lines = [OneLine("%(message)s").format(record) for record in logged(caplog, len(paths))]
    assert len(lines) == len(paths)
    assert all(re.fullmatch(r"POST /[!-~]+ (401|404|405) \d+ ms - [0-9a-f]{32}", line) for line in lines)


def logged(caplog: pytest.LogCaptureFixture, count: int) -> list[logging.LogRecord]:
    """The lines of the last requests; they are written when the answers are out."""
    for _ in range(500):
        found = [record for record in caplog.records if record.name == "crossdock.api"]
        if len(found) >= count:
            return found
        time.sleep(0.01)
    raise AssertionError(f"{len(caplog.records)} lines for {count} requests")


@pytest.mark.parametrize("name", ["a\\nb", "a\\u001b[2J", "a b", "\\u202ea", "../x", "a/b", "a'b", "", "x" * 64])
def test_a_connection_cannot_be_called_what_would_act_in_a_log(tmp_path: Path, name: str) -> None:
    with pytest.raises(ConfigError, match="name"):
        read_config(tmp_path, f'[[connection]]\nid = "{ERP_ID}"\nname = "{name}"\nconnector = "api"\n')
