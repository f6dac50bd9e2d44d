"""A clock that is set to another time: no record gets older, no run two places, and nothing is written twice."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from crossdock.store import LeaseLostError, PageWrite, Store
from crossdock.store.sql.moment import to_text
from tests.databases import run_sql
from tests.store.shop import CONFIG, EARLY, IMPORT, LATER, OPERATOR, SHOP, incoming, local_id, order, stored, write

NOON = datetime(2024, 3, 3, 12, 0, tzinfo=UTC)


class Clock:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> datetime:
        return self.now


def edit(store: Store, channel: str) -> None:
    store.write_record(OPERATOR, "order", local_id(store), lambda record: {**record, "channel": channel})


@pytest.mark.parametrize("back", [timedelta(milliseconds=500), timedelta(hours=1), timedelta(days=400)])
def test_a_record_gets_no_older_by_a_clock_that_is_set_back(url: str, back: timedelta) -> None:
    clock = Clock()
    with Store.open(url, clock=clock) as store:
        write(store, incoming(order(channel="web")))
        clock.now -= back
        edit(store, "app")
        changed = stored(store)
        assert (changed["channel"], changed["version"]) == ("app", 2)
        assert changed["created"] == changed["lastModified"] == to_text(NOON)
        clock.now += back + timedelta(milliseconds=500)
        edit(store, "phone")
        assert stored(store)["lastModified"] == to_text(NOON + timedelta(milliseconds=500))
        history = store.history("order", changed["localId"])
        assert [entry.new for entry in history] == ["app", "phone"]  # in the order in which it happened


def test_what_the_shop_changed_is_taken_whatever_the_time_is_here(url: str) -> None:
    clock = Clock()
    with Store.open(url, clock=clock) as store:
        write(store, incoming(order(channel="web"), EARLY), cursor=EARLY)
        clock.now -= timedelta(days=3650)
        write(store, incoming(order(channel="app"), LATER), cursor=LATER)
        assert (stored(store)["channel"], store.cursor(SHOP, "order")) == ("app", LATER)
        [result] = write(store, incoming(order(channel="old"), EARLY))
        assert (result.outcome, stored(store)["channel"]) == ("unchanged", "app")


@pytest.mark.parametrize("jump", [timedelta(hours=-1), timedelta(hours=1)])
def test_a_run_whose_place_was_taken_when_the_clock_jumped_writes_nothing_more(url: str, jump: timedelta) -> None:
    clock = Clock()
    with Store.open(url, clock=clock) as store:
        first = store.start_run(SHOP, "order", CONFIG)
        store.write_page(IMPORT, first, PageWrite([incoming(order("1"))], EARLY))
        run_sql(url, "UPDATE leases SET host = 'elsewhere 1 2', pid = 1")
        clock.now += jump
        second = store.start_run(SHOP, "order", CONFIG)  # nobody has to wait until the clock has caught up
        page = PageWrite([incoming(order("1")), incoming(order("2"))], LATER)
        with pytest.raises(LeaseLostError):
            store.write_page(IMPORT, first, page)
        assert (store.counts(), store.cursor(SHOP, "order")) == ({"order": 1}, EARLY)
        results = store.write_page(IMPORT, second, page)
        assert [result.outcome for result in results] == ["unchanged", "created"]
        store.finish_run(second, {}, "succeeded")
        outcomes = {entry.run_id: entry.outcome for entry in store.runs()}
        assert outcomes == {first.run_id: "interrupted", second.run_id: "succeeded"}
