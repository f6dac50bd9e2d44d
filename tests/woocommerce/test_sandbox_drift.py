"""Pages drift while a shop is at work: what was measured on a real one, as traps that a reader must survive."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

import pytest

from crossdock.testing.sandbox import SandboxOptions

from .shop_client import Shop, running


@pytest.fixture
def shop() -> Iterator[Shop]:
    with running(SandboxOptions(records=80)) as found:
        yield found


def read_with_a_disturbance(
    shop: Shop, disturb: Callable[[list[int]], None], orderby: str, order: str
) -> tuple[set[int], set[int]]:
    """Read pages of twenty with a disturbance after the second; return the orders that were missed and seen twice."""
    before = set(shop.ids(per_page=100))
    seen: list[int] = []
    for page in range(1, 8):
        seen += shop.ids(per_page=20, page=page, orderby=orderby, order=order)
        if page == 2:
            disturb(seen)
    assert before
    return before - set(seen), {order_id for order_id, times in Counter(seen).items() if times > 1}


def test_changed_orders_make_others_slip_through_when_read_by_modification(shop: Shop) -> None:
    def change(seen: list[int]) -> None:
        for order in seen[:10]:
            shop.sandbox.shop.touch_order(order)

    missed, twice = read_with_a_disturbance(shop, change, "modified", "asc")
    assert (len(missed), len(twice)) == (10, 10)


def test_new_orders_make_others_appear_twice_when_read_newest_first(shop: Shop) -> None:
    def add(seen: list[int]) -> None:
        for _ in range(10):
            shop.sandbox.shop.create_order()

    missed, twice = read_with_a_disturbance(shop, add, "date", "desc")
    assert (len(missed), len(twice)) == (0, 10)


def test_deleted_orders_make_others_slip_through_when_read_newest_first(shop: Shop) -> None:
    def delete(seen: list[int]) -> None:
        for order in seen[:10]:
            shop.sandbox.shop.delete_order(order)

    missed, _ = read_with_a_disturbance(shop, delete, "date", "desc")
    assert len(missed) == 10


def test_a_shop_can_be_changed_from_several_threads_while_it_is_read(shop: Shop) -> None:
    bench = shop.sandbox.shop
    first, *others = shop.ids(per_page=100)
    created: list[int] = []

    def work(share: list[int]) -> None:
        for order in share[:10]:
            created.append(bench.create_order())
            bench.touch_order(order)
            bench.trash_order(order)
            bench.delete_order(order)

    threads = [threading.Thread(target=work, args=(others[start::3],)) for start in range(3)]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        page = shop.ids(per_page=100)
        assert len(set(page)) == len(page)
        assert first in page
    for thread in threads:
        thread.join()
    assert len(set(created)) == 30
    assert set(created) <= set(shop.ids(per_page=100))


def test_reading_on_from_a_second_before_the_last_stamp_misses_nothing(shop: Shop) -> None:
    before, seen, after = set(shop.ids(per_page=100)), set[int](), "2000-01-01T00:00:00"
    while True:
        query = {"modified_after": after, "dates_are_gmt": "true", "orderby": "modified", "order": "asc"}
        page = shop.get("/orders", per_page=20, **query).json()
        new = [order["id"] for order in page if order["id"] not in seen]
        if not new:
            break
        seen |= set(new)
        last = datetime.fromisoformat(page[-1]["date_modified_gmt"])
        after = (last - timedelta(seconds=1)).isoformat()
        shop.clock.tick()
        shop.sandbox.shop.touch_order(min(before))
    assert seen == before
