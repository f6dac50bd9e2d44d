"""The world of the examples: two records of each type, under the ids that the examples name."""

from __future__ import annotations

import pytest

from crossdock.api.record_descriptions import FIRST, SECOND, given_example
from crossdock.records import RECORD_TYPES
from crossdock.store import Actor, Store

from .serving import ERP_ID

ERP = Actor("connection", ERP_ID, "erp", "api")


def prepare(store: Store) -> None:
    """Write the records into a store."""
    with pytest.MonkeyPatch.context() as patch:
        for local_id, remote_id in ((FIRST, "4711"), (SECOND, "4712")):
            patch.setattr("crossdock.store.writes.door.new_local_ids", lambda _count, one=local_id: [one])
            for record_type in RECORD_TYPES:
                store.write_record(ERP, record_type, None, given_example(record_type, remote_id))
