"""The edge of the API: request ids, the log, limits on what a client may send and how slowly."""

from __future__ import annotations

import asyncio
import logging
import re
import time
from contextlib import suppress
from dataclasses import dataclass
from secrets import token_hex

from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from crossdock.api.printable import printable
from crossdock.api.problem import MEDIA_TYPE, Problem, problem_of
from crossdock.api.services import AnswerListener

_HARMLESS_ID = re.compile(rb"(?!cdk_)[A-Za-z0-9._-]{1,64}")
_TOKEN = re.compile(r"(cdk_[0-9a-f]{16}_)[A-Za-z0-9_-]+")
_LONGEST_PATH = 200
_SECONDS_TO_LINGER = 2.0

_log = logging.getLogger("crossdock.api")


@dataclass(frozen=True, slots=True)
class Limits:
    """What a client may send: the bytes of a body, and the seconds that it may take to come."""

    max_body: int = 8 * 1024 * 1024
    request_seconds: float = 30.0


class Edge:
    """ASGI middleware around everything else.

    A fault inside is logged with its traceback under the request's id; the client is told the id and nothing else.
    """

    def __init__(self, app: ASGIApp, limits: Limits, listener: AnswerListener | None = None) -> None:
        self._app = app
        self._limits = limits
        self._listener = listener

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        exchange = _Exchange(scope, receive, send, self._limits)
        scope["state"]["request_id"] = exchange.request_id
        try:
            exchange.require_certain_end()
            await self._app(scope, exchange.receive, exchange.send)
        except ClientDisconnect:
            return
        except Exception as error:  # noqa: BLE001 - the last one who can answer the client
            if not isinstance(error, Problem):
                _log.exception("request %s failed", exchange.request_id)
            if exchange.status is not None:
                raise ConnectionAbortedError from None  # half an answer is out; the server cuts the connection
            await exchange.refuse(problem_of(error))
        finally:
            exchange.log()
            if self._listener is not None:
                self._listener.request_answered(scope["method"], exchange.status, exchange.seconds)


class _Exchange:
    """One request and its answer."""

    def __init__(self, scope: Scope, receive: Receive, send: Send, limits: Limits) -> None:
        headers = dict(scope["headers"])
        self._scope = scope
        self._receive = receive
        self._send = send
        self._limits = limits
        self._began = time.monotonic()
        self._received = 0
        self._length = _length(headers.get(b"content-length"))
        self._whole = self._length == 0 and b"transfer-encoding" not in headers
        self._has_two_ends = b"content-length" in headers and b"transfer-encoding" in headers
        asked = headers.get(b"x-request-id", b"")
        self.request_id = asked.decode() if _HARMLESS_ID.fullmatch(asked) else token_hex(16)
        self.status: int | None = None

    def require_certain_end(self) -> None:
        """Refuse what somebody in front of us may take for two requests, one of which nobody looked at.

        Raises:
            Problem: 400.
        """
        if self._has_two_ends:
            raise _uncertain_end()

    async def receive(self) -> Message:
        """Take the next piece of the body.

        Raises:
            Problem: 413 as soon as it is known to be too long, 408 if it takes too long to come.
        """
        if self._whole:
            return await self._receive()
        if self._length > self._limits.max_body:
            raise _too_large(self._limits.max_body)
        left = self._began + self._limits.request_seconds - time.monotonic()
        try:
            async with asyncio.timeout(max(left, 0)):
                message = await self._receive()
        except TimeoutError:
            raise _too_slow(self._limits.request_seconds) from None
        self._received += len(message.get("body", b""))
        if self._received > self._limits.max_body:
            raise _too_large(self._limits.max_body)
        self._whole = not message.get("more_body", False)
        return message

    async def send(self, message: Message) -> None:
        """Send a piece of the answer."""
        if message["type"] == "http.response.start":
            self.status = message["status"]
            headers = [*message.get("headers", ()), (b"x-request-id", self.request_id.encode())]
            if not self._whole:
                headers.append((b"connection", b"close"))
            await self._send({**message, "headers": headers})
        elif self._whole or message.get("more_body", False):
            await self._send(message)
        else:
            await self._send({**message, "more_body": True})
            await self._linger()
            await self._send({"type": "http.response.body", "body": b""})

    async def _linger(self) -> None:
        """Let a client that sends on regardless find the answer: closing at once would take it away from it."""
        with suppress(TimeoutError):
            async with asyncio.timeout(_SECONDS_TO_LINGER):
                while (await self._receive()).get("more_body", False):
                    pass

    async def refuse(self, problem: Problem) -> None:
        """Answer with a problem."""
        body = problem.encoded(self.request_id)
        headers = {"content-type": MEDIA_TYPE, "content-length": str(len(body)), **problem.headers}
        raw = [(name.lower().encode(), value.encode("latin-1")) for name, value in headers.items()]
        await self.send({"type": "http.response.start", "status": problem.status, "headers": raw})
        await self.send({"type": "http.response.body", "body": body})

    @property
    def seconds(self) -> float:
        """How long it has taken so far."""
        return time.monotonic() - self._began

    def log(self) -> None:
        """Write one line; nothing in it can be taken for another line, and no secret stands in it."""
        if _log.isEnabledFor(logging.INFO):
            took = self.seconds * 1000
            # A token in an address is none, but it is still somebody's.
            path = _TOKEN.sub(r"\1[redacted]", printable(self._scope["path"]))
            shown = path if len(path) <= _LONGEST_PATH else f"{path[:_LONGEST_PATH]}..."
            caller = self._scope["state"].get("caller", "-")
            status = self.status or "cut"
            method = self._scope["method"]
            fields = {
                "event": "requestAnswered",
                "method": method,
                "path": shown,
                "status": status,
                "seconds": round(took / 1000, 3),
                "caller": caller,
                "requestId": self.request_id,
            }
            told = (method, shown, status, took, caller, self.request_id)
            _log.info("%s %s %s %.0f ms %s %s", *told, extra={"fields": fields})


def _length(text: bytes | None) -> int:
    return int(text) if text else 0


def _uncertain_end() -> Problem:
    detail = "the request has both Content-Length and Transfer-Encoding, so its end is not certain"
    return Problem(400, "refused", "The request was refused", detail, remedy="send one of the two")


def _too_large(most: int) -> Problem:
    return Problem(
        413,
        "too-large",
        "The body is too large",
        f"the body has more than {most:,} bytes",
        remedy="send less at once, or let the operator raise max_body_mb in [serve]",
    )


def _too_slow(seconds: float) -> Problem:
    return Problem(
        408,
        "too-slow",
        "The body came too slowly",
        f"the body was not there after {seconds:g} s",
        remedy="send the request again, faster",
    )
