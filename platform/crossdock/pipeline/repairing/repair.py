"""Repairs what an audit found: what is missing or stale is read, and of what is deleted becomes what is configured.

Each record is asked for anew, in one run with a lease. So what was deleted is proved a second time just before it is
marked, and one that is there after all is imported.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import chain

from msgspec import Struct, field
from msgspec.structs import replace

from crossdock.errors import RecordError
from crossdock.pipeline.importing import Importer, ImportOptions
from crossdock.pipeline.job import ImportJob
from crossdock.pipeline.repairing.audit import Audit, fetch
from crossdock.pipeline.repairing.sheet import Sheet, State
from crossdock.pipeline.reporting.report import TransferReport
from crossdock.plugins.connector import Page, RemoteItem, Source, Vanished
from crossdock.plural import counted

_BEGINNING = datetime(1, 1, 1, tzinfo=UTC)


class Repair(Struct, frozen=True):
    """What a repair did; ``unread`` are the records that could not be fetched, with the reason."""

    report: TransferReport
    unread: dict[str, str]


def repair(importer: Importer, found: Audit) -> Repair | None:
    """Repair what an audit found, in one run; the cursor stays where it is. ``None``: there is nothing to do.

    Raises:
        LeaseHeldError: a run of this connection and record type is going on.
    """
    job = found.job
    states: list[State] = ["missing", "stale", "reappeared"]
    if job.deleted != "keep":
        states.append("deleted")
    if job.source is None or not found.count(*states):
        return None
    source = _Repairing(job.source, job, found.sheet, tuple(states))
    # What an operator has looked at before cannot flood the quarantine.
    report = importer.run(replace(job, source=source, max_failed=None), ImportOptions(since=_BEGINNING, kind="repair"))
    return Repair(report, {one: importer.redact(error) for one, error in source.unread.items()})


class _Repairing(Struct):
    """Reads the records of an audit's findings, one by one."""

    source: Source
    job: ImportJob
    sheet: Sheet
    states: tuple[State, ...]
    unread: dict[str, str] = field(default_factory=dict)

    def check(self) -> str:
        """Say how many there are."""
        return f"{counted(self._total, 'record')} to repair"

    def read(self, record_type: str, since: datetime | None, page_size: int | None = None) -> Iterator[Page]:  # noqa: ARG002 - the protocol's
        """Ask for each record by its id; one that the remote system has no longer has vanished."""
        for finding in chain.from_iterable(map(self.sheet.found, self.states)):
            try:
                found = fetch(self.source, self.job, finding.remote_id)
            except RecordError as error:
                self.unread[finding.remote_id] = str(error)
                continue
            if isinstance(found, Vanished):
                yield Page((), total=self._total, vanished=[found])
            else:
                yield Page([found], total=self._total)

    def fetch(self, record_type: str, remote_id: str) -> RemoteItem:
        """Ask for one record."""
        return self.source.fetch(record_type, remote_id)

    @property
    def _total(self) -> int:
        return sum(self.sheet.counts[state] for state in self.states)
