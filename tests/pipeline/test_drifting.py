"""An import tells how payloads came to differ from those before, and does what its policy says."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

import pytest
from msgspec.structs import replace

from crossdock.drift.policy import DriftPolicy
from crossdock.pipeline.importing import Importer, ImportOptions
from crossdock.pipeline.repairing.retry import retry
from crossdock.pipeline.reporting.report import TransferReport
from crossdock.plugins.connector import Page
from crossdock.store import Store
from tests.databases import contents

from .making import SHOP, Script, item, job_of, order, orders

FULL = ImportOptions(full=True)


def run(
    store: Store,
    *pages: Page | Exception | Callable[[], Page],
    policy: DriftPolicy = "warn",
    options: ImportOptions = FULL,
) -> TransferReport:
    return Importer(store).run(replace(job_of(), source=Script(pages), drift=policy), options)


def told(report: TransferReport) -> list[str]:
    return [finding.told for finding in report.drift]


def failed(store: Store) -> list[str | None]:
    return [entry.remote_id for entry in store.quarantine_list()]


def test_a_first_import_tells_nothing_and_the_next_what_is_new(store: Store, caplog: pytest.LogCaptureFixture) -> None:
    assert told(run(store, orders(1, 2))) == []
    assert caplog.text == ""
    with caplog.at_level(logging.WARNING, "crossdock.drift"):
        report = run(store, orders(3, 4, gift="yes"), orders(5, gift="no"))
    assert told(report) == ["new path gift (string)"]
    assert report.outcome == "succeeded"
    (line,) = report.as_wire()["drift"]
    assert (line["count"], line["example"], line["remoteId"], line["held"]) == (3, '"yes"', "3", False)
    assert line["proposal"] == '# "FIELD" = "gift"  # until then it is kept as custom data "gift"'
    assert "demo-shop order: payloads have drifted: new path gift (string)" in caplog.text
    (entry,) = store.drift.list(SHOP, "order")
    assert (entry.finding.count, entry.run_id, entry.waits) == (3, report.run_id, False)
    assert told(run(store, orders(6, gift="no"))) == []


def test_what_has_not_changed_is_not_looked_at(store: Store) -> None:
    run(store, orders(1, 2))
    run(store, orders(1, 2))
    known, _told = store.drift.load(SHOP, "order")
    assert known.payloads == 2


def test_only_a_run_through_everything_ends_the_learning(store: Store) -> None:
    run(store, orders(1, 2, 3), options=ImportOptions(limit=1))
    assert told(run(store, orders(1, 2, 3, gift="yes"), options=ImportOptions(limit=2))) == []
    assert told(run(store, orders(1, 2, 3, wrap="yes"))) == []
    assert told(run(store, orders(4, card="yes"))) == ["new path card (string)"]


def test_a_first_run_that_dies_has_learned_from_what_it_stored(store: Store) -> None:
    def die() -> Page:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(store, orders(1, gift="yes"), die)
    assert told(run(store, orders(2))) == []
    assert told(run(store, orders(3, gift="yes"))) == []


def test_what_was_told_is_kept_with_its_page(store: Store) -> None:
    def die() -> Page:
        raise KeyboardInterrupt

    run(store, orders(1))
    with pytest.raises(KeyboardInterrupt):
        run(store, orders(2, gift="yes"), die)
    assert [entry.finding.path for entry in store.drift.list()] == ["gift"]
    assert told(run(store, orders(3, gift="yes"))) == []


def test_a_dry_run_tells_and_keeps_nothing(url: str) -> None:
    with Store.open(url) as store:
        run(store, orders(1))
        before = contents(url)
        report = run(store, orders(2, gift="yes"), policy="quarantine", options=ImportOptions(dry_run=True))
        assert told(report) == ["new path gift (string)"]
        assert contents(url) == before


def test_a_policy_of_accepting_tells_nothing(store: Store) -> None:
    run(store, orders(1))
    assert told(run(store, orders(2, gift="yes"), policy="accept")) == []
    assert store.drift.list() == []


def test_with_quarantine_what_is_different_waits_until_it_is_accepted(store: Store) -> None:
    run(store, orders(1))
    report = run(store, Page([*orders(2, gift="yes").items, *orders(3).items]), policy="quarantine")
    assert (report.outcome, told(report), failed(store)) == ("succeeded", ["new path gift (string)"], ["2"])
    (entry,) = store.quarantine_list()
    assert (entry.stage, entry.pointer) == ("drift", "/gift")
    assert entry.error == (
        "payloads have drifted: new path gift (string). Correct the mapping if need be, then "
        "`crossdock drift accept demo-shop` and `crossdock quarantine retry`"
    )
    assert told(run(store, orders(4, gift="no"), policy="quarantine")) == []  # it was told
    assert failed(store) == ["2", "4"]
    job = job_of(drift="quarantine")
    waiting = [entry.quarantine_id for entry in store.quarantine_list()]
    assert retry(Importer(store), job, waiting).tally.counts["failed"] == 2
    store.drift.accept([entry.drift_id for entry in store.drift.list()])
    assert retry(Importer(store), job, waiting).tally.counts["created"] == 2
    assert failed(store) == []
    assert told(run(store, orders(5, gift="no"), policy="quarantine")) == []


def test_with_fail_a_run_stops_before_the_page_is_stored(store: Store) -> None:
    run(store, orders(1))
    report = run(store, orders(2), orders(3, gift="yes"), orders(4), policy="fail")
    assert (report.outcome, report.tally.considered, told(report)) == ("failed", 1, ["new path gift (string)"])
    (error,) = report.session_errors
    assert error == (
        "stopped, because payloads have drifted: new path gift (string) (first in '3'). Nothing of this page is "
        'stored, as drift = "fail" in [connection.import.order] asks for. `crossdock drift list demo-shop` shows more: '
        "correct the mapping if need be, then `crossdock drift accept demo-shop` and import again"
    )
    assert [record["displayId"] for record in store.records("order")] in (["1", "2"], ["2", "1"])
    again = run(store, orders(3, gift="yes"), policy="fail")
    assert (again.outcome, told(again), failed(store)) == ("failed", [], [])
    store.drift.accept([entry.drift_id for entry in store.drift.list()])
    assert run(store, orders(3, gift="yes"), policy="fail").outcome == "succeeded"


@pytest.mark.parametrize(
    ("policy", "outcome"), [("warn", "succeeded"), ("quarantine", "succeeded"), ("fail", "failed")]
)
def test_what_vanished_is_told_at_the_end_and_everything_is_stored(
    store: Store, policy: DriftPolicy, outcome: str
) -> None:
    run(store, orders(*range(30), gift="yes"))
    report = run(store, orders(*range(30)), policy=policy)
    assert told(report) == ["gift has vanished: it was in every payload before, and in none of the last 30"]
    assert (report.outcome, report.tally.counts["updated"], failed(store)) == (outcome, 30, [])
    assert run(store, orders(*range(30, 60)), policy=policy).outcome == "succeeded"


def test_three_orders_are_too_few_for_anything_to_have_vanished(store: Store) -> None:
    run(store, orders(*range(30), gift="yes"))
    for start in range(100, 118, 3):
        assert told(run(store, orders(start, start + 1, start + 2), options=ImportOptions())) == []
    assert len(told(run(store, orders(200, 201, 202), options=ImportOptions()))) == 1  # but the seventh time


def with_thirds() -> list[Page]:
    """58 orders, of which every third has a field."""
    return [orders(*range(0, 58, 3), third="yes"), orders(*range(1, 58, 3)), orders(*range(2, 58, 3))]


def test_what_waits_in_quarantine_is_judged_in_every_run_and_counted_in_one(store: Store) -> None:
    run(store, *with_thirds())
    newer = orders(*range(100, 106), gift="yes")
    assert told(run(store, newer, policy="quarantine")) == ["new path gift (string)"]
    known, _told = store.drift.load(SHOP, "order")
    for _ in range(15):
        report = run(store, newer, policy="quarantine")
        assert (told(report), report.tally.counts["failed"]) == ([], 6)
    retry(Importer(store), job_of(drift="quarantine"), [entry.quarantine_id for entry in store.quarantine_list()])
    assert store.drift.load(SHOP, "order")[0].encode() == known.encode()


def test_what_fails_in_mapping_and_is_read_twice_is_counted_once(store: Store) -> None:
    run(store, *with_thirds())
    broken = Page([item(order(number), f"not {number}") for number in range(100, 106)])
    assert run(store, broken, broken).tally.counts["failed"] == 12
    for _ in range(15):
        assert told(run(store, broken)) == []
    assert store.drift.load(SHOP, "order")[0].payloads == 58 + 6
    run(store, Page([item(order(number, gift="yes"), f"not {number}") for number in range(100, 106)]))
    assert store.drift.load(SHOP, "order")[0].payloads == 58 + 12


def test_a_secret_of_ours_is_taken_out_of_examples(store: Store) -> None:
    run(store, orders(1))
    importer = Importer(store, redact=lambda text: text.replace("geheim", "***"))
    fields: dict[str, Any] = {"gift": "geheim"}
    report = importer.run(replace(job_of(), source=Script([orders(2, **fields)])), FULL)
    assert report.drift[0].example == '"***"'
