"""The connector's own step over mapped orders: the money is right, and nothing that was mapped is lost."""

from __future__ import annotations

import os
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from crossdock.records import Working, parse_json
from crossdock.store.writes.changes import changes
from crossdock_woocommerce.sandbox import wire
from crossdock_woocommerce.sandbox.invent import Inventor
from tests.pipeline.making import SHOP, job_of

PAYLOADS = Path(os.environ.get("CROSSDOCK_PAYLOADS", Path(__file__).parents[3] / "shared" / "payloads"))


def real_orders() -> Iterator[Working]:
    folder = PAYLOADS / "woocommerce-11"
    if not folder.is_dir():
        pytest.skip("the payloads of a real shop are not here; name their folder in CROSSDOCK_PAYLOADS")
    for name in ("orders", "orders_hidden"):
        yield from map(parse_json, (folder / f"{name}.jsonl").read_bytes().splitlines())


def invented_orders() -> Iterator[Working]:
    inventor = Inventor(seed=1)
    yield from (parse_json(wire.encode(inventor.order(index))) for index in range(150))


every_source = pytest.mark.parametrize("source", [real_orders, invented_orders])


def entries(part: dict[str, Any]) -> dict[str, Any]:
    return {entry["key"]: entry["value"] for entry in part.get("customData", {}).values()}


@every_source
def test_what_the_mapping_put_into_an_order_stands_there_when_it_is_finished(source: Any) -> None:
    job, finish = job_of(), job_of().finish
    assert finish is not None
    for payload in source():
        mapped = job.mapper.map(payload)
        before = deepcopy(mapped.record)
        finish(mapped.record, payload, lambda _: None)
        lost = [change for change in changes("order", before, mapped.record) if change.old is not None]
        assert lost == []


@every_source
def test_a_row_is_linked_to_the_variation_and_keeps_the_product_that_it_varies(source: Any) -> None:
    job, seen = job_of(), set()
    for payload in source():
        lines = {str(line["id"]): line for line in payload["line_items"]}
        for row in job.mapper.map(payload).record.get("rows", []):
            line = lines.get(row["remoteIdMap"][SHOP])
            if line is None:
                continue
            product, variation = line["product_id"], line["variation_id"]
            link = row.get("productRemoteIdMap", {}).get(SHOP)
            assert link == (str(variation or product) if variation or product else None)
            kept = {name: entries(row).get(name) for name in ("product_id", "variation_id")}
            assert kept == {
                "product_id": product if variation or not product else None,
                "variation_id": None if variation else 0,
            }
            seen.add((bool(product), bool(variation)))
    assert seen >= {(True, True), (True, False)}
