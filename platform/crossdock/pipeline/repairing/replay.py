"""Replays stored payloads: they go the way of an import with today's mapping and chain, and nobody is asked."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import islice

from msgspec import Struct, field
from msgspec.structs import replace

from crossdock.errors import PermanentError
from crossdock.pipeline.importing import Importer, ImportOptions
from crossdock.pipeline.job import ImportJob
from crossdock.pipeline.repairing.radius import Radius
from crossdock.pipeline.reporting.report import TransferReport
from crossdock.plugins.connector import Page, RemoteItem
from crossdock.plural import counted
from crossdock.store.reads.streams import Payload, PayloadCount
from crossdock.store.store import Store

_PAGE = 100
_BEGINNING = datetime(1, 1, 1, tzinfo=UTC)


class Replay(Struct, frozen=True):
    """What a replay did, or (if its report is of a dry run) would do.

    ``forgotten`` counts the imported records whose payload is not kept any more, ``waiting`` those of which another
    payload waits in quarantine, which came later: both are left as they are.
    """

    report: TransferReport
    radius: Radius
    forgotten: int
    waiting: int


def replay(importer: Importer, job: ImportJob, *, apply: bool) -> Replay:
    """Map what the store keeps of one connection and record type again.

    A payload that was last mapped under today's configuration is passed over, so a replay that was interrupted goes on
    where it stopped. The cursor stays where it is, and so does the digest that the next import compares with.

    Args:
        importer: whose store it is; it is told of every page.
        job: with today's mapping and chain.
        apply: write, in one run with a lease, a transaction a page; otherwise nothing is written.

    Raises:
        LeaseHeldError: a run of this connection and record type is going on.
    """
    store = importer.store
    count = importer.patiently(lambda: store.count_payloads(job.connection_id, job.record_type))
    source = _StoredPayloads(store, job, count)
    radius = Radius(job)
    watched = replace(importer, watch=radius.add)
    budget = job.max_failed if apply else None  # who looks first wants to see all that would fail
    reading = replace(job, source=source, max_failed=budget)
    report = watched.run(reading, ImportOptions(since=_BEGINNING, dry_run=not apply, kind="replay"))
    return Replay(report, radius, count.forgotten, len(source.passed_over))


class _StoredPayloads(Struct):
    """Reads the payloads that imports kept, as if the store were the remote system."""

    store: Store
    job: ImportJob
    count: PayloadCount
    passed_over: set[str] = field(default_factory=set)

    def check(self) -> str:
        """Say how many payloads there are to read."""
        return counted(self.count.kept, "stored payload")

    def read(self, record_type: str, since: datetime | None, page_size: int | None = None) -> Iterator[Page]:  # noqa: ARG002 - the protocol's
        """Read the payloads in the order of their remote ids, some at a time."""
        items = self._items(record_type)
        while page := list(islice(items, _PAGE)):
            yield Page(page, total=self.count.kept)

    def fetch(self, record_type: str, remote_id: str) -> RemoteItem:
        """Refuse: stored payloads are read one after the other.

        Raises:
            PermanentError: always.
        """
        raise PermanentError(f"a replay reads every stored payload, and not that of {record_type} {remote_id!r} alone")

    def _items(self, record_type: str) -> Iterator[RemoteItem]:
        entries = self.store.quarantine_list(self.job.connection_id, record_type)
        waiting = {entry.remote_id: entry.quarantine_id for entry in entries}
        for payload in self.store.payloads(self.job.connection_id, record_type):
            if payload.remote_id in waiting and self._is_outdated(payload, waiting[payload.remote_id]):
                self.passed_over.add(payload.remote_id)
            else:
                yield RemoteItem(payload.remote_id, payload.modified, payload.payload, payload.digest)

    def _is_outdated(self, payload: Payload, quarantine_id: int) -> bool:
        """Whether what waits came after what is stored; success with the older one would make it disappear."""
        found = self.store.quarantine_show(quarantine_id)
        return found is not None and found[1] != payload.payload
