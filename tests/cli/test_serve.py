"""``crossdock serve`` as a process: it says where it is, logs each request, and ends when asked to."""

from __future__ import annotations

import json
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
import requests

from .program import NEEDS_KEYS, SHOP, Program

OUTSIDE = """
[[connection]]
id = "5377568eb7e165e3b38af6eece4a0009"
name = "erp"
connector = "api"
"""


@dataclass(frozen=True)
class Serving:
    """The process and its address."""

    process: subprocess.Popen[str]
    url: str
    said: list[str]

    def end(self, number: signal.Signals) -> tuple[int, str, str]:
        """Ask it to end; give exit code, the rest of stdout, and stderr."""
        self.process.send_signal(number)
        out, err = self.process.communicate(timeout=60)
        return self.process.returncode, out, err


@contextmanager
def serving(folder: Path, *options: str, before: Sequence[str] = ()) -> Iterator[Serving]:
    """Start it on a free port."""
    command = [sys.executable, "-m", "crossdock", *before, "serve", "--port", "0", *options]
    with subprocess.Popen(
        command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, bufsize=1
    ) as process:
        try:
            assert process.stdout is not None
            said: list[str] = []
            while not (said and said[-1].startswith("serving ")):
                said.append(process.stdout.readline())
                assert said[-1], process.stderr
            found = re.search(r"serving (http://\S+),", said[-1])
            assert found is not None
            yield Serving(process, found[1], said)
        finally:
            process.kill()


@pytest.fixture
def outside(program: Program) -> Program:
    (program.folder / "plugins.toml").write_text(SHOP + OUTSIDE, "utf-8")
    return program


def test_metrics_count_what_is_answered(outside: Program) -> None:
    with serving(outside.folder, "--metrics-port", "0") as served:
        requests.get(f"{served.url}/health", timeout=30)
        requests.get(f"{served.url}/api/order", timeout=30)
        address = served.said[0].removeprefix("metrics: ").strip()
        text = requests.get(address, timeout=30).text
        assert served.end(signal.SIGTERM)[0] == 0
    assert 'crossdock_api_requests_total{method="GET",status="200"} 1.0' in text
    assert 'crossdock_api_requests_total{method="GET",status="401"} 1.0' in text
    assert "crossdock_store_up 1.0" in text


def test_logs_for_programs_have_a_record_for_each_request(outside: Program) -> None:
    with serving(outside.folder, before=("--log-format", "json")) as served:
        requests.get(f"{served.url}/api/order?limit=1", timeout=30, headers={"X-Request-Id": "mine"})
        _code, _out, err = served.end(signal.SIGTERM)
    answered = [one for one in map(json.loads, err.splitlines()) if one.get("event") == "requestAnswered"]
    [one] = answered
    assert (one["method"], one["path"], one["status"], one["caller"]) == ("GET", "/api/order", 401, "-")
    assert one["seconds"] >= 0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_serves_until_it_is_asked_to_end_and_ends_well(outside: Program, number: signal.Signals) -> None:
    token = outside("tokens", "create", "--connection", "erp").lines[0]
    with serving(outside.folder) as server:
        answer = requests.get(
            f"{server.url}/api/connection",
            headers={"Authorization": f"Bearer {token}", "X-Request-Id": "one"},
            timeout=30,
        )
        assert [one["name"] for one in answer.json()["connections"]] == ["demo-shop", "erp"]
        requests.get(f"{server.url}/%0d%0a%1b[31mfake", headers={"X-Request-Id": "two"}, timeout=30)
        code, out, err = server.end(number)
    assert (code, out.splitlines()[-1]) == (0, "stopped")
    first, second = err.splitlines()
    assert re.fullmatch(r"\S+ \S+ INFO crossdock.api: GET /api/connection 200 \d+ ms erp/[0-9a-f]{16} one", first)
    assert second.endswith(" - two")
    assert "\x1b" not in err
    assert token not in err


def test_a_request_at_hand_is_answered_before_it_ends(outside: Program) -> None:
    token = outside("tokens", "create", "--connection", "erp").lines[0]
    body = b'{"severity":"info","summary":"to the end"}'
    with serving(outside.folder) as server:
        port = int(server.url.rpartition(":")[2])
        with socket.create_connection(("127.0.0.1", port), timeout=30) as client:
            head = (
                f"POST /api/log/event HTTP/1.1\r\nHost: here\r\nAuthorization: Bearer {token}\r\n"
                f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
            )
            client.sendall(head.encode() + body[:10])
            time.sleep(0.5)
            server.process.send_signal(signal.SIGTERM)
            time.sleep(0.5)
            client.sendall(body[10:])
            assert client.recv(65536).startswith(b"HTTP/1.1 201 ")
        _out, err = server.process.communicate(timeout=60)
    assert server.process.returncode == 0, err
    with outside.store() as store:
        assert [kept.event.summary for kept in store.log_events.list()] == ["to the end"]


def test_a_secret_that_has_no_value_is_told_and_the_rest_is_served(outside: Program) -> None:
    plugins = outside.folder / "plugins.toml"
    plugins.write_text(plugins.read_text("utf-8") + NEEDS_KEYS, "utf-8")
    with serving(outside.folder) as server:
        assert requests.get(f"{server.url}/ready", timeout=30).ok
        code, _out, err = server.end(signal.SIGTERM)
    assert code == 0
    assert "plugins.toml:" in err
    assert "'NO_SUCH_KEY' is not set" in err


HOOKED = """
[[connection]]
id = "5377568eb7e165e3b38af6eece4a0004"
name = "hooked-shop"
connector = "woocommerce"

[connection.settings]
url = "https://shop.example"
consumer_key = { env = "HOOKED" }
consumer_secret = { env = "HOOKED" }
webhook_secret = { env = "HOOKED" }
"""


def test_it_says_whose_webhooks_it_takes(outside: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(outside.folder) as server:
        assert server.process.stdout is not None
        said = server.process.stdout.readline()
    assert said == "webhooks are taken at: none, no connection has a secret to verify them with\n"
    monkeypatch.setenv("HOOKED", "opensesame")
    plugins = outside.folder / "plugins.toml"
    plugins.write_text(plugins.read_text("utf-8") + HOOKED, "utf-8")
    with serving(outside.folder) as server:
        assert requests.post(f"{server.url}/hooks/demo-shop", data=b"{}", timeout=30).status_code == 404
        assert requests.post(f"{server.url}/hooks/hooked-shop", data=b"{}", timeout=30).status_code == 401
        assert server.process.stdout is not None
        assert server.process.stdout.readline() == "webhooks are taken at: /hooks/hooked-shop\n"


def test_a_port_that_is_taken_is_a_mistake_in_the_command(outside: Program) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        said = outside.refused("serve", "--port", str(port))
    assert f"127.0.0.1 port {port} cannot be used: Address already in use; --port 0 takes a free one" in said


def test_what_is_wrong_in_the_table_is_told_with_its_place(outside: Program) -> None:
    (outside.folder / "plugins.toml").write_text('[serve]\nport = "80"\nrequest_timeout = "0s"\n' + OUTSIDE, "utf-8")
    said = outside.refused("serve")
    assert "plugins.toml:2:8" in said
    assert "plugins.toml:3:19: 'request_timeout': '0s' leaves nobody any time; give a duration above zero" in said
