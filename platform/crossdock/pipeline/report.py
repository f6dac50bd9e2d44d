"""The transfer report: what a run did with every record it considered."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

from crossdock.mapping.definition import Line
from crossdock.mapping.ledger import Ledger
from crossdock.pipeline.job import ImportJob, as_wire
from crossdock.pipeline.refused import RefusedEntries
from crossdock.store.page import Item, Quarantined, Result, Unchanged

RunOutcome: TypeAlias = Literal["succeeded", "failed", "interrupted"]

OUTCOMES = ("created", "updated", "unchanged", "ignored", "failed")
_WRITTEN = ("created", "updated")
_MOST_LISTED = 50


@dataclass(slots=True)
class Tally:
    """Counts what a run does, page by page, and remembers what an operator should look at.

    ``redact`` takes secret values out of what it remembers; ``writes`` are the first records that were, or in a dry run
    would be, created or updated.
    """

    redact: Callable[[str], str] = str
    considered: int = 0
    counts: Counter[str] = field(default_factory=Counter)
    ledger: list[int] = field(default_factory=lambda: [0, 0, 0, 0, 0, 0])
    failures: list[dict[str, Any]] = field(default_factory=list)
    warnings: Counter[str] = field(default_factory=Counter)
    ignored: Counter[str] = field(default_factory=Counter)
    left_stale: int = 0
    writes: list[dict[str, Any]] = field(default_factory=list)

    def add(self, items: Sequence[Item], results: Sequence[Result]) -> None:
        """Add one page: its items and what the store made of each."""
        for item, result in zip(items, results, strict=True):
            self.counts[result.outcome] += 1
            if not isinstance(item, Quarantined):
                ledger = item.known.ledger if isinstance(item, Unchanged) else item.ledger
                self.ledger = [total + count for total, count in zip(self.ledger, ledger, strict=True)]
            for warning in result.warnings:
                self._warn(warning)
            if result.outcome in _WRITTEN and len(self.writes) < _MOST_LISTED:
                changed = [{"path": one.path, "old": one.old, "new": one.new} for one in result.changed]
                self.writes.append({"remoteId": result.remote_id, "outcome": result.outcome, "changed": changed})
            if result.outcome == "failed" and len(self.failures) < _MOST_LISTED:
                self.failures.append({"remoteId": result.remote_id, "error": self.redact(result.message or "")})
            elif result.outcome == "ignored" and result.message:
                self.ignored[self.redact(result.message)] += 1
                self.left_stale += result.local_id is not None

    def _warn(self, warning: str) -> None:
        warning = self.redact(warning)
        if warning in self.warnings or len(self.warnings) < _MOST_LISTED:
            self.warnings[warning] += 1
        else:
            self.warnings["further warnings"] += 1

    @property
    def balances(self) -> bool:
        """Whether every record that was considered has exactly one outcome."""
        return self.considered == sum(self.counts[name] for name in OUTCOMES)


@dataclass(frozen=True, slots=True)
class TransferReport:
    """One run of one connection and record type."""

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

    @property
    def ledger(self) -> Ledger:
        """The ledgers of all considered records, added up."""
        return Ledger(*self.tally.ledger)

    def as_wire(self) -> dict[str, Any]:
        """The report as ``--json`` prints it and the store keeps it."""
        tally = self.tally
        wire: dict[str, Any] = {
            "runId": self.run_id,
            **as_wire(self.job),
            "direction": "import",
            "startTime": self.start_time,
            "endTime": self.end_time,
            "outcome": self.outcome,
            "considered": tally.considered,
            **{name: tally.counts[name] for name in OUTCOMES},
            "ledger": self.ledger.as_wire(),
            "sessionErrors": list(self.session_errors),
            "failures": tally.failures,
            "warnings": [{"message": message, "count": count} for message, count in tally.warnings.items()],
            "ignoredBecause": [{"reason": reason, "count": count} for reason, count in tally.ignored.items()],
            "knownLeftStale": tally.left_stale,
            "refusedEntries": self.refused.as_wire(),
            "deadLines": [f"{line.place}: {line.name} = {line.expression.text}" for line in self.dead_lines],
        }
        if self.proved is not None:
            wire["proved"] = self.proved
        if self.refused.further:
            wire["furtherRefusedEntries"] = self.refused.further
        if self.dry_run:
            wire["dryRun"] = True
            wire["wouldWrite"] = tally.writes
        return wire
