"""A failure budget stops a run that goes wrong massively, and takes no notice of one that does not."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given, strategies as st
from msgspec.structs import replace

from crossdock.config.failure_budget import FEWEST, FailureBudget, parse_budget
from crossdock.pipeline.importing import Importer, ImportOptions
from crossdock.pipeline.reporting.report import TransferReport
from crossdock.plugins.connector import Page
from crossdock.plugins.manipulator import Fail
from crossdock.store import Store
from tests.woocommerce.shops import open_shop

from .making import SHOP, Script, item, job_of, order, orders, step

BAD = [Page([item(b"[]", str(number))]) for number in range(1, 8)]


def run(store: Store, budget: str, *pages: Page) -> TransferReport:
    job = replace(job_of(f"max_failed = {budget}\n"), source=Script(pages))
    return Importer(store).run(job, ImportOptions(full=True))


def page(first: int, good: int, bad: int) -> Page:
    broken = [item(b"[]", str(number)) for number in range(first + good, first + good + bad)]
    return Page([*orders(*range(first, first + good)).items, *broken], cursor=f"2024-03-01T12:00:{first:02}Z")


def test_a_run_is_stopped_as_soon_as_more_have_failed_than_may(store: Store) -> None:
    report = run(store, "3", *BAD)
    assert report.outcome == "failed"
    assert report.session_errors == (
        (
            "stopped, because 4 of 4 records failed and max_failed in [connection.import.order] allows 3; "
            "`crossdock quarantine list` shows why: mend the mapping or the remote system, then "
            "`crossdock quarantine retry` and import again"
        ),
    )
    assert len(list(store.quarantine_list())) == 4


def test_what_was_stored_stays_and_the_cursor_before_the_page_that_was_too_much(store: Store) -> None:
    report = run(store, "1", page(1, 3, 1), page(11, 3, 1), page(21, 3, 1))
    assert (report.outcome, report.tally.considered, report.tally.counts["created"]) == ("failed", 8, 6)
    assert store.cursor(SHOP, "order") == "2024-03-01T12:00:01Z"


def test_one_attempt_after_the_other_does_not_fill_the_quarantine_all_the_same() -> None:
    with open_shop(records=60, page_size=10) as shop, Store.open("sqlite://") as store:
        job = replace(job_of("max_failed = 4\n", steps=step(lambda _record: Fail("no"))), source=shop.source)
        reports = [Importer(store).run(job, ImportOptions()) for _ in range(3)]
        assert [report.tally.considered for report in reports] == [10, 10, 10]
        assert len(list(store.quarantine_list())) == 10
        assert Importer(store).run(replace(job, steps=()), ImportOptions()).tally.counts["created"] == 60
        assert list(store.quarantine_list()) == []


@pytest.mark.parametrize("budget", ["7", '"100%"', '"1%"'])
def test_a_run_within_its_budget_goes_on(store: Store, budget: str) -> None:
    report = run(store, budget, *BAD)  # seven are too few for a share
    assert (report.outcome, report.tally.counts["failed"]) == ("succeeded", 7)


@pytest.mark.parametrize(("bad", "outcome"), [(2, "succeeded"), (3, "failed")])
def test_a_share_is_one_of_what_was_considered(store: Store, bad: int, outcome: str) -> None:
    report = run(store, '"2%"', page(1, 100 - bad, bad), page(401, 1, 0))
    assert report.outcome == outcome
    if outcome == "failed":
        assert "3 of 100 records failed" in report.session_errors[0]
        assert "allows 2%" in report.session_errors[0]


@given(st.integers(0, 100_000), st.integers(0, 100_000), st.integers(0, 10_000))
def test_a_share_is_judged_from_a_hundred_records_on(failed: int, more: int, basis_points: int) -> None:
    budget = parse_budget(f"{basis_points / 100}%")
    considered = failed + more
    told = budget.is_spent(failed, considered)
    assert told == (considered >= FEWEST and failed * 10_000 > basis_points * considered)


@pytest.mark.parametrize("value", ["1", "1 %", "101%", "-1%", "%", -1, 1.5, True, None, "lots"])
def test_what_is_no_budget_is_refused_with_the_remedy(value: object) -> None:
    with pytest.raises(
        ValueError, match=r'is neither a number of records, such as 50, nor a share of them, such as "1%"'
    ):
        parse_budget(value)


def test_what_is_no_budget_is_told_as_it_stands_in_the_file() -> None:
    for value, shown in ((Decimal("1.5"), "1.5"), (True, "true"), ("1,5%", "'1,5%'")):
        with pytest.raises(ValueError, match=f"^{shown} is neither"):
            parse_budget(value)


def test_what_is_written_is_what_is_told() -> None:
    assert [str(parse_budget(one)) for one in (0, 50, "1%", "0.5%", "100%")] == ["0", "50", "1%", "0.5%", "100%"]
    assert parse_budget(FailureBudget(5)) == FailureBudget(5)


def test_a_good_order_never_counts(store: Store) -> None:
    assert run(store, "0", orders(1, 2)).outcome == "succeeded"
    assert run(store, "0", Page([item(order(3), "3"), item(b"{", "4")])).outcome == "failed"
