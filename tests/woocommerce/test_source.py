"""Reading a shop: what comes, in what order, and how it is asked for."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from itertools import pairwise
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from crossdock.errors import RecordError
from crossdock.plugins.loader import load_plugins
from tests.woocommerce.shops import ids_of, items_of, open_shop


def test_the_connector_comes_in_as_a_plugin() -> None:
    spec = load_plugins().require_sound().connectors["woocommerce"]
    assert set(spec.record_types) == {"order", "product", "customer"}
    assert not isinstance(spec.mapping, str)
    assert spec.mapping.is_file()


def test_the_plugin_is_loaded_without_its_heavy_parts() -> None:
    heavy = (
        "{'requests', 'oauthlib', 'tenacity', 'crossdock.remote', 'crossdock.testing', 'crossdock_woocommerce.source'}"
    )
    program = f"import sys, crossdock_woocommerce; print(sorted({heavy} & {{*sys.modules}}))"
    told = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert told.stdout == "[]\n"


def test_a_full_read_gives_every_listed_order_once_the_oldest_change_first() -> None:
    with open_shop(records=70) as shop:
        pages = shop.read()
        items = items_of(pages)
        listed = {str(row.id) for row in shop.shop.orders if row.status not in {"trash", "checkout-draft"}}
        assert sorted(ids_of(pages)) == sorted(listed)
        assert all((a.modified or "") <= (b.modified or "") for a, b in pairwise(items))
        assert pages[-1].cursor == items[-1].modified
        assert pages[0].total == len(listed)


def test_raw_is_the_record_byte_for_byte() -> None:
    with open_shop(records=3) as shop:
        for item in items_of(shop.read()):
            row = shop.shop.orders.get(int(item.remote_id))
            assert row is not None
            assert item.raw == shop.shop.orders.body(row)
            assert json.loads(item.raw)["date_modified_gmt"] + "Z" == item.modified


def test_an_incremental_read_begins_with_the_very_second_it_is_given() -> None:
    with open_shop(records=60) as shop:
        items = items_of(shop.read())
        since = items[30].modified
        assert since is not None
        expected = [item.remote_id for item in items if (item.modified or "") >= since]
        assert sorted(ids_of(shop.read(since=since))) == sorted(expected)


def test_times_are_asked_for_in_utc_and_never_with_suffix_and_flag_together() -> None:
    with open_shop(records=60) as shop:
        shop.read(since="2024-01-01T00:00:00Z")
        asked = [parse_qs(urlsplit(line.target).query) for line in shop.server.log]
        windows = [query for query in asked if "modified_after" in query]
        assert windows
        assert all(query["dates_are_gmt"] == ["true"] and "Z" not in query["modified_after"][0] for query in windows)


def test_every_variation_is_a_product_of_its_own() -> None:
    with open_shop(records=1) as shop:
        pages = shop.read("product")
        expected = {str(row.id) for table in (shop.shop.products, shop.shop.variations) for row in table}
        assert sorted(ids_of(pages)) == sorted(expected)
        variation = next(iter(shop.shop.variations))
        item = next(item for item in items_of(pages) if item.remote_id == str(variation.id))
        assert json.loads(item.raw)["parent_id"] == variation.parent


def test_customers_are_read_by_id_and_the_unchanged_ones_left_out() -> None:
    with open_shop(records=1) as shop:
        items = items_of(shop.read("customer"))
        assert sorted(item.remote_id for item in items) == sorted(str(row.id) for row in shop.shop.customers)
        since = sorted(item.modified or "" for item in items)[len(items) // 2]
        expected = [item.remote_id for item in items if (item.modified or "") >= since]
        assert ids_of(shop.read("customer", since)) == expected
        assert {page.total for page in shop.read("customer", since)} == {None}  # the list has more than are given


@pytest.mark.parametrize("record_type", ["order", "product", "customer"])
def test_one_record_is_fetched_by_its_id(record_type: str) -> None:
    with open_shop(records=3) as shop:
        item = items_of(shop.read(record_type))[0]
        assert shop.source.fetch(record_type, item.remote_id) == item


def test_a_variation_is_fetched_by_its_own_id() -> None:
    with open_shop(records=1) as shop:
        variation = next(iter(shop.shop.variations))
        found = shop.source.fetch("product", str(variation.id))
        assert found.raw == shop.shop.variations.body(variation)


@pytest.mark.parametrize(
    ("record_type", "remote_id", "told"),
    [
        ("order", "999999", "no order '999999'"),
        ("product", "999999", "no product '999999'"),
        ("order", "12; drop", "ids are whole numbers"),
        ("order", "../customers/1", "ids are whole numbers"),
    ],
)
def test_a_record_that_is_not_there_is_a_record_error(record_type: str, remote_id: str, told: str) -> None:
    with open_shop(records=2) as shop, pytest.raises(RecordError, match=told):
        shop.source.fetch(record_type, remote_id)


@pytest.mark.parametrize(
    ("record_type", "files"),
    [("order", ["orders"]), ("product", ["products", "variations"]), ("customer", ["customers"])],
)
def test_real_payloads_come_through_byte_for_byte(record_type: str, files: list[str]) -> None:
    folder = Path(os.environ.get("CROSSDOCK_PAYLOADS", Path(__file__).parents[2].parent / "shared" / "payloads"))
    folder /= "woocommerce-11"
    if not folder.is_dir():
        pytest.skip("the folder of real payloads is not here; name it in CROSSDOCK_PAYLOADS")
    lines = [line for name in files for line in (folder / f"{name}.jsonl").read_bytes().splitlines()]
    there = {str(record["id"]): record for record in map(json.loads, lines)}
    # only half of the products are in the folder: a variation whose product is in the other half is on no list
    listed = {number for number, record in there.items() if str(record.get("parent_id") or number) in there}
    with open_shop(payloads=folder / "orders.jsonl", page_size=20) as shop:
        items = items_of(shop.read(record_type))
        assert listed <= {item.remote_id for item in items}
        assert len({item.remote_id for item in items}) == len(items)
        assert all(json.loads(item.raw) == there[item.remote_id] for item in items)
