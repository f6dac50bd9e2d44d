"""Traces: a span a run, and below it one for each page and request."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, StatusCode

from crossdock.cli.observing import wants_traces
from crossdock.store import Store
from crossdock.telemetry.traces import Traces, sending
from crossdock.testing.sandbox import Request, Response, SandboxServer

from .running import SHOP_ID, run_import


@pytest.fixture
def exporter() -> InMemorySpanExporter:
    return InMemorySpanExporter()


@pytest.fixture
def traces(exporter: InMemorySpanExporter) -> Iterator[Traces]:
    provider = TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    yield Traces(provider.get_tracer("test"))
    provider.shutdown()


def named(spans: tuple[ReadableSpan, ...], name: str) -> list[ReadableSpan]:
    return [span for span in spans if span.name == name]


def test_pages_and_requests_are_children_of_their_run(
    tmp_path: Path, store: Store, traces: Traces, exporter: InMemorySpanExporter
) -> None:
    report = run_import(tmp_path, store, [traces], "503 at 2")
    spans = exporter.get_finished_spans()
    [run] = named(spans, "import order")
    pages, requests = named(spans, "page"), named(spans, "GET")
    assert run.attributes is not None
    assert run.parent is None
    assert run.attributes["crossdock.connection_id"] == SHOP_ID
    assert (run.attributes["crossdock.run_id"], run.attributes["crossdock.created"]) == (report.run_id, 30)
    assert run.status.status_code is StatusCode.UNSET
    assert [event.name for event in run.events] == ["request repeated"]
    assert len(requests) == report.traffic.requests
    assert [page.attributes and page.attributes["crossdock.page"] for page in pages] == list(range(1, len(pages) + 1))
    assert run.context is not None
    for span in (*pages, *requests):
        assert span.parent is not None
        assert (span.parent.span_id, span.parent.trace_id) == (run.context.span_id, run.context.trace_id)
        assert run.start_time is not None
        assert span.start_time is not None
        assert run.end_time is not None
        assert span.end_time is not None
        assert run.start_time - 1_000_000_000 <= span.start_time <= span.end_time <= run.end_time + 1_000_000_000
    busy = [span for span in requests if span.status.status_code is StatusCode.ERROR]
    assert [span.attributes and span.attributes["http.response.status_code"] for span in busy] == [503]
    assert all(span.kind is SpanKind.CLIENT and "?" not in str(span.attributes) for span in requests)


def test_a_run_that_fails_says_why(
    tmp_path: Path, store: Store, traces: Traces, exporter: InMemorySpanExporter
) -> None:
    run_import(tmp_path, store, [traces], "401 from 2")
    [run] = named(exporter.get_finished_spans(), "import order")
    assert run.status.status_code is StatusCode.ERROR
    assert "gave 401" in str(run.status.description)


class Collector:
    """Takes spans over HTTP, as a collector does."""

    def __init__(self) -> None:
        self.settings: dict[str, str] = {}
        self.received: list[Request] = []

    def handle(self, request: Request) -> Response:
        self.received.append(request)
        return Response(200, b"", {"Content-Type": "application/x-protobuf"})


def test_they_are_sent_where_the_environment_says(
    tmp_path: Path, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    collector = Collector()
    with SandboxServer(collector) as server:
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", server.url)
        with sending({"OTEL_EXPORTER_OTLP_ENDPOINT": server.url}) as traces:
            run_import(tmp_path, store, [traces])
    assert {one.path for one in collector.received} == {"/v1/traces"}
    bodies = b"".join(one.body for one in collector.received)
    assert b"crossdock.run_id" in bodies
    assert b"service.name" in bodies


@pytest.mark.parametrize(
    ("environ", "wanted"),
    [
        ({}, False),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://collector:4318"}, True),
        ({"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://collector:4318/v1/traces"}, True),
        ({"OTEL_TRACES_EXPORTER": "console"}, True),
        ({"OTEL_TRACES_EXPORTER": "none", "OTEL_EXPORTER_OTLP_ENDPOINT": "http://collector:4318"}, False),
        ({"OTEL_SDK_DISABLED": "true", "OTEL_EXPORTER_OTLP_ENDPOINT": "http://collector:4318"}, False),
        ({"OTEL_SERVICE_NAME": "shops"}, False),
    ],
)
def test_the_standard_variables_decide_whether_there_are_any(environ: dict[str, str], wanted: bool) -> None:
    assert wants_traces(environ) is wanted
