"""A shop whose clock is set to another time: no order is missed for that, and none is stored twice."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from msgspec.structs import replace

from crossdock.pipeline.importing import Importer
from crossdock.pipeline.reporting.report import TransferReport
from crossdock.store import Store
from tests.pipeline.making import SHOP, job_of
from tests.woocommerce.shops import OpenShop, open_shop

NOON = datetime(2025, 6, 1, 12, 0, tzinfo=UTC)


class Clock:
    """A clock that is set by hand."""

    now = NOON

    def __call__(self) -> datetime:
        return self.now


def imported(store: Store, shop: OpenShop) -> TransferReport:
    report = Importer(store).run(replace(job_of(), source=shop.source))
    assert report.outcome == "succeeded", report.session_errors
    return report


def place_order(shop: OpenShop, clock: Clock) -> str:
    clock.now += timedelta(minutes=1)
    return str(shop.shop.create_order())


@pytest.mark.parametrize("jump", [timedelta(days=-2), timedelta(minutes=-5), timedelta(hours=3)])
def test_orders_placed_after_the_jump_are_imported_once_each(jump: timedelta) -> None:
    clock = Clock()
    with open_shop(records=12, now=clock) as shop, Store.open("sqlite://") as store:
        place_order(shop, clock)
        imported(store, shop)
        clock.now += jump
        new = [place_order(shop, clock) for _ in range(3)]
        assert imported(store, shop).tally.counts["created"] == len(new)
        assert set(store.known(SHOP, "order", new)) == set(new)
        cursor = store.cursor(SHOP, "order")
        assert cursor is not None
        assert datetime.fromisoformat(cursor) <= clock.now
        last = place_order(shop, clock)
        report = imported(store, shop)
        assert (report.tally.counts["created"], report.tally.counts["updated"]) == (1, 0)
        assert set(store.known(SHOP, "order", [last])) == {last}
        assert all(record["version"] == 1 for record in store.records("order"))
