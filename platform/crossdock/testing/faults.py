"""Faults on demand: a small language that says what a sandbox does wrong, when, and how often.

    faults = fault { ";" fault }
    fault  = kind [ argument ] [ when ] [ times ]
    when   = "at" N | "every" N | "from" N | "with" P [ "seed" S ]
    times  = "x" N

    429 1s from 3 x4; drop every 7; empty with 10% seed 2

`docs/sandbox.md` explains every kind.
"""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from random import Random

import msgspec

from crossdock.config.duration import parse_duration
from crossdock.errors import ConfigError, Problem
from crossdock.suggestion import did_you_mean
from crossdock.testing.sandbox import DropConnection, Request, Response, Sandbox, SandboxServer, SupportsChange

WHERE = "--faults"  # what errors name as the place
KINDS = ("latency", "drop", "truncate", "html", "repeat", "empty", "change", "expire", "poison")
_WHEN = ("at", "every", "from", "with")
_TOKEN = re.compile(r";|[^\s;]+")
_TIMES = re.compile(r"x\d+")
_STATUS = re.compile(r"[45]\d\d")
_split = msgspec.json.Decoder(list[msgspec.Raw])


@dataclass(frozen=True, slots=True)
class When:
    """Which requests a fault meets, counted from 1: every ``step``-th from ``first`` to ``last``, with a chance."""

    first: int = 1
    last: int | None = None
    step: int = 1
    chance: float = 1.0
    seed: int = 1

    def meets(self, number: int, random: Random) -> bool:
        """Tell whether it meets the request of that number."""
        if number < self.first or (self.last is not None and number > self.last):
            return False
        return (number - self.first) % self.step == 0 and (self.chance >= 1 or random.random() < self.chance)


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that goes wrong.

    Args:
        kind: a word of ``KINDS``, or an HTTP status.
        when: the requests that it meets.
        times: at how many of them it happens; ``None`` is all.
        seconds: how long ``latency`` takes, or what a status says in ``Retry-After``.
        share: how much of a body ``truncate`` lets through, 0 to 1.
        remote_id: whom ``poison`` damages; ``None`` is the record in the middle of the first page.
    """

    kind: str
    when: When = When()
    times: int | None = None
    seconds: float | None = None
    share: float = 0.5
    remote_id: str | None = None


def parse_faults(text: str) -> tuple[Fault, ...]:
    """Read what stands behind ``--faults``.

    Raises:
        ConfigError: with every mistake, its line and column, and what was probably meant.
    """
    words: list[list[_Word]] = [[]]
    for found in _TOKEN.finditer(text):
        if found.group() == ";":
            words.append([])
        else:
            words[-1].append(_Word(found.group(), found.start()))
    faults: list[Fault] = []
    problems: list[Problem] = []
    for clause in filter(None, words):
        try:
            faults.append(_Clause(clause, len(text)).fault())
        except _Mistake as mistake:
            before = text[: mistake.position]
            column = mistake.position - (before.rfind("\n") + 1) + 1
            problems.append(Problem(WHERE, before.count("\n") + 1, column, str(mistake)))
    if not faults and not problems:
        problems.append(Problem(WHERE, 1, 1, "no fault is named; write one such as 'drop every 5'"))
    if problems:
        raise ConfigError(problems)
    return tuple(faults)


@dataclass(frozen=True, slots=True)
class _Word:
    text: str
    position: int


class _Mistake(Exception):  # noqa: N818 - it names what somebody made
    def __init__(self, message: str, position: int) -> None:
        super().__init__(message)
        self.position = position


class _Clause:
    """Reads one fault, word by word."""

    def __init__(self, words: list[_Word], end: int) -> None:
        self._words = words
        self._end = words[-1].position + len(words[-1].text) if words else end

    def fault(self) -> Fault:
        kind = self._take("a fault")
        if kind.text not in KINDS and not _STATUS.fullmatch(kind.text):
            hint = did_you_mean(kind.text, KINDS)
            raise _Mistake(f"there is no fault {kind.text!r}{hint} (or a status such as 429 or 503)", kind.position)
        fault = self._argument(Fault(kind.text), kind)
        when = self._when()
        times = self._times()
        if self._words:
            raise self._unexpected(self._words[0])
        return replace(fault, when=when, times=times)

    def _argument(self, fault: Fault, kind: _Word) -> Fault:
        plain = bool(self._words) and self._words[0].text not in _WHEN and not _TIMES.fullmatch(self._words[0].text)
        if fault.kind == "latency" and not plain:
            raise _Mistake("'latency' needs a duration, such as 'latency 500ms'", kind.position)
        if not plain or not (fault.kind in ("latency", "truncate", "poison") or _STATUS.fullmatch(fault.kind)):
            return fault
        word = self._words.pop(0)
        if fault.kind == "poison":
            return replace(fault, remote_id=word.text)
        if fault.kind == "truncate":
            return replace(fault, share=_chance(word))
        try:
            return replace(fault, seconds=parse_duration(word.text).total_seconds())
        except ValueError as error:
            if did_you_mean(word.text, _WHEN).startswith("; did"):
                raise self._unexpected(word) from None
            raise _Mistake(str(error), word.position) from None

    def _when(self) -> When:
        if not self._words or self._words[0].text not in _WHEN:
            return When()
        word = self._words.pop(0).text
        if word == "with":
            chance = _chance(self._take("a chance, such as 10%"))
            if self._words and self._words[0].text == "seed":
                self._words.pop(0)
                return When(chance=chance, seed=_number(self._take("a seed"), least=0))
            return When(chance=chance)
        number = _number(self._take(f"the number of a request behind {word!r}"), least=1)
        if word == "every":
            return When(first=number, step=number)
        return When(first=number, last=number if word == "at" else None)

    def _times(self) -> int | None:
        if not self._words or not _TIMES.fullmatch(self._words[0].text):
            return None
        word = self._words.pop(0)
        return _number(_Word(word.text[1:], word.position + 1), least=1)

    def _take(self, what: str) -> _Word:
        if not self._words:
            raise _Mistake(f"{what} is missing", self._end)
        return self._words.pop(0)

    def _unexpected(self, word: _Word) -> _Mistake:
        order = "; behind a fault stands 'at N', 'every N', 'from N' or 'with P', then 'xN', then ';'"
        known = (*_WHEN, "seed")
        hint = did_you_mean(word.text, known)
        hint = hint if word.text not in known and hint.startswith("; did") else order
        return _Mistake(f"{word.text!r} cannot stand here{hint}", word.position)


def _number(word: _Word, least: int) -> int:
    if not (word.text.isascii() and word.text.isdigit() and len(word.text) < 10 and int(word.text) >= least):
        raise _Mistake(f"{word.text!r} is no whole number from {least}", word.position)
    return int(word.text)


def _chance(word: _Word) -> float:
    found = re.fullmatch(r"(\d{1,3}(?:\.\d+)?)(%?)", word.text, re.ASCII)
    value = float(found[1]) / (100 if found[2] else 1) if found else -1.0
    if not 0 <= value <= 1:
        raise _Mistake(f"{word.text!r} is no share; write 10% or 0.1", word.position)
    return value


@dataclass(slots=True)
class _Armed:
    """A fault with what it remembers."""

    fault: Fault
    random: Random
    left: float
    victim: bytes | None = None


@dataclass(slots=True)
class Faults:
    """Does to a sandbox what the faults say; a hook of its server, called from several threads at once.

    The requests are counted from 1. Several faults may meet one request: what is written first stands outermost.
    """

    sandbox: Sandbox
    faults: tuple[Fault, ...]
    sleep: Callable[[float], object] = time.sleep
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
