"""Runs one import: read pages ahead, work on each record, write each page in one transaction, report."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Protocol, TypeVar

from msgspec import Struct, field
from msgspec.structs import replace

from crossdock.config.failure_budget import SPENT
from crossdock.errors import CrossdockError, PermanentError, RecordError
from crossdock.fault import said, tell
from crossdock.pipeline.drifting import Drifting
from crossdock.pipeline.job import ImportJob
from crossdock.pipeline.observer import Observer, StoredPage, Watches
from crossdock.pipeline.patience import USUAL, Patience
from crossdock.pipeline.read_ahead import ReadAhead
from crossdock.pipeline.reporting.reference import reference_of
from crossdock.pipeline.reporting.report import RunOutcome, Tally, TransferReport
from crossdock.pipeline.worker import Worker
from crossdock.plugins.connector import Page, Source
from crossdock.plural import counted
from crossdock.remote import Traffic
from crossdock.store.imports.page import Item, PageWrite, Quarantined, Result
from crossdock.store.imports.runs import Run, new_run_id
from crossdock.store.store import Store
from crossdock.store.writes.actor import ImportKind

_AGAIN = "the rest comes with the same command once more"

T = TypeVar("T")


class Listener(Protocol):
    """Is told how a run goes; the command line draws its progress bar from it."""

    def page_done(self, tally: Tally, total: int | None) -> None:
        """A page is stored; ``total`` is how many records the whole read has, if the remote says so."""


class _Silence:
    def page_done(self, tally: Tally, total: int | None) -> None:
        """Say nothing."""


class ImportOptions(Struct, frozen=True):
    """How to run an import.

    ``full`` reads everything again; ``since``, ``limit`` and ``ids`` pick some records and leave the cursor alone;
    ``dry_run`` writes nothing; ``prove`` rebuilds every payload from its record and stash. ``kind`` says
    what goes the way of an import.
    """

    full: bool = False
    since: datetime | None = None
    limit: int | None = None
    ids: tuple[str, ...] = ()
    dry_run: bool = False
    prove: bool = False
    kind: ImportKind = "import"

    @property
    def moves_cursor(self) -> bool:
        """Whether the cursor may move: only if everything from the cursor on is read."""
        return self.since is None and self.limit is None and not self.ids and not self.dry_run

    @property
    def stored(self) -> bool:
        """Whether payloads are not read from the remote system now, and say nothing about what is there."""
        return self.kind in ("replay", "retry")


class Importer(Struct):
    """Imports the jobs of one process into one store.

    Args:
        store: where records go.
        stop: set it to end the run after the page in work; its outcome is then ``interrupted``.
        patience: seconds to wait for the store's database when it is gone.
        redact: takes secret values out of a text before it is kept or shown.
        listener: is told of every page.
        watch: is shown the items of every page, and what the store made of each.
        traffic: what the session of the jobs' source counts; of one job at a time.
        observers: look at every run.
    """

    store: Store
    stop: threading.Event = field(default_factory=threading.Event)
    redact: Callable[[str], str] = str
    listener: Listener = field(default_factory=_Silence)
    patience: float = USUAL
    watch: Callable[[Sequence[Item], Sequence[Result]], None] | None = None
    traffic: Traffic = field(default_factory=Traffic)
    observers: Sequence[Observer] = ()

    def run(self, job: ImportJob, options: ImportOptions = ImportOptions()) -> TransferReport:
        """Run one import to its end.

        Raises:
            LeaseHeldError: another run of this connection and record type is going on.
        """
        if job.source is None:
            raise PermanentError(f"connection {job.connection!r} has no source to read from")
        if options.dry_run:
            run = Run(new_run_id(), job.connection_id, job.record_type, "import", job.config_hash, _now())
        else:
            sources = job.config_sources.write()
            self.patiently(lambda: self.store.remember_configuration(job.config_hash, job.config_snapshot, sources))
            run_id = new_run_id()
            run = self.patiently(
                lambda: self.store.start_run(
                    job.connection_id, job.record_type, job.config_hash, kind=options.kind, run_id=run_id
                )
            )
        watches = Watches.start(self.observers, job, run.run_id, dry_run=options.dry_run)
        attempt = _Attempt(self, job, job.source, options, run, watches)
        self.traffic.listener = watches if self.observers else None
        try:
            outcome, errors = attempt.go()
        except BaseException as error:  # of a fault of ours, and of a second Ctrl-C: the run has an end all the same
            interrupted = isinstance(error, KeyboardInterrupt)
            told = "stopped at once" if interrupted else tell(error)
            report = attempt.report("interrupted" if interrupted else "failed", [self.redact(told)])
            watches.run_ended(self._finish(run, report))
            raise
        finally:
            self.traffic.listener = None
        report = self._finish(run, attempt.report(outcome, errors))
        watches.run_ended(report)
        return report

    def patiently(self, work: Callable[[], T]) -> T:
        """Do what needs the store, with patience if its database is gone."""
        return Patience(self.patience, self.stop)(work)

    def _finish(self, run: Run, report: TransferReport) -> TransferReport:
        """Store how the run ended; a report that cannot be stored is no success."""
        if report.dry_run:
            return report
        try:
            self.patiently(lambda: self.store.finish_run(run, report.as_wire(), report.outcome))
        except CrossdockError as error:
            told = f"this report could not be stored: {self.redact(str(error))}"
            return replace(report, outcome="failed", session_errors=(*report.session_errors, told))
        return report


class _Attempt:
    """One run, from the first page to the report."""

    def __init__(
        self, importer: Importer, job: ImportJob, source: Source, options: ImportOptions, run: Run, watches: Watches
    ) -> None:
        self.importer = importer
        self.job = job
        self.source = source
        self.options = options
        self.started = run.started
        self.handle = run
        self.actor = replace(job.actor, through=options.kind)
        self.drifting = Drifting(
            importer.store,
            job,
            run.run_id,
            importer.redact,
            importer.patiently,
            writes=not options.dry_run,
            stored=options.stored,
        )
        self.worker = Worker(job, prove=options.prove, redact=importer.redact, compare=self.drifting.compare)
        self.tally = Tally(importer.redact, lambda payload: reference_of(job.mapper.mapping, payload))
        self.watches = watches
        self.pages = 0
        self.traffic = importer.traffic.copy()
        self.missing: list[str] = []
        self.promised = 0  # records, by what the remote system said at the beginning
        self.everything = options.since is None and not options.limit and not options.ids

    def go(self) -> tuple[RunOutcome, list[str]]:
        """Read and write until the end, an error or a stop."""
        try:
            self.drifting.begin()
            pages = _limited(self._pages(), self.options.limit)
            with ReadAhead(pages, self.importer.stop) as ahead:
                for page in ahead:
                    self._take(page)
            if not ahead.at_end:
                then = "the next import goes on from there" if self.options.moves_cursor else _AGAIN
                return "interrupted", [f"stopped before the end; what is stored stays, and {then}"]
            self._count_missing()
            drifted = self.drifting.end(everything=self.everything, incremental=self.options.moves_cursor)
        except CrossdockError as error:
            return "failed", [self.importer.redact(said(error) or tell(error))]
        return "succeeded", [*self.missing, *drifted]

    def report(self, outcome: RunOutcome, errors: list[str]) -> TransferReport:
        """Make the transfer report; a run that does not balance is no success."""
        tally = self.tally
        if not tally.balances:
            errors = [*errors, f"the report does not balance: {tally.considered} considered, {dict(tally.counts)}"]
        if errors and outcome == "succeeded":
            outcome = "failed"
        telling = outcome == "succeeded" and self.everything and self.worker.mapped == tally.considered > 0
        return TransferReport(
            run_id=self.handle.run_id,
            job=self.job,
            start_time=self.started,
            end_time=_now(),
            outcome=outcome,
            tally=tally,
            session_errors=tuple(errors),
            dead_lines=tuple(self.job.mapper.dead_lines) if telling else (),
            proved=self.worker.proved if self.options.prove else None,
            dry_run=self.options.dry_run,
            refused=self.worker.refused,
            drift=self.drifting.findings,
            further_drift=self.drifting.further,
            traffic=self.importer.traffic.since(self.traffic),
            kind=self.options.kind,
            scope="everything" if self.everything else "changes" if self.options.moves_cursor else "part",
        )

    def _pages(self) -> Iterator[Page]:
        if self.options.ids:
            return self._named(self.options.ids)
        return self.source.read(self.job.record_type, self._since(), self.job.page_size)

    def _named(self, ids: Iterable[str]) -> Iterator[Page]:
        for remote_id in ids:
            try:
                item = self.source.fetch(self.job.record_type, remote_id)
            except RecordError as error:
                self.missing.append(self.importer.redact(str(error)))
                continue
            yield Page([item])

    def _since(self) -> datetime | None:
        if self.options.since is not None:
            return self.options.since
        if self.options.full:
            return None
        importer, job = self.importer, self.job
        cursor = importer.patiently(lambda: importer.store.cursor(job.connection_id, job.record_type))
        if cursor is None:
            return None
        self.everything = False
        return datetime.fromisoformat(cursor) - timedelta(seconds=self.job.lookback_seconds)

    def _take(self, page: Page) -> None:
        store, job = self.importer.store, self.job
        begun, start = time.time(), time.perf_counter()
        remote_ids = [item.remote_id for item in page.items]
        known = self.importer.patiently(lambda: store.known(job.connection_id, job.record_type, remote_ids))
        packed = store.pack(self.actor, job.record_type, self.worker.work_page(page.items, known))
        items: list[Item] = [self.worker.check_kept(item, one) for item, one in zip(page.items, packed, strict=True)]
        items += [self.worker.quarantine(broken) for broken in page.broken]
        items += [self.worker.miss(vanished) for vanished in page.vanished]
        cursor = page.cursor if self.options.moves_cursor and not self._is_too_much(items) else None
        seen, drift, before = not self.options.stored, self.drifting.page_news(items), self.tally.balance
        results = self._write(PageWrite(items, cursor, seen=seen, drift=drift, before=before))
        self.tally.considered += len(items)
        self.tally.add(items, results)
        if self.importer.watch is not None:
            self.importer.watch(items, results)
        self.importer.listener.page_done(self.tally, page.total)
        if not self.pages:
            self.promised = page.total or 0
        self.pages += 1
        self.watches.page_stored(StoredPage(self.pages, len(items), begun, time.perf_counter() - start, self.tally))
        self._check_budget()

    def _count_missing(self) -> None:
        """Warn of records that the remote system has counted, but given on no page."""
        given = self.tally.considered
        if self.promised > given and not self.options.stored:
            told = counted(self.promised, f"{self.job.record_type} record")
            self.tally.warn(
                f"the remote system counted {told} and gave {given}: where none was deleted meanwhile, it hides the "
                "others from these credentials, or a plugin of it takes them out of its pages"
            )

    def _is_too_much(self, items: Sequence[Item]) -> bool:
        """Whether a page fails so much that the run is stopped behind it.

        The next run begins with it, and not with the page after it: what fails again is in the quarantine already, so
        that one attempt after the other does not fill it all the same.
        """
        budget, tally = self.job.max_failed, self.tally
        failed = tally.counts["failed"] + sum(isinstance(item, Quarantined) for item in items)
        return budget is not None and budget.is_spent(failed, tally.considered + len(items))

    def _check_budget(self) -> None:
        """Stop a run in which too much fails; what is stored stays.

        Raises:
            PermanentError: more records have failed than may.
        """
        budget = self.job.max_failed
        failed, considered = self.tally.counts["failed"], self.tally.considered
        if budget is not None and budget.is_spent(failed, considered):
            table = f"[connection.import.{self.job.record_type}]"
            raise PermanentError(
                f"stopped, because {failed} of {considered} {SPENT}{table} allows {budget}; "
                "`crossdock quarantine list` shows why: mend the mapping or the remote system, then "
                "`crossdock quarantine retry` and import again"
            )

    def _write(self, page: PageWrite) -> list[Result]:
        store = self.importer.store
        if self.options.dry_run:
            return self.importer.patiently(lambda: store.preview_page(self.actor, self.handle, page))
        return self.importer.patiently(lambda: store.write_page(self.actor, self.handle, page))


def _limited(pages: Iterator[Page], limit: int | None) -> Iterator[Page]:
    """Yield so many records, and ask for no more pages than that takes."""
    if limit is None:
        yield from pages
        return
    left = limit
    for page in pages:
        items, broken = page.items[:left], page.broken[: max(0, left - len(page.items))]
        left -= len(items) + len(broken)
        yield Page(items, broken, page.cursor, None if page.total is None else min(limit, page.total), page.vanished)
        if left == 0:
            return


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
