"""A shop that gives large pages too late, or limits the rate, is read whole: in the pages and at the pace it bears."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from crossdock.config.remote import RemoteConfig
from crossdock.errors import RetryableError, SlowError
from crossdock.remote import Session
from crossdock.testing import Request
from crossdock.testing.fault_language import parse_faults
from crossdock.testing.faults import Faults, inject
from crossdock_woocommerce import WOOCOMMERCE
from tests.remote.servers import Clock
from tests.woocommerce.shops import OpenShop, ids_of, items_of, open_shop, settings_for

QUICK = {"read_timeout": "120ms", "retries": 2}


@contextmanager
def slow_shop(faults: str, page_size: int = 40, records: int = 60) -> Iterator[tuple[OpenShop, list[int]]]:
    """A shop in which something goes wrong, and how many records each request asks for."""
    sizes: list[int] = []

    def note(request: Request) -> None:
        if "per_page" in (asked := dict(request.query)):
            sizes.append(int(asked["per_page"]))

    with open_shop(records=records, page_size=page_size, remote=QUICK) as shop:
        shop.shop.orders.prepare()  # to invent them takes its time
        shop.server.hooks.append(note)
        inject(shop.server, faults)
        yield shop, sizes


@pytest.mark.parametrize("record_type", ["order", "product", "customer"])
def test_pages_that_take_too_long_become_smaller_until_they_come_in_time(record_type: str) -> None:
    with slow_shop("slow 10ms") as (shop, sizes):
        found = ids_of(shop.read(record_type))
        shop.server.hooks.clear()
        assert sorted(found) == sorted(ids_of(shop.read(record_type)))
        assert len(found) == len(set(found))
        assert [size for size in sizes if size > 1][:3] == [40, 20, 10]


def test_a_gateway_that_runs_out_of_time_is_asked_for_less() -> None:
    with slow_shop("504 at 1; 502 at 2") as (shop, sizes):
        assert len(ids_of(shop.read())) == 60
        assert sizes[:3] == [40, 20, 10]
        assert shop.session.traffic.retried == {"status 504": 1, "status 502": 1}


def test_what_is_quick_again_is_asked_as_before() -> None:
    with slow_shop("slow 10ms x3", records=300) as (shop, sizes):
        assert len(ids_of(shop.read())) == 300
        assert sizes[:3] == [40, 20, 10]
        assert sizes[-1] == 40


@pytest.mark.parametrize("seed", range(4))
def test_orders_that_change_meanwhile_are_neither_missed_nor_read_twice(seed: int) -> None:
    with slow_shop(f"504 with 15% seed {seed}; change every 2 x20", page_size=10) as (shop, sizes):
        there = {row.id for row in shop.shop.orders if row.status not in ("trash", "checkout-draft")}
        items = items_of(shop.read())
        pairs = [(item.remote_id, item.modified) for item in items]
        assert len(pairs) == len(set(pairs))
        assert {str(one) for one in there} <= {item.remote_id for item in items}
        assert len(sizes) > 6


def test_a_page_that_cannot_be_smaller_is_repeated_like_any_other() -> None:
    with slow_shop("504", page_size=8) as (shop, sizes):
        with pytest.raises(RetryableError, match="given up after 3 tries") as caught:
            shop.read()
        assert not isinstance(caught.value, SlowError)
        assert sizes == [8, 5, 5, 5]


def test_nobody_else_is_asked_for_less() -> None:
    with slow_shop("504 x2") as (shop, _sizes):
        one = ids_of(shop.read())[0]
        shop.server.hooks.clear()
        inject(shop.server, "504 x2")
        assert shop.source.fetch("order", one).remote_id == one


def read_at(rate: str, *, listens: bool) -> tuple[list[str], int, float]:
    """Read a shop with a quota; give what was found, how often it refused, and the time it took by its own clock."""
    clock = Clock()
    with open_shop(records=60, page_size=2) as shop:
        faults = Faults(shop.server.sandbox, parse_faults(rate), clock=clock.now)
        shop.server.hooks.append(faults)
        headers = WOOCOMMERCE.rate_headers if listens else None
        with Session(RemoteConfig(retries=5), timing=clock.timing(), rate_headers=headers) as session:
            source = WOOCOMMERCE.open(settings_for(shop.server, page_size=2), session)
            begun = clock.time
            found = ids_of(list(source.read("order", None)))
        refused = [entry for entry in shop.server.log if entry.status == 429]
        return found, len(refused), clock.time - begun


def test_a_shop_that_tells_its_limit_is_read_without_ever_being_refused() -> None:
    found, refused, seconds = read_at("quota 10/5s", listens=True)
    assert len(set(found)) == 60
    assert refused == 0
    deaf, refused_deaf, seconds_deaf = read_at("quota 10/5s", listens=False)
    assert set(deaf) == set(found)
    assert refused_deaf > 0
    assert seconds <= 1.5 * seconds_deaf
