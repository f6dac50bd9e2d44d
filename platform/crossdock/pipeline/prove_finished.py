"""The proof that what the mapping has put into a record is in it still when the connector has completed it."""

from __future__ import annotations

from crossdock.pipeline.job import ImportJob
from crossdock.records import Working, pack_record, unpack_record
from crossdock.store.writes.changes import Change, changes


def prove_finished(job: ImportJob, record: Working, payload: Working) -> list[str]:
    """Check that the connector's own step adds to a mapped record, and neither takes away nor replaces.

    A value counts as mapped because it stands in a field; from there nobody would have kept it.

    Args:
        job: whose connector.
        record: what the mapping alone makes of the payload; it is completed.
        payload: what was mapped.

    Returns:
        Nothing if it is proved, else one line for each finding.
    """
    before = unpack_record(pack_record(record))
    job.complete(record, payload, lambda _warning: None)
    after = unpack_record(pack_record(record))
    return [
        f"{change.path}: a mapping line gives {change.old!r}, and finish of connector {job.connector!r} "
        + ("takes it away" if change.new is None else f"makes {change.new!r} of it")
        for change in changes(job.record_type, before, after)
        if not _only_adds(change)
    ]


def _only_adds(change: Change) -> bool:
    old, new = change.old, change.new
    return old is None or (isinstance(old, list) and isinstance(new, list) and all(item in new for item in old))
