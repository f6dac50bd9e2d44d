"""The machinery that puts a sandbox on a port."""

from __future__ import annotations

import http.client
import socket
import threading
import time
from collections.abc import Iterator, Mapping
from urllib.parse import urlsplit

import pytest
import requests

from crossdock.testing.sandbox import (
    DropConnection,
    LogEntry,
    Request,
    Response,
    SandboxServer,
    compressed,
    serve_forever,
)


class Echo:
    """Answers with what it was asked."""

    settings: Mapping[str, str] = {}

    def __init__(self) -> None:
        self.closed = False

    def handle(self, request: Request) -> Response:
        if request.path == "/fail":
            raise LookupError("a bug")
        return Response.json(
            {
                "method": request.method,
                "path": request.path,
                "query": request.query,
                "body": request.body.decode(),
                "secure": request.secure,
                "agent": request.headers["user-agent"],
            }
        )

    def close(self) -> None:
        self.closed = True


@pytest.fixture
def server() -> Iterator[SandboxServer]:
    with SandboxServer(Echo()) as found:
        yield found


def fetch(server: SandboxServer, target: str = "/", method: str = "GET", **options: object) -> requests.Response:
    with requests.Session() as session:
        session.trust_env = False
        return session.request(method, server.url + target, timeout=5, **options)  # type: ignore[arg-type]


def test_a_request_arrives_whole(server: SandboxServer) -> None:
    headers = {"User-Agent": "me", "X-Forwarded-Proto": "https"}
    answer = fetch(server, "/a%20b?x=1&x=&y=%C3%A5+b", "PUT", data="å".encode(), headers=headers)
    assert answer.json() == {
        "method": "PUT",
        "path": "/a%20b",
        "query": [["x", "1"], ["x", ""], ["y", "å b"]],
        "body": "å",
        "secure": True,
        "agent": "me",
    }


def test_it_listens_on_loopback_only(server: SandboxServer) -> None:
    assert urlsplit(server.url).hostname == "127.0.0.1"
    with (
        pytest.raises(OSError, match=r"refused|timed out|assign"),
        socket.create_connection(("127.0.0.2", server.port), timeout=1),
    ):
        pass


def test_a_connection_is_kept_for_the_next_request(server: SandboxServer) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=5)
    connection.connect()
    first = connection.sock
    for _ in range(3):
        connection.request("GET", "/", headers={"User-Agent": "me"})
        assert connection.getresponse().read()
        assert connection.sock is first
    connection.close()


def test_head_sends_the_length_and_no_body(server: SandboxServer) -> None:
    answer = fetch(server, method="HEAD")
    assert answer.content == b""
    assert int(answer.headers["Content-Length"]) > 50


def test_the_log_has_every_request(server: SandboxServer) -> None:
    fetch(server, "/one?a=1")
    fetch(server, "/fail", "POST")
    assert list(server.log) == [LogEntry("GET", "/one?a=1", 200), LogEntry("POST", "/fail", 500)]


def test_a_bug_in_the_sandbox_is_answered_and_kept(server: SandboxServer) -> None:
    answer = fetch(server, "/fail")
    assert (answer.status_code, answer.text) == (500, "the sandbox failed: LookupError: a bug")
    assert [type(error) for error in server.errors] == [LookupError]


def test_a_hook_may_answer_instead_of_the_sandbox(server: SandboxServer) -> None:
    server.hooks += [
        lambda request: Response(503, b"busy", {"Retry-After": "7"}) if request.path == "/busy" else None,
        lambda request: Response.html("<h1>never</h1>") if request.path == "/busy" else None,
    ]
    busy = fetch(server, "/busy")
    assert (busy.status_code, busy.headers["Retry-After"]) == (503, "7")
    assert fetch(server).json()["path"] == "/"


def test_a_hook_may_make_it_slow(server: SandboxServer) -> None:
    server.hooks.append(lambda request: time.sleep(0.05))
    start = time.monotonic()
    fetch(server)
    assert time.monotonic() - start >= 0.05


def test_a_hook_may_drop_the_connection(server: SandboxServer) -> None:
    def drop(request: Request) -> None:
        raise DropConnection

    server.hooks.append(drop)
    with pytest.raises(requests.ConnectionError):
        fetch(server)
    assert server.log[-1].status == 0


def test_after_may_cut_a_body_short(server: SandboxServer) -> None:
    server.after.append(lambda request, response: response.cut(10))
    with pytest.raises(requests.exceptions.ChunkedEncodingError):
        fetch(server)


def test_answers_can_be_compressed_as_by_a_web_server(server: SandboxServer) -> None:
    server.after.append(compressed)
    long = fetch(server, "/" + "x" * 2000)
    assert long.headers["Content-Encoding"] == "gzip"
    assert int(long.headers["Content-Length"]) < 500
    assert len(long.json()["path"]) == 2001
    assert "Content-Encoding" not in fetch(server, "/short").headers
    plain = fetch(server, "/" + "x" * 2000, headers={"User-Agent": "me", "Accept-Encoding": "identity"})
    assert "Content-Encoding" not in plain.headers


def test_a_status_without_a_name_is_sent_as_it_is(server: SandboxServer) -> None:
    server.hooks.append(lambda request: Response(599, b"odd"))
    answer = fetch(server)
    assert (answer.status_code, answer.reason) == (599, "Unknown")


def test_closing_cuts_idle_connections_and_closes_the_sandbox() -> None:
    sandbox = Echo()
    threads = threading.active_count()
    with SandboxServer(sandbox) as server:
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=5)
        connection.request("GET", "/", headers={"User-Agent": "me"})
        connection.getresponse().read()
    assert sandbox.closed
    assert threading.active_count() == threads
    assert connection.sock.recv(1) == b""
    connection.close()


def test_requests_are_served_side_by_side(server: SandboxServer) -> None:
    together = threading.Barrier(3, timeout=5)

    def meet(request: Request) -> None:
        together.wait()

    server.hooks.append(meet)
    threads = [threading.Thread(target=fetch, args=(server,)) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [entry.status for entry in server.log] == [200, 200, 200]


def test_serving_forever_ends_when_the_server_is_closed() -> None:
    answers = []

    def ready(server: SandboxServer) -> None:
        answers.append(fetch(server).status_code)
        threading.Thread(target=server.close).start()

    serve_forever(Echo(), on_ready=ready)
    assert answers == [200]


def test_ctrl_c_ends_serving_forever_quietly(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(server: SandboxServer) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(SandboxServer, "wait", interrupt)
    ports: list[int] = []
    serve_forever(Echo(), on_ready=lambda server: ports.append(server.port))
    with pytest.raises(OSError, match="refused"), socket.create_connection(("127.0.0.1", ports[0]), timeout=1):
        pass
