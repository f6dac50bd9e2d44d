"""Retention: what is too old goes, in small transactions; what is still needed stays."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from crossdock.config import RetentionConfig
from crossdock.store import Quarantined, Store, retention
from crossdock.store.events.deliveries import Delivered
from crossdock.store.events.event import EventFollower
from crossdock.store.events.log_events import LogEvent
from crossdock.store.reads.feed import Wanted
from crossdock.store.retention import Expired
from tests.databases import contents
from tests.events.receiving import subscription
from tests.store.shop import (
    CONFIG,
    EARLY,
    ERP,
    LATER,
    OPERATOR,
    SHOP,
    entry,
    incoming,
    local_id,
    order,
    running,
    stored,
    write,
)

DAY = timedelta(days=1)
ALL = RetentionConfig(payloads=5 * DAY, history=5 * DAY, runs=5 * DAY, events=5 * DAY)


class Clock:
    """A clock that goes on when it is told to."""

    def __init__(self) -> None:
        self.now = datetime(2026, 1, 1, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def pass_days(self, days: int) -> None:
        self.now += days * DAY


def note(store: Store, text: str, remote_id: str = "138") -> None:
    """Change a record."""
    store.write_record(OPERATOR, "order", local_id(store, remote_id), lambda one: {**one, "customerNote": text})


def test_forever_is_forever(url: str) -> None:
    clock = Clock()
    with Store.open(url, clock=clock) as store:
        write(store, incoming(order("138")))
        note(store, "one")
        store.log_events.add(ERP, LogEvent("error", "down", LATER))
        clock.pass_days(10_000)
        before = contents(url)
        assert store.retention.apply(RetentionConfig()) == store.retention.due(RetentionConfig()) == Expired()
        assert contents(url) == before


def test_payloads_go_after_their_time_and_nothing_else_does(url: str) -> None:
    clock = Clock()
    with Store.open(url, clock=clock) as store:
        write(store, incoming(order("138")))
        clock.pass_days(10)
        write(store, incoming(order("139")))
        before = [stored(store, "138"), stored(store, "139")]
        ages = RetentionConfig(payloads=5 * DAY)
        assert store.retention.due(ages) == Expired(payloads=1)
        assert store.retention.apply(ages) == Expired(payloads=1)
        assert store.payload(SHOP, "order", "138") is None
        assert store.payload(SHOP, "order", "139") is not None
        assert [stored(store, "138"), stored(store, "139")] == before
        assert set(store.known(SHOP, "order", ["138", "139"])) == {"138", "139"}
        assert store.retention.apply(ages) == Expired()


def test_an_import_of_the_same_thing_is_still_unchanged(url: str) -> None:
    clock = Clock()
    with Store.open(url, clock=clock) as store:
        write(store, incoming(order("138")))
        clock.pass_days(10)
        store.retention.apply(ALL)
        known = store.known(SHOP, "order", ["138"])["138"]
        assert known.digest == incoming(order("138")).digest


def test_history_goes_but_for_who_created_what_is_there(url: str) -> None:
    clock = Clock()
    with Store.open(url, clock=clock) as store:
        made = store.write_record(OPERATOR, "order", None, {"customerNote": "first"})
        gone = store.write_record(OPERATOR, "order", None, {"customerNote": "gone"})
        store.write_record(OPERATOR, "order", made.local_id, {"customerNote": "second"})
        store.delete_record(OPERATOR, "order", gone.local_id)
        clock.pass_days(10)
        store.write_record(OPERATOR, "order", made.local_id, {"customerNote": "third"})
        assert store.retention.due(ALL) == store.retention.apply(ALL) == Expired(history=4)
        assert [(line.path, line.old, line.new) for line in store.history("order", made.local_id)] == [
            ("", None, {}),
            ("customerNote", "second", "third"),
        ]
        assert store.history("order", gone.local_id) == []
        created = store.entry_history.page("order", made.local_id)
        assert created is not None
        assert [(one.event, one.actor_name) for one in created.changes] == [("created", "kim")]
        assert store.retention.due(ALL) == Expired()


def test_runs_go_but_for_the_last_of_each_kind_and_those_that_are_needed(url: str) -> None:
    clock = Clock()
    with Store.open(url, clock=clock) as store:
        failed = Quarantined("7", b"{}", "no", "RecordError", "map", CONFIG)
        with running(store):
            pass
        clock.pass_days(1)
        write(store, failed)
        clock.pass_days(1)
        write(store, incoming(order("138")), cursor=LATER)
        for _failure in range(2):
            run = store.start_run(SHOP, "order", CONFIG)
            store.finish_run(run, {}, "failed")
            clock.pass_days(1)
        clock.pass_days(9)
        going_on = store.start_run(SHOP, "order", CONFIG)
        before = store.runs()
        assert store.retention.due(ALL).runs == store.retention.apply(ALL).runs == 2
        left = store.runs()
        assert [one.outcome for one in left] == ["running", "failed", "succeeded", "succeeded"]
        assert [one for one in before if one in left] == left
        [waiting] = store.quarantine_list()
        assert waiting.run_id in {one.run_id for one in left}
        store.finish_run(going_on, {}, "succeeded")


def test_events_that_wait_for_a_receiver_stay_and_so_do_tombstones_and_deliveries(url: str) -> None:
    clock = Clock()
    with Store.open(url, clock=clock, followers=(EventFollower([subscription()]),)) as store:
        gone = store.write_record(OPERATOR, "order", None, {"customerNote": "gone"})
        position = store.feed.page(Wanted("order")).position
        store.delete_record(OPERATOR, "order", gone.local_id)
        store.deliveries.take(Delivered(SHOP, "d1", "order", "9", LATER, b"{}"))
        write(store, Quarantined("7", b"{}", "no", "RecordError", "map", CONFIG))
        store.log_events.add(ERP, LogEvent("error", "old", EARLY))
        clock.pass_days(10)
        store.log_events.add(ERP, LogEvent("error", "new", EARLY))
        waiting = store.outbox.count()
        assert store.retention.apply(ALL).events == 1
        assert [one.event.summary for one in store.log_events.list()] == ["new"]
        assert store.outbox.count() == waiting > 0
        assert len(store.deliveries.next(SHOP, "order", 5)) == 1
        assert len(store.quarantine_list()) == 1
        assert [one.local_id for one in store.feed.page(Wanted("order"), position).deleted] == [gone.local_id]


def test_much_goes_in_small_transactions_and_a_failure_leaves_the_rest_for_later(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = Clock()
    monkeypatch.setattr(retention, "_BATCH", 4)
    with Store.open(url, clock=clock) as store:
        write(store, *(incoming(order(str(number), customData=entry(SHOP, "n", number))) for number in range(10)))
        clock.pass_days(10)
        assert store.retention.apply(ALL, stopped=lambda: True) == Expired()
        sizes: list[int] = []
        begin = store._database.write

        def counted() -> Any:
            sizes.append(store.count_payloads(SHOP, "order").kept)
            if len(sizes) == 3:
                raise KeyboardInterrupt
            return begin()

        monkeypatch.setattr(store._database, "write", counted)
        with pytest.raises(KeyboardInterrupt):
            store.retention.apply(ALL)
        assert sizes == [10, 6, 2]
        assert store.retention.apply(ALL).payloads == 2
