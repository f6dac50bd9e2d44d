"""One import, from the first page to the report: what is counted, what is stored, and how it can end."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings, strategies as st
from msgspec.structs import replace

from crossdock.errors import PermanentError
from crossdock.pipeline.importing import Importer, ImportOptions
from crossdock.pipeline.job import ImportJob
from crossdock.pipeline.reporting.report import OUTCOMES, Tally, TransferReport
from crossdock.plugins.connector import Broken, Page
from crossdock.plugins.manipulator import Ignore
from crossdock.store import LeaseHeldError, Store
from crossdock.store.sql.column_text import LONGEST_ID
from tests.databases import Slate, contents

from .making import MODIFIED, SHOP, Script, item, job_of, order, orders, step

NEWEST = f"{MODIFIED}Z"
SINCE = datetime(2024, 2, 1, tzinfo=UTC)
FULL = ImportOptions(full=True)


def run(
    store: Store, *pages: Any, job: ImportJob | None = None, options: ImportOptions = FULL, **importer: Any
) -> TransferReport:
    """Import what a script says."""
    report = Importer(store, **importer).run(replace(job or job_of(), source=Script(pages)), options)
    told = report.as_wire()
    assert told["considered"] == sum(told[name] for name in OUTCOMES) or report.outcome == "failed"
    stored = store.run(report.run_id)
    assert report.dry_run or (stored is not None and stored.outcome == report.outcome)
    assert report.dry_run or (stored is not None and stored.report == told)
    return report


def counts(report: TransferReport) -> dict[str, int]:
    return {name: count for name, count in report.tally.counts.items() if count}


class Listening:
    """Does something after a page."""

    def __init__(self, then: Any) -> None:
        self.then = then
        self.totals: list[tuple[int, int | None]] = []

    def page_done(self, tally: Tally, total: int | None) -> None:
        self.totals.append((tally.considered, total))
        self.then()


# What is counted


def test_every_record_that_was_considered_has_one_outcome(store: Store) -> None:
    def choose(record: dict[str, Any]) -> Any:
        return Ignore("a draft") if record.get("orderStatus") == "draft" else record

    job = job_of(steps=step(choose))
    run(store, orders(1, 2), job=job)
    drafts = [item(order(4, status="auto-draft"), "4"), item(order(5, status="auto-draft"), "5")]
    changed = item(order(2, customer_note="changed"), "2")
    page = Page([item(order(1), "1"), changed, item(order(3), "3"), *drafts, item(b"[]", "6")], [Broken(b"{", "cut")])
    report = run(store, page, job=job)
    assert report.tally.considered == 7
    assert counts(report) == {"unchanged": 1, "updated": 1, "created": 1, "ignored": 2, "failed": 2}
    assert report.tally.ignored == {"a draft": 2}
    assert [(one["remoteId"], one["error"]) for one in report.tally.failures] == [
        ("6", "the payload is no object but list"),
        (None, "cut"),
    ]
    assert report.outcome == "succeeded"


def test_a_record_that_is_known_and_now_ignored_is_called_left_stale(store: Store) -> None:
    run(store, orders(1, 2))
    report = run(
        store, orders(1, 2, 3), job=job_of(steps=step(lambda _: Ignore("no", applies_to="all")), config_hash=b"x")
    )
    assert counts(report) == {"ignored": 3}
    assert report.tally.left_stale == 2
    assert report.as_wire()["knownLeftStale"] == 2


def test_the_account_adds_up_over_all_records_mapped_again_or_not(store: Store) -> None:
    first = run(store, orders(1, 2))
    assert first.ledger.leaves == sum(first.tally.ledger[1:]) > 0
    again = run(store, orders(1, 2))
    assert (counts(again), again.ledger) == ({"unchanged": 2}, first.ledger)


KINDS = {
    "good": lambda number: item(order(number), str(number)),
    "changed": lambda number: item(order(number, customer_note="x"), str(number)),
    "older": lambda number: item(order(number, customer_note="y"), str(number), "2020-01-01T00:00:00Z"),
    "draft": lambda number: item(order(number, status="auto-draft"), str(number)),
    "bad": lambda number: item(order(number, total="7.00"), str(number)),
    "no json": lambda number: item(b"{", str(number)),
    "wrong id": lambda number: item(order(number + 1), str(number)),
}
IGNORING = job_of(steps=step(lambda one: Ignore("a draft") if one.get("orderStatus") == "draft" else one))


PAGES = st.lists(st.lists(st.tuples(st.sampled_from(sorted(KINDS)), st.integers(1, 4)), max_size=6), max_size=5)


@given(pages=PAGES)
@settings(max_examples=40)
def test_whatever_comes_in_whatever_order_the_report_balances(slate: Slate, pages: list[list[tuple[str, int]]]) -> None:
    with slate.store() as store:
        script = [Page([KINDS[kind](number) for kind, number in page]) for page in pages]
        report = run(store, *script, job=IGNORING)
        assert report.outcome == "succeeded"
        assert report.tally.considered == sum(map(len, pages)) == sum(report.tally.counts.values())
        again = run(store, *script, job=IGNORING)
        assert again.tally.considered == report.tally.considered


def test_a_mapping_line_that_matched_nothing_in_a_whole_run_is_reported(store: Store) -> None:
    job = job_of('[connection.import.order.mapping]\ncustomerNote = "no_such_field"\n')
    report = run(store, orders(1), job=job)
    assert "customerNote" in [line.name for line in report.dead_lines]
    (told,) = [line for line in report.as_wire()["deadLines"] if "no_such_field" in line]
    assert told.endswith("customerNote = no_such_field")


def test_no_line_is_called_dead_unless_everything_was_looked_at(store: Store) -> None:
    job = job_of('[connection.import.order.mapping]\ncustomerNote = "no_such_field"\n')
    assert run(store, orders(1), job=job, options=ImportOptions(limit=5)).dead_lines == ()
    assert run(store, orders(1), job=job, options=ImportOptions(since=SINCE)).dead_lines == ()
    assert run(store, orders(1, 2), job=job).dead_lines == ()  # 1 is known, so nobody looked at it
    assert run(store, job=job).dead_lines == ()
    assert run(store, orders(1, 2), job=job, options=ImportOptions(full=True, prove=True)).dead_lines != ()


# Nothing twice, nothing lost


def lasting(url: str) -> dict[str, list[tuple[Any, ...]]]:
    """Everything in the store but the runs themselves, and how many payloads they looked at."""
    of_runs = ("runs", "leases", "cursors", "known_payloads")
    return {name: rows for name, rows in contents(url).items() if name not in of_runs}


def test_importing_the_same_twice_writes_nothing_the_second_time(url: str) -> None:
    pages = orders(1, 2, billing={"country": "UK"}), Page([item(b"[]", "3")])
    with Store.open(url) as store:
        run(store, *pages)
        store.quarantine_drop([entry.quarantine_id for entry in store.quarantine_list()])
    before = lasting(url)
    assert before["records"]
    assert before["imports"]
    with Store.open(url) as store:
        assert counts(run(store, pages[0])) == {"unchanged": 2}
        assert counts(run(store, pages[0], options=ImportOptions(prove=True))) == {"unchanged": 2}
        assert [record["version"] for record in store.records("order")] == [1, 1]
    after = lasting(url)
    after["imports"], before["imports"] = ([row[:8] for row in one["imports"]] for one in (after, before))
    assert after == before


def test_what_failed_waits_and_leaves_the_quarantine_once_it_is_repaired(store: Store) -> None:
    run(store, Page([item(order(1, total="7.00"), "1"), item(order(2), "2")]))
    (entry,) = store.quarantine_list()
    assert (entry.remote_id, entry.failures, entry.stage) == ("1", 1, "map")
    run(store, Page([item(order(1, total="7.00"), "1")]))
    assert [one.failures for one in store.quarantine_list()] == [2]
    assert counts(run(store, orders(1, 2))) == {"created": 1, "unchanged": 1}
    assert store.quarantine_list() == []


def test_a_link_by_an_id_that_no_record_may_have_costs_its_record_and_no_other(store: Store) -> None:
    link = {"recordType": "checkout", "connectionId": SHOP}
    lengths = {"1": LONGEST_ID, "2": LONGEST_ID + 1}

    def add(record: dict[str, Any]) -> dict[str, Any]:
        return record | {"links": [link | {"remoteId": "\U00012345" * lengths[record["displayId"]]}]}

    report = run(store, orders(1), orders(2), job=job_of(steps=step(add)))
    assert counts(report) == {"created": 1, "failed": 1}
    (waiting,) = store.quarantine_list()
    assert (waiting.remote_id, waiting.pointer) == ("2", "/links/0/remoteId")


def test_what_failed_for_its_configuration_is_created_once_that_is_corrected(store: Store) -> None:
    wrong = job_of(steps=step(lambda record: record | {"currency": "euros"}))
    assert counts(run(store, orders(1), job=wrong)) == {"failed": 1}
    assert counts(run(store, orders(1))) == {"created": 1}
    assert store.quarantine_list() == []


# The cursor


def test_the_cursor_follows_what_is_stored_and_reading_begins_a_little_before_it(store: Store) -> None:
    script = Script([orders(1)])
    job = replace(job_of('lookback = "15m"'), source=script)
    importer = Importer(store)
    importer.run(job)
    assert store.cursor(SHOP, "order") == NEWEST
    importer.run(job)
    importer.run(job, FULL)
    importer.run(job, ImportOptions(since=SINCE))
    last = datetime.fromisoformat(NEWEST)
    assert script.asked == [None, last - timedelta(minutes=15), None, SINCE]


@pytest.mark.parametrize(
    "options",
    [
        ImportOptions(since=SINCE),
        ImportOptions(limit=1),
        ImportOptions(full=True, limit=1),
        ImportOptions(dry_run=True),
        ImportOptions(full=True, dry_run=True),
    ],
)
def test_reading_a_part_leaves_the_cursor_where_it_is(store: Store, options: ImportOptions) -> None:
    run(store, orders(1), options=options)
    assert store.cursor(SHOP, "order") is None
    store.reset_cursor(SHOP, "order", "2024-01-01T00:00:00Z")
    run(store, orders(1, 2), options=options)
    assert store.cursor(SHOP, "order") == "2024-01-01T00:00:00Z"


def test_single_records_are_fetched_and_leave_the_cursor_where_it_is(store: Store) -> None:
    job = replace(job_of(), source=Script([], {"7": order(7), "9": order(9)}))
    report = Importer(store).run(job, ImportOptions(ids=("9", "7")))
    assert (report.outcome, counts(report)) == ("succeeded", {"created": 2})
    assert store.cursor(SHOP, "order") is None


def test_a_record_that_the_remote_does_not_have_is_told_and_the_others_are_imported(store: Store) -> None:
    job = replace(job_of(), source=Script([], {"7": order(7)}))
    report = Importer(store).run(job, ImportOptions(ids=("8", "7")))
    assert (report.outcome, counts(report)) == ("failed", {"created": 1})
    assert report.session_errors == ("there is no order '8'",)


def test_a_limit_takes_so_many_and_asks_for_no_more_pages_than_that(store: Store) -> None:
    damaged = Page([item(order(4), "4")], [Broken(b"{", "cut"), Broken(b"}", "cut")], total=90)
    for limit, pages, considered in ((1, 1, 1), (3, 1, 3), (4, 2, 4), (5, 2, 5), (6, 2, 6), (7, 3, 7), (99, 3, 8)):
        script = Script([orders(1, 2, 3, total=90), damaged, orders(5, 6)])
        report = Importer(store).run(replace(job_of(), source=script), ImportOptions(limit=limit))
        assert (report.tally.considered, script.given, script.closed) == (considered, pages, True), limit


def test_whoever_listens_is_told_how_many_there_are(store: Store) -> None:
    listening = Listening(lambda: None)
    run(store, orders(1, 2, total=9), orders(3, total=9), listener=listening)
    assert listening.totals == [(2, 9), (3, 9)]
    listening.totals.clear()
    run(store, orders(1, 2, total=9), listener=listening, options=ImportOptions(limit=1))
    assert listening.totals == [(1, 1)]


def test_records_that_the_remote_counts_and_never_gives_are_warned_of(store: Store) -> None:
    def warnings(*pages: Any, **given: Any) -> list[str]:
        report = run(store, *pages, **given)
        assert report.outcome == "succeeded"
        return [one for one in report.tally.warnings if "counted" in one]

    (told,) = warnings(orders(1, 2, total=4), orders(3))
    assert "counted 4 order records and gave 3" in told
    assert warnings(orders(1, 2, total=3), orders(3)) == []
    assert warnings(orders(1, 2, total=4), orders(3), options=ImportOptions(limit=2)) == []


# A dry run


CHANGED = [item(order(1, customer_note="new"), "1"), item(order(2), "2"), item(order(3), "3"), item(b"", "4")]


def test_a_dry_run_leaves_the_store_as_it_is(url: str) -> None:
    with Store.open(url) as store:
        run(store, orders(1, 2))
        before = contents(url)
        report = run(store, Page(CHANGED), options=ImportOptions(full=True, dry_run=True))
        assert contents(url) == before
    assert counts(report) == {"updated": 1, "unchanged": 1, "created": 1, "failed": 1}


def test_a_dry_run_leaves_a_file_as_it_is_to_the_byte(tmp_path: Path) -> None:
    file = tmp_path / "crossdock.db"
    with Store.open(f"sqlite:///{file}") as store:
        run(store, orders(1, 2))
    before, files = file.read_bytes(), set(tmp_path.iterdir())
    with Store.open(f"sqlite:///{file}") as store:
        run(store, Page(CHANGED), options=ImportOptions(full=True, dry_run=True))
    assert (file.read_bytes(), set(tmp_path.iterdir())) == (before, files)


def test_a_dry_run_says_what_would_change(store: Store) -> None:
    run(store, orders(1, 2, customer_note="old"))
    changed = Page([item(order(1, customer_note="new"), "1"), item(order(3), "3")])
    told = run(store, changed, options=ImportOptions(dry_run=True)).as_wire()
    assert told["dryRun"] is True
    assert told["wouldWrite"] == [
        {"remoteId": "1", "outcome": "updated", "changed": [{"path": "customerNote", "old": "old", "new": "new"}]},
        {"remoteId": "3", "outcome": "created", "changed": []},
    ]


def test_a_dry_run_needs_no_lease(store: Store) -> None:
    busy = store.start_run(SHOP, "order", b"")
    assert run(store, orders(1), options=ImportOptions(dry_run=True)).outcome == "succeeded"
    store.finish_run(busy, {}, "succeeded")


# How a run can end


def test_an_error_of_the_reading_side_stops_the_run_after_what_was_read(store: Store) -> None:
    trouble = PermanentError("the shop refuses cs_secret")
    report = run(store, orders(1), trouble, orders(2), redact=lambda text: text.replace("cs_secret", "[redacted]"))
    assert (report.outcome, counts(report)) == ("failed", {"created": 1})
    assert report.session_errors == ("the shop refuses [redacted]",)
    assert store.cursor(SHOP, "order") == NEWEST


def test_a_page_that_cannot_be_written_is_not_there_at_all_and_the_run_has_failed(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_arguments: object) -> None:
        raise PermanentError("the disk is full")

    def fill_the_disk() -> None:
        monkeypatch.setattr("crossdock.store.imports.quarantine.QuarantineWriter.flush", full)

    later = Page([item(order(2), "2")], cursor="2024-04-01T00:00:00Z")
    report = run(store, orders(1), later, listener=Listening(fill_the_disk))
    assert (report.outcome, report.session_errors) == ("failed", ("the disk is full",))
    assert store.counts()["order"] == 1
    assert store.cursor(SHOP, "order") == NEWEST
    monkeypatch.undo()
    assert counts(run(store, orders(1), later)) == {"unchanged": 1, "created": 1}


def test_a_stop_ends_the_run_after_the_page_in_work_and_the_next_one_goes_on(store: Store) -> None:
    stop = threading.Event()
    report = run(store, orders(1), orders(2), orders(3), stop=stop, listener=Listening(stop.set))
    assert (report.outcome, counts(report)) == ("interrupted", {"created": 1})
    assert report.session_errors == (
        "stopped before the end; what is stored stays, and the next import goes on from there",
    )
    assert counts(run(store, orders(1), orders(2), orders(3))) == {"unchanged": 1, "created": 2}


def test_what_is_read_without_the_cursor_is_to_be_asked_for_again_after_a_stop(store: Store) -> None:
    stop = threading.Event()
    since = ImportOptions(since=datetime(2024, 1, 1, tzinfo=UTC))
    report = run(store, orders(1), orders(2), orders(3), options=since, stop=stop, listener=Listening(stop.set))
    assert report.session_errors == (
        "stopped before the end; what is stored stays, and the rest comes with the same command once more",
    )


def test_a_stop_that_comes_when_all_is_read_takes_nothing_away(store: Store) -> None:
    stop, done = threading.Event(), threading.Event()

    def last() -> Page:
        done.set()
        return orders(2)

    def wait_for_the_end() -> None:
        done.wait(5)

    report = run(store, orders(1), last, stop=stop, listener=Listening(wait_for_the_end))
    stop.set()
    assert report.outcome == "succeeded"


def test_a_fault_of_ours_ends_the_run_as_failed_before_it_is_told(store: Store) -> None:
    with pytest.raises(ZeroDivisionError):
        run(store, orders(1), lambda: orders(1 // 0))
    (entry,) = store.runs()
    assert entry.outcome == "failed"
    assert entry.report is not None
    assert entry.report["sessionErrors"] == ["ZeroDivisionError: integer division or modulo by zero"]
    assert run(store, orders(1)).outcome == "succeeded"  # and its lease is free


def test_a_second_ctrl_c_ends_the_run_as_interrupted(store: Store) -> None:
    def interrupt() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(store, orders(1), orders(2), listener=Listening(interrupt))
    (entry,) = store.runs()
    assert entry.outcome == "interrupted"
    assert entry.report is not None
    assert entry.report["created"] == 1


def test_a_report_that_does_not_balance_is_no_success(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Tally, "add", lambda *_arguments: None)
    report = run(store, orders(1))
    assert report.outcome == "failed"
    assert report.session_errors[0].startswith("the report does not balance: 1 considered")


def test_a_report_that_cannot_be_stored_is_no_success(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_arguments: object) -> None:
        raise PermanentError("the disk is full")

    monkeypatch.setattr(Store, "finish_run", full)
    report = Importer(store).run(replace(job_of(), source=Script([orders(1)])), FULL)
    assert report.outcome == "failed"
    assert report.session_errors == ("this report could not be stored: the disk is full",)


def test_two_runs_of_one_connection_and_type_do_not_go_side_by_side(store: Store) -> None:
    busy = store.start_run(SHOP, "order", b"")
    with pytest.raises(LeaseHeldError):
        run(store, orders(1))
    store.finish_run(busy, {}, "succeeded")
    assert run(store, orders(1)).outcome == "succeeded"


def test_a_job_without_a_source_cannot_be_imported(store: Store) -> None:
    with pytest.raises(PermanentError, match="'demo-shop' has no source"):
        Importer(store).run(job_of())
