"""The journal, log events and latest transfers, on each kind of database."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from crossdock.store import Actor, PageWrite, Quarantined, Store
from crossdock.store.events.log_events import LogEvent, Related

SHOP = "5377568eb7e165e3b38af6eece4a0001"
ERP = "5377568eb7e165e3b38af6eece4a0002"
BEGIN = datetime(2024, 3, 3, 12, 0, tzinfo=UTC)
IMPORT = Actor("connection", SHOP, "shop", "import", "woocommerce")


class Clock:
    """A clock that goes on by a minute whenever somebody looks."""

    def __init__(self) -> None:
        self.now = BEGIN

    def __call__(self) -> datetime:
        self.now += timedelta(minutes=1)
        return self.now


@pytest.fixture
def store(url: str) -> Iterator[Store]:
    with Store.open(url, clock=Clock()) as opened:
        yield opened


def event(severity: str, summary: str) -> LogEvent:
    return LogEvent(severity, summary, "2024-03-03T11:00:00Z")  # type: ignore[arg-type]


def test_an_event_comes_back_as_it_was_told(store: Store) -> None:
    told = LogEvent(
        "warning",
        "nul \0, backslash \\0 and 🦊",
        "2024-03-03T11:00:00.000001Z",
        "order",
        "export",
        ("one \0", ""),
        (Related("1", None, "wrong"), Related(), Related(display_id="\\")),
    )
    kept = store.log_events.add(ERP, told)
    assert store.log_events.list() == [kept]
    assert kept.event == told
    assert (kept.connection_id, kept.received) == (ERP, "2024-03-03T12:01:00Z")


def test_events_are_listed_the_last_first_and_narrowed_down(store: Store) -> None:
    told = [store.log_events.add(owner, event(severity, severity)) for owner, severity in _TOLD]
    assert store.log_events.list() == told[::-1]
    assert store.log_events.list(limit=2) == told[:1:-1]
    assert store.log_events.list(connection_id=SHOP) == [told[2], told[0]]
    assert store.log_events.list(severities=["error", "info"]) == [told[1], told[0]]
    assert store.log_events.list(since=BEGIN + timedelta(minutes=3)) == [told[3], told[2]]
    assert store.log_events.list(since=BEGIN + timedelta(minutes=4)) == [told[3]]


_TOLD = [(SHOP, "info"), (ERP, "error"), (SHOP, "critical"), (ERP, "warning")]


def fill(store: Store) -> None:
    """One good run, one that failed with two payloads in quarantine, one that was interrupted, and two events."""
    good = store.start_run(SHOP, "order", b"hash")
    store.finish_run(good, {"sessionErrors": []}, "succeeded")
    bad = store.start_run(SHOP, "order", b"hash")
    failed = [Quarantined(remote_id, b"{}", "no total", "RecordError", "map", b"hash") for remote_id in ("1", "2")]
    store.write_page(IMPORT, bad, PageWrite(failed))
    store.finish_run(bad, {"sessionErrors": ["gave 500", "gave up"]}, "failed")
    cut = store.start_run(ERP, "product", b"hash")
    store.finish_run(cut, {}, "interrupted")
    store.log_events.add(ERP, event("critical", "refused"))
    store.log_events.add(ERP, event("info", "through"))


def test_the_journal_has_outside_errors_beside_our_own_in_the_order_of_time(store: Store) -> None:
    fill(store)
    found = store.journal.entries()
    assert [(one.source, one.connection_id, one.severity, one.summary) for one in found] == [
        ("outside", ERP, "info", "through"),
        ("outside", ERP, "critical", "refused"),
        ("run", ERP, "warning", "an import of products was interrupted"),
        ("run", SHOP, "error", "an import of orders failed: gave 500"),
        ("quarantine", SHOP, "error", "2 payloads wait in quarantine (map): no total"),
    ]
    assert [one.known for one in found] == sorted((one.known for one in found), reverse=True)
    assert found[3].details == ("gave up",)
    assert len(store.journal.entries(limit=2)) == 2
    assert [one.source for one in store.journal.entries(least="error", connection_id=SHOP)] == ["run", "quarantine"]
    assert store.journal.entries(since=BEGIN + timedelta(days=1)) == []


def test_the_overview_walks_runs_that_ended_since_and_those_that_have_no_end(store: Store) -> None:
    fill(store)
    begun = store.start_run(ERP, "order", b"hash")
    found = [(one.connection_id, one.record_type, one.outcome) for one in store.overview.runs(BEGIN)]
    assert found == [
        (SHOP, "order", "succeeded"),
        (SHOP, "order", "failed"),
        (ERP, "product", "interrupted"),
        (ERP, "order", "interrupted"),  # by this clock, nobody has given a sign of life for long
    ]
    assert list(store.overview.runs(BEGIN + timedelta(days=1))) == []
    store.finish_run(begun, {}, "succeeded")


def test_the_latest_transfer_of_each_kind_is_told_with_the_latest_that_succeeded(store: Store) -> None:
    fill(store)
    running = store.start_run(SHOP, "customer", b"hash")
    found = {(one.connection_id, one.record_type): one for one in store.transfers.latest()}
    assert list(found) == [(SHOP, "customer"), (SHOP, "order"), (ERP, "product")]
    assert found[SHOP, "order"].latest.outcome == "failed"
    good = found[SHOP, "order"].latest_successful
    assert good is not None
    assert good.outcome == "succeeded"
    assert found[ERP, "product"].latest_successful is None
    assert (found[SHOP, "customer"].latest.run_id, found[SHOP, "customer"].latest.direction) == (
        running.run_id,
        "import",
    )
    store.finish_run(running, {}, "succeeded")
