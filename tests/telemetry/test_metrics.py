"""Metrics: what a scrape over HTTP shows of runs, pages and requests, and of what waits."""

from __future__ import annotations

import os
import re
import socket
from datetime import timedelta
from pathlib import Path

import pytest
import requests
from msgspec.structs import replace
from prometheus_client.parser import text_string_to_metric_families

from crossdock.config import load_config
from crossdock.errors import ConfigError
from crossdock.pipeline.job import ImportJob
from crossdock.pipeline.keeping.schedule import Plan
from crossdock.pipeline.observer import StoredPage
from crossdock.pipeline.reporting.report import TransferReport
from crossdock.remote import Request, Traffic
from crossdock.store import Actor, PageWrite, Quarantined, Store
from crossdock.store.sql.moment import from_text
from crossdock.telemetry.metric import METRICS, as_table
from crossdock.telemetry.prometheus import Metrics, exposed

from .running import NAMES, SHOP_ID, run_import

EVERY = timedelta(minutes=5)
PAGE = Path(__file__).parents[2] / "docs" / "metrics.md"
OF_RUN = {"connection": "demo-shop", "record_type": "order"}


def scrape(metrics: Metrics) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    """Everything that is exposed, by name and labels."""
    with exposed(metrics, "127.0.0.1", 0) as address:
        text = requests.get(address, timeout=30).text
    families = text_string_to_metric_families(text)
    return {(one.name, tuple(sorted(one.labels.items()))): one.value for family in families for one in family.samples}


def value(found: dict[tuple[str, tuple[tuple[str, str], ...]], float], name: str, **labels: str) -> float:
    return found[name, tuple(sorted(labels.items()))]


def test_a_scrape_tells_runs_pages_records_and_requests(tmp_path: Path, store: Store) -> None:
    metrics = Metrics(store, NAMES)
    report = run_import(tmp_path, store, [metrics], "503 at 2; drop at 3")
    found = scrape(metrics)
    assert report.outcome == "succeeded", report.session_errors
    assert value(found, "crossdock_runs_total", **OF_RUN, outcome="succeeded") == 1
    assert value(found, "crossdock_runs_in_progress", **OF_RUN) == 0
    assert value(found, "crossdock_run_seconds_count", **OF_RUN) == 1
    assert value(found, "crossdock_records_total", **OF_RUN, outcome="created") == 30
    assert value(found, "crossdock_records_total", **OF_RUN, outcome="failed") == 0
    pages = value(found, "crossdock_pages_total", **OF_RUN)
    assert pages == value(found, "crossdock_page_seconds_count", **OF_RUN) >= 3
    closed = "the connection was closed without an answer"
    assert value(found, "crossdock_requests_total", connection="demo-shop", outcome="status 503") == 1
    assert value(found, "crossdock_requests_total", connection="demo-shop", outcome=closed) == 1
    fine = value(found, "crossdock_requests_total", connection="demo-shop", outcome="status 200")
    assert (
        fine + 2 == value(found, "crossdock_request_seconds_count", connection="demo-shop") == report.traffic.requests
    )
    assert value(found, "crossdock_request_retries_total", connection="demo-shop", cause="status 503") == 1
    waited = value(found, "crossdock_retry_wait_seconds_total", connection="demo-shop")
    assert waited == pytest.approx(report.traffic.waited)
    assert value(found, "crossdock_last_success_timestamp_seconds", **OF_RUN) > 1.7e9
    assert value(found, "crossdock_store_up") == 1


class Midway:
    """Scrapes while the second page of a run is being stored."""

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics
        self.found: dict[tuple[str, tuple[tuple[str, str], ...]], float] = {}

    def run_started(self, _job: ImportJob, _run_id: str, *, dry_run: bool) -> Midway:
        assert not dry_run
        return self

    def request_made(self, request: Request) -> None:
        pass

    def request_repeats(self, failure: str, seconds: float) -> None:
        pass

    def page_stored(self, page: StoredPage) -> None:
        if page.number == 2:
            self.found = scrape(self._metrics)

    def run_ended(self, report: TransferReport) -> None:
        pass


def test_a_run_shows_while_it_goes_on(tmp_path: Path, store: Store) -> None:
    metrics = Metrics(store, NAMES)
    midway = Midway(metrics)
    run_import(tmp_path, store, [metrics, midway])
    assert value(midway.found, "crossdock_runs_in_progress", **OF_RUN) == 1
    assert value(midway.found, "crossdock_pages_total", **OF_RUN) == 2
    assert 0 < value(midway.found, "crossdock_records_total", **OF_RUN, outcome="created") < 30


def test_how_long_ago_an_import_was_is_told_by_who_imports_and_not_by_what_had_its_payloads(
    tmp_path: Path, store: Store
) -> None:
    last = ("crossdock_last_success_timestamp_seconds", tuple(sorted(OF_RUN.items())))
    failed = run_import(tmp_path, store, [], "404")
    kept = [Plan(load_config(tmp_path / "plugins.toml", {}).connections[0], "order", EVERY, None, EVERY)]
    assert failed.outcome == "failed"
    assert scrape(Metrics(store, NAMES, kept))[last] == 0
    report = run_import(tmp_path, store, [])
    assert last not in scrape(Metrics(store, NAMES))
    metrics = Metrics(store, NAMES, kept)
    before = scrape(metrics)[last]
    assert before == from_text(report.start_time).timestamp()
    later = replace(report, start_time=report.end_time)
    for at_hand in (replace(later, traffic=Traffic()), replace(later, kind="repair")):
        metrics.run_started(report.job, "run", dry_run=False).run_ended(at_hand)
    assert scrape(metrics)[last] == before
    metrics.run_started(report.job, "run", dry_run=False).run_ended(later)
    assert scrape(metrics)[last] > before


def test_answers_of_the_api_are_counted_and_no_client_makes_labels(store: Store) -> None:
    metrics = Metrics(store, NAMES)
    for method, status in (("GET", 200), ("GET", 200), ("BREW", 405), ("MELT", 405), ("PUT", None)):
        metrics.request_answered(method, status, 0.1)
    found = scrape(metrics)
    assert value(found, "crossdock_api_requests_total", method="GET", status="200") == 2
    assert value(found, "crossdock_api_requests_total", method="other", status="405") == 2
    assert value(found, "crossdock_api_requests_total", method="PUT", status="cut") == 1
    assert value(found, "crossdock_api_request_seconds_count", method="GET") == 2


def test_what_waits_is_asked_at_each_scrape(tmp_path: Path, store: Store) -> None:
    run_import(tmp_path, store, [])
    metrics = Metrics(store, NAMES)
    before = scrape(metrics)
    assert ("crossdock_quarantined", tuple(sorted(OF_RUN.items()))) not in before
    run = store.start_run(SHOP_ID, "order", b"hash")
    shop = Actor("connection", SHOP_ID, "demo-shop", "import", "woocommerce")
    store.write_page(shop, run, PageWrite([Quarantined("1", b"{}", "no", "RecordError", "map", b"hash")]))
    store.finish_run(run, {}, "failed")
    assert value(scrape(metrics), "crossdock_quarantined", **OF_RUN) == 1
    assert value(scrape(metrics), "crossdock_events_given_up") == 0


def test_a_store_that_cannot_be_asked_is_told_and_hides_nothing_else(tmp_path: Path) -> None:
    with Store.open(f"sqlite:///{tmp_path / 'crossdock.db'}") as store:
        metrics = Metrics(store, NAMES)
        run_import(tmp_path, store, [metrics])
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(type(store.overview), "waiting", _refuse)
            found = scrape(metrics)
    assert value(found, "crossdock_store_up") == 0
    assert value(found, "crossdock_runs_total", **OF_RUN, outcome="succeeded") == 1


def _refuse(_overview: object) -> None:
    raise ConfigError("the store is away")


def test_exactly_the_documented_metrics_are_exposed(tmp_path: Path, store: Store) -> None:
    metrics = Metrics(store, NAMES)
    run_import(tmp_path, store, [metrics])
    metrics.request_answered("GET", 200, 0.1)
    with exposed(metrics, "127.0.0.1", 0) as address:
        text = requests.get(address, timeout=30).text
    told = dict(re.findall(r"^# TYPE (crossdock_\w+) (\w+)$", text, re.MULTILINE))
    assert {name: kind for name, kind in told.items() if name.startswith("crossdock_")} == {
        one.name: one.kind for one in METRICS
    }


def test_the_page_lists_them() -> None:
    page = PAGE.read_text("utf-8")
    listed = re.compile(r"\| metric \|.*?\n(?=\n)", re.DOTALL)
    if "UPDATE_DOCS" in os.environ:
        PAGE.write_text(page := listed.sub(lambda _: f"{as_table()}\n", page), "utf-8")
    assert f"{as_table()}\n" in page, "UPDATE_DOCS=1 pytest tests/telemetry writes them"


def test_a_port_that_is_taken_is_told(store: Store) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with (
            pytest.raises(ConfigError, match=f"127.0.0.1 port {port} cannot be used for metrics"),
            exposed(Metrics(store, NAMES), "127.0.0.1", port),
        ):
            pass
