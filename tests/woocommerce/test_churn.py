"""Full and incremental reads while the shop is busy: nothing is missed, nothing comes twice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from random import Random

import pytest

from crossdock.plugins.connector import Page
from crossdock.testing.sandbox import Request
from crossdock_woocommerce.sandbox.shop import Shop
from crossdock_woocommerce.sandbox.store import Table
from tests.woocommerce.shops import OpenShop, ids_of, items_of, open_shop

HIDDEN = {"trash", "checkout-draft"}


class ShopClock:
    """The shop's time; it moves when a test says so."""

    def __init__(self, start: str = "2026-11-20T12:00:00+00:00") -> None:
        self.moment = datetime.fromisoformat(start).astimezone(UTC)

    def __call__(self) -> datetime:
        return self.moment

    def tick(self, seconds: int) -> None:
        self.moment += timedelta(seconds=seconds)


class Churn:
    """Changes orders at random before each request, as long as it lasts; knows which ones it never touched."""

    def __init__(self, shop: Shop, clock: ShopClock, random: Random, requests: int) -> None:
        self._shop, self._clock, self._random, self._requests = shop, clock, random, requests
        self.untouched = set(listed(shop))
        self.changes = 0

    def __call__(self, _: Request) -> None:
        if self._requests <= 0:
            return
        self._requests -= 1
        self._clock.tick(self._random.choice([0, 0, 1, 2]))
        for _n in range(self._random.randrange(12)):
            self.changes += 1
            numbers = sorted(listed(self._shop))
            kind = self._random.choice(["touch", "touch", "create", "trash", "delete"])
            if kind == "create" or not numbers:
                self._shop.create_order()
                continue
            number = self._random.choice(numbers)
            getattr(self._shop, f"{kind}_order")(number)
            self.untouched.discard(number)


def listed(shop: Shop) -> dict[int, str]:
    return {row.id: f"{row.modified}Z" for row in shop.orders if row.status not in HIDDEN}


def pairs_of(pages: list[Page]) -> list[tuple[int, str | None]]:
    return [(int(item.remote_id), item.modified) for item in items_of(pages)]


def once(pairs: list[tuple[int, str | None]]) -> bool:
    return max(Counter(pairs).values(), default=1) == 1


@pytest.mark.parametrize("seed", range(8))
def test_a_full_read_and_the_next_one_miss_and_repeat_nothing(seed: int) -> None:
    random = Random(seed)
    clock = ShopClock()
    with open_shop(records=150, page_size=random.choice([5, 20, 100]), now=clock) as shop:
        before = listed(shop.shop)
        churn = Churn(shop.shop, clock, random, requests=40)
        shop.server.hooks.append(churn)
        full = shop.read()
        pairs = pairs_of(full)
        assert churn.changes > 0
        assert once(pairs)
        assert {(number, before[number]) for number in churn.untouched} <= set(pairs)

        cursor = full[-1].cursor
        assert cursor is not None
        assert cursor <= f"{clock.moment:%Y-%m-%dT%H:%M:%SZ}"
        shop.server.hooks.clear()
        clock.tick(3)
        later = pairs_of(shop.read(since=cursor))
        assert once(later)
        assert set(listed(shop.shop).items()) <= {*pairs, *later}


@pytest.mark.parametrize("seed", range(5))
def test_a_chain_of_incremental_reads_keeps_up_with_a_busy_shop(seed: int) -> None:
    random = Random(1000 + seed)
    clock = ShopClock()
    with open_shop(records=60, page_size=7, now=clock) as shop:
        seen = set(pairs_of(pages := shop.read()))
        cursor = pages[-1].cursor
        shop.server.hooks.append(Churn(shop.shop, clock, random, requests=60))
        for _ in range(8):
            pages = shop.read(since=cursor)
            assert once(pairs_of(pages))
            seen.update(pairs_of(pages))
            cursor = next((page.cursor for page in reversed(pages) if page.cursor), cursor)
        shop.server.hooks.clear()
        clock.tick(3)
        seen.update(pairs_of(shop.read(since=cursor)))
        assert set(listed(shop.shop).items()) <= seen


@pytest.mark.parametrize("busy", [False, True])
def test_130_orders_of_one_second_are_read_in_pages_of_20(busy: bool) -> None:
    clock = ShopClock()
    with open_shop(records=200, page_size=20, now=clock) as shop:
        crowd = sorted(listed(shop.shop))[:130]
        for number in crowd:
            shop.shop.touch_order(number)
        second = f"{clock.moment:%Y-%m-%dT%H:%M:%SZ}"
        clock.tick(5)
        shop.shop.touch_order(max(listed(shop.shop)))
        clock.tick(5)
        churn = Churn(shop.shop, clock, Random(7), requests=25 if busy else 0)
        shop.server.hooks.append(churn)
        full = pairs_of(shop.read())
        shop.server.hooks.clear()
        assert once(full)
        assert {(number, second) for number in crowd if number in churn.untouched} <= set(full)
        if not busy:
            assert set(listed(shop.shop).items()) == set(full)
            since = pairs_of(shop.read(since=second))
            assert sorted(number for number, time in since if time == second) == crowd
            assert len(since) == 131


def test_130_orders_changed_in_the_very_second_of_reading_are_read() -> None:
    clock = ShopClock()
    with open_shop(records=150, page_size=20, now=clock) as shop:
        for number in sorted(listed(shop.shop))[:130]:
            shop.shop.touch_order(number)
        pages = shop.read()
        assert set(pairs_of(pages)) == set(listed(shop.shop).items())
        shop.shop.touch_order(max(listed(shop.shop)))  # still in that second
        seen = {*pairs_of(pages), *pairs_of(shop.read(since=pages[-1].cursor))}
        assert set(listed(shop.shop).items()) <= seen


@pytest.mark.parametrize("turn", ["2025-10-26T00:57:00+00:00", "2025-03-30T00:57:00+00:00"])
def test_the_hour_in_which_the_clocks_change_is_like_any_other(turn: str) -> None:
    clock = ShopClock(turn)
    with open_shop(records=90, page_size=4, now=clock) as shop:
        numbers = sorted(listed(shop.shop))[:60]
        start = f"{clock.moment:%Y-%m-%dT%H:%M:%SZ}"
        for number in numbers:  # 125 minutes, through both hours that are called two o'clock
            shop.shop.touch_order(number)
            clock.tick(125)
        changed = {number: time for number, time in listed(shop.shop).items() if number in numbers}
        for since in sorted(changed.values())[::7]:
            expected = {(number, time) for number, time in listed(shop.shop).items() if time >= since}
            found = pairs_of(shop.read(since=since))
            assert once(found)
            assert set(found) == expected
        assert {*numbers} <= {number for number, _ in pairs_of(shop.read(since=start))}


# --- products, variations and customers -----------------------------------------------------------------------------


def change(table: Table, clock: ShopClock, number: int) -> None:
    """Move a record's modification time, as saving it does."""
    row = table.get(number)
    assert row is not None
    gmt = f"{clock.moment:%Y-%m-%dT%H:%M:%S}"
    table.put({**table.document(row), "date_modified_gmt": gmt})


def tables(shop: OpenShop, record_type: str) -> list[Table]:
    return [shop.shop.products, shop.shop.variations] if record_type == "product" else [shop.shop.customers]


def state(found: list[Table]) -> set[tuple[int, str | None]]:
    return {(row.id, f"{row.modified}Z") for table in found for row in table}


def disturb(
    shop: OpenShop, found: list[Table], clock: ShopClock, random: Random, gone: set[int]
) -> Callable[[Request], None]:
    budget = 25

    def hook(_: Request) -> None:
        nonlocal budget
        budget -= 1
        if budget < 0:
            return
        clock.tick(random.choice([0, 1, 2]))
        with shop.shop.lock:
            for _n in range(random.randrange(3)):
                table = random.choice(found)
                number = random.choice([row.id for row in table])
                gone.add(number)
                if random.random() < 0.6:
                    change(table, clock, number)
                    continue
                table.remove(number)
                orphans = [row.id for row in shop.shop.variations if row.parent == number]
                for child in orphans if table is shop.shop.products else ():
                    gone.add(child)  # goes with its product
                    shop.shop.variations.remove(child)

    return hook


@pytest.mark.parametrize("record_type", ["product", "customer"])
@pytest.mark.parametrize("seed", range(6))
def test_products_and_customers_are_read_while_they_change_and_vanish(record_type: str, seed: int) -> None:
    random = Random(seed)
    clock = ShopClock()
    with open_shop(records=30, page_size=4, now=clock) as shop:
        found = tables(shop, record_type)
        before, disturbed = state(found), set[int]()
        hook = disturb(shop, found, clock, random, disturbed)
        shop.server.hooks.append(hook)
        pages = shop.read(record_type)
        pairs = pairs_of(pages)
        assert len(ids_of(pages)) == len(set(ids_of(pages)))
        assert {pair for pair in before if pair[0] not in disturbed} <= set(pairs)

        cursor = pages[-1].cursor
        assert cursor is not None
        later = pairs_of(shop.read(record_type, cursor))  # the shop may still be busy
        clock.tick(3)
        shop.server.hooks.clear()
        last = pairs_of(shop.read(record_type, cursor))
        assert state(found) <= {*pairs, *later, *last}
