"""The HTTP server under the API: uvicorn, with a limit to its patience."""

from __future__ import annotations

import asyncio
import logging
import socket
from secrets import token_hex

import h11
from uvicorn import Config as ServerConfig, Server
from uvicorn.protocols.http.h11_impl import H11Protocol

from crossdock.api.app import build_app
from crossdock.api.edge import Limits
from crossdock.api.problem import MEDIA_TYPE, Problem
from crossdock.api.services import Services
from crossdock.config import ServeConfig
from crossdock.errors import ConfigError

LARGEST_HEAD = 64 * 1024
_BACKLOG = 512

_log = logging.getLogger("crossdock.api")


def make_server(services: Services) -> Server:
    """Make a server that is set up as ``[serve]`` says; its ``run`` takes the socket to listen on."""
    serve = services.config.serve
    patience = serve.request_timeout.total_seconds()
    limits = Limits(serve.max_body_mb * 1024 * 1024, patience)
    return Server(
        ServerConfig(
            build_app(services, limits),
            http=_patient(patience, serve.connections),
            ws="none",
            lifespan="on",
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,
            timeout_keep_alive=max(1, round(serve.keep_alive.total_seconds())),
            timeout_graceful_shutdown=max(1, round(serve.stop_timeout.total_seconds())),
            h11_max_incomplete_event_size=LARGEST_HEAD,
        )
    )


def listen(serve: ServeConfig) -> socket.socket:
    """Open the port.

    Raises:
        ConfigError: it cannot be had.
    """
    try:
        family, kind, protocol, _name, address = socket.getaddrinfo(serve.host, serve.port, type=socket.SOCK_STREAM)[0]
        listening = socket.socket(family, kind, protocol)
    except OSError as error:
        raise ConfigError(f"there is no address {serve.host!r} to serve on: {error.strerror}") from error
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(address)
        listening.listen(_BACKLOG)
    except OSError as error:
        listening.close()
        reason = f"{serve.host} port {serve.port} cannot be used: {error.strerror}"
        raise ConfigError(f"{reason}; --port 0 takes a free one") from error
    return listening


def _patient(seconds: float, most: int) -> type[asyncio.Protocol]:
    """Make the protocol with limits: how long a client may take for a head, or take nothing, and how many there are."""
    return type("PatientProtocol", (_Protocol,), {"seconds": seconds, "most": most})


class _Protocol(H11Protocol):
    """Closes a connection on which no request comes to be, or whose client does not take the answer.

    What is no HTTP is answered like any other problem.
    """

    seconds = 30.0
    most = 1000
    _head: asyncio.TimerHandle | None = None
    _stall: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as the base has it
        super().connection_made(transport)
        if len(self.connections) > self.most:
            self._refuse(_too_many(self.most))
        else:
            self._await_head()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self.conn.their_state is not h11.IDLE:
            self._forget_head()
        elif self._head is None and self.conn.trailing_data[0]:
            self._await_head()

    def connection_lost(self, exc: Exception | None) -> None:
        self._forget_head()
        self._forget_stall()
        super().connection_lost(exc)

    def pause_writing(self) -> None:
        super().pause_writing()
        self._await_reader(self.transport.get_write_buffer_size())

    def resume_writing(self) -> None:
        self._forget_stall()
        super().resume_writing()

    def send_400_response(self, msg: str) -> None:
        """Answer what is no HTTP request, or one with too much in its head."""
        self._refuse(_too_much() if len(self.conn.trailing_data[0]) > LARGEST_HEAD else _no_http(msg))

    def _refuse(self, problem: Problem) -> None:
        """Answer before there is a request, and hang up."""
        request_id = token_hex(16)
        _log.info("- - %s 0 ms - %s", problem.status, request_id)
        body = problem.encoded(request_id)
        headers = {
            "content-type": MEDIA_TYPE,
            "content-length": str(len(body)),
            "connection": "close",
            "x-request-id": request_id,
            **problem.headers,
        }
        response = h11.Response(status_code=problem.status, headers=list(headers.items()))
        for event in (response, h11.Data(body), h11.EndOfMessage()):
            self.transport.write(self.conn.send(event) or b"")
        self.transport.close()

    def _await_head(self) -> None:
        self._head = self.loop.call_later(self.seconds, self._give_up)

    def _forget_head(self) -> None:
        if self._head is not None:
            self._head.cancel()
            self._head = None

    def _give_up(self) -> None:
        self._head = None
        self.transport.close()

    def _await_reader(self, waiting: int) -> None:
        self._stall = self.loop.call_later(self.seconds, self._look_at_reader, waiting)

    def _look_at_reader(self, before: int) -> None:
        waiting = self.transport.get_write_buffer_size()
        if waiting < before:
            self._await_reader(waiting)
        else:
            self.transport.abort()

    def _forget_stall(self) -> None:
        if self._stall is not None:
            self._stall.cancel()
            self._stall = None


def _too_much() -> Problem:
    return Problem(
        431,
        "headers-too-large",
        "The header is too large",
        f"the request line and the header fields have more than {LARGEST_HEAD:,} bytes",
        remedy="send a shorter address and fewer fields",
    )


def _no_http(reason: str) -> Problem:
    return Problem(400, "refused", "The request was refused", reason, remedy="check what the client sends")


def _too_many(most: int) -> Problem:
    return Problem(
        503,
        "too-many",
        "Too many connections",
        f"there are {most} connections already",
        remedy="close connections that are not needed, and try again later",
        headers={"Retry-After": "5"},
    )
