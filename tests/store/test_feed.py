"""A program that polls the changes has, in the end, what the store has: each version once, none missed."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, strategies as st

from crossdock.records import Working
from crossdock.store import Store
from crossdock.store.reads.feed import ChangePage, Position, UnknownPositionError, Wanted
from crossdock.store.reads.search import EntryIndex
from tests.databases import Slate
from tests.store.shop import ERP, OPERATOR, SHOP, entry, incoming, order, write

ORDERS = Wanted("order")


class Mirror:
    """A reader that keeps what it was told."""

    def __init__(self, store: Store, wanted: Wanted = ORDERS, limit: int = 3) -> None:
        self.store, self.wanted, self.limit = store, wanted, limit
        self.position: Position | None = None
        self.records: dict[str, Working] = {}
        self.told: list[tuple[str, int]] = []

    def poll(self) -> None:
        """Read on until nothing is waiting."""
        while self._read().more:
            pass

    def _read(self) -> ChangePage:
        page = self.store.feed.page(self.wanted, self.position, self.limit)
        assert len(page.records) + len(page.deleted) <= self.limit
        self.position = page.position
        self.told += [(one["localId"], one["version"]) for one in page.records]
        self.told += [(one.local_id, one.version) for one in page.deleted]
        self.records |= {one["localId"]: one for one in page.records}
        for one in page.deleted:
            self.records.pop(one.local_id, None)
        return page


def put(store: Store, local_id: str | None = None, **fields: Any) -> str:
    return store.write_record(OPERATOR, "order", local_id, lambda before: {**before, **fields}).local_id


def there(store: Store) -> dict[str, Working]:
    return {one["localId"]: one for one in store.records("order")}


def notes(page: ChangePage) -> list[str]:
    return [one["customerNote"] for one in page.records]


def test_changes_come_in_the_order_of_their_commits_and_each_record_once(store: Store) -> None:
    first, _second = put(store, customerNote="a"), put(store, customerNote="b")
    put(store, first, customerNote="c")
    assert notes(store.feed.page(ORDERS)) == ["b", "c"]


def test_pages_follow_each_other_without_gap_or_overlap(store: Store) -> None:
    for number in range(7):
        put(store, customerNote=str(number))
    reader = Mirror(store)
    reader.poll()
    assert len(reader.told) == 7
    assert reader.records == there(store)


def test_a_reader_at_the_end_is_told_only_what_comes(store: Store) -> None:
    put(store, customerNote="a")
    end = store.feed.page(ORDERS).position
    assert store.feed.page(ORDERS, end).records == ()
    put(store, customerNote="b")
    assert notes(store.feed.page(ORDERS, end)) == ["b"]


def test_other_record_types_are_not_told(store: Store) -> None:
    store.write_record(OPERATOR, "product", None, {"sku": "x"})
    page = store.feed.page(ORDERS)
    assert (page.records, page.more) == ((), False)


def test_a_deleted_record_is_told_with_its_remote_ids(store: Store) -> None:
    gone = put(store, remoteIdMap={SHOP: "138"})
    store.delete_record(OPERATOR, "order", gone)
    page = store.feed.page(ORDERS)
    [deletion] = page.deleted
    assert (deletion.local_id, deletion.version, deletion.remote_id_map) == (gone, 2, {SHOP: "138"})
    assert page.records == ()


@pytest.mark.parametrize(
    ("since", "expected"),
    [
        ("2024-03-03T14:09:26Z", ["whole", "fraction", "next"]),
        ("2024-03-03T14:09:27Z", ["whole", "fraction", "next"]),  # inclusive
        ("2024-03-03T14:09:27.500000Z", ["fraction", "next"]),
        ("2024-03-03T14:09:27.500001Z", ["next"]),
        ("2024-03-03T14:09:28Z", ["next"]),
        ("2024-03-03T14:09:28.000001Z", []),
    ],
)
def test_since_is_inclusive_to_the_microsecond(url: str, since: str, expected: list[str]) -> None:
    start = datetime(2024, 3, 3, 14, 9, 27, tzinfo=UTC)
    moments = {"whole": start, "fraction": start + timedelta(milliseconds=500), "next": start + timedelta(seconds=1)}
    clock = _Clock(start)
    with Store.open(url, clock=clock) as store:
        for name, clock.moment in moments.items():
            put(store, customerNote=name)
        assert notes(store.feed.page(Wanted("order", since=since))) == expected


class _Clock:
    def __init__(self, moment: datetime) -> None:
        self.moment = moment

    def __call__(self) -> datetime:
        return self.moment


def test_what_is_committed_after_the_reading_began_is_told_whatever_its_time(url: str) -> None:
    """A page of an import takes its time before it gets the lock: it may be committed after a younger one."""
    clock = _Clock(datetime(2024, 3, 3, 12, tzinfo=UTC))
    with Store.open(url, clock=clock) as store:
        put(store, customerNote="young")
        reader = Mirror(store, Wanted("order", since="2024-03-03T12:00:00Z"))
        reader.poll()
        clock.moment -= timedelta(seconds=1)
        put(store, customerNote="late commit")
        reader.poll()
    assert {one["customerNote"] for one in reader.records.values()} == {"young", "late commit"}


def test_a_first_reading_keeps_to_its_time_on_every_page(url: str) -> None:
    clock = _Clock(datetime(2024, 3, 3, 12, tzinfo=UTC))
    with Store.open(url, clock=clock) as store:
        for number, seconds in enumerate([0, 2, 0, 2, 0, 2, 0]):
            clock.moment = datetime(2024, 3, 3, 12, 0, seconds, tzinfo=UTC)
            put(store, customerNote=str(number))
        reader = Mirror(store, Wanted("order", since="2024-03-03T12:00:01Z"), limit=1)
        reader.poll()
    assert sorted(one["customerNote"] for one in reader.records.values()) == ["1", "3", "5"]


def test_statuses_choose_records_and_deletions_are_told_anyway(store: Store) -> None:
    put(store, customerNote="a", orderStatus="processing", paymentStatus="paid", shippingStatus="unshipped")
    put(store, customerNote="b", orderStatus="processing", paymentStatus="unpaid")
    gone = put(store, orderStatus="draft")
    store.delete_record(OPERATOR, "order", gone)
    page = store.feed.page(Wanted("order", statuses={"status": "processing", "payment_status": "paid"}))
    assert notes(page) == ["a"]
    assert [one.local_id for one in page.deleted] == [gone]
    assert notes(store.feed.page(Wanted("order", statuses={"shipping_status": "unshipped"}))) == ["a"]


def test_a_remote_id_chooses_one_record_of_that_connection(store: Store) -> None:
    write(store, incoming(order("1", customerNote="a")), incoming(order("11", customerNote="b"), "2"))
    put(store, remoteIdMap={ERP: "1"}, customerNote="c")
    assert notes(store.feed.page(Wanted("order", remote_id=(SHOP, "1")))) == ["a"]
    assert notes(store.feed.page(Wanted("order", remote_id=(ERP, "1")))) == ["c"]
    assert notes(store.feed.page(Wanted("order", remote_id=(ERP, "11")))) == []


def test_a_remote_id_chooses_deletions_as_well(store: Store) -> None:
    for remote_id in ('1"', 'x%_"1"', "1"):
        store.delete_record(OPERATOR, "order", put(store, remoteIdMap={SHOP: remote_id}))
    page = store.feed.page(Wanted("order", remote_id=(SHOP, '1"')))
    assert [one.remote_id_map for one in page.deleted] == [{SHOP: '1"'}]


def test_deletions_are_told_by_their_own_time(url: str) -> None:
    clock = _Clock(datetime(2024, 3, 3, 12, tzinfo=UTC))
    with Store.open(url, clock=clock) as store:
        early, late = put(store), put(store)
        store.delete_record(OPERATOR, "order", early)
        clock.moment += timedelta(seconds=1)
        store.delete_record(OPERATOR, "order", late)
        page = store.feed.page(Wanted("order", since="2024-03-03T12:00:00.500000Z"))
    assert [one.local_id for one in page.deleted] == [late]


def test_filters_hold_together(url: str) -> None:
    clock, index = _Clock(datetime(2024, 3, 3, 12, tzinfo=UTC)), EntryIndex()
    entries = entry(ERP, "a", "1", module="x-a") | entry(ERP, "b", "2", module="x-a")
    right: Working = {
        "orderStatus": "draft",
        "paymentStatus": "paid",
        "remoteIdMap": {SHOP: "1"},
        "customData": entries,
    }
    wrong: list[Working] = [
        {"orderStatus": "failed"},
        {"paymentStatus": "unpaid"},
        {"remoteIdMap": {SHOP: "2"}},
        {"customData": entry(ERP, "a", "1", module="x-a")},
    ]
    wanted = Wanted(
        "order",
        "2024-03-03T12:00:00.500000Z",
        {"status": "draft", "payment_status": "paid"},
        (SHOP, "1"),
        [index.filter(f"{ERP}|x-a|a", "1"), index.filter(f"{ERP}|x-a|b", "2")],
    )
    with Store.open(url, clock=clock, followers=(index,)) as store:
        changed = put(store, customerNote="it", **right)
        put(store)
        assert notes(store.feed.page(wanted)) == []  # too early
        clock.moment += timedelta(seconds=1)
        put(store, changed, customerNote="it is")
        assert notes(store.feed.page(wanted)) == ["it is"]
        for fields in wrong:
            put(store, changed, **fields)
            assert store.feed.page(wanted).records == ()
            put(store, changed, **right)
        assert notes(store.feed.page(wanted, Position(0, 0))) == ["it is"]


def test_a_position_ahead_of_the_store_is_of_another_one(store: Store) -> None:
    put(store)
    with pytest.raises(UnknownPositionError, match="position 9 is ahead of this store, whose last change is 1"):
        store.feed.page(ORDERS, Position(9, 0))


ACTS = st.lists(
    st.one_of(
        st.tuples(st.just("create"), st.integers(1, 4)),
        st.tuples(st.just("change"), st.integers(0, 5)),
        st.tuples(st.just("delete"), st.integers(0, 5)),
        st.tuples(st.just("poll"), st.integers(1, 3)),
    ),
    max_size=25,
)


@given(acts=ACTS)
def test_however_writes_and_polls_alternate_the_mirror_equals_the_store(
    slate: Slate, acts: list[tuple[str, int]]
) -> None:
    with slate.store() as store:
        reader = Mirror(store)
        made: list[str] = []
        for step, (act, number) in enumerate(acts):
            if act == "create":
                made += [put(store, customerNote=f"{step}.{one}") for one in range(number)]
            elif act == "poll":
                reader.limit = number
                reader.poll()
            elif made and act == "change":
                put(store, made[number % len(made)], customerNote=f"{step}")
            elif made:
                store.delete_record(OPERATOR, "order", made.pop(number % len(made)))
        reader.poll()
        assert reader.records == there(store)
        assert len(set(reader.told)) == len(reader.told)


@pytest.fixture
def writers(url: str) -> Iterator[list[threading.Thread]]:
    """Three that write at once, each with a connection of its own."""

    def work(name: str) -> None:
        with Store.open(url) as own:
            made = [put(own, customerNote=name) for _ in range(8)]
            for number in range(12):
                put(own, made[number % 8], customerNote=f"{name}.{number}")
            for local_id in made[:3]:
                own.delete_record(OPERATOR, "order", local_id)

    threads = [threading.Thread(target=work, args=(name,)) for name in "abc"]
    yield threads
    for thread in threads:
        thread.join()


def test_a_reader_that_polls_while_others_write_misses_nothing(store: Store, writers: list[threading.Thread]) -> None:
    reader = Mirror(store)
    for writer in writers:
        writer.start()
    while any(writer.is_alive() for writer in writers):
        reader.poll()
    reader.poll()
    assert reader.records == there(store)
    assert len(reader.records) == 3 * 5
    assert len(set(reader.told)) == len(reader.told)
