"""Machinery for sandboxes: local stand-ins of remote systems, spoken to over real HTTP.

A connector supplies the behaviour, an object with `settings` and `handle(request)`; `SandboxServer` puts it on a
loopback port:

    with SandboxServer(make_sandbox(SandboxOptions(records=50))) as server:
        requests.get(server.url + "/...")

Faults are injected without patching: a callable in `server.hooks` sees every request before the sandbox does and may
answer, sleep or raise `DropConnection`; one in `server.after` may replace the answer, for instance by
`response.cut(100)`, a body that ends too early.
"""

from __future__ import annotations

import gzip
import json
import socket
import threading
from collections import deque
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from email.utils import formatdate
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, NamedTuple, Protocol, Self, runtime_checkable
from urllib.parse import parse_qsl

from crossdock.fault import FAULTS, tell

if TYPE_CHECKING:
    from pathlib import Path
    from types import TracebackType

LOG_LENGTH = 10_000


@dataclass(frozen=True, slots=True)
class Request:
    """One HTTP request as a sandbox sees it.

    `path` is as sent (not percent-decoded), `query` the decoded pairs in order, header names are lower case. `secure`
    means that the client spoke https to a proxy in front (`X-Forwarded-Proto: https`): a sandbox has no certificate.
    """

    method: str
    path: str
    query: tuple[tuple[str, str], ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    secure: bool = False


@dataclass(frozen=True, slots=True)
class Response:
    """An answer; `Content-Length` and `Date` are added where it does not bring its own.

    `sent` is the number of body bytes that really go out before the connection is closed; None sends all of them and
    keeps the connection.
    """

    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    sent: int | None = None

    @classmethod
    def json(cls, value: object, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
        """Answer `value` as ASCII JSON."""
        body = json.dumps(value, separators=(",", ":")).encode()
        return cls(status, body, {"Content-Type": "application/json; charset=UTF-8", **(headers or {})})

    @classmethod
    def html(cls, text: str, status: int = 200) -> Response:
        """Answer a page meant for people, as a proxy or a theme would."""
        return cls(status, text.encode(), {"Content-Type": "text/html; charset=UTF-8"})

    def cut(self, sent: int) -> Response:
        """Return this answer with a promised length it does not keep: only `sent` bytes of the body go out."""
        return replace(self, sent=sent)


class DropConnection(Exception):  # noqa: N818 - it names what happens, and is no error of ours
    """Raised by a hook or a sandbox: the connection is closed without any answer."""


@dataclass(frozen=True, slots=True)
class SandboxOptions:
    """What `crossdock sandbox` can be asked for; a connector's `make_sandbox` takes it.

    `records` orders are invented from `seed`, unless `payloads` names a file of real ones (one JSON object a line).
    """

    records: int = 25
    seed: int = 1
    payloads: Path | None = None


class Sandbox(Protocol):
    """The behaviour of one remote system; `handle` is called from several threads at once."""

    @property
    def settings(self) -> Mapping[str, str]:
        """The connection settings, without `url`, that a client needs to be let in."""

    def handle(self, request: Request) -> Response:
        """Answer one request."""


@runtime_checkable
class SupportsClose(Protocol):
    """A sandbox with threads or files of its own; the server closes it."""

    def close(self) -> None:
        """Release everything."""


@runtime_checkable
class SupportsChange(Protocol):
    """A sandbox that can be changed as the people who work with the real system would."""

    def change(self, record_type: str) -> None:
        """Change one record of a type, another one each time, and add one now and then.

        Raises:
            LookupError: nobody changes anything of this type.
        """


class LogEntry(NamedTuple):
    """One line of `server.log`; status 0 is a dropped connection."""

    method: str
    target: str
    status: int


Hook = Callable[[Request], Response | None]
After = Callable[[Request, Response], Response]


def compressed(request: Request, response: Response) -> Response:
    """Compress an answer for a client that takes gzip; for `server.after`, as web servers in front of shops do."""
    if "gzip" not in request.headers.get("accept-encoding", "") or len(response.body) < 1000:
        return response
    headers = {**response.headers, "Content-Encoding": "gzip", "Vary": "Accept-Encoding"}
    return replace(response, body=gzip.compress(response.body, compresslevel=1, mtime=0), headers=headers)


class SandboxServer:
    """Serves a sandbox on 127.0.0.1 while the `with` block lasts; port 0 takes a free one."""

    def __init__(self, sandbox: Sandbox, port: int = 0) -> None:
        self.sandbox = sandbox
        self.hooks: list[Hook] = []
        self.after: list[After] = []
        self.log: deque[LogEntry] = deque(maxlen=LOG_LENGTH)
        self.errors: list[BaseException] = []
        self._listener = _Listener(self, port)
        self._thread = threading.Thread(target=self._listener.serve_forever, args=(0.05,), name="sandbox", daemon=True)

    @property
    def port(self) -> int:
        """The port that was taken."""
        return int(self._listener.server_address[1])

    @property
    def url(self) -> str:
        """The base address, without a trailing slash."""
        return f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Stop listening, cut the open connections and wait for their threads."""
        if self._thread.is_alive():
            self._listener.shutdown()
            self._thread.join()
        self._listener.hang_up()
        self._listener.server_close()
        if isinstance(self.sandbox, SupportsClose):
            self.sandbox.close()

    def wait(self) -> None:
        """Block until the server is closed or the process is interrupted."""
        while self._thread.is_alive():
            self._thread.join(0.5)

    def answer(self, request: Request) -> Response:
        """Run hooks, sandbox and `after` for one request; an error in them becomes a 500 and is kept in `errors`."""
        try:
            response = next((found for hook in self.hooks if (found := hook(request)) is not None), None)
            if response is None:
                response = self.sandbox.handle(request)
            for change in self.after:
                response = change(request, response)
        except DropConnection:
            raise
        except FAULTS as error:  # whatever the sandbox does wrong, its client must get an answer
            self.errors.append(error)
            return Response(500, f"the sandbox failed: {tell(error)}".encode(), {"Content-Type": "text/plain"})
        return response


def serve_forever(sandbox: Sandbox, port: int = 0, on_ready: Callable[[SandboxServer], None] | None = None) -> None:
    """Serve until interrupted (Ctrl-C returns normally); `on_ready` is called once the port is open."""
    with SandboxServer(sandbox, port) as server:
        if on_ready is not None:
            on_ready(server)
        try:
            server.wait()
        except KeyboardInterrupt:
            return


class _Listener(ThreadingHTTPServer):
    """The standard library's server, remembering its connections so that it can end them."""

    daemon_threads = True
    request_queue_size = 64

    def __init__(self, owner: SandboxServer, port: int) -> None:
        self.owner = owner
        self._open: dict[object, threading.Thread] = {}
        self._guard = threading.Lock()
        super().__init__(("127.0.0.1", port), _Handler)

    def process_request(self, request: socket.socket | tuple[bytes, socket.socket], client_address: object) -> None:
        thread = threading.Thread(target=self.process_request_thread, args=(request, client_address), daemon=True)
        with self._guard:
            self._open[request] = thread
        thread.start()

    def shutdown_request(self, request: socket.socket | tuple[bytes, socket.socket]) -> None:
        with self._guard:
            self._open.pop(request, None)
        super().shutdown_request(request)

    def hang_up(self) -> None:
        with self._guard:
            left = dict(self._open)
        for connection in left:
            if isinstance(connection, socket.socket):  # pairs belong to UDP servers
                with suppress(OSError):  # the client may have been faster
                    connection.shutdown(socket.SHUT_RDWR)
        for thread in left.values():
            thread.join()

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing: only a client that hangs up ends here, the rest is answered with 500."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Listener

    def handle_one_request(self) -> None:
        self.raw_requestline = self.rfile.readline(65537)
        if not self.raw_requestline:
            self.close_connection = True
        elif self.parse_request():
            self._serve()

    def _serve(self) -> None:
        owner = self.server.owner
        request = self._read()
        try:
            response = owner.answer(request)
        except DropConnection:
            owner.log.append(LogEntry(self.command, self.path, 0))
            self.close_connection = True
            return
        owner.log.append(LogEntry(self.command, self.path, response.status))
        self._write(response)

    def _read(self) -> Request:
        path, _, query = self.path.partition("?")
        headers = {name.lower(): value for name, value in self.headers.items()}
        length = int(headers.get("content-length") or 0)
        return Request(
            method=self.command,
            path=path,
            query=tuple(parse_qsl(query, keep_blank_values=True)),
            headers=headers,
            body=self.rfile.read(length) if length else b"",
            secure=headers.get("x-forwarded-proto") == "https",
        )

    def _write(self, response: Response) -> None:
        headers = {"Date": formatdate(usegmt=True), "Content-Length": str(len(response.body)), **response.headers}
        if response.sent is not None:
            self.close_connection = True
        if self.close_connection:
            headers["Connection"] = "close"
        lines = [f"HTTP/1.1 {response.status} {_reason(response.status)}", *map(": ".join, headers.items()), "", ""]
        body = b"" if self.command == "HEAD" else response.body[: response.sent]
        self.wfile.write("\r\n".join(lines).encode("latin-1") + body)  # one write: one packet for a small answer


def _reason(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Unknown"
