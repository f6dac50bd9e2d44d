"""Faults on demand: has a sandbox do wrong what is written in the language of faults."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from random import Random

import msgspec

from crossdock.testing.fault_language import Fault, parse_faults
from crossdock.testing.sandbox import DropConnection, Request, Response, Sandbox, SandboxServer, SupportsChange

_split = msgspec.json.Decoder(list[msgspec.Raw])


@dataclass(slots=True)
class _Armed:
    """A fault with what it remembers."""

    fault: Fault
    random: Random
    left: float
    victim: bytes | None = None
    renewed: float = 0.0
    used: int = 0

    def take(self, now: float) -> tuple[int, float]:
        """Take one request of a quota; tell how many are left, below zero if it was one too many, and for how long."""
        seconds = self.fault.seconds or 0
        if now >= self.renewed:
            self.renewed, self.used = now + seconds, 0
        self.used += 1
        return self.fault.requests - self.used, self.renewed - now


@dataclass(slots=True)
class Faults:
    """Does to a sandbox what the faults say; a hook of its server, called from several threads at once.

    The requests are counted from 1. Several faults may meet one request: what is written first stands outermost.
    """

    sandbox: Sandbox
    faults: tuple[Fault, ...]
    sleep: Callable[[float], object] = time.sleep
    clock: Callable[[], float] = time.monotonic
    requests: int = 0
    happened: list[tuple[int, str]] = field(default_factory=list)
    _armed: list[_Armed] = field(default_factory=list)
    _lists: dict[str, Response] = field(default_factory=dict)
    _guard: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        for one in self.faults:
            random = Random(one.when.seed)  # noqa: S311 - chance that can be repeated is what is wanted
            self._armed.append(_Armed(one, random, one.times or float("inf")))

    def __call__(self, request: Request) -> Response:
        """Answer a request, well or badly.

        Raises:
            DropConnection: a fault closes the connection.
        """
        answer: Callable[[], Response] = lambda: self._truly(request)  # noqa: E731 - the innermost of the chain
        for armed in reversed(self._meeting()):
            answer = _around(self, armed, request, answer)
        return answer()

    def _meeting(self) -> list[_Armed]:
        with self._guard:
            self.requests += 1
            met = [one for one in self._armed if one.fault.when.meets(self.requests, one.random) and one.left > 0]
            for one in met:
                one.left -= 1
                self.happened.append((self.requests, one.fault.kind))
            return met

    def _truly(self, request: Request) -> Response:
        response = self.sandbox.handle(request)
        if _pieces(response):
            self._lists[request.path] = response
        return response

    def before(self, request: Request) -> Response | None:
        """Return the page of the same list that was asked for before, as a cache that overlooks the query would."""
        return self._lists.get(request.path)


def inject(server: SandboxServer, text: str) -> Faults:
    """Have a server do what is written.

    Raises:
        ConfigError: it is written wrongly.
    """
    faults = Faults(server.sandbox, parse_faults(text))
    server.hooks.append(faults)
    return faults


def _around(faults: Faults, armed: _Armed, request: Request, answer: Callable[[], Response]) -> Callable[[], Response]:
    """Put a fault around an answer."""
    effect = _EFFECTS.get(armed.fault.kind, _refuse)
    return lambda: effect(faults, armed, request, answer)


def _latency(faults: Faults, armed: _Armed, _request: Request, answer: Callable[[], Response]) -> Response:
    faults.sleep(armed.fault.seconds or 0)
    return answer()


def _slow(faults: Faults, armed: _Armed, _request: Request, answer: Callable[[], Response]) -> Response:
    response = answer()
    faults.sleep((armed.fault.seconds or 0) * len(_pieces(response)))
    return response


def _quota(faults: Faults, armed: _Armed, _request: Request, answer: Callable[[], Response]) -> Response:
    left, renewed = armed.take(faults.clock())
    seconds = str(math.ceil(renewed))
    told = {"RateLimit-Limit": str(armed.fault.requests), "RateLimit-Remaining": str(max(0, left))}
    told["RateLimit-Reset"] = seconds
    if left < 0:
        refusal = {"code": "too_many_requests", "message": "The quota is used up."}
        return Response.json(refusal, 429, {**told, "Retry-After": seconds})
    response = answer()
    return replace(response, headers={**response.headers, **told})


def _refuse(_faults: Faults, armed: _Armed, _request: Request, _answer: Callable[[], Response]) -> Response:
    seconds = armed.fault.seconds
    headers = {} if seconds is None else {"Retry-After": str(max(0, round(seconds)))}
    return Response.json({"code": "fault", "message": "A fault on demand."}, int(armed.fault.kind), headers)


def _drop(_faults: Faults, _armed: _Armed, _request: Request, _answer: Callable[[], Response]) -> Response:
    raise DropConnection


def _truncate(_faults: Faults, armed: _Armed, _request: Request, answer: Callable[[], Response]) -> Response:
    response = answer()
    return response.cut(min(int(len(response.body) * armed.fault.share), max(0, len(response.body) - 1)))


def _html(_faults: Faults, _armed: _Armed, _request: Request, _answer: Callable[[], Response]) -> Response:
    return Response.html("<html><head><title>Just a moment</title></head><body>A page for people.</body></html>")


def _repeat(faults: Faults, _armed: _Armed, request: Request, answer: Callable[[], Response]) -> Response:
    return faults.before(request) or answer()


def _empty(_faults: Faults, _armed: _Armed, _request: Request, answer: Callable[[], Response]) -> Response:
    response = answer()
    return replace(response, body=b"[]") if _pieces(response) else response


def _change(faults: Faults, _armed: _Armed, request: Request, answer: Callable[[], Response]) -> Response:
    response = answer()
    record_type = request.path.rstrip("/").rpartition("/")[2].removesuffix("s")
    if isinstance(faults.sandbox, SupportsChange) and _pieces(response):
        with suppress(LookupError):  # a list of something else: notes, refunds
            faults.sandbox.change(record_type)
    return response


def _expire(_faults: Faults, _armed: _Armed, _request: Request, _answer: Callable[[], Response]) -> Response:
    return Response.json({"code": "credentials_expired", "message": "The credentials have expired."}, 401)


def _poison(_faults: Faults, armed: _Armed, _request: Request, answer: Callable[[], Response]) -> Response:
    response = answer()
    pieces = _pieces(response)
    if not pieces:
        return response
    if armed.victim is None:
        wanted = armed.fault.remote_id
        armed.victim = _id(pieces[len(pieces) // 2]) if wanted is None else wanted.encode()
    spoiled = [piece[:-1] + b",}" if _id(piece) == armed.victim else piece for piece in pieces]
    return replace(response, body=b"[" + b",".join(spoiled) + b"]")


_EFFECTS: dict[str, Callable[[Faults, _Armed, Request, Callable[[], Response]], Response]] = {
    "latency": _latency,
    "slow": _slow,
    "quota": _quota,
    "drop": _drop,
    "truncate": _truncate,
    "html": _html,
    "repeat": _repeat,
    "empty": _empty,
    "change": _change,
    "expire": _expire,
    "poison": _poison,
}


class _Head(msgspec.Struct):
    id: int | str = ""


def _id(piece: bytes) -> bytes:
    return str(msgspec.json.decode(piece, type=_Head).id).encode()


def _pieces(response: Response) -> list[bytes]:
    """Return the records of an answer that is a list; nothing for any other."""
    if response.status != 200 or not response.body.startswith(b"["):
        return []
    try:
        return [bytes(piece) for piece in _split.decode(response.body)]
    except msgspec.DecodeError:
        return []
