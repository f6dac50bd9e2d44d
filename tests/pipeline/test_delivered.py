"""Deliveries in any order, in batches of any size, doubled and late: the newest state stands at the end."""

from __future__ import annotations

import pytest
from hypothesis import given, settings, strategies as st
from msgspec.structs import replace

from crossdock.config.failure_budget import FailureBudget
from crossdock.errors import PermanentError
from crossdock.pipeline.importing import Importer
from crossdock.pipeline.keeping.delivered import _DeliveredSource, process
from crossdock.store import Store
from crossdock.store.events.deliveries import Delivered
from tests.databases import Slate

from .making import SHOP, job_of, order


def delivered(minute: int, remote_id: str | None = "7", raw: bytes | None = None) -> Delivered:
    """The state of an order in some minute, as a webhook delivers it."""
    moment = f"2024-03-01T12:{minute:02}:00"
    payload = order(7, customer_note=str(minute), date_modified_gmt=moment)
    return Delivered(SHOP, f"d{minute}", "order", remote_id, f"{moment}Z", raw or payload)


def note(store: Store) -> str:
    local_id = store.known(SHOP, "order", ["7"])["7"].local_id
    record = store.record("order", str(local_id))
    assert record is not None
    return str(record["customerNote"])


@given(batches=st.lists(st.lists(st.integers(0, 5), min_size=1, max_size=4), min_size=1, max_size=4))
@settings(max_examples=40)
def test_the_newest_state_stands_whatever_came_when(slate: Slate, batches: list[list[int]]) -> None:
    with slate.store() as store:
        newest = -1
        for batch in batches:
            report = process(Importer(store), job_of(), [delivered(minute) for minute in batch])
            assert report.outcome == "succeeded"
            newest = max(newest, *batch)
            assert note(store) == str(newest)


def test_a_run_of_deliveries_does_not_move_the_cursor(store: Store) -> None:
    process(Importer(store), job_of(), [delivered(1)])
    assert store.cursor(SHOP, "order") is None


def test_what_is_no_record_goes_to_quarantine_with_the_reason(store: Store) -> None:
    broken = Delivered(SHOP, "d1", "order", None, None, b"[", "it is no object")
    store.deliveries.take(broken)
    report = process(Importer(store), job_of(), [broken, delivered(2)])
    assert (report.tally.counts["failed"], report.tally.counts["created"]) == (1, 1)
    [entry] = store.quarantine_list()
    assert (entry.stage, entry.error) == ("parse", "it is no object")
    assert store.deliveries.waiting() == []


def test_what_fails_is_no_reason_to_process_deliveries_again(store: Store) -> None:
    broken = Delivered(SHOP, "d1", "order", None, None, b"[", "it is no object")
    store.deliveries.take(broken)
    report = process(Importer(store), replace(job_of(), max_failed=FailureBudget(count=0)), [broken])
    assert (report.outcome, report.tally.counts["failed"]) == ("succeeded", 1)
    assert store.deliveries.waiting() == []


def test_deliveries_of_a_run_that_was_stopped_wait(store: Store) -> None:
    store.deliveries.take(delivered(1))
    importer = Importer(store)
    importer.stop.set()
    assert process(importer, job_of(), [delivered(1)]).outcome == "interrupted"
    assert store.deliveries.waiting() == [(SHOP, "order")]


def test_deliveries_cannot_be_asked_for() -> None:
    source = _DeliveredSource((delivered(1),))
    assert source.check() == "1 delivery"
    with pytest.raises(PermanentError, match="cannot be asked for order '7'"):
        source.fetch("order", "7")
