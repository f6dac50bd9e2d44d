"""Retries what waits in quarantine: the stored payloads go the way of an import, as if they had just been read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from crossdock.errors import PermanentError
from crossdock.expressions.expression import ExpressionError
from crossdock.pipeline.importing import Importer, ImportOptions
from crossdock.pipeline.job import ImportJob
from crossdock.pipeline.reporting.report import TransferReport
from crossdock.plugins.connector import Broken, Page, RemoteItem
from crossdock.plural import counted
from crossdock.records.wire import parse_json
from crossdock.store.imports.quarantine import QuarantineEntry
from crossdock.store.store import Store

_PAGE = 100
_BEGINNING = datetime(1, 1, 1, tzinfo=UTC)


def retry(importer: Importer, job: ImportJob, quarantine_ids: Sequence[int]) -> TransferReport:
    """Work on quarantined payloads of one job again, in one run with a lease; the cursor stays where it is.

    Whatever does not fail again leaves the quarantine; what fails again stays, with its new error.

    Raises:
        LeaseHeldError: a run of this connection and record type is going on.
    """
    source = _QuarantineSource(importer.store, job, tuple(quarantine_ids))
    # What waits in quarantine already cannot flood it.
    report = importer.run(replace(job, source=source, max_failed=None), ImportOptions(since=_BEGINNING, kind="retry"))
    if report.outcome == "succeeded":
        importer.store.quarantine_drop(list(_settled(importer.store, quarantine_ids, report.run_id)))
    return report


def _settled(store: Store, quarantine_ids: Sequence[int], run_id: str) -> Iterator[int]:
    """Walk the entries that the run did not put there anew.

    The store has taken most of them out by itself. Left are those whose payload has got an identity only now, and
    those older than what is stored.
    """
    for quarantine_id in quarantine_ids:
        found = store.quarantine_show(quarantine_id)
        if found is not None and found[0].run_id != run_id:
            yield quarantine_id


class _QuarantineSource(Struct, frozen=True):
    """Reads payloads from the quarantine as if it were the remote system."""

    store: Store
    job: ImportJob
    quarantine_ids: tuple[int, ...]

    def check(self) -> str:
        """Say how many entries there are to read."""
        return f"{counted(len(self.quarantine_ids), 'entry')} in quarantine"

    def read(self, record_type: str, since: datetime | None, page_size: int | None = None) -> Iterator[Page]:  # noqa: ARG002 - the protocol's
        """Read the entries, some at a time; one that is gone meanwhile is passed over."""
        for start in range(0, len(self.quarantine_ids), _PAGE):
            found = map(self.store.quarantine_show, self.quarantine_ids[start : start + _PAGE])
            read = [self._piece(*entry) for entry in found if entry is not None]
            items = [piece for piece in read if isinstance(piece, RemoteItem)]
            broken = [piece for piece in read if isinstance(piece, Broken)]
            yield Page(items, broken, total=len(self.quarantine_ids))

    def fetch(self, record_type: str, remote_id: str) -> RemoteItem:
        """Refuse: the quarantine is read by its own ids.

        Raises:
            PermanentError: always.
        """
        raise PermanentError(f"the quarantine cannot be asked for {record_type} {remote_id!r} by its remote id")

    def _piece(self, entry: QuarantineEntry, payload: bytes) -> RemoteItem | Broken:
        if entry.remote_id is not None:
            return RemoteItem(entry.remote_id, entry.modified, payload)
        found = identified(self.job, payload)
        return Broken(payload, entry.error) if found is None else found


def identified(job: ImportJob, payload: bytes) -> RemoteItem | None:
    """Read the identity of a payload that had none when it was put aside; a changed mapping may find one."""
    mapping = job.mapper.mapping
    try:
        parsed = parse_json(payload)
        remote_id = mapping.id.search(parsed)
        modified = mapping.modified.search(parsed) if mapping.modified else None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, ExpressionError):
        return None
    if type(remote_id) is int or (type(remote_id) is str and remote_id):
        return RemoteItem(str(remote_id), modified if isinstance(modified, str) else None, payload)
    return None
