"""Processes what webhooks delivered: the payloads go the way of an import, as if they had just been read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from msgspec import Struct
from msgspec.structs import replace

from crossdock.errors import PermanentError
from crossdock.pipeline.importing import Importer, ImportOptions
from crossdock.pipeline.job import ImportJob
from crossdock.pipeline.reporting.report import TransferReport
from crossdock.plugins.connector import Broken, Page, RemoteItem
from crossdock.plural import counted
from crossdock.store.events.deliveries import Delivered

_BEGINNING = datetime(1, 1, 1, tzinfo=UTC)


def process(importer: Importer, job: ImportJob, delivered: Sequence[Delivered]) -> TransferReport:
    """Work on deliveries of one job, in one run with a lease; the cursor stays where it is.

    A payload that is older than what is stored changes nothing, and one that fails is quarantined. Deliveries of a run
    that succeeded are done with; those of another wait, and processing them twice does no harm.

    Raises:
        LeaseHeldError: a run of this connection and record type is going on.
    """
    # Deliveries come one by one: no budget of failures stops a run of them, which would leave them waiting for ever.
    mine = replace(job, source=_DeliveredSource(tuple(delivered)), max_failed=None)
    report = importer.run(mine, ImportOptions(since=_BEGINNING))
    if report.outcome == "succeeded":
        importer.store.deliveries.done(delivered)
    return report


class _DeliveredSource(Struct, frozen=True):
    """Reads payloads that are at hand as if they came from the remote system."""

    delivered: tuple[Delivered, ...]

    def check(self) -> str:
        """Say how many there are."""
        return counted(len(self.delivered), "delivery")

    def read(self, record_type: str, since: datetime | None, page_size: int | None = None) -> Iterator[Page]:  # noqa: ARG002 - the protocol's
        """Read them all, as one page."""
        pieces = [_piece(one) for one in self.delivered]
        items = [piece for piece in pieces if isinstance(piece, RemoteItem)]
        yield Page(items, [piece for piece in pieces if isinstance(piece, Broken)], total=len(pieces))

    def fetch(self, record_type: str, remote_id: str) -> RemoteItem:
        """Refuse: deliveries come by themselves.

        Raises:
            PermanentError: always.
        """
        raise PermanentError(f"deliveries cannot be asked for {record_type} {remote_id!r} by its remote id")


def _piece(delivered: Delivered) -> RemoteItem | Broken:
    payload = delivered.payload or b""
    if delivered.remote_id is None:
        return Broken(payload, delivered.error or "a webhook delivered no record")
    return RemoteItem(delivered.remote_id, delivered.modified, payload)
