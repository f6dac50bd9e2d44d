"""OpenTelemetry traces of runs, pages and requests; needs the extra ``metrics``.

They go where the standard ``OTEL_*`` variables of the environment say.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib.metadata import version

from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import SERVICE_NAME, SERVICE_VERSION, Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, ConsoleSpanExporter
from opentelemetry.trace import Span, SpanKind, Status, StatusCode, Tracer, set_span_in_context
from opentelemetry.util.types import AttributeValue

from crossdock.pipeline.job import ImportJob
from crossdock.pipeline.observer import StoredPage
from crossdock.pipeline.reporting.report import OUTCOMES, TransferReport
from crossdock.remote import Request

_SECONDS_TO_SEND = 5.0  # what is left at the end; nobody waits longer for a collector that does not answer


class Traces:
    """Traces every run: a span of its own, and below it one for each page and request."""

    def __init__(self, tracer: Tracer) -> None:
        self._tracer = tracer

    def run_started(self, job: ImportJob, run_id: str, *, dry_run: bool) -> RunTrace:
        """A run has begun."""
        attributes: dict[str, AttributeValue] = {
            "crossdock.connection": job.connection,
            "crossdock.connection_id": job.connection_id,
            "crossdock.record_type": job.record_type,
            "crossdock.run_id": run_id,
            "crossdock.dry_run": dry_run,
        }
        span = self._tracer.start_span(f"import {job.record_type}", Context(), attributes=attributes)
        return RunTrace(self._tracer, span)


class RunTrace:
    """Traces one run."""

    def __init__(self, tracer: Tracer, span: Span) -> None:
        self._tracer = tracer
        self._span = span
        self._context = set_span_in_context(span, Context())

    def request_made(self, request: Request) -> None:
        """A request has ended."""
        attributes: dict[str, AttributeValue] = {"http.request.method": request.method, "url.full": request.address}
        if request.status is not None:
            attributes["http.response.status_code"] = request.status
        if request.failure:
            attributes["error.type"] = request.failure
        span = self._child(request.method, request.begun, attributes, SpanKind.CLIENT)
        if request.failure:
            span.set_status(Status(StatusCode.ERROR, request.failure))
        span.end(_nanoseconds(request.begun + request.seconds))

    def request_repeats(self, failure: str, seconds: float) -> None:
        """A request is repeated."""
        self._span.add_event("request repeated", {"error.type": failure, "crossdock.wait_seconds": seconds})

    def page_stored(self, page: StoredPage) -> None:
        """A page is stored."""
        attributes: dict[str, AttributeValue] = {"crossdock.page": page.number, "crossdock.records": page.records}
        self._child("page", page.begun, attributes, SpanKind.INTERNAL).end(_nanoseconds(page.begun + page.seconds))

    def run_ended(self, report: TransferReport) -> None:
        """The run has ended."""
        counts = {name: report.tally.counts[name] for name in OUTCOMES}
        for name, count in {"considered": report.tally.considered, **counts}.items():
            self._span.set_attribute(f"crossdock.{name}", count)
        self._span.set_attribute("crossdock.outcome", report.outcome)
        if report.outcome != "succeeded":
            self._span.set_status(Status(StatusCode.ERROR, "; ".join(report.session_errors)))
        self._span.end()

    def _child(self, name: str, begun: float, attributes: Mapping[str, AttributeValue], kind: SpanKind) -> Span:
        started = _nanoseconds(begun)
        return self._tracer.start_span(name, self._context, kind, attributes=attributes, start_time=started)


@contextmanager
def sending(environ: Mapping[str, str]) -> Iterator[Traces]:
    """Send traces as the environment says, as long as the context lasts."""
    attributes = {SERVICE_VERSION: version("crossdock")}
    if "OTEL_SERVICE_NAME" not in environ and "service.name=" not in environ.get("OTEL_RESOURCE_ATTRIBUTES", ""):
        attributes[SERVICE_NAME] = "crossdock"
    provider = TracerProvider(resource=Resource.create(attributes), shutdown_on_exit=False)
    console = environ.get("OTEL_TRACES_EXPORTER") == "console"
    provider.add_span_processor(
        BatchSpanProcessor(ConsoleSpanExporter(out=sys.stderr) if console else OTLPSpanExporter())
    )
    try:
        yield Traces(provider.get_tracer("crossdock", version("crossdock")))
    finally:
        ending = threading.Thread(target=provider.shutdown, name="last traces", daemon=True)
        ending.start()
        ending.join(_SECONDS_TO_SEND)


def _nanoseconds(seconds: float) -> int:
    return int(seconds * 1e9)
