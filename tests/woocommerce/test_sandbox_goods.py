"""Writing what is simpler than orders: notes, products, variations and customers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from crossdock.testing.sandbox import SandboxOptions
from crossdock_woocommerce.sandbox.store import Table
from crossdock_woocommerce.sandbox.wire import Document

from .shop_client import Shop, running


@pytest.fixture
def shop() -> Iterator[Shop]:
    with running(SandboxOptions(records=3)) as found:
        yield found


def refusal(answer: Any) -> tuple[int, str, str]:
    body = answer.json()
    return answer.status_code, body["code"], body["message"]


def test_notes_are_read_chosen_and_deleted(shop: Shop) -> None:
    path = f"/orders/{shop.ids()[0]}/notes"
    inner = shop.post(path, {"note": "intern"}).json()
    outer = shop.post(path, {"note": "till kund", "customer_note": True}).json()
    assert [note["id"] for note in shop.get(path).json()] == [outer["id"], inner["id"]]
    assert [note["id"] for note in shop.get(path, type="customer").json()] == [outer["id"]]
    assert [note["id"] for note in shop.get(path, type="internal").json()] == [inner["id"]]
    assert shop.get(f"{path}/{inner['id']}").json() == inner
    assert shop.delete(f"{path}/{inner['id']}", force="true").status_code == 200
    assert shop.get(f"{path}/{inner['id']}").status_code == 404
    assert refusal(shop.post(path, {}))[1] == "rest_missing_callback_param"
    assert refusal(shop.get(path, type="loud"))[1] == "rest_invalid_param"


class TestProductsAndCustomers:
    def test_a_product_is_created_changed_binned_and_deleted(self, shop: Shop) -> None:
        shop.clock.tick()
        made = shop.post("/products", {"name": "Ny", "regular_price": "10.00", "sku": "NY", "id": 7, "nonsense": 1})
        product = made.json()
        assert (made.status_code, product["name"], product["price"], product["meta_data"]) == (201, "Ny", "10.00", [])
        path = f"/products/{product['id']}"
        assert product["id"] > 100
        changed = shop.put(path, {"sale_price": "8.00", "dimensions": {"height": "3"}, "total_sales": 99}).json()
        assert (changed["price"], changed["on_sale"], changed["total_sales"]) == ("8.00", True, 0)
        assert changed["dimensions"] == {"length": "10", "width": "2.5", "height": "3"}
        assert shop.ids("/products", modified_after="2026-11-22T12:00:00Z") == [product["id"]]
        assert refusal(shop.put(path, {"dimensions": "x"}))[1] == "rest_invalid_param"
        shop.delete(path)
        assert product["id"] not in shop.ids("/products", per_page=100)
        assert shop.ids("/products", status="trash") == [product["id"]]
        shop.delete(path, force="true")
        assert shop.get(path).status_code == 404

    def test_a_variation_joins_its_product(self, shop: Shop) -> None:
        product = next(p for p in shop.get("/products", per_page=100).json() if p["type"] == "variable")
        path = f"/products/{product['id']}/variations"
        variation = shop.post(path, {"regular_price": "5.00", "sku": "V-NEW"}).json()
        assert shop.get(f"/products/{product['id']}").json()["variations"] == [*product["variations"], variation["id"]]
        assert shop.put(f"{path}/{variation['id']}", {"sku": "V-2"}).json()["sku"] == "V-2"
        assert refusal(shop.delete(f"{path}/{variation['id']}"))[0] == 501
        assert shop.delete(f"{path}/{variation['id']}", force="true").status_code == 200
        assert refusal(shop.post("/products/1/variations", {}))[0] == 404

    def test_a_customer_needs_an_address_of_his_own(self, shop: Shop) -> None:
        assert refusal(shop.post("/customers", {}))[1] == "rest_missing_callback_param"
        made = shop.post("/customers", {"email": "ny@example.test", "billing": {"city": "Lund"}})
        customer = made.json()
        assert (made.status_code, customer["username"], customer["billing"]["city"]) == (201, "ny", "Lund")
        again = shop.post("/customers", {"email": "ny@example.test"})
        assert refusal(again)[:2] == (400, "registration-error-email-exists")
        path = f"/customers/{customer['id']}"
        assert shop.put(path, {"first_name": "Åsa"}).json()["first_name"] == "Åsa"
        assert refusal(shop.delete(path))[0] == 501
        assert shop.delete(path, force="true").status_code == 200
        assert shop.get(path).status_code == 404


@pytest.mark.parametrize("record_type", ["order", "product", "variation", "customer"])
def test_somebody_in_the_shop_changes_one_after_the_other(shop: Shop, record_type: str) -> None:
    table: Table = getattr(shop.sandbox.shop, f"{record_type}s")

    def documents() -> dict[int, Document]:
        return {row.id: dict(table.document(row)) for row in table}

    before = documents()
    for _ in range(2):
        shop.clock.tick()
        shop.sandbox.change(record_type)
    assert len([one for one, document in documents().items() if document != before[one]]) == 2


def test_nobody_changes_what_is_no_list_of_the_shop(shop: Shop) -> None:
    with pytest.raises(LookupError):
        shop.sandbox.change("invoice")
