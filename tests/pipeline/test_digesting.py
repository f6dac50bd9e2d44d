"""The digest knows what is overdue, whom the chain leaves stale, and what was there before."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from crossdock.drift.finding import Finding
from crossdock.errors import PermanentError, RetryableError
from crossdock.pipeline.chain import Step
from crossdock.pipeline.importing import Importer, ImportOptions
from crossdock.pipeline.reporting.digest import Account
from crossdock.pipeline.reporting.digesting import LATE, MOST_NAMED, make_digest
from crossdock.plugins.connector import Broken, Page
from crossdock.plugins.guarded import blaming
from crossdock.plugins.manipulator import Fail, Ignore
from crossdock.remote import Traffic
from crossdock.store import Store
from crossdock.store.events.log_events import LogEvent
from crossdock.store.imports.drift import DriftWrite
from crossdock.store.sql.failure import StoreBusyError, StoreLostError

from .making import SHOP, Script, connection_of, item, job_of, orders, step

DAY = timedelta(days=1)
HOURLY = 'every = "1h"\n'
NIGHTLY = 'cron = "0 3 * * *"\n'
LATER = "2024-03-02T12:00:00"


def imported(store: Store, page: Page | Exception, added: str = "", *, asked: int = 1, **changed: Any) -> None:
    """Import a page; so many requests are made for it."""
    traffic = Traffic()

    def read() -> Page:
        traffic.requests += asked
        if isinstance(page, Exception):
            raise page
        return page

    job = job_of(added, source=Script([read]), **changed)
    Importer(store, traffic=traffic).run(job, ImportOptions(full=True))


def account(store: Store, added: str = "", *, ahead: timedelta = timedelta(), since: timedelta = DAY) -> Account:
    """The account of the one connection, in a digest that is made later than now."""
    now = datetime.now(UTC) + ahead
    [found] = make_digest(store, [connection_of(added)], now - since, now).accounts
    return found


def broken(store: Store, *numbers: int) -> None:
    """Import newer orders, which fail."""

    def fail(_record: dict[str, Any]) -> Fail:
        return Fail("not today")

    imported(store, orders(*numbers, date_modified_gmt=LATER), steps=step(fail), config_hash=b"failing")


def drifted(store: Store, *paths: str) -> None:
    """Keep new paths as found."""
    run = store.start_run(SHOP, "order", b"hash")
    found = [Finding("path", path, tuple(path.split(".")), "object") for path in paths]
    store.drift.save(run.run_id, SHOP, "order", DriftWrite(b"{}", found))
    store.finish_run(run, {}, "succeeded")


def test_an_import_that_is_due_is_overdue_only_after_some_minutes(store: Store) -> None:
    imported(store, orders(1, 2), HOURLY)
    assert account(store, HOURLY).stale == []
    assert account(store, HOURLY, ahead=timedelta(hours=1) + LATE - timedelta(seconds=5)).stale == []
    [stale] = account(store, HOURLY, ahead=timedelta(hours=1) + LATE + timedelta(seconds=5)).stale
    assert (stale.record_type, stale.count) == ("order", 2)
    assert stale.why.startswith("to be imported every 1h, but the last successful import began at 2")


def test_times_of_day_are_minded(store: Store) -> None:
    imported(store, orders(1), NIGHTLY)
    assert account(store, NIGHTLY, ahead=timedelta(seconds=1)).well
    [stale] = account(store, NIGHTLY, ahead=timedelta(hours=25), since=2 * DAY).stale
    assert "at 0 3 * * *" in stale.why


def test_what_webhooks_delivered_is_no_import(store: Store) -> None:
    imported(store, orders(1), HOURLY, asked=0)
    [stale] = account(store, HOURLY).stale
    assert stale.why == "to be imported every 1h, but not imported yet"


def test_a_known_record_whose_newer_payload_failed_is_stale_and_a_new_one_is_not(store: Store) -> None:
    imported(store, orders(1, 2))
    broken(store, 2, 3)
    found = account(store)
    [trouble] = found.troubles
    assert (trouble.count, trouble.names) == (2, ("2", "3"))
    [stale] = found.stale
    assert (stale.count, stale.names) == (1, ("2",))
    assert stale.todo[0].startswith("crossdock quarantine retry --cause ")
    imported(store, orders(2, 3, date_modified_gmt="2024-03-03T12:00:00"))
    assert account(store).well


def test_a_known_record_that_the_chain_keeps_out_is_stale(store: Store) -> None:
    imported(store, orders(1))

    def keep_out(_record: dict[str, Any]) -> Ignore:
        return Ignore("no more of them", "all")

    chain: list[Step] = step(keep_out)
    imported(store, orders(1, 2, date_modified_gmt=LATER), steps=chain, config_hash=b"other")
    [stale] = account(store).stale
    assert (stale.count, stale.names) == (1, ("1",))
    assert stale.why == "ignored: known, left stale: no more of them"


def test_what_failed_before_is_counted_and_what_was_mended_since_is_no_trouble(store: Store) -> None:
    broken(store, 1, 2)
    found = account(store, ahead=2 * DAY)
    assert (found.troubles, found.waiting, found.well) == ([], 2, False)


def test_no_more_orders_are_named_than_can_be_read(store: Store) -> None:
    broken(store, *range(1, MOST_NAMED + 8))
    [trouble] = account(store).troubles
    assert (trouble.count, len(trouble.names), trouble.further) == (MOST_NAMED + 7, MOST_NAMED, 7)


def test_what_differs_from_earlier_payloads_is_told(store: Store) -> None:
    drifted(store, "gift", "gift.note")
    found = account(store)
    assert (found.drift, found.well) == ([("order", "new path gift.note (object)")], False)
    store.drift.accept([entry.drift_id for entry in store.drift.list()])
    assert account(store).well
    drifted(store, "fee")
    assert account(store, ahead=2 * DAY).drift == []


def test_what_stopped_at_drift_is_to_be_looked_at_and_accepted_before_it_is_imported_again(store: Store) -> None:
    run = store.start_run(SHOP, "order", b"hash")
    store.finish_run(run, {"drift": [{"told": "new path gift"}], "sessionErrors": ["stopped"]}, "failed")
    [trouble] = account(store, 'drift = "fail"\n').troubles
    assert trouble.todo[:3] == (
        "crossdock drift list demo-shop",
        "crossdock drift accept demo-shop",
        "crossdock import demo-shop --type order",
    )


def test_what_a_failure_budget_stopped_is_to_be_mended_and_no_shop_to_be_asked(store: Store) -> None:
    job = job_of("max_failed = 0\n")
    report = Importer(store).run(replace(job, source=Script([Page([item(b"[]", "1")])])), ImportOptions())
    assert report.outcome == "failed"
    stopped, _records = account(store).troubles
    assert stopped.todo[:4] == (
        "crossdock quarantine list --connection demo-shop",
        "Mend what it shows, then:",
        "crossdock quarantine retry --all --connection demo-shop --type order",
        "crossdock import demo-shop --type order",
    )


@pytest.mark.parametrize(
    "error", [StoreBusyError("sqlite:////data/crossdock.db"), StoreLostError("postgresql://db/crossdock", "refused")]
)
def test_what_the_store_stopped_sends_nobody_to_the_shop(store: Store, error: RetryableError) -> None:
    run = store.start_run(SHOP, "order", b"hash")
    store.finish_run(run, {"sessionErrors": [str(error)]}, "failed")
    [trouble] = account(store).troubles
    assert trouble.todo[:2] == (
        "The store is the trouble, not the remote system; do what is said of it, then:",
        "crossdock import demo-shop --type order",
    )


def test_what_a_faulty_plugin_stopped_is_to_be_repaired(store: Store) -> None:
    with pytest.raises(PermanentError) as failing, blaming(connection_of("").connector, "read"):
        raise TypeError("'NoneType' object is not iterable")
    imported(store, failing.value)
    [trouble] = account(store).troubles
    assert trouble.todo[:2] == (
        "Repair the plugin, or have it repaired, then:",
        "crossdock import demo-shop --type order",
    )


def test_records_that_failed_and_are_all_known_are_listed_once(store: Store) -> None:
    imported(store, orders(1, 2))
    broken(store, 1, 2)
    found = account(store)
    [trouble] = found.troubles
    assert (trouble.count, trouble.left_stale, found.stale) == (2, True, [])


def unusable(store: Store, *remote_ids: str | None) -> None:
    """Read what is no record, of orders that are known by their ids or by none."""
    torn = [Broken(b'{"id": "', "the record cannot be read", one) for one in remote_ids]
    imported(store, Page([], torn))


@pytest.mark.parametrize(
    ("remote_ids", "read_again"),
    [
        (["1", "2 or 3"], "--id 1 --id '2 or 3'"),
        (["1", None], "--full"),  # whose it is, is not known
        ([str(number) for number in range(11)], "--full"),  # too many to type
    ],
)
def test_what_the_remote_system_sent_unusable_is_read_again_and_not_retried(
    store: Store, remote_ids: list[str | None], read_again: str
) -> None:
    unusable(store, *remote_ids)
    [trouble] = account(store).troubles
    sentence, again, *stays, show = trouble.todo
    assert sentence == "The remote system sent something unusable. If it does so no longer, import it again:"
    assert again == f"crossdock import demo-shop --type order {read_again}"
    assert [told.partition(":")[0] for told in stays] == (
        ["An entry without an id does not leave by itself"] if None in remote_ids else []
    )
    assert show.startswith("crossdock quarantine show ")


def test_what_is_stale_because_of_something_unusable_is_read_again_and_not_retried(store: Store) -> None:
    imported(store, orders(1))
    unusable(store, "1", "2")
    [stale] = account(store).stale
    assert stale.names == ("1",)
    assert stale.todo[1:] == ("crossdock import demo-shop --type order --id 1",)


def test_what_is_only_told_for_information_leaves_nothing_to_look_into(store: Store) -> None:
    store.log_events.add(SHOP, LogEvent("info", "custom data was handed over", "2024-03-03T14:09:27Z"))
    [trouble] = account(store).troubles
    assert trouble.todo == ("crossdock log list --since 2024-03-03T14:09:27Z",)


def test_connections_that_are_no_longer_configured_are_told_by_their_id(store: Store) -> None:
    broken(store, 1)
    now = datetime.now(UTC)
    digest = make_digest(store, [], now - DAY, now)
    [found] = digest.accounts
    assert (found.connection, found.troubles[0].names) == (SHOP, ("1",))
    assert replace(digest, accounts=()).well


def test_runs_that_went_wrong_are_told_by_their_cause_and_whether_a_later_one_mended_it(store: Store) -> None:
    for error in ("gave 500 after 3 tries", "gave 500 after 4 tries"):
        failed = store.start_run(SHOP, "order", b"hash")
        store.finish_run(failed, {"sessionErrors": [error]}, "failed")
    cut = store.start_run(SHOP, "customer", b"hash")
    store.finish_run(cut, {}, "interrupted")
    orders_, customers = account(store).troubles
    assert (orders_.severity, orders_.count, orders_.summary) == ("error", 2, "failed: gave 500 after 4 tries")
    assert orders_.todo[:2] == ("crossdock check --live", "crossdock import demo-shop --type order")
    assert (customers.severity, customers.summary) == ("warning", "ended early: its process ended without a word")
    imported(store, orders(1))
    assert [one.severity for one in account(store).troubles if one.record_type == "order"] == ["info"]


def test_a_replay_that_was_cut_short_is_not_mended_by_an_import_of_what_changed(store: Store) -> None:
    imported(store, orders(1))
    cut = store.start_run(SHOP, "order", b"hash", kind="replay")
    store.finish_run(cut, {}, "interrupted")
    changes = store.start_run(SHOP, "order", b"hash")
    store.finish_run(changes, {"scope": "changes"}, "succeeded")
    [trouble] = account(store).troubles
    assert (trouble.run_kind, trouble.severity) == ("replay", "warning")
    assert trouble.todo[0] == "crossdock replay demo-shop --type order --apply"
    imported(store, orders(1))
    [trouble] = account(store).troubles
    assert (trouble.severity, trouble.todo[0]) == ("info", "Nothing: a later import succeeded.")


def test_an_import_that_failed_is_not_mended_by_one_of_single_records(store: Store) -> None:
    imported(store, PermanentError("gave 500"))
    Importer(store).run(job_of(source=Script(records={"1": orders(1).items[0].raw})), ImportOptions(ids=("1",)))
    [trouble] = account(store).troubles
    assert (trouble.severity, trouble.todo[1]) == ("error", "crossdock import demo-shop --type order")
