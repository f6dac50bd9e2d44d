"""The transfer report: what a run did with every record it considered."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any, Literal, TypeAlias

from msgspec import Struct, field

from crossdock.drift.finding import Finding
from crossdock.mapping.definition import Line
from crossdock.mapping.ledger import Ledger
from crossdock.pipeline.job import ImportJob, as_wire
from crossdock.pipeline.refused import RefusedEntries
from crossdock.remote import Traffic
from crossdock.store.erasure.erasures import ERASED_BEFORE
from crossdock.store.imports.page import Item, Quarantined, Result, Unchanged
from crossdock.store.imports.quarantine import cause_of
from crossdock.store.writes.actor import ImportKind

RunOutcome: TypeAlias = Literal["succeeded", "failed", "interrupted"]
Scope: TypeAlias = Literal["everything", "changes", "part"]

OUTCOMES = ("created", "updated", "unchanged", "ignored", "failed")
_WRITTEN = ("created", "updated")
_MOST_LISTED = 50
_FURTHER_CAUSES, _FURTHER_WARNINGS = _FURTHER = "further causes", "further warnings"


def _no_name(_payload: bytes) -> None:
    return None


class Tally(Struct):
    """Counts what a run does, page by page, and remembers what an operator should look at.

    ``redact`` takes secret values out of what it remembers, ``name`` finds what people call the record of a payload;
    ``failures`` are the first records that failed for each of ``causes``; ``stale`` the first that are known and were
    left as they are; ``writes`` are the first records that were,
    or in a dry run would be, created or updated.
    """

    redact: Callable[[str], str] = str
    name: Callable[[bytes], str | None] = _no_name
    considered: int = 0
    counts: Counter[str] = field(default_factory=Counter)
    ledger: list[int] = field(default_factory=lambda: [0, 0, 0, 0, 0, 0])
    failures: list[dict[str, Any]] = field(default_factory=list)
    causes: Counter[str] = field(default_factory=Counter)
    warnings: Counter[str] = field(default_factory=Counter)
    ignored: Counter[str] = field(default_factory=Counter)
    left_stale: int = 0
    stale: list[dict[str, Any]] = field(default_factory=list)
    writes: list[dict[str, Any]] = field(default_factory=list)

    def add(self, items: Sequence[Item], results: Sequence[Result]) -> None:
        """Add one page: its items and what the store made of each."""
        self.counts.update([result.outcome for result in results])
        ledgers = [
            item.known.ledger if isinstance(item, Unchanged) else item.ledger
            for item in items
            if not isinstance(item, Quarantined)
        ]
        self.ledger = [sum(counts) for counts in zip(self.ledger, *ledgers, strict=True)]
        for item, result in zip(items, results, strict=True):
            for warning in result.warnings:
                self.warn(warning)
            if result.outcome in _WRITTEN and len(self.writes) < _MOST_LISTED:
                changed = [{"path": one.path, "old": one.old, "new": one.new} for one in result.changed]
                self.writes.append({"remoteId": result.remote_id, "outcome": result.outcome, "changed": changed})
            if result.outcome == "failed":
                self._fail(item, result)
            elif result.outcome == "ignored" and result.message:
                self.ignored[self.redact(result.message)] += 1
                if result.local_id is not None and result.message != ERASED_BEFORE:
                    self._leave_stale(item, result)

    def _fail(self, item: Item, result: Result) -> None:
        error = self.redact(result.message or "")
        cause = _counted(self.causes, cause_of(error, result.remote_id), _FURTHER_CAUSES)
        if self.causes[cause] > _MOST_LISTED:
            return
        self.failures.append(
            {
                "remoteId": result.remote_id,
                "reference": self._name(item),
                "stage": item.stage if isinstance(item, Quarantined) else "store",
                "error": error,
                "cause": cause,
            }
        )

    def _leave_stale(self, item: Item, result: Result) -> None:
        self.left_stale += 1
        if len(self.stale) < _MOST_LISTED:
            names = {"remoteId": result.remote_id, "reference": self._name(item), "localId": result.local_id}
            self.stale.append({**names, "reason": self.redact(result.message or "")})

    def _name(self, item: Item) -> str | None:
        reference = None if isinstance(item, Unchanged) else self.name(item.payload)
        return None if reference is None else self.redact(reference)

    def warn(self, warning: str) -> None:
        """Count one warning."""
        _counted(self.warnings, self.redact(warning), _FURTHER_WARNINGS)

    @property
    def balance(self) -> dict[str, int]:
        """How many records were considered, and how many of them had each outcome."""
        return {"considered": self.considered, **{name: self.counts[name] for name in OUTCOMES}}

    @property
    def balances(self) -> bool:
        """Whether every record that was considered has exactly one outcome."""
        return self.considered == sum(self.counts[name] for name in OUTCOMES)


def _counted(counter: Counter[str], kind: str, others: str) -> str:
    """Count what happened by its kind, or after many kinds as one of the others; returns as which."""
    counted = kind if kind in counter or len(counter) < _MOST_LISTED else others
    counter[counted] += 1
    return counted


class TransferReport(Struct, frozen=True):
    """One run of one connection and record type.

    ``scope`` is how much of the remote system it read: everything, what has changed since the last time, or a part.
    """

    run_id: str
    job: ImportJob
    start_time: str
    end_time: str
    outcome: RunOutcome
    tally: Tally
    session_errors: tuple[str, ...] = ()
    dead_lines: tuple[Line, ...] = ()
    proved: int | None = None
    dry_run: bool = False
    refused: RefusedEntries = field(default_factory=RefusedEntries)
    drift: Sequence[Finding] = ()
    further_drift: int = 0
    traffic: Traffic = field(default_factory=Traffic)
    kind: ImportKind = "import"
    scope: Scope = "part"

    @property
    def ledger(self) -> Ledger:
        """The ledgers of all considered records, added up."""
        return Ledger(*self.tally.ledger)

    @property
    def trouble(self) -> str:
        """What went wrong, in a line: errors of the run and the first records that failed; empty if nothing did."""
        failures = [f"{one['remoteId']}: {one['error']}" for one in self.tally.failures[:3]]
        more = len(self.tally.failures) - len(failures)
        return "; ".join([*self.session_errors, *failures, *([f"and {more} more"] if more else [])])

    def as_wire(self) -> dict[str, Any]:
        """The report as ``--json`` prints it and the store keeps it."""
        tally = self.tally
        wire: dict[str, Any] = {
            "runId": self.run_id,
            **as_wire(self.job),
            "direction": "import",
            "kind": self.kind,
            "scope": self.scope,
            "startTime": self.start_time,
            "endTime": self.end_time,
            "outcome": self.outcome,
            **tally.balance,
            "ledger": self.ledger.as_wire(),
            "sessionErrors": list(self.session_errors),
            "requests": self.traffic.requests,
            "retried": _by_count("cause", self.traffic.retried),
            "waitedSeconds": round(self.traffic.waited, 1),
            "failures": tally.failures,
            "failedBecause": _by_count("cause", tally.causes),
            "warnings": _by_count("message", tally.warnings),
            "ignoredBecause": _by_count("reason", tally.ignored),
            "knownLeftStale": tally.left_stale,
            "staleRecords": tally.stale,
            "refusedEntries": self.refused.as_wire(),
            "drift": [finding.as_wire() for finding in self.drift],
            "deadLines": [f"{line.place}: {line.name} = {line.expression.text}" for line in self.dead_lines],
        }
        if self.proved is not None:
            wire["proved"] = self.proved
        if self.refused.further:
            wire["furtherRefusedEntries"] = self.refused.further
        if self.further_drift:
            wire["furtherDrift"] = self.further_drift
        if self.dry_run:
            wire["dryRun"] = True
            wire["wouldWrite"] = tally.writes
        return wire


def most_frequent(counter: Counter[str]) -> list[tuple[str, int]]:
    """List what was counted, the most frequent first; what stands for all that is not listed comes last."""
    return sorted(counter.most_common(), key=lambda one: one[0] in _FURTHER)


def _by_count(title: str, counter: Counter[str]) -> list[dict[str, Any]]:
    return [{title: what, "count": count} for what, count in most_frequent(counter)]
