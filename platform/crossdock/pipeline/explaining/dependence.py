"""Finds what of a payload a value depends on, where code has a hand in it: by taking away what it does without.

A mapping line says itself what it takes, but not what it only looks at. A connector's arithmetic and a manipulator say
neither. But all of them are pure, so the payload can be mapped again without one of its values, and again without
another. What can be away, and the value is the same, it does not depend on.
"""

from __future__ import annotations

import re
import time
from collections.abc import Collection
from typing import Any

from msgspec import Struct

from crossdock.fault import FAULTS
from crossdock.mapping.leaves import Path
from crossdock.mapping.mapped import Refusal
from crossdock.mapping.mapper import Mapper
from crossdock.pipeline.chain import run_chain
from crossdock.pipeline.explaining.place import RecordPlace
from crossdock.pipeline.job import ImportJob
from crossdock.plugins.manipulator import Context
from crossdock.records import Working

MOST_TRIES = 1000
MOST_SECONDS = 10.0
"""How often a payload is mapped again, at most, and for how long; an order of usual size takes some hundred tries, and
not even a second.
"""


class Dependence(Struct, frozen=True):
    """The leaves of a payload that a value depends on; ``whole`` unless there were too many to try each."""

    leaves: frozenset[Path]
    whole: bool = True


def depends_on(
    job: ImportJob,
    payload: Working,
    place: RecordPlace,
    refusals: Collection[Refusal],
    named: re.Pattern[str] | None = None,
) -> Dependence:
    """Find the leaves of a payload without which a place of the record would get another value, or other warnings.

    Args:
        job: the import.
        payload: parsed with exact decimals.
        place: of the record.
        refusals: targets that refused their values.
        named: finds in a warning that it is about the place; without it, warnings do not count.

    What is there twice (a date in two zones, of which the connector takes either) is found once. A leaf without which
    there is no record at all, or not this part of it, says nothing about the value.
    """
    trials = _Trials(job, place, refusals, named)
    try:
        trials.expected = trials.value_of(payload)
    except _NoRecordError:
        return Dependence(frozenset())
    _Reduction(trials, payload).under((), payload)
    return Dependence(frozenset(trials.found), whole=not trials.at_end)


class _NoRecordError(Exception):
    """Nothing to compare came of a payload."""


class _Trials:
    """Maps variants of one payload, and looks at one place of the record."""

    def __init__(
        self, job: ImportJob, place: RecordPlace, refusals: Collection[Refusal], named: re.Pattern[str] | None
    ) -> None:
        self.job = job
        self.place = place
        self.refusals = refusals
        self.named = named
        # One of its own: the shapes of payloads that nobody sends are not to be remembered.
        self.mapper = Mapper(job.mapper.mapping, job.connection_id)
        self.warnings: list[str] = []
        self.context = Context(job.connection_id, job.connection, job.record_type, "import", self._hear)
        self.expected: object = None
        self.left = MOST_TRIES
        self.deadline = time.monotonic() + MOST_SECONDS
        self.found: set[Path] = set()

    @property
    def at_end(self) -> bool:
        """Whether no more may be tried."""
        return self.left <= 0 or time.monotonic() > self.deadline

    def value_of(self, payload: Working) -> str:
        """What stands in the place, and the warnings about it, to be compared: ``1.0`` and ``1`` are not the same.

        Raises:
            _NoRecordError: there is no record, or not the part that the place is in.
        """
        job, place = self.job, self.place
        self.warnings.clear()
        try:
            mapped = self.mapper.map(payload, self.refusals)
            record = mapped.record
            for warning in mapped.warnings:
                self._hear(warning)
            if job.finish is not None:
                job.finish(record, payload, self._hear)
            outcome = run_chain(job.steps, record, self.context)
        except FAULTS as error:  # whatever code of a plugin makes of a payload that no remote system would send
            raise _NoRecordError from error
        if not isinstance(outcome, dict) or not place.is_in(job.record_type, outcome):
            raise _NoRecordError
        return repr((place.value(job.record_type, outcome), self.warnings))

    def _hear(self, warning: str) -> None:
        if self.named is not None and self.named.search(warning):
            self.warnings.append(warning)


class _Reduction:
    """Takes from a payload what the value does without, the largest pieces first."""

    def __init__(self, trials: _Trials, payload: Working) -> None:
        self._trials = trials
        self._payload = payload

    def under(self, path: Path, value: Any) -> None:
        """Take away what can be away below a path of the payload."""
        for step, item in list(value.items() if isinstance(value, dict) else enumerate(value)):
            self._without((*path, step), item)

    def _without(self, path: Path, value: Any) -> None:
        if value in (None, "", [], {}) or self._trials.at_end:
            return
        less = _without(self._payload, path)
        same = self._is_same(less)
        if same:
            self._payload = less
        elif isinstance(value, dict | list):
            self.under(path, value)
        elif same is False or self._is_same(_without(self._payload, path, _other(value))) is False:
            self._trials.found.add(path)

    def _is_same(self, payload: Working) -> bool | None:
        """Whether a payload gives the same value; ``None`` if there is nothing to compare."""
        trials = self._trials
        trials.left -= 1
        try:
            return trials.value_of(payload) == trials.expected
        except _NoRecordError:
            return None


def _other(value: Any) -> Any:
    """Another leaf of the same kind, for code that does not do without one."""
    if isinstance(value, str):
        return f"{value}1"
    return not value if isinstance(value, bool) else value + 1


_NOTHING = object()


def _without(value: Any, path: Path, instead: Any = _NOTHING) -> Any:
    """A copy of an object or list without what stands at a path, or with something else there.

    What is away in a list leaves ``null`` behind, so that the others keep their places.
    """
    step: Any = path[0]
    if len(path) > 1:
        inner = _without(value[step], path[1:], instead)
    elif instead is _NOTHING and isinstance(value, dict):
        return {name: item for name, item in value.items() if name != step}
    else:
        inner = None if instead is _NOTHING else instead
    return {**value, step: inner} if isinstance(value, dict) else [*value[:step], inner, *value[step + 1 :]]
