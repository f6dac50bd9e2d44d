"""How an import that is run by itself stands: at work, waiting or resting after failures."""

from __future__ import annotations

from datetime import datetime
from typing import Literal, TypeAlias

from msgspec import Struct, field

from crossdock.pipeline.keeping.schedule import Plan
from crossdock.pipeline.reporting.report import Tally, TransferReport

State: TypeAlias = Literal["waiting", "queued", "importing", "failing"]


class Standing(Struct):
    """How one plan stands; written by the thread that imports, read by whoever shows it.

    Args:
        plan: what is imported, and when.
        at_work: since when it is being imported, if it is.
        considered: records that the import at work, or the last one, has considered.
        total: records that the read has, if the remote system says so.
        runs: imports that came to an end.
        failures: failed ones in a row; none after a success.
        report: what the last import did; ``None`` if it could not start.
        problem: why the last one failed.
        ended: when it ended.
        next: when the next one begins.
        queued: its time has come, and it waits until others leave it a job or its turn.
    """

    plan: Plan
    at_work: datetime | None = None
    considered: int = 0
    total: int | None = None
    runs: int = 0
    failures: int = 0
    report: TransferReport | None = None
    problem: str = ""
    ended: datetime | None = None
    next: datetime | None = field(default=None)
    queued: bool = False

    @property
    def state(self) -> State:
        """What it does now."""
        if self.at_work is not None:
            return "importing"
        if self.queued:
            return "queued"
        return "failing" if self.failures else "waiting"

    def begin(self, now: datetime) -> None:
        """An import begins."""
        self.at_work, self.considered, self.total, self.queued = now, 0, None, False

    def page_done(self, tally: Tally, total: int | None) -> None:
        """A page is stored."""
        self.considered, self.total = tally.considered, total

    def end(self, now: datetime, report: TransferReport | None, problem: str) -> None:
        """An import has ended, or could not start; ``problem`` is empty if all went well."""
        self.at_work, self.ended, self.report, self.problem = None, now, report, problem
        self.queued = False
        self.runs += 1
        self.failures = self.failures + 1 if problem else 0

    def look_ahead(self, following: datetime | None, now: datetime) -> None:
        """Learn when the next import begins; one whose time is over, and that has not begun, is queued."""
        due = self.next
        if self.at_work is None and due is not None and due <= now and due != following:
            self.queued = self.queued or self.ended is None or self.ended < due
        self.next = following
