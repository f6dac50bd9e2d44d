"""Deliveries are kept once, given in the order in which they came, and forgotten when they were processed long ago."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

from msgspec.structs import replace

from crossdock.store import Store
from crossdock.store.events.deliveries import Delivered
from tests.store.shop import EARLY, ERP, SHOP

ODD = "a\\b\0c|%2F/\N{PARTY POPPER}"


def delivered(number: str = "d1", payload: bytes | None = b'{"id":7}', record_type: str = "order") -> Delivered:
    return Delivered(SHOP, number, record_type, "7", EARLY, payload)


def test_what_was_taken_waits_until_it_is_done(store: Store) -> None:
    one = delivered()
    assert store.deliveries.take(one)
    assert store.deliveries.waiting() == [(SHOP, "order")]
    assert store.deliveries.next(SHOP, "order", 10) == [one]
    store.deliveries.done([one])
    assert store.deliveries.waiting() == []
    assert store.deliveries.next(SHOP, "order", 10) == []


def test_each_is_taken_once_also_after_it_is_done(store: Store) -> None:
    assert store.deliveries.take(delivered())
    assert not store.deliveries.take(delivered(payload=b"another"))
    store.deliveries.done([delivered()])
    assert not store.deliveries.take(delivered())
    assert store.deliveries.take(replace(delivered(), connection_id=ERP))  # ids are each connection's own


def test_of_many_who_bring_the_same_one_is_heard(store: Store) -> None:
    with ThreadPoolExecutor(8) as pool:
        taken = list(pool.map(lambda _index: store.deliveries.take(delivered()), range(16)))
    assert sorted(taken) == [False] * 15 + [True]


def test_they_are_given_in_the_order_in_which_they_came(url: str) -> None:
    minutes = iter(range(100))
    with Store.open(url, clock=lambda: datetime(2024, 3, 3, 14, next(minutes), tzinfo=UTC)) as store:
        for number in ("c", "a", "b"):
            store.deliveries.take(delivered(number))
        store.deliveries.take(delivered("d", record_type="product"))
        assert [one.delivery_id for one in store.deliveries.next(SHOP, "order", 2)] == ["c", "a"]
        assert store.deliveries.waiting() == [(SHOP, "order"), (SHOP, "product")]


def test_any_text_and_any_bytes_survive(store: Store) -> None:
    odd = Delivered(SHOP, ODD, "order", None, None, b"\x00\xff" * 100, ODD)
    assert store.deliveries.take(odd)
    assert store.deliveries.next(SHOP, "order", 1) == [odd]
    assert not store.deliveries.take(odd)


def test_without_a_payload_there_is_nothing_to_wait_for(store: Store) -> None:
    assert store.deliveries.take(delivered(payload=None))
    assert store.deliveries.waiting() == []


def test_what_was_processed_long_ago_is_forgotten_and_what_waits_is_not(store: Store) -> None:
    for number in ("done", "waits"):
        store.deliveries.take(delivered(number))
    store.deliveries.done([delivered("done")])
    assert store.deliveries.forget(timedelta(days=1)) == 0
    assert store.deliveries.forget(timedelta(0)) == 1
    assert [one.delivery_id for one in store.deliveries.next(SHOP, "order", 10)] == ["waits"]
    assert store.deliveries.take(delivered("done"))
