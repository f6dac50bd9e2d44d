"""The edge of the API: request ids, the log, problems, and what a client may send."""

from __future__ import annotations

import json
import logging
import time
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
import requests
from hypothesis import given, settings, strategies as st

from crossdock.api.printable import printable
from crossdock.api.services import Services
from crossdock.errors import PermanentError
from crossdock.store import Store, StoreBusyError

from .serving import Api, Client, read_config, serving

LOG = "/api/log/event"
EVENT = {"severity": "info", "summary": "through"}


@pytest.fixture(scope="module")
def api(shared_api: Api) -> Api:
    return shared_api


def sent(client: Client, body: bytes, kind: str | None = "application/json") -> Any:
    return client("POST", LOG, data=body, headers={"Content-Type": kind} if kind else {})


def test_it_lives_and_is_ready(api: Api) -> None:
    assert api.nobody.get("/health").json() == {"status": "alive"}
    assert api.nobody.get("/ready").json() == {"status": "ready"}


@pytest.mark.parametrize("path", ["/health", "/ready"])
def test_a_monitor_may_ask_for_the_head_alone(api: Api, path: str) -> None:
    answer = api.nobody("HEAD", path)
    assert (answer.status_code, answer.content) == (200, b"")


def test_it_is_not_ready_while_the_store_does_not_answer(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_self: Store) -> list[Any]:
        raise StoreBusyError("/secret/place.db")

    monkeypatch.setattr(Store, "cursors", fail)
    answer = api.nobody.get("/ready")
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    assert "secret" not in answer.text
    assert api.nobody("HEAD", "/ready").status_code == 503
    assert api.nobody.get("/health").status_code == 200


def test_an_unknown_path_tells_nothing(api: Api) -> None:
    answer = api.shop.get("/api/nothing", headers={"X-Request-Id": "mine-1"})
    assert (answer.status_code, answer.headers["X-Request-Id"]) == (404, "mine-1")
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json() == {
        "type": "/problems/not-found",
        "title": "There is nothing here",
        "status": 404,
        "detail": "there is nothing at this address",
        "instance": "urn:crossdock:request:mine-1",
    }


@pytest.mark.parametrize("theirs", ["", "a b", "a\tb", "ä", "x" * 65, 'a"b', "<script>", "a;b", "../x", "%0a", "a=1"])
def test_an_id_that_could_do_harm_is_replaced(api: Api, theirs: str) -> None:
    answer = api.nobody.get("/health", headers={"X-Request-Id": theirs.encode("latin-1")})
    made = answer.headers["X-Request-Id"]
    assert made != theirs
    assert len(made) == 32


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("DELETE", "/health", "GET, HEAD"),
        ("GET", LOG, "POST"),
        ("PUT", "/api/connection", "GET"),
        ("TRACE", "/openapi.json", "GET"),
        ("BREW", "/health", "GET, HEAD"),
        ("DELETE", "/api/order", "GET, POST"),
        ("PATCH", f"/api/order/{'0' * 32}", "DELETE, GET, PUT"),
        ("POST", "/api/order/by-remote-id", "GET"),
    ],
)
def test_a_method_that_an_address_does_not_know_is_answered_with_those_it_knows(
    api: Api, method: str, path: str, allowed: str
) -> None:
    answer = api.erp(method, path)
    assert (answer.status_code, answer.headers["Allow"]) == (405, allowed)
    assert answer.json()["type"] == "/problems/method-not-allowed"


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"", "malformed"),
        (b"{", "malformed"),
        (b"{'a': 1}", "malformed"),
        (b'{"a": 1} {}', "malformed"),
        (b"\xff\xfe{}", "malformed"),
        (b"\xef\xbb\xbf{}", "malformed"),
        (b'{"severity": NaN}', "malformed"),
        (b'{"severity": ' + b"1" * 5000 + b"}", "malformed"),
        (b"[" * 101 + b"]" * 101, "too-deep"),
        (b"[" * 100_000 + b"]" * 100_000, "too-deep"),
        (b'{"a":' * 150 + b"1" + b"}" * 150, "too-deep"),
    ],
)
def test_what_is_no_sound_json_is_refused_before_anything_is_done(api: Api, body: bytes, kind: str) -> None:
    before = api.store.log_events.list()
    answer = sent(api.erp, body)
    assert (answer.status_code, answer.json()["type"]) == (400, f"/problems/{kind}")
    assert api.store.log_events.list() == before


def test_a_name_that_stands_twice_is_pointed_out(api: Api) -> None:
    answer = sent(api.erp, b'{"a":[{"b/c":1,"b/c":2},{"d":{"\\u00e9":1,"\xc3\xa9":1}}],"e":1,"e":1}')
    assert (answer.status_code, answer.json()["type"]) == (400, "/problems/duplicate-name")
    assert [one["pointer"] for one in answer.json()["errors"]] == ["/a/0/b~1c", "/a/1/d/é", "/e"]


def test_halves_of_surrogate_pairs_in_names_are_told_as_they_came(api: Api) -> None:
    answer = sent(api.erp, b'{"\\ud800":1,"\\ud800":1}')
    assert answer.status_code == 400
    assert rb"/\ud800" in answer.content


@pytest.mark.parametrize("kind", [None, "text/plain", "application/x-www-form-urlencoded", "application/jsonx", "json"])
def test_a_body_that_is_not_declared_as_json_is_refused(api: Api, kind: str | None) -> None:
    answer = sent(api.erp, json.dumps(EVENT).encode(), kind)
    assert (answer.status_code, answer.json()["type"]) == (415, "/problems/not-json")


@pytest.mark.parametrize("kind", ["application/json", "Application/JSON; charset=utf-8", "application/vnd.api+json"])
def test_json_may_be_called_by_any_of_its_names(api: Api, kind: str) -> None:
    assert sent(api.erp, json.dumps(EVENT).encode(), kind).status_code == 201


def test_a_fault_of_ours_tells_the_caller_nothing_and_the_log_everything(
    api: Api, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(_self: Store) -> list[Any]:
        raise PermanentError("the store '/secret/place.db' has no room left")

    monkeypatch.setattr("crossdock.store.imports.transfers.Transfers.latest", fail)
    answer = api.erp.get("/api/connection", headers={"X-Request-Id": "here"})
    assert (answer.status_code, answer.json()["type"]) == (500, "/problems/fault")
    assert "secret" not in answer.text
    [record] = [one for one in caplog.records if one.exc_info]
    assert record.getMessage() == "request here failed"
    assert "no room left" in caplog.text


def test_a_busy_store_is_told_with_the_time_to_wait(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_self: Store) -> list[Any]:
        raise StoreBusyError("sqlite:///here.db")

    monkeypatch.setattr("crossdock.store.imports.transfers.Transfers.latest", fail)
    answer = api.erp.get("/api/connection")
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    assert answer.json()["type"] == "/problems/busy"


def test_each_request_is_one_line_of_the_log_with_its_id_and_caller(api: Api, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "crossdock.api")
    api.erp.get("/api/connection?token=secret", headers={"X-Request-Id": "one"})
    api.nobody.get("/nothing\r\nfake: line %0d%0a2024 INFO all is well\x1b[2J", headers={"X-Request-Id": "two"})
    lines = [logged(caplog, "one"), logged(caplog, "two")]
    assert lines[0].startswith("GET /api/connection 200 ")
    assert " erp/" in lines[0]
    assert lines[1].startswith("GET ")
    assert lines[1].endswith(" - two")
    assert "secret" not in "".join(lines)
    assert all(line.isprintable() and line.isascii() for line in lines)
    assert str(api.erp.token).rpartition("_")[2] not in "".join(lines)


def logged(caplog: pytest.LogCaptureFixture, request_id: str) -> str:
    """The line of a request; it is written when the answer is out, which the client may have read by then."""
    for _ in range(500):
        found = [line for record in caplog.records if (line := record.getMessage()).endswith(f" {request_id}")]
        if found:
            [line] = found
            return line
        time.sleep(0.01)
    raise AssertionError(f"no line for {request_id}")


@given(st.text())
def test_whatever_is_logged_stays_on_its_line_and_can_be_read_back(text: str) -> None:
    shown = printable(text)
    assert shown.isascii()
    assert " " not in shown
    assert shown == "" or shown.isprintable()
    assert shown.encode().decode("unicode_escape").encode("utf-16", "surrogatepass") == text.encode(
        "utf-16", "surrogatepass"
    )


@settings(max_examples=60)
@given(st.binary(max_size=40))
def test_no_path_is_answered_with_a_fault(shared_api: Api, path: bytes) -> None:
    answer = shared_api.erp.get(f"/{quote(path)}")
    assert answer.status_code in (200, 404, 405)


def test_the_background_is_started_before_and_stopped_after_the_requests(store: Store, tmp_path: Path) -> None:
    done: list[str] = []

    class Work:
        def __init__(self, name: str) -> None:
            self.name = name

        def start(self) -> None:
            done.append(f"{self.name} starts")

        def stop(self) -> None:
            done.append(f"{self.name} stops")

    services = Services(read_config(tmp_path), store, background=(Work("one"), Work("two")))
    with serving(services) as url:
        assert done == ["one starts", "two starts"]
        assert requests.get(f"{url}/health", timeout=30).status_code == 200
    assert done[2:] == ["two stops", "one stops"]
