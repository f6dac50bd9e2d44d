"""Flows among many writers: whoever commits first, a link finds its other end and its entries come along."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from crossdock.config.flows import DEFAULT_FLOWS
from crossdock.records import Working
from crossdock.store import Store
from crossdock.store.flows.flow import FlowFollower
from tests.store.shop import OPERATOR, SHOP, entry

ROUNDS = 15


def test_records_that_arrive_at_the_same_moment_find_each_other(url: str) -> None:
    tier = entry(None, "tier", "gold", module="x-crm")
    made: dict[str, Callable[[int], Working]] = {
        "checkout": lambda number: {"remoteIdMap": {SHOP: f"c{number}"}, "customData": tier},
        "order": lambda number: {"remoteIdMap": {SHOP: f"o{number}"}, "links": [link("checkout", f"c{number}")]},
        "shipment": lambda number: {"links": [link("order", f"o{number}")]},
    }
    start = Barrier(len(made))

    def write(record_type: str) -> list[str]:
        with Store.open(url, followers=(FlowFollower(DEFAULT_FLOWS),)) as store:
            ids = []
            for number in range(ROUNDS):
                start.wait(60)
                ids.append(store.write_record(OPERATOR, record_type, None, made[record_type](number)).local_id)
            return ids

    Store.open(url).close()
    with ThreadPoolExecutor(len(made)) as pool:
        ids = dict(zip(made, pool.map(write, made), strict=True))
    with Store.open(url) as store:
        for record_type in ("order", "shipment"):
            found = [store.record(record_type, local_id) or {} for local_id in ids[record_type]]
            assert [record.get("customData") for record in found] == [tier] * ROUNDS


def link(record_type: str, remote_id: str) -> Working:
    return {"recordType": record_type, "connectionId": SHOP, "remoteId": remote_id}
