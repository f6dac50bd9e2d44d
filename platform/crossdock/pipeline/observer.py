"""Who looks on while records are imported: logs, metrics and traces. An import without them pays nothing."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol

from msgspec import Struct, field

from crossdock.pipeline.job import ImportJob
from crossdock.pipeline.reporting.report import Tally, TransferReport
from crossdock.remote import Request


class StoredPage(Struct, frozen=True):
    """One page of a run, from the moment it was at hand until it was stored.

    Args:
        number: which one, from 1.
        records: how many it had.
        begun: in seconds since 1970.
        seconds: how long it was worked on.
        tally: what the run has counted so far.
    """

    number: int
    records: int
    begun: float
    seconds: float
    tally: Tally


class Watch(Protocol):
    """Looks at one run; requests are told by the thread that reads ahead, everything else by the one that stores."""

    def request_made(self, request: Request) -> None:
        """A request to the remote system has ended, well or not."""

    def request_repeats(self, failure: str, seconds: float) -> None:
        """The last request is made once more after so many seconds, because it failed."""

    def page_stored(self, page: StoredPage) -> None:
        """A page is stored; in a dry run: it would be."""

    def run_ended(self, report: TransferReport) -> None:
        """The run has ended; nothing follows."""


class Observer(Protocol):
    """Looks at runs, several at once."""

    def run_started(self, job: ImportJob, run_id: str, *, dry_run: bool) -> Watch:
        """A run has begun."""


class Watches(Struct, frozen=True):
    """Several watches as one."""

    watches: Sequence[Watch] = field(default=())

    @classmethod
    def start(cls, observers: Iterable[Observer], job: ImportJob, run_id: str, *, dry_run: bool) -> Watches:
        """Tell every observer that a run has begun."""
        return cls([one.run_started(job, run_id, dry_run=dry_run) for one in observers])

    def request_made(self, request: Request) -> None:
        """Tell every one."""
        for watch in self.watches:
            watch.request_made(request)

    def request_repeats(self, failure: str, seconds: float) -> None:
        """Tell every one."""
        for watch in self.watches:
            watch.request_repeats(failure, seconds)

    def page_stored(self, page: StoredPage) -> None:
        """Tell every one."""
        for watch in self.watches:
            watch.page_stored(page)

    def run_ended(self, report: TransferReport) -> None:
        """Tell every one."""
        for watch in self.watches:
            watch.run_ended(report)
