"""Clients that send too much, too slowly, or do not listen."""

from __future__ import annotations

import logging
import select
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest
import requests
from uvicorn import Server

from crossdock.api.server import LARGEST_HEAD, listen, make_server
from crossdock.api.services import Services
from crossdock.errors import ConfigError
from crossdock.store import Store

from .serving import CONFIG, ERP_ID, read_config

SERVE = """
[serve]
port = 0
max_body_mb = 1
request_timeout = "1s"
keep_alive = "1s"
connections = 80
"""
PATIENT = SERVE.replace('"1s"', '"60s"')
LOG = "/api/log/event"


@dataclass(frozen=True)
class Served:
    """The server as ``crossdock serve`` sets it up, with a token."""

    port: int
    token: str

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def head(self) -> str:
        """The first lines of a request with a body."""
        return (
            f"POST {LOG} HTTP/1.1\r\nHost: here\r\nAuthorization: Bearer {self.token}\r\n"
            "Content-Type: application/json\r\n"
        )

    @contextmanager
    def connected(self) -> Iterator[socket.socket]:
        with closing(socket.create_connection(("127.0.0.1", self.port), timeout=20)) as client:
            yield client


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with serving(tmp_path_factory.mktemp("patience"), SERVE) as there:
        yield there


@contextmanager
def serving(folder: Path, serve: str) -> Iterator[Served]:
    config = read_config(folder, serve + CONFIG)
    with Store.open(f"sqlite:///{folder / 'store.db'}") as store, listen(config.serve) as listening:
        server = make_server(Services(config, store))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        _token, text = store.tokens.create(ERP_ID)
        wait_for(server)
        yield Served(listening.getsockname()[1], text)
        server.should_exit = True
        thread.join()


def wait_for(server: Server) -> None:
    while not server.started:
        time.sleep(0.01)


def answer(client: socket.socket) -> bytes:
    """Everything that comes until the server hangs up."""
    pieces = []
    while piece := client.recv(65536):
        pieces.append(piece)
    return b"".join(pieces)


def test_a_body_that_says_it_is_too_large_is_refused_before_it_is_sent(served: Served) -> None:
    with served.connected() as client:
        client.sendall(f"{served.head}Content-Length: 2000000\r\nExpect: 100-continue\r\n\r\n".encode())
        told = answer(client)
    assert told.startswith(b"HTTP/1.1 413 ")
    assert b"100 Continue" not in told
    assert b"/problems/too-large" in told


def test_a_client_that_sends_too_much_regardless_finds_the_answer(served: Served) -> None:
    headers = {"Authorization": f"Bearer {served.token}", "Content-Type": "application/json"}
    found = requests.post(f"{served.url}{LOG}", data=b"x" * 5_000_000, headers=headers, timeout=20)
    assert (found.status_code, found.json()["type"]) == (413, "/problems/too-large")
    assert "max_body_mb in [serve]" in found.json()["remedy"]
    assert found.headers["Connection"] == "close"


def test_a_body_of_unknown_length_is_cut_off_while_it_streams(served: Served) -> None:
    sent = 0
    with served.connected() as client:
        client.sendall(f"{served.head}Transfer-Encoding: chunked\r\n\r\n".encode())
        piece = b"10000\r\n" + b"x" * 65536 + b"\r\n"
        while sent < 20 * 65536:
            client.sendall(piece)
            sent += 65536
        client.sendall(b"0\r\n\r\n")
        assert answer(client).startswith(b"HTTP/1.1 413 ")


def test_a_body_that_trickles_is_given_up_after_the_time_for_all_of_it(served: Served) -> None:
    begin = time.monotonic()
    with served.connected() as client:
        client.sendall(f"{served.head}Content-Length: 1000\r\n\r\n".encode())
        trickle = threading.Thread(target=drip, args=(client,))
        trickle.start()
        told = answer(client)
        trickle.join()
    assert told.startswith(b"HTTP/1.1 408 ")
    assert b"connection: close" in told.lower()
    assert time.monotonic() - begin < 10


def drip(client: socket.socket) -> None:
    """Send a letter now and then, until nobody takes it."""
    for _ in range(100):
        try:
            client.sendall(b" ")
        except OSError:
            return
        time.sleep(0.05)


@pytest.mark.parametrize("beginning", ["", "GET /health HTTP/1.1\r\nHost: he"])
def test_a_head_that_does_not_come_costs_the_connection(served: Served, beginning: str) -> None:
    with served.connected() as client:
        client.sendall(beginning.encode())
        assert answer(client) == b""


def test_a_head_that_trickles_costs_the_connection(served: Served) -> None:
    with served.connected() as client:
        client.sendall(b"GET /health HTTP/1.1\r\n")
        begin = time.monotonic()
        trickle = threading.Thread(target=drip, args=(client,))
        trickle.start()
        assert_hung_up(client)
        trickle.join()
        assert time.monotonic() - begin < 10


def assert_hung_up(client: socket.socket) -> None:
    with suppress(ConnectionResetError):
        assert answer(client) == b""


def test_a_second_head_on_the_same_connection_is_waited_for_no_longer(served: Served) -> None:
    with served.connected() as client:
        client.sendall(b"GET /health HTTP/1.1\r\nHost: here\r\n\r\nGET /hea")
        assert answer(client).count(b"HTTP/1.1 ") == 1


def test_a_connection_without_requests_is_closed(served: Served) -> None:
    with served.connected() as client:
        client.sendall(b"GET /health HTTP/1.1\r\nHost: here\r\n\r\n")
        assert answer(client).startswith(b"HTTP/1.1 200 ")


def test_a_head_that_is_too_large_is_told_so(served: Served) -> None:
    with served.connected() as client:
        client.sendall(b"GET /health HTTP/1.1\r\nHost: here\r\nX: " + b"x" * (LARGEST_HEAD + 10_000))
        told = answer(client)
    assert told.startswith(b"HTTP/1.1 431 ")
    assert b"/problems/headers-too-large" in told


def test_what_is_no_http_is_told_so_and_logged_on_one_line(served: Served, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "crossdock.api")
    with served.connected() as client:
        client.sendall(b"\x16\x03\x01\x02 hello\r\n\r\n")
        told = answer(client)
    assert told.startswith(b"HTTP/1.1 400 ")
    assert b"/problems/refused" in told
    assert len([one for one in caplog.records if one.getMessage().startswith("- - 400 ")]) == 1


def test_two_requests_in_one_body_length_trick_are_not_two_requests(served: Served) -> None:
    with served.connected() as client:
        smuggled = (
            f"{served.head}Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /health HTTP/1.1\r\n\r\n"
        )
        client.sendall(smuggled.encode())
        assert b"HTTP/1.1 200" not in answer(client)


def test_a_client_that_does_not_listen_is_cut_off(served: Served) -> None:
    with socket.socket() as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
        client.settimeout(20)
        client.connect(("127.0.0.1", served.port))
        request = b"GET /openapi.json HTTP/1.1\r\nHost: here\r\n\r\n"
        client.sendall(request * 300)
        time.sleep(3)
        found = bytearray()
        with suppress(ConnectionResetError):
            while piece := client.recv(65536):
                found += piece
    assert 0 < found.count(b"HTTP/1.1 200") < 300


def test_slow_clients_do_not_keep_the_others_waiting(tmp_path: Path) -> None:
    with serving(tmp_path, PATIENT) as served, ExitStack() as many:
        slow = [many.enter_context(served.connected()) for _ in range(60)]
        for client in slow:
            client.sendall(f"{served.head}Content-Length: 10\r\n\r\n".encode())
        assert requests.get(f"{served.url}/ready", timeout=20).status_code == 200
        assert select.select(slow, [], [], 0)[0] == []  # none of them was answered, or hung up on, meanwhile


def test_more_connections_than_allowed_are_told_to_come_again(tmp_path: Path) -> None:
    with serving(tmp_path, PATIENT) as served, ExitStack() as many:
        held = [many.enter_context(served.connected()) for _ in range(80)]
        for client in held:  # each is accepted once it is answered
            client.sendall(b"GET /health HTTP/1.1\r\nHost: here\r\n\r\n")
            assert client.recv(65536).startswith(b"HTTP/1.1 200 ")
        with served.connected() as late:
            told = answer(late)
    assert told.startswith(b"HTTP/1.1 503 ")
    assert b"retry-after: 5" in told.lower()
    assert b"/problems/too-many" in told


def test_a_port_that_is_taken_is_told_with_the_remedy(served: Served, tmp_path: Path) -> None:
    config = read_config(tmp_path, f"[serve]\nport = {served.port}\n")
    with pytest.raises(ConfigError, match="cannot be used: Address already in use; --port 0 takes a free one"):
        listen(config.serve)


def test_an_address_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="there is no address 'no such host' to serve on"):
        listen(read_config(tmp_path, '[serve]\nhost = "no such host"\n').serve)
