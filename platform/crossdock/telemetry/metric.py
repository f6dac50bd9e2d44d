"""Every metric, as data: what is exposed, and the page that documents it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

Kind: TypeAlias = Literal["counter", "gauge", "histogram"]

_OF_RUN = ("connection", "record_type")


@dataclass(frozen=True, slots=True)
class Metric:
    """One metric: its name as Prometheus shows it, its kind, its labels and what it tells."""

    name: str
    kind: Kind
    labels: tuple[str, ...]
    text: str


RUNS = Metric("crossdock_runs_total", "counter", (*_OF_RUN, "outcome"), "runs that ended, by outcome")
GOING_ON = Metric("crossdock_runs_in_progress", "gauge", _OF_RUN, "runs that are going on")
RUN_SECONDS = Metric("crossdock_run_seconds", "histogram", _OF_RUN, "how long runs took")
LAST_SUCCESS = Metric(
    "crossdock_last_success_timestamp_seconds",
    "gauge",
    _OF_RUN,
    "when the last import began that succeeded, in seconds since 1970, of what `run` imports by itself; 0 if none ever "
    "succeeded. Those before this process count; what webhooks bring does not",
)
RECORDS = Metric(
    "crossdock_records_total",
    "counter",
    (*_OF_RUN, "outcome"),
    "records considered, by what became of them: created, updated, unchanged, ignored or failed",
)
REFUSED = Metric("crossdock_refused_entries_total", "counter", _OF_RUN, "entries of custom data that limits refused")
PAGES = Metric("crossdock_pages_total", "counter", _OF_RUN, "pages that were stored")
PAGE_SECONDS = Metric("crossdock_page_seconds", "histogram", _OF_RUN, "how long a page was worked on and stored")
REQUESTS = Metric(
    "crossdock_requests_total",
    "counter",
    ("connection", "outcome"),
    "requests to remote systems, by status of the answer or what went wrong",
)
REQUEST_SECONDS = Metric(
    "crossdock_request_seconds", "histogram", ("connection",), "how long remote systems took to answer"
)
RETRIES = Metric(
    "crossdock_request_retries_total",
    "counter",
    ("connection", "cause"),
    "requests that had to be repeated, by what went wrong",
)
WAITED = Metric(
    "crossdock_retry_wait_seconds_total", "counter", ("connection",), "seconds waited before requests were repeated"
)
API_REQUESTS = Metric(
    "crossdock_api_requests_total",
    "counter",
    ("method", "status"),
    "requests that the API answered; `cut` is the status of one that got no whole answer",
)
API_SECONDS = Metric("crossdock_api_request_seconds", "histogram", ("method",), "how long the API took to answer")
QUARANTINED = Metric("crossdock_quarantined", "gauge", _OF_RUN, "payloads that wait in quarantine now")
GIVEN_UP = Metric("crossdock_events_given_up", "gauge", (), "events that no receiver would take, and that wait now")
STORE_UP = Metric("crossdock_store_up", "gauge", (), "1 if the store could be asked for this scrape, else 0")

METRICS = (
    RUNS,
    GOING_ON,
    RUN_SECONDS,
    LAST_SUCCESS,
    RECORDS,
    REFUSED,
    PAGES,
    PAGE_SECONDS,
    REQUESTS,
    REQUEST_SECONDS,
    RETRIES,
    WAITED,
    API_REQUESTS,
    API_SECONDS,
    QUARANTINED,
    GIVEN_UP,
    STORE_UP,
)


def as_table() -> str:
    """Write the list as a table of Markdown."""
    rows = [
        f"| `{one.name}` | {one.kind} | {', '.join(f'`{label}`' for label in one.labels)} | {one.text} |"
        for one in METRICS
    ]
    return "\n".join(["| metric | kind | labels | what it tells |", "|---|---|---|---|", *rows])
