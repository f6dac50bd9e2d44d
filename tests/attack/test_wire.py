"""Clients that speak HTTP crookedly or slowly, to the server as ``crossdock serve`` sets it up."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest
import requests

from crossdock.api.server import listen, make_server
from crossdock.api.services import Services
from crossdock.store import Store
from tests.api.serving import CONFIG, ERP_ID, read_config

SERVE = '[serve]\nport = 0\nrequest_timeout = "2s"\nkeep_alive = "1s"\n'
EVENT = b'{"severity":"info","summary":"here"}'
LENGTH = b"Content-Length: %d\r\n" % len(EVENT)
CHUNKED = b"Transfer-Encoding: chunked\r\n"
NEXT = b"GET /health HTTP/1.1\r\nHost: here\r\nConnection: close\r\n\r\n"


@dataclass(frozen=True)
class Wire:
    """The server, by its port, and a token."""

    port: int
    token: str
    store: Store

    def head(self, *lines: bytes) -> bytes:
        """The head of a request with a body, up to the line that ends it."""
        start = b"POST /api/log/event HTTP/1.1\r\nHost: here\r\nContent-Type: application/json\r\n"
        return start + b"Authorization: Bearer %b\r\n" % self.token.encode() + b"".join(lines) + b"\r\n"

    def connect(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout=20)

    def told(self, sent: bytes) -> bytes:
        """Everything that is answered until the server hangs up."""
        with closing(self.connect()) as client:
            client.sendall(sent)
            pieces = []
            with suppress(ConnectionError):
                while piece := client.recv(65536):
                    pieces.append(piece)
        return b"".join(pieces)


@pytest.fixture(scope="module")
def wire(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Wire]:
    folder: Path = tmp_path_factory.mktemp("wire")
    config = read_config(folder, SERVE + CONFIG)
    with Store.open(f"sqlite:///{folder / 'crossdock.db'}") as store, listen(config.serve) as listening:
        server = make_server(Services(config, store))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        while not server.started:
            time.sleep(0.01)
        _token, text = store.tokens.create(ERP_ID)
        yield Wire(listening.getsockname()[1], text, store)
        server.should_exit = True
        thread.join()


@pytest.mark.parametrize(
    ("lines", "body"),
    [
        ((LENGTH, CHUNKED), b"0\r\n\r\n"),  # once, the request behind it was answered too
        ((CHUNKED, LENGTH), b"0\r\n\r\n"),
        ((LENGTH, b"Content-Length: 0\r\n"), EVENT),
        ((b"Content-Length: %d, 0\r\n" % len(EVENT),), EVENT),
        ((b"Content-Length: +%d\r\n" % len(EVENT),), EVENT),
        ((b"Content-Length: -1\r\n",), EVENT),
        ((b"Content-Length: 0x24\r\n",), EVENT),
        ((b"Content-Length: %b\r\n" % (b"9" * 5000),), EVENT),
        ((b"Transfer-Encoding: xchunked\r\n",), b"0\r\n\r\n"),
        ((b"Transfer-Encoding: identity, chunked\r\n",), b"0\r\n\r\n"),
        ((CHUNKED, b"Transfer-Encoding: identity\r\n"), b"0\r\n\r\n"),
        ((b"Transfer-Encoding : chunked\r\n",), b"0\r\n\r\n"),
        ((b"X-A: a\rContent-Length: 0\r\n", LENGTH), EVENT),
        ((b"X-A: a\0b\r\n", LENGTH), EVENT),
        ((b"Host: there\r\n", LENGTH), EVENT),
        ((CHUNKED,), b"zz\r\n\r\n"),
        ((CHUNKED,), b"FFFFFFFFFFFFFFFFFFFFFFFFF\r\n\r\n"),
    ],
)
def test_a_request_whose_end_is_uncertain_is_refused_and_nothing_behind_it_is_read(
    wire: Wire, lines: tuple[bytes, ...], body: bytes
) -> None:
    before = wire.store.log_events.list()
    told = wire.told(wire.head(*lines) + body + NEXT)
    assert told.startswith(b"HTTP/1.1 400 ")
    assert told.count(b"HTTP/1.1 ") == 1
    assert b"connection: close" in told.lower()
    assert wire.store.log_events.list() == before


def test_two_requests_that_are_two_are_answered(wire: Wire) -> None:
    """Which shows that the others were refused for what they are."""
    assert wire.told(wire.head(LENGTH) + EVENT + NEXT).count(b"HTTP/1.1 20") == 2
    pieces = b"%x\r\n%b\r\n0\r\n\r\n" % (len(EVENT), EVENT)
    assert wire.told(wire.head(CHUNKED) + pieces + NEXT).count(b"HTTP/1.1 20") == 2


@pytest.mark.parametrize("target", [b"http://there.example/health", b"there.example:443", b"*", b"/%zz", b"//health"])
def test_a_target_that_is_no_address_here_is_not_found(wire: Wire, target: bytes) -> None:
    told = wire.told(b"GET %b HTTP/1.1\r\nHost: here\r\nConnection: close\r\n\r\n" % target)
    assert told.startswith(b"HTTP/1.1 404 ")


@pytest.mark.parametrize(
    "target",
    [
        b"POST /api/order",
        b"PUT /api/order/%b" % (b"0" * 32),
        b"PATCH /api/order/%b/customdata" % (b"0" * 32),
        b"PUT /api/order/%b/customdata/x" % (b"0" * 32),
        b"POST /api/log/event",
        b"POST /hooks/nobody",
    ],
)
def test_who_is_nobody_is_refused_before_the_body_is_taken(wire: Wire, target: bytes) -> None:
    """So it cannot fill our memory with bodies that nobody will look at."""
    head = b"%b HTTP/1.1\r\nHost: here\r\nContent-Type: application/json\r\nContent-Length: 8000000\r\n\r\n" % target
    with closing(wire.connect()) as client:
        client.sendall(head)
        told = client.recv(65536)  # not 408, which is what comes when a body was waited for
    assert told.startswith((b"HTTP/1.1 401 ", b"HTTP/1.1 404 "))
    assert b"connection: close" in told.lower()


def test_dripping_heads_and_bodies_keep_nobody_waiting_and_are_hung_up_on(wire: Wire) -> None:
    heads = [b"GET /health HTTP/1.1\r\nX-A: ", wire.head(b"Content-Length: 100\r\n"), wire.head(CHUNKED) + b"64\r\n"]
    stop = threading.Event()
    with ExitStack() as many:
        slow = [many.enter_context(closing(wire.connect())) for _ in range(30)]
        for place, client in enumerate(slow):
            client.sendall(heads[place % len(heads)])
        dripping = threading.Thread(target=drip, args=(slow, stop))
        dripping.start()
        begin = time.monotonic()
        for _ in range(3):
            headers = {"Authorization": f"Bearer {wire.token}"}
            assert requests.get(f"http://127.0.0.1:{wire.port}/api/connection", headers=headers, timeout=20).ok
        assert time.monotonic() - begin < 10  # one after the other, their patience of two seconds each would be over
        for client in slow:
            with suppress(ConnectionError):
                while client.recv(65536):
                    pass  # until the server has hung up
        stop.set()
        dripping.join()
    assert time.monotonic() - begin < 15


def drip(clients: list[socket.socket], stop: threading.Event) -> None:
    """Send each a letter now and then."""
    while not stop.wait(0.1):
        for client in clients:
            with suppress(OSError):
                client.sendall(b"x")


def test_a_client_that_leaves_in_the_middle_of_its_body_has_written_nothing(wire: Wire) -> None:
    before = wire.store.log_events.list()
    for _ in range(5):
        with closing(wire.connect()) as client:
            client.sendall(wire.head(LENGTH) + EVENT[:-1])
    assert wire.told(NEXT).startswith(b"HTTP/1.1 200 ")
    assert wire.store.log_events.list() == before
