"""What the sandbox serves: invented data that is rich and right, and payloads to the last digit."""

from __future__ import annotations

import base64
import json
import os
from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, strategies as st

from crossdock.testing.sandbox import SandboxOptions
from crossdock_woocommerce.sandbox import webhook, wire
from crossdock_woocommerce.sandbox.invent import Inventor
from crossdock_woocommerce.sandbox.money import cents, split, text
from crossdock_woocommerce.sandbox.people import MARKETS
from crossdock_woocommerce.sandbox.store import Table

from .shop_client import Shop, running

ROOT = Path(__file__).parents[2]
TAXED = ("line_items", "shipping_lines", "fee_lines")


def exact(body: str | bytes) -> Any:
    """Parse with every digit."""
    return json.loads(body, parse_float=Decimal)


def lines(order: dict[str, Any], *sections: str) -> Iterator[dict[str, Any]]:
    return (line for section in sections or TAXED for line in order[section])


@pytest.fixture(scope="module")
def orders() -> list[dict[str, Any]]:
    inventor = Inventor(seed=1)
    return [json.loads(wire.encode(inventor.order(index))) for index in range(300)]


class TestInventedOrders:
    def test_an_order_depends_on_the_seed_and_its_number_alone(self) -> None:
        assert Inventor(3).order(17) == Inventor(3).order(17)
        assert Inventor(3).order(17) != Inventor(4).order(17)
        few, many = ({row.id: row for row in Inventor(3).order_rows(count)} for count in (5, 50))
        for row_id, row in few.items():
            assert (row.modified, row.status) == (many[row_id].modified, many[row_id].status)
            assert Table().body(row) == Table().body(many[row_id])

    def test_what_lists_sort_by_is_what_the_order_says(self, orders: list[dict[str, Any]]) -> None:
        rows = {row.id: row for row in Inventor(1).order_rows(300)}
        for order in orders:
            row = rows[order["id"]]
            assert (row.status, row.created, row.modified, row.customer) == (
                order["status"], order["date_created_gmt"], order["date_modified_gmt"], order["customer_id"],
            )  # fmt: skip
            assert row.created <= row.modified < "2026-11"

    @given(st.integers(min_value=0, max_value=10**6), st.integers(min_value=0, max_value=10**6))
    def test_the_money_adds_up_to_the_last_digit(self, seed: int, index: int) -> None:
        order = Inventor(seed).order(index)
        tax = sum(Decimal(line["total_tax"]) for line in lines(order))
        assert sum(Decimal(line["total"]) for line in lines(order)) + tax == Decimal(order["total"])
        assert tax == Decimal(order["total_tax"]) == Decimal(order["cart_tax"]) + Decimal(order["shipping_tax"])
        assert tax == sum(
            Decimal(line["tax_total"]) + Decimal(line["shipping_tax_total"]) for line in order["tax_lines"]
        )
        for line in lines(order):
            assert sum(Decimal(entry["total"]) for entry in line["taxes"]) == Decimal(line["total_tax"])
        shipping = sum(Decimal(line["total"]) for line in order["shipping_lines"])
        assert shipping == Decimal(order["shipping_total"])
        before = sum(Decimal(line["subtotal"]) - Decimal(line["total"]) for line in order["line_items"])
        assert before == Decimal(order["discount_total"])

    def test_the_unit_price_is_a_number_with_noise(self, orders: list[dict[str, Any]]) -> None:
        prices = [line["price"] for order in orders for line in order["line_items"]]
        assert any(isinstance(price, int) for price in prices)
        assert any(len(str(price)) > 12 for price in prices)
        for order in orders:
            for line in order["line_items"]:
                assert abs(line["price"] * line["quantity"] - float(line["total"])) <= 0.011

    def test_every_kind_of_order_is_there(self, orders: list[dict[str, Any]]) -> None:
        assert {order["status"] for order in orders} == {
            "completed", "processing", "on-hold", "shipped", "pending", "refunded", "cancelled", "failed",
        }  # fmt: skip
        assert {order["currency"] for order in orders} == {market.currency for market in MARKETS}
        assert {(order["prices_include_tax"], len(order["tax_lines"])) for order in orders} == {
            (inclusive, rates) for inclusive in (True, False) for rates in (0, 1, 2)
        }
        tax_lines = list(lines({"all": [line for order in orders for line in order["tax_lines"]]}, "all"))
        assert {line["compound"] for line in tax_lines} == {True, False}
        assert {0, 9.975, 25} <= {line["rate_percent"] for line in tax_lines}
        assert {len(order["shipping_lines"]) for order in orders} == {0, 1, 2}
        assert {line["total"][0] == "-" for order in orders for line in order["fee_lines"]} == {True, False}
        assert {line["amount"] for order in orders for line in order["fee_lines"]} >= {"", "29", "-15"}
        assert {len(order["refunds"]) for order in orders} == {0, 1, 2}
        assert {bool(order["coupon_lines"]) for order in orders} == {True, False}
        assert {bool(order["line_items"]) for order in orders} == {True, False}
        gone = [line for order in orders for line in order["line_items"] if line["product_id"] == 0]
        assert {line["sku"] for line in gone} == {line["global_unique_id"] for line in gone} == {None}
        assert {line["image"]["id"] for order in orders for line in order["line_items"]} == {0, ""}
        assert {order["customer_id"] == 0 for order in orders} == {True, False}
        assert {bool(line["variation_id"]) for order in orders for line in order["line_items"]} == {True, False}

    def test_ids_are_nobody_elses(self, orders: list[dict[str, Any]]) -> None:
        sections = (*TAXED, "coupon_lines", "tax_lines")
        line_ids = [line["id"] for order in orders for line in lines(order, *sections)]
        metas = [entry["id"] for order in orders for entry in order["meta_data"]]
        metas += [entry["id"] for order in orders for line in lines(order) for entry in line["meta_data"]]
        numbers = [order["id"] for order in orders]
        numbers += [refund["id"] for order in orders for refund in order["refunds"]]
        for ids in (line_ids, metas, numbers):
            assert Counter(ids).most_common(1)[0][1] == 1
        last_line, last_meta = Inventor(1).last_ids(300)
        assert max(line_ids) <= last_line
        assert max(metas) <= last_meta

    def test_metas_are_of_every_kind(self, orders: list[dict[str, Any]]) -> None:
        keys = {entry["key"] for order in orders for entry in order["meta_data"]}
        assert {"", " lead", "key.with.dots", "key|with|pipe", "key[bracket]", "100%", "_private", "upper"} <= keys
        kinds = {type(entry["value"]) for order in orders for entry in order["meta_data"]}
        assert kinds == {str, list, dict}
        assert any([e["key"] for e in order["meta_data"]].count("dubbel") == 2 for order in orders)
        assert any(
            [e["id"] for e in order["meta_data"]] != sorted(e["id"] for e in order["meta_data"]) for order in orders
        )
        shown = [entry for order in orders for line in lines(order) for entry in line["meta_data"]]
        assert any(entry["value"] != entry["display_value"] for entry in shown)

    def test_an_average_order_has_five_kilobytes_three_rows_and_a_dozen_metas(
        self, orders: list[dict[str, Any]]
    ) -> None:
        count = len(orders)
        assert 4000 < sum(len(wire.encode(order)) for order in orders) / count < 6000
        assert 2.5 < sum(len(order["line_items"]) for order in orders) / count < 3.5
        assert 10 < sum(len(order["meta_data"]) for order in orders) / count < 14

    def test_stamps_are_shared_and_meet_the_change_of_clocks(self, orders: list[dict[str, Any]]) -> None:
        stamps = Counter(order["date_modified_gmt"] for order in orders)
        assert stamps["2026-01-15T10:00:00"] > 30
        assert {"2025-10-26T00:30:00", "2025-10-26T01:30:00", "2025-03-30T01:00:00"} <= stamps.keys()

    def test_bodies_can_be_made_before_they_are_asked_for(self) -> None:
        table = Table(Inventor(1).order_rows(5))
        assert [row.body for row in table] == [None] * 7
        table.prepare()
        assert all(row.body == row.make() for row in table if row.make)

    def test_a_hundred_thousand_are_announced_without_being_made(self) -> None:
        rows = list(Inventor(1).order_rows(100_000))
        assert len({row.id for row in rows}) == 100_002
        assert all(row.body is None for row in rows)


class TestMoney:
    @given(st.integers(min_value=-(10**9), max_value=10**9), st.sampled_from(MARKETS), st.booleans())
    def test_a_split_adds_up(self, amount: int, market: Any, inclusive: bool) -> None:
        net, taxes, unrounded = split(amount, market.rates, inclusive=inclusive)
        assert net + sum(taxes) == amount if inclusive else net == amount
        assert abs(unrounded - net) <= len(taxes) / 2 + abs(amount) * 1e-12

    @given(st.integers())
    def test_text_and_cents_are_inverse(self, amount: int) -> None:
        assert cents(text(amount)) == amount


class TestWire:
    @given(
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.text(),
            lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
        )
    )
    def test_what_is_written_is_read_again(self, value: Any) -> None:
        body = wire.encode(value)
        assert body.isascii()
        assert wire.parse(body) == value
        assert body == wire.encode_quickly(value)

    @pytest.mark.parametrize("number", ["12.335999999999999", "1.10", "0.0", "-0.5", "1e3", "1E-07", "1.0E+300"])
    def test_a_number_keeps_its_digits(self, number: str) -> None:
        assert wire.encode(wire.parse(f"[{number}]")) == f"[{number}]".encode()

    def test_a_float_of_ours_is_written_as_php_does(self) -> None:
        assert wire.encode([129.0, 12.336, 0.1 + 0.2]) == b"[129,12.336,0.30000000000000004]"


@pytest.fixture
def payload_file(tmp_path: Path) -> Path:
    """A shop of two orders, written for this test, with a refund and a product beside them."""
    order = json.loads(wire.encode(Inventor(1).order(2)))
    order |= {"refunds": [{"id": 8, "reason": "", "total": "-1.00"}], "line_items": [], "id": 7}
    price = json.dumps({**order, "exact": "@"}).replace('"@"', "12.335999999999999")
    other = json.dumps({**order, "id": 9, "status": "trash"}, ensure_ascii=False)
    file = tmp_path / "orders.jsonl"
    file.write_text(f"{price}\n\n{other}\n", encoding="utf-8")
    refund = {"id": 8, "parent_id": 7, "date_created_gmt": "2025-01-01T00:00:00", "amount": "1.00"}
    (tmp_path / "refunds.jsonl").write_text(json.dumps(refund))
    (tmp_path / "products.jsonl").write_text(json.dumps({"id": 3, "status": "publish", "sku": "S"}))
    note = {"order_id": 7, "notes": [{"id": 5, "note": "hej", "customer_note": False}]}
    (tmp_path / "order_notes.jsonl").write_text(json.dumps(note))
    return file


class TestPayloads:
    def test_they_are_served_to_the_last_digit_and_can_be_changed(self, payload_file: Path) -> None:
        with running(SandboxOptions(payloads=payload_file)) as shop:
            assert shop.ids() == [7]
            assert '"exact":12.335999999999999}' in shop.get("/orders/7").text
            changed = shop.put("/orders/7", {"customer_note": "ny"})
            assert '"exact":12.335999999999999}' in changed.text
            assert shop.get("/orders", modified_after="2026-11-22T11:59:59Z").text == f"[{changed.text}]"

    def test_what_lies_beside_them_is_served_too(self, payload_file: Path) -> None:
        with running(SandboxOptions(payloads=payload_file)) as shop:
            assert shop.ids("/orders/7/refunds") == [8]
            assert shop.ids("/products", sku="S") == [3]
            assert shop.ids("/customers") == []
            assert [note["id"] for note in shop.get("/orders/7/notes").json()] == [5]

    def test_new_rows_get_numbers_that_nobody_has(self, payload_file: Path) -> None:
        with running(SandboxOptions(payloads=payload_file)) as shop:
            old = {entry["id"] for entry in shop.get("/orders/7").json()["meta_data"]}
            order = shop.post("/orders", {"meta_data": [{"key": "k", "value": "v"}]}).json()
            assert order["id"] == 10
            assert order["meta_data"][0]["id"] > max(old)
            assert shop.sandbox.shop.create_order() == 11


def real_payloads() -> Path:
    folder = Path(os.environ.get("CROSSDOCK_PAYLOADS", ROOT.parent / "shared" / "payloads")) / "woocommerce-11"
    if not folder.is_dir():
        pytest.skip(f"no payloads of a real shop at {folder.name!r}: set CROSSDOCK_PAYLOADS to their folder")
    return folder


@pytest.fixture
def real() -> Iterator[tuple[Shop, Path]]:
    folder = real_payloads()
    with running(SandboxOptions(payloads=folder / "orders.jsonl")) as shop:
        yield shop, folder


class TestRealPayloads:
    @pytest.mark.parametrize("resource", ["orders", "refunds", "products", "customers"])
    def test_every_value_is_served_as_it_was(self, real: tuple[Shop, Path], resource: str) -> None:
        shop, folder = real
        served = [
            item
            for page in range(1, 4)
            for item in exact(shop.get(f"/{resource}", per_page=100, page=page, orderby="id", order="asc").content)
        ]
        with (folder / f"{resource}.jsonl").open(encoding="utf-8") as payloads:
            sent = sorted((exact(line) for line in payloads), key=lambda item: int(item["id"]))
        assert served == sent

    def test_the_shops_own_bytes_come_out_of_our_encoder(self) -> None:
        delivery = json.loads((real_payloads() / "webhook_order_updated.json").read_bytes())
        raw = base64.b64decode(delivery["body_b64"])
        assert wire.encode(wire.parse(raw)) == raw
        signature = next(value for name, value in delivery["headers"] if name == "X-WC-Webhook-Signature")
        assert webhook.signature(raw, delivery["secret"]) == signature

    def test_a_put_by_key_keeps_the_row_that_the_real_shop_kept(self, real: tuple[Shop, Path]) -> None:
        shop, _ = real
        entries = shop.get("/orders/210").json()["meta_data"]
        assert {entry["id"] for entry in entries if entry["key"] == "dubbel"} == {385, 386}
        after = shop.put("/orders/210", {"meta_data": [{"key": "dubbel", "value": "ny"}]}).json()["meta_data"]
        assert [entry["id"] for entry in after if entry["key"] == "dubbel"] == [386]

    def test_a_put_sorts_metas_as_the_real_shop_does(self, real: tuple[Shop, Path]) -> None:
        shop, _ = real
        before = shop.get("/orders/768").json()["meta_data"]
        assert shop.put("/orders/768", {}).json()["meta_data"] == before
        after = shop.put("/orders/768", {"meta_data": [{"key": "emoji", "value": "x"}]}).json()["meta_data"]
        assert [entry["key"] for entry in after] == [entry["key"] for entry in before]
