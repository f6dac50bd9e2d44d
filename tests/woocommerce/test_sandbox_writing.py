"""Writing to the sandbox: orders, lines, refunds, notes, products and customers as measured."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from crossdock.testing.sandbox import SandboxOptions

from .shop_client import Shop, running


@pytest.fixture
def shop() -> Iterator[Shop]:
    with running(SandboxOptions(records=40)) as found:
        yield found


def refusal(answer: Any) -> tuple[int, str, str]:
    body = answer.json()
    return answer.status_code, body["code"], body["message"]


def find(shop: Shop, test: Any) -> dict[str, Any]:
    orders = shop.get("/orders", per_page=100, orderby="id", order="asc").json()
    found: dict[str, Any] = next(order for order in orders if test(order))
    return found


def adds_up(order: dict[str, Any]) -> bool:
    lines = [*order["line_items"], *order["shipping_lines"], *order["fee_lines"]]
    taxes = sum(Decimal(line["total_tax"]) for line in lines)
    by_rate = sum(Decimal(line["tax_total"]) + Decimal(line["shipping_tax_total"]) for line in order["tax_lines"])
    total = sum(Decimal(line["total"]) for line in lines) + taxes
    return (total, taxes, by_rate) == (Decimal(order["total"]), Decimal(order["total_tax"]), taxes)


class TestModification:
    @pytest.mark.parametrize("body", [{}, {"nonsense": 1}, {"total": "1.00", "date_created": "2020-01-01T00:00:00"}])
    def test_any_put_moves_the_modification_time_and_read_only_fields_are_ignored(
        self, shop: Shop, body: dict[str, Any]
    ) -> None:
        before = find(shop, lambda order: True)
        shop.clock.tick(5)
        after = shop.put(f"/orders/{before['id']}", body)
        assert after.status_code == 200
        stamps = {"date_modified": "2026-11-22T13:00:05", "date_modified_gmt": "2026-11-22T12:00:05"}
        assert after.json() == {**before, **stamps}
        assert shop.get(f"/orders/{before['id']}").json() == after.json()

    def test_identical_values_move_it_too(self, shop: Shop) -> None:
        before = find(shop, lambda order: True)
        after = shop.put(f"/orders/{before['id']}", {"status": before["status"], "billing": before["billing"]}).json()
        assert after["date_modified_gmt"] == "2026-11-22T12:00:00"

    def test_a_changed_order_is_found_by_the_next_incremental_read(self, shop: Shop) -> None:
        assert shop.ids(modified_after="2026-11-22T11:59:59Z") == []
        order = find(shop, lambda order: True)["id"]
        shop.put(f"/orders/{order}", {})
        assert shop.ids(modified_after="2026-11-22T11:59:59Z") == [order]
        assert shop.ids(modified_after="2026-11-22T12:00:00Z") == []

    def test_a_note_does_not_move_it(self, shop: Shop) -> None:
        before = find(shop, lambda order: True)
        note = shop.post(f"/orders/{before['id']}/notes", {"note": "paketet är på väg 🚚", "customer_note": True})
        assert note.status_code == 201
        assert shop.get(f"/orders/{before['id']}").json() == before

    def test_changes_from_the_test_bench_count_like_requests(self, shop: Shop) -> None:
        bench, order = shop.sandbox.shop, find(shop, lambda order: True)["id"]
        created = bench.create_order()
        bench.touch_order(order)
        assert sorted(shop.ids(modified_after="2026-11-22T11:59:59Z")) == [order, created]
        assert adds_up(shop.get(f"/orders/{created}").json())
        bench.trash_order(order)
        bench.delete_order(created)
        assert shop.ids(modified_after="2026-11-22T11:59:59Z") == []
        assert bench.edit_order(order, {"customer_note": "hej"})["customer_note"] == "hej"


class TestErrors:
    def test_an_unknown_order_is_400_for_put_and_404_for_get_and_delete(self, shop: Shop) -> None:
        code = "woocommerce_rest_shop_order_invalid_id"
        assert refusal(shop.put("/orders/999999", {})) == (400, code, "ID is invalid.")
        assert refusal(shop.post("/orders/999999", {})) == (400, code, "ID is invalid.")
        assert refusal(shop.get("/orders/999999")) == (404, code, "Invalid ID.")
        assert refusal(shop.delete("/orders/999999")) == (404, code, "Invalid ID.")

    @pytest.mark.parametrize("body", [b"{", b'"\\ud83d"', b'{"a": "\\ud800"}', b"\xff"])
    def test_no_json_or_half_a_surrogate_pair_is_refused(self, shop: Shop, body: bytes) -> None:
        answer = shop.call("POST", "/orders", data=body, headers={"Content-Type": "application/json"})
        assert refusal(answer)[:2] == (400, "rest_invalid_json")

    @pytest.mark.parametrize(
        "body",
        [
            {"status": "wc-completed"},
            {"status": "trash"},
            {"billing": {"email": "nonsense"}},
            {"billing": "text"},
            {"customer_id": "x"},
            {"customer_note": 7},
            {"meta_data": {}},
            {"line_items": [{"product_id": 10, "total": "much"}]},
            {"line_items": ["x"]},
        ],
    )
    def test_a_value_of_the_wrong_kind_is_refused_and_changes_nothing(self, shop: Shop, body: dict[str, Any]) -> None:
        before = find(shop, lambda order: True)
        answer = shop.put(f"/orders/{before['id']}", {"meta_data": [{"key": "new", "value": "v"}], **body})
        assert refusal(answer)[:2] == (400, "rest_invalid_param")
        assert shop.get(f"/orders/{before['id']}").json() == before

    def test_an_unknown_customer_or_coupon_is_refused(self, shop: Shop) -> None:
        assert refusal(shop.post("/orders", {"customer_id": 99})) == (
            400, "woocommerce_rest_invalid_customer_id", "Customer ID is invalid.",
        )  # fmt: skip
        assert refusal(shop.post("/orders", {"coupon_lines": [{"code": "x"}]}))[2] == 'Coupon "x" does not exist!'

    def test_an_order_cannot_be_created_under_an_id(self, shop: Shop) -> None:
        assert refusal(shop.post("/orders", {"id": 7}))[1] == "woocommerce_rest_shop_order_exists"


class TestCreating:
    def test_an_empty_order_has_the_shops_defaults(self, shop: Shop) -> None:
        answer = shop.post("/orders", {})
        order = answer.json()
        assert answer.status_code == 201
        assert answer.headers["Location"].endswith(f"/wp-json/wc/v3/orders/{order['id']}")
        assert (order["status"], order["currency"], order["total"], order["number"]) == (
            "pending", "SEK", "0.00", str(order["id"]),
        )  # fmt: skip
        assert order["date_created_gmt"] == order["date_modified_gmt"] == "2026-11-22T12:00:00"
        assert list(order) == [key for key in find(shop, lambda order: True) if key in order]

    def test_posting_twice_makes_two(self, shop: Shop) -> None:
        first, second = (shop.post("/orders", {"transaction_id": "same"}).json()["id"] for _ in range(2))
        assert second > first > max(shop.ids(per_page=100, before="2026-11-22T11:00:00Z"))

    def test_lines_take_name_price_and_tax_from_product_and_country(self, shop: Shop) -> None:
        product = next(p for p in shop.get("/products", per_page=100).json() if p["sku"] and p["type"] == "simple")
        body = {
            "billing": {"country": "SE", "email": "a@example.test"},
            "line_items": [{"product_id": product["id"], "quantity": 2}, {"sku": product["sku"]}],
            "shipping_lines": [{"method_id": "flat_rate", "method_title": "DHL", "total": "49"}],
            "fee_lines": [{"name": "Avgift", "total": "-5.50"}],
            "set_paid": True,
        }
        order = shop.post("/orders", body).json()
        first, second = order["line_items"]
        assert (first["name"], first["sku"], first["quantity"]) == (product["name"], product["sku"], 2)
        assert second["product_id"] == product["id"]
        gross = Decimal(first["total"]) + Decimal(first["total_tax"])
        assert gross == 2 * Decimal(product["price"])
        assert (order["shipping_total"], order["shipping_tax"]) == ("49.00", "12.25")
        assert order["fee_lines"][0]["total_tax"] == "-1.38"
        assert adds_up(order)
        assert (order["status"], order["date_paid_gmt"]) == ("processing", "2026-11-22T12:00:00")

    def test_a_variation_is_named_after_its_product(self, shop: Shop) -> None:
        product = next(p for p in shop.get("/products", per_page=100).json() if p["type"] == "variable")
        line = {"product_id": product["id"], "variation_id": product["variations"][1]}
        order = shop.post("/orders", {"line_items": [line]}).json()
        assert order["line_items"][0]["name"] == f"{product['name']} - L/XL"
        assert order["line_items"][0]["parent_name"] == product["name"]

    def test_a_line_whose_product_is_gone_has_no_sku(self, shop: Shop) -> None:
        line = {"product_id": 4711, "name": "Gone", "total": "10.00", "subtotal": "12.00"}
        order = shop.post("/orders", {"line_items": [line]}).json()
        found = order["line_items"][0]
        assert (found["product_id"], found["sku"], found["global_unique_id"], found["price"]) == (0, None, None, 10)
        assert order["discount_total"] == "2.00"

    def test_a_line_needs_to_say_what_it_is(self, shop: Shop) -> None:
        for section, message in (
            ("line_items", "Product ID or SKU is required."),
            ("shipping_lines", "Shipping method ID is required."),
            ("fee_lines", "Fee name is required."),
        ):
            assert refusal(shop.post("/orders", {section: [{"total": "1"}]}))[::2] == (400, message)


class TestLines:
    def test_a_line_without_id_is_added_each_time(self, shop: Shop) -> None:
        before = find(shop, lambda order: order["tax_lines"])
        path, body = f"/orders/{before['id']}", {"line_items": [{"product_id": 10, "quantity": 1}]}
        counts = [len(shop.put(path, body).json()["line_items"]) for _ in range(2)]
        assert counts == [len(before["line_items"]) + 1, len(before["line_items"]) + 2]
        assert adds_up(shop.get(path).json())

    def test_a_null_product_or_no_quantity_removes_a_line(self, shop: Shop) -> None:
        before = find(shop, lambda order: len(order["line_items"]) > 2)
        first, second, *rest = before["line_items"]
        gone = [{"id": first["id"], "product_id": None}, {"id": second["id"], "quantity": 0}]
        after = shop.put(f"/orders/{before['id']}", {"line_items": gone}).json()
        assert after["line_items"] == rest
        assert adds_up(after)

    def test_fees_and_shipping_are_removed_by_a_null_too(self, shop: Shop) -> None:
        before = find(shop, lambda order: order["fee_lines"] and order["shipping_lines"])
        body = {
            "fee_lines": [{"id": line["id"], "name": None} for line in before["fee_lines"]],
            "shipping_lines": [{"id": line["id"], "method_id": None} for line in before["shipping_lines"]],
        }
        after = shop.put(f"/orders/{before['id']}", body).json()
        assert after["fee_lines"] == after["shipping_lines"] == []
        assert adds_up(after)

    def test_a_changed_total_is_taxed_anew(self, shop: Shop) -> None:
        before = find(shop, lambda order: len(order["tax_lines"]) == 2)
        line = before["line_items"][0]
        body = {"line_items": [{"id": line["id"], "total": "100.00", "subtotal": "100.00", "quantity": 4}]}
        after = shop.put(f"/orders/{before['id']}", body).json()
        changed = after["line_items"][0]
        assert (changed["total"], changed["price"], len(changed["taxes"])) == ("100.00", 25, 2)
        assert adds_up(after)

    def test_a_line_of_another_order_is_refused(self, shop: Shop) -> None:
        first, second = shop.get("/orders", per_page=2).json()
        body = {"line_items": [{"id": second["line_items"][0]["id"], "quantity": 2}]}
        assert refusal(shop.put(f"/orders/{first['id']}", body))[1] == "woocommerce_rest_invalid_item_id"

    def test_metas_of_a_line_show_how_people_see_them(self, shop: Shop) -> None:
        before = find(shop, lambda order: True)
        value = {"a": "x\ny", "b": [1, True]}
        line = {"id": before["line_items"][0]["id"], "meta_data": [{"key": "val|t", "value": value}]}
        after = shop.put(f"/orders/{before['id']}", {"line_items": [line]}).json()
        entry = next(entry for entry in after["line_items"][0]["meta_data"] if entry["key"] == "val|t")
        assert entry == {
            "id": entry["id"], "key": "val|t", "value": value, "display_key": "val|t", "display_value": "x y 1 1",
        }  # fmt: skip
        assert after["total"] == before["total"]


class TestStatus:
    def test_completing_sets_the_dates_and_leaves_a_note(self, shop: Shop) -> None:
        order = find(shop, lambda order: order["status"] == "pending")["id"]
        after = shop.put(f"/orders/{order}", {"status": "completed"}).json()
        assert after["date_completed_gmt"] == after["date_paid_gmt"] == "2026-11-22T12:00:00"
        assert (after["is_editable"], after["needs_payment"]) == (False, False)
        notes = shop.get(f"/orders/{order}/notes").json()
        assert notes[0]["note"] == "Order status changed from pending to completed."

    def test_a_plugins_status_has_no_prefix(self, shop: Shop) -> None:
        order = find(shop, lambda order: order["status"] == "pending")["id"]
        assert shop.put(f"/orders/{order}", {"status": "shipped"}).json()["status"] == "shipped"

    def test_the_bin_answers_with_the_status_before_and_moves_the_time(self, shop: Shop) -> None:
        order = find(shop, lambda order: order["status"] == "completed")
        assert shop.delete(f"/orders/{order['id']}").json()["status"] == "completed"
        trashed = shop.get(f"/orders/{order['id']}").json()
        assert (trashed["status"], trashed["date_modified_gmt"]) == ("trash", "2026-11-22T12:00:00")
        assert order["id"] not in shop.ids(per_page=100)
        assert shop.ids(modified_after="2026-11-22T11:00:00Z") == []
        assert refusal(shop.delete(f"/orders/{order['id']}"))[:2] == (410, "woocommerce_rest_already_trashed")
        assert shop.put(f"/orders/{order['id']}", {"status": "completed"}).json()["status"] == "completed"
        assert order["id"] in shop.ids(per_page=100)

    def test_force_deletes_for_good_with_its_refunds(self, shop: Shop) -> None:
        order = find(shop, lambda order: order["refunds"])
        assert shop.delete(f"/orders/{order['id']}", force="true").json() == order
        assert shop.get(f"/orders/{order['id']}").status_code == 404
        assert order["id"] not in {refund["parent_id"] for refund in shop.get("/refunds", per_page=100).json()}


class TestBatch:
    def test_each_item_succeeds_or_fails_alone(self, shop: Shop) -> None:
        first, second = shop.ids(per_page=2)
        body = {
            "create": [{"customer_note": "new"}, {"customer_id": 99}],
            "update": [{"id": first, "customer_note": "changed"}, {"id": 999999}],
            "delete": [second, 999999],
        }
        answer = shop.post("/orders/batch", body)
        assert answer.status_code == 200
        found = answer.json()
        assert [
            item.get("error", {}).get("code") for part in ("create", "update", "delete") for item in found[part]
        ] == [
            None,
            "woocommerce_rest_invalid_customer_id",
            None,
            "woocommerce_rest_shop_order_invalid_id",
            None,
            "woocommerce_rest_shop_order_invalid_id",
        ]
        assert found["update"][1]["id"] == 999999
        assert shop.get(f"/orders/{second}").status_code == 404  # a batch deletes for good

    def test_a_hundred_and_one_items_are_too_many(self, shop: Shop) -> None:
        answer = shop.post("/orders/batch", {"delete": list(range(101))})
        assert refusal(answer) == (
            413,
            "woocommerce_rest_request_entity_too_large",
            "Unable to accept more than 100 items for this request.",
        )


class TestRefunds:
    def paid(self, shop: Shop) -> dict[str, Any]:
        return find(shop, lambda o: o["status"] == "processing" and not o["refunds"] and Decimal(o["total"]) > 5)

    def test_a_part_goes_back_and_the_total_stays_gross(self, shop: Shop) -> None:
        before = self.paid(shop)
        answer = shop.post(f"/orders/{before['id']}/refunds", {"amount": "1.50", "reason": "Trasig"})
        refund = answer.json()
        assert answer.status_code == 201
        assert (refund["amount"], refund["parent_id"]) == ("1.50", before["id"])
        after = shop.get(f"/orders/{before['id']}").json()
        assert after["refunds"] == [{"id": refund["id"], "reason": "Trasig", "total": "-1.50"}]
        assert (after["total"], after["status"]) == (before["total"], "processing")
        assert after["date_modified_gmt"] == "2026-11-22T12:00:00"
        assert shop.ids(f"/orders/{before['id']}/refunds") == [refund["id"]]

    def test_everything_back_makes_the_order_refunded(self, shop: Shop) -> None:
        before = self.paid(shop)
        shop.post(f"/orders/{before['id']}/refunds", {"amount": before["total"]})
        after = shop.get(f"/orders/{before['id']}").json()
        assert (after["status"], after["total"]) == ("refunded", before["total"])

    def test_lines_go_back_with_negative_amounts(self, shop: Shop) -> None:
        before = find(shop, lambda o: o["tax_lines"] and not o["refunds"] and Decimal(o["total"]) > 20)
        line = max(before["line_items"], key=lambda item: Decimal(item["total"]))
        tax = {"id": line["taxes"][0]["id"], "refund_total": 0.25}
        item = {"id": line["id"], "quantity": 1, "refund_total": 1.5, "refund_tax": [tax]}
        refund = shop.post(f"/orders/{before['id']}/refunds", {"line_items": [item]}).json()
        found = refund["line_items"][0]
        assert refund["amount"] == "1.75"
        assert (found["quantity"], found["total"], found["total_tax"]) == (-1, "-1.50", "-0.25")
        assert found["meta_data"][0]["key"] == "_refunded_item_id"
        assert found["meta_data"][0]["value"] == str(line["id"])

    def test_deleting_a_refund_does_not_move_the_modification_time(self, shop: Shop) -> None:
        order = find(shop, lambda order: order["refunds"])
        refund = order["refunds"][0]["id"]
        path = f"/orders/{order['id']}/refunds/{refund}"
        assert refusal(shop.delete(path))[:2] == (501, "woocommerce_rest_trash_not_supported")
        assert shop.delete(path, force="true").json()["id"] == refund
        after = shop.get(f"/orders/{order['id']}").json()
        assert after == {**order, "refunds": order["refunds"][1:]}

    def test_nothing_and_too_much_cannot_go_back(self, shop: Shop) -> None:
        path = f"/orders/{self.paid(shop)['id']}/refunds"
        assert refusal(shop.post(path, {"amount": "0"}))[0] == 400
        assert refusal(shop.post(path, {"amount": "99999999"}))[::2] == (500, "Invalid refund amount.")
        assert refusal(shop.post("/orders/999999/refunds", {"amount": "1"}))[0] == 404
        assert refusal(shop.delete("/orders/1008/refunds/999999", force="true"))[0] == 404
