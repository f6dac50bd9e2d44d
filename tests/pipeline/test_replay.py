"""Stored payloads go the way of an import again, and what the next import compares with stays."""

from __future__ import annotations

import threading
from pathlib import Path

import msgspec
import pytest

from crossdock.config import load_config
from crossdock.pipeline.importing import Importer
from crossdock.pipeline.job import ImportJob
from crossdock.pipeline.making import make_job
from crossdock.pipeline.repairing.replay import Replay, replay
from crossdock.pipeline.reporting.report import Tally
from crossdock.pipeline.worker import Worker
from crossdock.plugins.connector import RemoteItem
from crossdock.store import PageWrite, Quarantined, Store, Unchanged

CONFIG = """\
[[connection]]
id = "5377568eb7e165e3b38af6eece4a0001"
name = "demo-shop"
connector = "woocommerce"
settings = { url = "sandbox:" }
"""
MORE = """
[connection.import.order]
manipulators = [{ use = "field-set", field = "channel", value = "web" }]
"""
FAILING = """
[connection.import.order]
max_failed = 5
manipulators = [{ use = "fail", reason = "no" }]
"""
SECRET = """
[connection.import.order.redact]
"billing.phone" = "nobody needs it"
"""
DAY = "2024-03-0{}T00:00:00Z"


def order(number: int = 7, **fields: object) -> bytes:
    plain = {"id": number, "number": str(number), "currency": "EUR", "total": "0.00", "total_tax": "0.00"}
    return msgspec.json.encode(plain | {"order_key": "wc_order_secret"} | fields)


class Shop:
    """One connection with a configuration that can be changed, and its store."""

    def __init__(self, folder: Path, store: Store) -> None:
        self.folder = folder
        self.store = store
        self.job = self.configured("")

    def configured(self, more: str) -> ImportJob:
        (self.folder / "plugins.toml").write_text(CONFIG + more, "utf-8")
        self.job = make_job(load_config(self.folder / "plugins.toml", {}).connections[0], "order", None)
        return self.job

    def keep(self, *items: RemoteItem | Quarantined) -> None:
        """Import some payloads, as today's configuration has it."""
        run = self.store.start_run(self.job.connection_id, "order", self.job.config_hash)
        worker = Worker(self.job)
        page = [item if isinstance(item, Quarantined) else worker.work(item, None) for item in items]
        self.store.write_page(self.job.actor, run, PageWrite(page))
        self.store.finish_run(run, {}, "succeeded")

    def replay(self, *, apply: bool = True, importer: Importer | None = None) -> Replay:
        return replay(importer or Importer(self.store), self.job, apply=apply)

    def failed(self, payload: bytes, modified: str | None) -> Quarantined:
        return Quarantined("7", payload, "no", "RecordError", "map", self.job.config_hash, modified=modified)


@pytest.fixture
def shop(tmp_path: Path, store: Store) -> Shop:
    return Shop(tmp_path, store)


@pytest.mark.parametrize("apply", [True, False])
def test_a_diff_and_its_application_agree(shop: Shop, apply: bool) -> None:
    shop.keep(*(RemoteItem(str(number), DAY.format(1), order(number)) for number in range(1, 6)))
    shop.configured(MORE)
    found = shop.replay(apply=apply)
    assert (found.report.tally.considered, found.report.tally.counts["updated"]) == (5, 5)
    assert (shop.store.find("order", "1").get("channel") == "web") is apply


def test_the_next_import_sees_that_the_remote_record_is_the_same(shop: Shop) -> None:
    raw = order()
    shop.keep(RemoteItem("7", DAY.format(1), raw))
    job = shop.configured(MORE)
    shop.replay()
    known = shop.store.known(job.connection_id, "order", ["7"])
    assert Worker(job).work(RemoteItem("7", DAY.format(1), raw), known["7"]) == Unchanged(known["7"])
    kept = shop.store.payload(job.connection_id, "order", "7")
    assert kept is not None
    assert kept.payload != raw  # it is kept without its secret, and has the digest of the text that came
    assert msgspec.json.decode(kept.payload)["order_key"] == "[redacted]"


def test_a_record_that_would_take_a_redacted_value_fails_instead_of_getting_its_mark(shop: Shop) -> None:
    shop.configured(SECRET)
    shop.keep(RemoteItem("7", DAY.format(1), order(billing={"phone": "070"})))
    shop.configured("")
    [failing] = shop.replay().radius.failing.values()
    assert (failing.error_class, failing.examples) == ("RedactedError", ["7"])
    assert "crossdock import --id" in failing.error
    assert "billingAddress" not in shop.store.find("order", "7")


class _StopAfter:
    """Stops a run after its first page, as Ctrl-C would."""

    def __init__(self, stop: threading.Event) -> None:
        self._stop = stop

    def page_done(self, tally: Tally, total: int | None) -> None:
        assert total == 250
        assert tally.considered == 100
        self._stop.set()


def test_one_that_was_interrupted_goes_on_where_it_stopped(shop: Shop) -> None:
    shop.keep(*(RemoteItem(str(number), DAY.format(1), order(number)) for number in range(250)))
    shop.configured(MORE)
    stop = threading.Event()
    first = shop.replay(importer=Importer(shop.store, stop, listener=_StopAfter(stop)))
    assert (first.report.outcome, first.report.tally.counts["updated"]) == ("interrupted", 100)
    rest = shop.replay()
    assert (rest.report.tally.counts["unchanged"], rest.report.tally.counts["updated"]) == (100, 150)
    assert shop.replay().report.tally.counts["unchanged"] == 250


@pytest.mark.parametrize("modified", [DAY.format(1), DAY.format(2), None])
def test_what_waits_in_quarantine_and_came_later_is_not_thrown_away(shop: Shop, modified: str | None) -> None:
    shop.keep(RemoteItem("7", DAY.format(1), order()))
    shop.keep(shop.failed(order(currency="SEK"), modified))
    shop.configured(MORE)
    found = shop.replay()
    assert (found.report.tally.considered, found.waiting) == (0, 1)
    assert len(shop.store.quarantine_list()) == 1


def test_of_what_is_passed_over_no_remote_system_is_said_to_hide_it(shop: Shop) -> None:
    shop.keep(RemoteItem("6", DAY.format(1), order(6)), RemoteItem("7", DAY.format(1), order()))
    shop.keep(shop.failed(order(currency="SEK"), DAY.format(2)))
    shop.configured(MORE)
    found = shop.replay()
    assert (found.report.tally.considered, found.waiting) == (1, 1)
    assert not found.report.tally.warnings


def test_what_failed_in_a_replay_leaves_the_quarantine_once_it_succeeds(shop: Shop) -> None:
    shop.keep(RemoteItem("7", DAY.format(1), order()))
    shop.configured(MORE.replace('use = "field-set", field = "channel", value = "web"', 'use = "fail", reason = "no"'))
    assert shop.replay().report.tally.counts["failed"] == 1
    assert len(shop.store.quarantine_list()) == 1
    shop.configured(MORE)
    assert shop.replay().report.tally.counts["updated"] == 1
    assert shop.store.quarantine_list() == []


def test_a_newer_import_of_the_same_record_supersedes_its_failure(shop: Shop) -> None:
    shop.keep(shop.failed(order(currency="SEK"), DAY.format(1)))
    shop.keep(RemoteItem("7", DAY.format(2), order()))
    assert shop.store.quarantine_list() == []


def test_an_older_import_leaves_a_newer_failure_waiting(shop: Shop) -> None:
    shop.keep(shop.failed(order(currency="SEK"), DAY.format(2)))
    shop.keep(RemoteItem("7", DAY.format(1), order()))
    assert len(shop.store.quarantine_list()) == 1


def test_a_diff_shows_all_that_would_fail_and_its_application_stops_where_that_is_too_much(shop: Shop) -> None:
    shop.keep(*(RemoteItem(str(number), DAY.format(1), order(number)) for number in range(250)))
    shop.configured(FAILING)
    shown = shop.replay(apply=False)
    assert (shown.report.outcome, shown.report.tally.counts["failed"]) == ("succeeded", 250)
    stopped = shop.replay()
    assert stopped.report.outcome == "failed"
    assert len(shop.store.quarantine_list()) < 250
