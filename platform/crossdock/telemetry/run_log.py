"""Log records of runs: each start, page, repetition and end, with fields for programs."""

from __future__ import annotations

import logging
from typing import Any

from crossdock.pipeline.job import ImportJob, as_wire
from crossdock.pipeline.observer import StoredPage
from crossdock.pipeline.reporting.report import OUTCOMES, TransferReport
from crossdock.plural import counted
from crossdock.remote import Request

log = logging.getLogger("crossdock.runs")


class RunLog:
    """Logs every run."""

    def run_started(self, job: ImportJob, run_id: str, *, dry_run: bool) -> RunRecords:
        """A run has begun."""
        found = RunRecords(job, run_id)
        found.write(logging.INFO, "runStarted", "begins" + (" (dry run)" if dry_run else ""), dryRun=dry_run)
        return found


class RunRecords:
    """Logs one run; every record says which one."""

    def __init__(self, job: ImportJob, run_id: str) -> None:
        self._name = f"{job.connection} {job.record_type}"
        self._fields = {**as_wire(job), "runId": run_id}

    def request_made(self, request: Request) -> None:
        """A request has ended; that is worth a record only for who looks closely."""
        told = f"{request.method} {request.address}: {request.outcome}, {request.seconds:.3f} s"
        more = {"method": request.method, "address": request.address, "outcome": request.outcome}
        self.write(logging.DEBUG, "requestMade", told, **more, seconds=round(request.seconds, 3))

    def request_repeats(self, failure: str, seconds: float) -> None:
        """A request is repeated."""
        told = f"a request is repeated in {seconds:.1f} s: {failure}"
        self.write(logging.INFO, "requestRepeated", told, cause=failure, seconds=round(seconds, 3))

    def page_stored(self, page: StoredPage) -> None:
        """A page is stored."""
        told = f"page {page.number}, {counted(page.records, 'record')}, {page.seconds:.3f} s"
        counts = {"records": page.records, "considered": page.tally.considered}
        self.write(logging.INFO, "pageStored", told, page=page.number, **counts, seconds=round(page.seconds, 3))

    def run_ended(self, report: TransferReport) -> None:
        """The run has ended."""
        wire = report.as_wire()
        counts = ", ".join(f"{wire[name]} {name}" for name in OUTCOMES if wire[name])
        told = f"{report.outcome}, {wire['considered']} considered{f': {counts}' if counts else ''}"
        names = ("outcome", "startTime", "endTime", "considered", *OUTCOMES, "requests", "retried", "sessionErrors")
        level = logging.INFO if report.outcome == "succeeded" else logging.WARNING
        self.write(level, "runEnded", told, **{name: wire[name] for name in names})

    def write(self, level: int, event: str, told: str, **more: Any) -> None:
        """Write one record."""
        if log.isEnabledFor(level):
            fields = {"event": event, **self._fields, **more}
            log.log(level, "%s: %s", self._name, told, extra={"fields": fields})
