"""The language of faults: what a sandbox does wrong, when, and how often.

    faults = fault { ";" fault }
    fault  = kind [ argument ] [ when ] [ times ]
    when   = "at" N | "every" N | "from" N | "with" P [ "seed" S ]
    times  = "x" N

    429 1s from 3 x4; drop every 7; empty with 10% seed 2

`docs/sandbox.md` explains every kind.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from random import Random

from crossdock.config.duration import parse_duration
from crossdock.errors import ConfigError, Problem
from crossdock.suggestion import did_you_mean

WHERE = "--faults"  # what errors name as the place
KINDS = ("latency", "slow", "quota", "drop", "truncate", "html", "repeat", "empty", "change", "expire", "poison")
_WHEN = ("at", "every", "from", "with")
_NEEDS = {
    "latency": "a duration, such as 'latency 500ms'",
    "slow": "a duration for each record, such as 'slow 20ms'",
    "quota": "a number of requests and a duration, such as 'quota 10/5s'",
}
_TOKEN = re.compile(r";|[^\s;]+")
_TIMES = re.compile(r"x\d+")
_STATUS = re.compile(r"[45]\d\d")


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
        seconds: how long ``latency`` takes, ``slow`` for each record, or a ``quota`` lasts; or what a status says in
            ``Retry-After``.
        share: how much of a body ``truncate`` lets through, 0 to 1.
        remote_id: whom ``poison`` damages; ``None`` is the record in the middle of the first page.
        requests: how many a ``quota`` allows.
    """

    kind: str
    when: When = When()
    times: int | None = None
    seconds: float | None = None
    share: float = 0.5
    remote_id: str | None = None
    requests: int = 0


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
        if fault.kind in _NEEDS and not plain:
            raise _Mistake(f"{fault.kind!r} needs {_NEEDS[fault.kind]}", kind.position)
        if not plain or not (fault.kind in (*_NEEDS, "truncate", "poison") or _STATUS.fullmatch(fault.kind)):
            return fault
        word = self._words.pop(0)
        if fault.kind == "quota":
            number, slash, rest = word.text.partition("/")
            if not slash:
                raise _Mistake(f"'quota' needs {_NEEDS['quota']}", word.position)
            fault = replace(fault, requests=_number(_Word(number, word.position), least=1))
            word = _Word(rest, word.position + len(number) + 1)
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
