"""Prometheus metrics of runs, pages, requests and of what waits; needs the extra ``metrics``."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import TypeVar

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    PlatformCollector,
    ProcessCollector,
    disable_created_metrics,
    start_http_server,
)
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from crossdock.errors import ConfigError, CrossdockError
from crossdock.pipeline.job import ImportJob
from crossdock.pipeline.keeping.schedule import Plan
from crossdock.pipeline.observer import StoredPage
from crossdock.pipeline.reporting.report import OUTCOMES, TransferReport
from crossdock.remote import Request
from crossdock.store import Store
from crossdock.store.sql.moment import from_text
from crossdock.telemetry import metric
from crossdock.telemetry.metric import Metric

T = TypeVar("T", Counter, Gauge, Histogram)

_LONG = (0.1, 0.5, 1, 5, 15, 60, 300, 1800, 7200)  # of runs, in seconds
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
# Who sees crossdock_records_created takes it for the number of records that were created.
disable_created_metrics()  # type: ignore[no-untyped-call]

_SHORT = (0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)


class Metrics:
    """Counts every run of a process.

    Args:
        store: whose runs before this process tell when each import succeeded last, and what waits.
        names: the names of connections by id.
        kept: what this process keeps imported; it tells how long ago that was.
    """

    def __init__(self, store: Store, names: Mapping[str, str], kept: Iterable[Plan] = ()) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        PlatformCollector(registry=self.registry)
        self.registry.register(_Waiting(store, names))
        self.runs = self._made(Counter, metric.RUNS)
        self.going_on = self._made(Gauge, metric.GOING_ON)
        self.run_seconds = self._histogram(metric.RUN_SECONDS, _LONG)
        self.last_success = self._made(Gauge, metric.LAST_SUCCESS)
        self.records = self._made(Counter, metric.RECORDS)
        self.refused = self._made(Counter, metric.REFUSED)
        self.pages = self._made(Counter, metric.PAGES)
        self.page_seconds = self._histogram(metric.PAGE_SECONDS, _SHORT)
        self.requests = self._made(Counter, metric.REQUESTS)
        self.request_seconds = self._histogram(metric.REQUEST_SECONDS, _SHORT)
        self.retries = self._made(Counter, metric.RETRIES)
        self.waited = self._made(Counter, metric.WAITED)
        self.api_requests = self._made(Counter, metric.API_REQUESTS)
        self.api_seconds = self._histogram(metric.API_SECONDS, _SHORT)
        for plan in kept:
            last = store.overview.last_import(plan.connection.id, plan.record_type)
            of_plan = self.last_success.labels(plan.connection.name, plan.record_type)
            of_plan.set(0 if last is None else from_text(last).timestamp())

    def run_started(self, job: ImportJob, run_id: str, *, dry_run: bool) -> RunMetrics:  # noqa: ARG002 - the protocol's
        """A run has begun."""
        return RunMetrics(self, job)

    def request_answered(self, method: str, status: int | None, seconds: float) -> None:
        """The API has answered; a client that invents methods makes no new label."""
        known = method if method in _METHODS else "other"
        self.api_requests.labels(known, "cut" if status is None else str(status)).inc()
        self.api_seconds.labels(known).observe(seconds)

    def _made(self, kind: type[T], one: Metric) -> T:
        return kind(one.name, _sentence(one), one.labels, registry=self.registry)

    def _histogram(self, one: Metric, buckets: tuple[float, ...]) -> Histogram:
        return Histogram(one.name, _sentence(one), one.labels, buckets=buckets, registry=self.registry)


class RunMetrics:
    """Counts one run; records page by page, so that a long run shows before it ends."""

    def __init__(self, metrics: Metrics, job: ImportJob) -> None:
        self._metrics = metrics
        self._connection = job.connection
        self._labels = (job.connection, job.record_type)
        self._counted = dict.fromkeys(OUTCOMES, 0)
        metrics.going_on.labels(*self._labels).inc()

    def request_made(self, request: Request) -> None:
        """A request has ended."""
        self._metrics.requests.labels(self._connection, request.outcome).inc()
        self._metrics.request_seconds.labels(self._connection).observe(request.seconds)

    def request_repeats(self, failure: str, seconds: float) -> None:
        """A request is repeated."""
        self._metrics.retries.labels(self._connection, failure).inc()
        self._metrics.waited.labels(self._connection).inc(seconds)

    def page_stored(self, page: StoredPage) -> None:
        """A page is stored."""
        self._metrics.pages.labels(*self._labels).inc()
        self._metrics.page_seconds.labels(*self._labels).observe(page.seconds)
        for outcome, before in self._counted.items():
            count = page.tally.counts[outcome]
            self._metrics.records.labels(*self._labels, outcome).inc(count - before)
            self._counted[outcome] = count

    def run_ended(self, report: TransferReport) -> None:
        """The run has ended."""
        begun, ended = (from_text(time).timestamp() for time in (report.start_time, report.end_time))
        self._metrics.going_on.labels(*self._labels).dec()
        self._metrics.runs.labels(*self._labels, report.outcome).inc()
        self._metrics.run_seconds.labels(*self._labels).observe(max(0.0, ended - begun))
        self._metrics.refused.labels(*self._labels).inc(sum(line["entries"] for line in report.refused.as_wire()))
        imported = report.kind == "import" and report.traffic.requests  # else its payloads were at hand
        if imported and report.outcome == "succeeded":
            self._metrics.last_success.labels(*self._labels).set(begun)


class _Waiting(Collector):
    """Asks the store at every scrape for what waits."""

    def __init__(self, store: Store, names: Mapping[str, str]) -> None:
        self._store = store
        self._names = names

    def describe(self) -> Iterator[GaugeMetricFamily]:
        """Name what is collected, without asking the store."""
        for one in (metric.STORE_UP, metric.QUARANTINED, metric.GIVEN_UP):
            yield _family(one)

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Ask the store; if it cannot be asked, say so."""
        up = _family(metric.STORE_UP)
        try:
            waiting = self._store.overview.waiting()
            given_up = self._store.outbox.count(failed=True)
        except CrossdockError:
            up.add_metric((), 0)
            yield up
            return
        up.add_metric((), 1)
        quarantined, lost = _family(metric.QUARANTINED), _family(metric.GIVEN_UP)
        for (connection_id, record_type), count in waiting.items():
            quarantined.add_metric((self._names.get(connection_id, connection_id), record_type), count)
        lost.add_metric((), given_up)
        yield from (up, quarantined, lost)


def _family(one: Metric) -> GaugeMetricFamily:
    return GaugeMetricFamily(one.name, _sentence(one), labels=one.labels)


def _sentence(one: Metric) -> str:
    return f"{one.text[:1].upper()}{one.text[1:]}."


@contextmanager
def exposed(metrics: Metrics, host: str, port: int) -> Iterator[str]:
    """Serve the metrics over HTTP as long as the context lasts; gives their address.

    Raises:
        ConfigError: the port cannot be had.
    """
    try:
        server, thread = start_http_server(port, host, metrics.registry)
    except OSError as error:
        reason = f"{host} port {port} cannot be used for metrics: {error.strerror}"
        raise ConfigError(f"{reason}; --metrics-port 0 takes a free one") from error
    try:
        shown = f"[{host}]" if ":" in host else host
        yield f"http://{shown}:{server.server_port}/metrics"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
