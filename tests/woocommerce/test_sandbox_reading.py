"""Lists of the sandbox behave like those of the measured shop."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from crossdock.testing.sandbox import SandboxOptions

from .shop_client import API, Shop, running


@pytest.fixture(scope="module")
def shop() -> Iterator[Shop]:
    """Sixty invented orders that no test of this module changes."""
    with running(SandboxOptions(records=60)) as found:
        yield found


def every_order(shop: Shop) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = shop.get("/orders", per_page=100, orderby="id", order="asc").json()
    return found


def reason(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


def test_a_list_holds_ten_and_says_how_many_there_are(shop: Shop) -> None:
    answer = shop.get("/orders")
    assert len(answer.json()) == 10
    assert (answer.headers["X-WP-Total"], answer.headers["X-WP-TotalPages"]) == ("60", "6")


def test_a_page_links_to_its_neighbours(shop: Shop) -> None:
    answer = shop.get("/orders", page=2, per_page=20, status="any")
    assert answer.links["prev"]["url"] == f"{shop.server.url}{API}/orders?per_page=20&status=any&page=1".replace(
        "http:", "https:"
    )
    assert answer.links["next"]["url"].endswith("page=3")
    assert "next" not in shop.get("/orders", page=3, per_page=20).links


def test_a_page_beyond_the_end_is_empty_and_denies_that_there_is_anything(shop: Shop) -> None:
    answer = shop.get("/orders", page=7)
    assert (answer.status_code, answer.json()) == (200, [])
    assert (answer.headers["X-WP-Total"], answer.headers["X-WP-TotalPages"]) == ("0", "0")


def test_an_empty_result_says_so(shop: Shop) -> None:
    answer = shop.get("/orders", modified_after="2026-11-01T00:00:00Z")
    assert answer.json() == []
    assert (answer.headers["X-WP-Total"], answer.headers["X-WP-TotalPages"]) == ("0", "0")
    assert "Link" not in answer.headers


@pytest.mark.parametrize(
    "params",
    [
        {"per_page": 101},
        {"per_page": 0},
        {"per_page": "ten"},
        {"page": 0},
        {"orderby": "total"},
        {"order": "down"},
        {"status": "wc-completed"},
        {"status": "completed,unheard-of"},
        {"modified_after": "2024-01-01"},  # date only
        {"modified_after": "1704067200"},  # epoch seconds
        {"modified_after": "2024-13-01T00:00:00"},
        {"modified_after": "2024-01-01T00:00:00 01:00"},  # a + that nobody encoded
        {"before": "yesterday"},
        {"dates_are_gmt": "perhaps"},
        {"include": "1,x"},
    ],
)
def test_a_value_that_the_shop_does_not_take_is_refused(shop: Shop, params: dict[str, Any]) -> None:
    answer = shop.get("/orders", **params)
    assert reason(answer) == (400, "rest_invalid_param")
    assert next(iter(params)) in answer.json()["data"]["params"]


def test_unknown_parameters_are_ignored(shop: Shop) -> None:
    assert shop.get("/orders", currency="EUR").headers["X-WP-Total"] == "60"
    assert shop.get("/customers", modified_after="nonsense").headers["X-WP-Total"] == "44"


def test_pages_by_id_show_every_order_once(shop: Shop) -> None:
    ids = [row for page in range(1, 5) for row in shop.ids(page=page, per_page=17, orderby="id", order="asc")]
    assert ids == sorted(set(ids))
    assert len(ids) == 60


def test_equal_stamps_page_stably_because_the_id_breaks_the_tie(shop: Shop) -> None:
    stamps = [(order["date_modified_gmt"], order["id"]) for order in every_order(shop)]
    assert len({stamp for stamp, _ in stamps}) < len(stamps)
    pages = [shop.ids(page=page, per_page=7, orderby="modified", order="asc") for page in range(1, 10)]
    assert [row for page in pages for row in page] == [row for _, row in sorted(stamps)]
    assert shop.ids(per_page=100, orderby="modified") == [row for _, row in sorted(stamps, reverse=True)]


def test_the_default_is_newest_first(shop: Shop) -> None:
    orders = every_order(shop)
    newest = sorted(orders, key=lambda order: (order["date_created_gmt"], order["id"]), reverse=True)
    assert shop.ids(per_page=100) == [order["id"] for order in newest]


def test_offset_takes_the_place_of_the_page(shop: Shop) -> None:
    everything = shop.ids(per_page=100)
    assert shop.ids(offset=13, per_page=5) == everything[13:18]


def test_include_and_exclude_choose_by_id(shop: Shop) -> None:
    first, second, third, *rest = shop.ids(per_page=100, orderby="id", order="asc")
    assert shop.ids(include=f"{third},{first}", orderby="id", order="asc") == [first, third]
    assert shop.ids(include=f"{third},{first}", orderby="include") == [third, first]
    assert second not in shop.ids(exclude=str(second), per_page=100)
    assert len(rest) == 57


def test_customer_and_product_filter_orders(shop: Shop) -> None:
    orders = every_order(shop)
    customer = next(order["customer_id"] for order in orders if order["customer_id"])
    assert sorted(shop.ids(customer=customer, per_page=100)) == [
        o["id"] for o in orders if o["customer_id"] == customer
    ]
    guests = [order["id"] for order in orders if order["customer_id"] == 0]
    assert sorted(shop.ids(customer=0, per_page=100)) == guests
    product = orders[0]["line_items"][0]["product_id"]
    with_it = [o["id"] for o in orders if any(line["product_id"] == product for line in o["line_items"])]
    assert sorted(shop.ids(product=product, per_page=100)) == with_it


def test_hidden_statuses_appear_only_when_asked_for(shop: Shop) -> None:
    shown = {order["status"] for order in every_order(shop)}
    assert shown == {
        "completed", "processing", "on-hold", "shipped", "pending", "refunded", "cancelled", "failed",
    }  # fmt: skip
    assert shop.get("/orders", status="any").headers["X-WP-Total"] == "60"
    assert len(shop.ids(status="trash")) == len(shop.ids(status="checkout-draft")) == 1


def test_several_statuses_are_asked_for_with_commas(shop: Shop) -> None:
    orders = shop.get("/orders", status="shipped,failed", per_page=100).json()
    assert {order["status"] for order in orders} == {"shipped", "failed"}
    listed = shop.call("GET", "/orders?status[]=shipped&status[]=failed&per_page=100").json()
    assert [order["id"] for order in listed] == [order["id"] for order in orders]


class TestTheModificationFilter:
    """130 orders in one second stand for what the real shop held; here every eighth order shares one."""

    bulk = "2026-01-15T10:00:00"  # 11:00 in the shop's zone

    def count(self, shop: Shop, **params: str) -> int:
        return len(shop.ids(per_page=100, orderby="modified", order="asc", **params))

    def test_it_is_strict_on_both_sides(self, shop: Shop) -> None:
        in_that_second = [o for o in every_order(shop) if o["date_modified_gmt"] == self.bulk]
        assert len(in_that_second) == 7
        assert self.count(shop, modified_after="2026-01-15T09:59:59Z", modified_before="2026-01-15T10:00:01Z") == 7
        assert self.count(shop, modified_after="2026-01-15T10:00:00Z", modified_before="2026-01-15T10:00:01Z") == 0
        assert self.count(shop, modified_after="2026-01-15T09:59:59Z", modified_before="2026-01-15T10:00:00Z") == 0

    @pytest.mark.parametrize(
        ("params", "found"),
        [
            ({"modified_after": "2026-01-15T09:59:59Z"}, 7),
            ({"modified_after": "2026-01-15T09:59:59+00:00"}, 7),
            ({"modified_after": "2026-01-15T10:59:59+01:00"}, 7),
            ({"modified_after": "2026-01-15T09:59:59", "dates_are_gmt": "true"}, 7),
            ({"modified_after": "2026-01-15T10:59:59"}, 7),  # neither: local time
            ({"modified_after": "2026-01-15T11:00:00"}, 0),
            ({"modified_after": "2026-01-15T09:59:59Z", "dates_are_gmt": "true"}, 0),  # both: wrong by an hour
            ({"modified_after": "2026-01-15T08:59:59Z", "dates_are_gmt": "true"}, 7),
        ],
    )
    def test_a_zone_or_dates_are_gmt_is_right_and_both_are_wrong(
        self, shop: Shop, params: dict[str, str], found: int
    ) -> None:
        assert self.count(shop, **params, modified_before="2026-01-15T12:00:00Z") == found

    def test_it_filters_alike_in_any_order(self, shop: Shop) -> None:
        after = "2024-06-01T00:00:00Z"
        expected = [o["id"] for o in every_order(shop) if o["date_modified_gmt"] > after[:19]]
        for orderby in ("id", "date", "modified"):
            assert sorted(shop.ids(modified_after=after, orderby=orderby, per_page=100)) == expected

    def test_creation_has_its_own_filter(self, shop: Shop) -> None:
        expected = [o["id"] for o in every_order(shop) if "2023-01-01" < o["date_created_gmt"] < "2024-01-01"]
        found = shop.ids(after="2023-01-01T00:00:00Z", before="2024-01-01T00:00:00Z", per_page=100)
        assert sorted(found) == expected
        assert expected


def test_local_times_repeat_when_the_clocks_go_back(shop: Shop) -> None:
    turns = {o["date_modified_gmt"]: o["date_modified"] for o in every_order(shop)}
    assert turns["2025-10-26T00:30:00"] == turns["2025-10-26T01:30:00"] == "2025-10-26T02:30:00"
    assert turns["2025-03-30T00:59:59"] == "2025-03-30T01:59:59"
    assert turns["2025-03-30T01:00:00"] == "2025-03-30T03:00:00"


def test_fields_projects_and_links_come_along(shop: Shop) -> None:
    order = shop.get("/orders", per_page=1, _fields="id,date_modified_gmt,billing.email").json()[0]
    assert set(order) == {"id", "date_modified_gmt", "billing", "_links"}
    assert set(order["billing"]) == {"email"}


def test_metas_can_be_chosen_by_key(shop: Shop) -> None:
    orders = shop.get("/orders", per_page=100, include_meta="_private,dubbel").json()
    assert {meta["key"] for order in orders for meta in order["meta_data"]} == {"_private", "dubbel"}
    orders = shop.get("/orders", per_page=100, exclude_meta="dubbel").json()
    keys = {meta["key"] for order in orders for meta in order["meta_data"]}
    assert "dubbel" not in keys
    assert "_private" in keys


def test_dp_sets_the_decimals_of_money(shop: Shop) -> None:
    order_id = shop.ids(per_page=1)[0]
    plain, whole, fine = (shop.get(f"/orders/{order_id}", **extra).json() for extra in ({}, {"dp": 0}, {"dp": 4}))
    assert fine["total"] == plain["total"] + "00"
    assert "." not in whole["total"]
    assert fine["line_items"][0]["subtotal_tax"] == plain["line_items"][0]["subtotal_tax"] + "00"


def test_one_order_is_what_the_list_shows(shop: Shop) -> None:
    order = shop.get("/orders", per_page=1).json()[0]
    assert shop.get(f"/orders/{order['id']}").json() == order


def test_a_trashed_order_can_be_read_and_an_unknown_one_cannot(shop: Shop) -> None:
    trashed = shop.ids(status="trash")[0]
    assert shop.get(f"/orders/{trashed}").json()["status"] == "trash"
    assert reason(shop.get("/orders/999999")) == (404, "woocommerce_rest_shop_order_invalid_id")


def test_bodies_are_ascii_with_surrogate_pairs(shop: Shop) -> None:
    body = shop.get("/orders", per_page=100).content
    assert body.isascii()
    assert b"\\ud83c\\udf89" in body
    assert b"http:\\/\\/shop.example\\/" in body


def test_there_is_no_validator_for_caches_and_the_shops_clock_is_in_date(shop: Shop) -> None:
    headers = shop.get("/orders", per_page=1).headers
    assert not {"ETag", "Last-Modified"} & headers.keys()
    assert headers["Date"] == "Sun, 22 Nov 2026 12:00:00 GMT"


def test_refunds_are_read_by_order_and_all_at_once(shop: Shop) -> None:
    orders = {order["id"]: order for order in every_order(shop)}
    refunds = shop.get("/refunds", per_page=100).json()
    assert len(refunds) > 5
    for refund in refunds:
        short = {entry["id"]: entry["total"] for entry in orders[refund["parent_id"]]["refunds"]}
        assert short[refund["id"]] == f"-{refund['amount']}"
        assert shop.get(f"/orders/{refund['parent_id']}/refunds/{refund['id']}").json() == refund
    one = refunds[0]["parent_id"]
    assert sorted(shop.ids(f"/orders/{one}/refunds")) == [r["id"] for r in sorted(
        (r for r in refunds if r["parent_id"] == one), key=lambda r: int(r["id"])
    )]  # fmt: skip


def test_a_partial_refund_names_the_line_with_negative_amounts(shop: Shop) -> None:
    refund = next(refund for refund in shop.get("/refunds", per_page=100).json() if refund["line_items"])
    line = refund["line_items"][0]
    order = shop.get(f"/orders/{refund['parent_id']}").json()
    assert line["quantity"] == -1
    assert line["total"].startswith("-")
    assert refund["amount"][0].isdigit()
    assert {meta["key"] for meta in line["meta_data"]} == {"_refunded_item_id"}
    assert line["meta_data"][0]["value"] in {str(item["id"]) for item in order["line_items"]}


def test_products_variations_and_customers_are_read(shop: Shop) -> None:
    products = shop.get("/products", per_page=100).json()
    variable = next(product for product in products if product["type"] == "variable")
    assert sorted(shop.ids(f"/products/{variable['id']}/variations")) == variable["variations"]
    variation = variable["variations"][0]
    assert shop.get(f"/products/{variable['id']}/variations/{variation}").json()["parent_id"] == variable["id"]
    with_sku = next(product for product in products if product["sku"])
    assert shop.ids("/products", sku=with_sku["sku"]) == [with_sku["id"]]
    customer = shop.get("/customers", per_page=1).json()[0]
    assert shop.get(f"/customers/{customer['id']}").json() == customer
    assert shop.ids("/customers", email=customer["email"]) == [customer["id"]]


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("/orders/1/refunds", "woocommerce_rest_invalid_order_id"),
        ("/products/1", "woocommerce_rest_product_invalid_id"),
        ("/products/1/variations", "woocommerce_rest_product_invalid_id"),
        ("/products/10/variations/1", "woocommerce_rest_product_variation_invalid_id"),
        ("/customers/1", "woocommerce_rest_invalid_id"),
        ("/nowhere", "rest_no_route"),
    ],
)
def test_what_is_not_there_is_404_with_a_code_of_its_own(shop: Shop, path: str, code: str) -> None:
    assert reason(shop.get(path)) == (404, code)


def test_the_index_lists_the_namespace_and_other_pages_are_html(shop: Shop) -> None:
    assert "wc/v3" in shop.session.get(f"{shop.server.url}/wp-json/").json()["namespaces"]
    assert "/wc/v3/orders" in shop.session.get(f"{shop.server.url}{API}").json()["routes"]
    page = shop.session.get(f"{shop.server.url}/shop/orders")
    assert page.status_code == 404
    assert page.headers["Content-Type"].startswith("text/html")
