"""What waits in quarantine goes the way of an import when it is retried."""

from __future__ import annotations

import threading
from pathlib import Path

import msgspec
import pytest

from crossdock.config import load_config
from crossdock.pipeline.importing import Importer
from crossdock.pipeline.job import ImportJob
from crossdock.pipeline.making import make_job
from crossdock.pipeline.repairing.retry import retry
from crossdock.pipeline.worker import Worker
from crossdock.plugins.connector import RemoteItem
from crossdock.store import PageWrite, Quarantined, Store

CONFIG = """\
[[connection]]
id = "5377568eb7e165e3b38af6eece4a0001"
name = "demo-shop"
connector = "woocommerce"
settings = { url = "sandbox:" }
"""


def order(**fields: object) -> bytes:
    plain = {"id": 7, "number": "7", "currency": "EUR", "total": "0.00", "total_tax": "0.00"}
    return msgspec.json.encode(plain | fields)


@pytest.fixture
def job(tmp_path: Path) -> ImportJob:
    (tmp_path / "plugins.toml").write_text(CONFIG, "utf-8")
    return make_job(load_config(tmp_path / "plugins.toml", {}).connections[0], "order", None)


def put_aside(store: Store, job: ImportJob, payload: bytes, remote_id: str | None, modified: str | None = None) -> int:
    """Put a payload into quarantine, as an import that failed would have."""
    run = store.start_run(job.connection_id, job.record_type, job.config_hash)
    item = Quarantined(remote_id, payload, "it failed", "RecordError", "map", job.config_hash, modified=modified)
    store.write_page(job.actor, run, PageWrite([item]))
    store.finish_run(run, {}, "succeeded")
    return store.quarantine_list()[-1].quarantine_id


def store_order(store: Store, job: ImportJob, payload: bytes, modified: str) -> None:
    run = store.start_run(job.connection_id, job.record_type, job.config_hash)
    store.write_page(job.actor, run, PageWrite([Worker(job).work(RemoteItem("7", modified, payload), None)]))
    store.finish_run(run, {}, "succeeded")


def test_a_payload_becomes_a_record_and_leaves_the_quarantine(store: Store, job: ImportJob) -> None:
    number = put_aside(store, job, order(), "7")
    report = retry(Importer(store), job, [number])
    assert (report.outcome, report.tally.counts["created"]) == ("succeeded", 1)
    assert store.quarantine_list() == []
    assert store.find("order", "7")["currency"] == "EUR"


def test_a_payload_that_had_no_id_gets_one_if_the_mapping_finds_it_now(store: Store, job: ImportJob) -> None:
    number = put_aside(store, job, order(), None)
    report = retry(Importer(store), job, [number])
    assert report.tally.counts["created"] == 1
    assert store.quarantine_list() == []


@pytest.mark.parametrize("payload", [b'{"id": 7', b"[7]", b'{"number": "7"}', b"\xff"])
def test_what_is_still_no_record_stays_and_counts_the_try(store: Store, job: ImportJob, payload: bytes) -> None:
    number = put_aside(store, job, payload, None)
    report = retry(Importer(store), job, [number])
    assert (report.outcome, report.tally.counts["failed"]) == ("succeeded", 1)
    left = store.quarantine_list()
    assert [(entry.quarantine_id, entry.failures, entry.run_id) for entry in left] == [(number, 2, report.run_id)]


def test_a_payload_older_than_what_is_stored_changes_nothing_and_goes(store: Store, job: ImportJob) -> None:
    store_order(store, job, order(date_modified_gmt="2024-02-02T00:00:00"), "2024-02-02T00:00:00Z")
    number = put_aside(store, job, order(currency="SEK", date_modified_gmt="2024-01-01T00:00:00"), None)
    report = retry(Importer(store), job, [number])
    assert report.tally.counts["unchanged"] == 1
    assert store.quarantine_list() == []
    assert store.find("order", "7")["currency"] == "EUR"


def test_more_entries_than_one_page_holds(store: Store, job: ImportJob) -> None:
    for number in range(250):
        put_aside(store, job, order(id=number + 1, number=str(number)), str(number + 1))
    ids = [entry.quarantine_id for entry in store.quarantine_list()]
    report = retry(Importer(store), job, ids)
    assert (report.tally.considered, report.tally.counts["created"]) == (250, 250)
    assert store.quarantine_list() == []


def test_a_retry_that_is_stopped_leaves_the_rest_waiting(store: Store, job: ImportJob) -> None:
    number = put_aside(store, job, order(), "7")
    stop = threading.Event()
    stop.set()
    assert retry(Importer(store, stop), job, [number]).outcome == "interrupted"
    assert [entry.quarantine_id for entry in store.quarantine_list()] == [number]


def test_an_entry_that_is_gone_meanwhile_is_no_trouble(store: Store, job: ImportJob) -> None:
    report = retry(Importer(store), job, [4711])
    assert (report.outcome, report.tally.considered) == ("succeeded", 0)
