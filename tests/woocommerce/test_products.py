"""Variations are found when they alone have changed, in new shops by one list, in old ones product by product."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from urllib.parse import parse_qs, urlsplit

import pytest

from crossdock.mapping.prove import prove
from crossdock.pipeline.making import make_job
from crossdock.testing.sandbox import Request, Response
from crossdock_woocommerce.sandbox.shop import Shop
from tests.pipeline.making import SHOP, connection_of
from tests.woocommerce.shops import OpenShop, ids_of, items_of, open_shop

LATE = "2026-11-20T12:00:00"


def one_list(shop: Shop) -> Callable[[Request], Response | None]:
    """Serve ``/variations``, or nothing there, as older versions of WooCommerce."""

    def answer(asked: Request) -> Response | None:
        if not asked.path.endswith("/v3/variations"):
            return None
        query = dict(asked.query)
        assert (query["orderby"], query["order"]) == ("id", "asc")
        after, wanted = query.get("modified_after", ""), query.get("include", "")
        rows = [row for row in sorted(shop.variations, key=lambda row: row.id) if row.modified > after]
        rows = [row for row in rows if not wanted or str(row.id) in wanted.split(",")]
        start, size = int(query["offset"]), int(query["per_page"])
        page = rows[start : start + size]
        headers = {"X-WP-Total": str(len(rows) if page else 0)}
        return Response(200, b"[%s]" % b",".join(shop.variations.body(row) for row in page), headers)

    return answer


def no_list(asked: Request) -> Response | None:
    if not asked.path.endswith("/v3/variations"):
        return None
    return Response.json({"code": "rest_no_route", "message": "No route was found."}, 404)


@pytest.fixture(params=[True, False], ids=["one list", "product by product"])
def shop(request: pytest.FixtureRequest) -> Iterator[OpenShop]:
    with open_shop(records=5, page_size=5) as found:
        found.server.hooks.append(one_list(found.shop) if request.param else no_list)
        yield found


def modify(shop: OpenShop, number: int) -> None:
    row = shop.shop.variations.get(number)
    assert row is not None
    shop.shop.variations.put({**shop.shop.variations.document(row), "date_modified_gmt": LATE})


def test_a_full_read_gives_every_product_and_variation_once(shop: OpenShop) -> None:
    ids = ids_of(shop.read("product"))
    expected = [str(row.id) for table in (shop.shop.products, shop.shop.variations) for row in table]
    assert sorted(ids) == sorted(expected)


def test_a_variation_that_changed_without_its_product_is_found(shop: OpenShop) -> None:
    number = next(iter(shop.shop.variations)).id
    modify(shop, number)
    (item,) = items_of(shop.read("product", LATE + "Z"))
    assert (item.remote_id, item.modified) == (str(number), LATE + "Z")
    assert json.loads(item.raw)["parent_id"] > 0


def test_a_variation_is_fetched_by_its_own_id(shop: OpenShop) -> None:
    row = list(shop.shop.variations)[-1]
    assert shop.source.fetch("product", str(row.id)).raw == shop.shop.variations.body(row)


def test_a_shop_that_shows_variations_as_products_gives_the_variations_own_shape(shop: OpenShop) -> None:
    row = next(iter(shop.shop.variations))

    def as_product(asked: Request) -> Response | None:
        if not asked.path.endswith(f"/products/{row.id}"):
            return None
        return Response.json({"id": row.id, "type": "variation", "parent_id": row.parent})

    shop.server.hooks.append(as_product)
    assert shop.source.fetch("product", str(row.id)).raw == shop.shop.variations.body(row)


def test_a_variation_is_tied_to_its_product_even_where_only_a_link_says_which() -> None:
    job = make_job(connection_of("[connection.import.product]\n"), "product", None)
    home = "https://shop.example/wp-json/wc/v3/products"
    own = {"id": 56, "sku": "A", "meta_data": []}
    older = own | {"_links": {"up": [{"href": f"{home}/55"}]}}
    newer = own | {"_links": {"up": [{"href": f"{home}/0"}]}, "parent_id": 55}
    for payload in (older, newer):
        mapped = job.mapper.map(payload)
        assert mapped.record["variantGroup"] == {"remoteIdMap": {SHOP: "55"}}
        assert prove(job.mapper, payload, mapped) == []
    simple = own | {"parent_id": 0, "_links": {"self": [{"href": f"{home}/56"}]}}
    assert "variantGroup" not in job.mapper.map(simple).record


def test_a_product_that_vanishes_between_list_and_variations_is_left_out(shop: OpenShop) -> None:
    gone = next(iter(shop.shop.variations)).parent
    refusal = Response.json({"code": "woocommerce_rest_product_invalid_id", "message": "Invalid ID."}, 404)
    shop.server.hooks.append(lambda asked: refusal if f"/products/{gone}/variations" in asked.path else None)
    assert len(ids_of(shop.read("product"))) >= len(shop.shop.products)


def test_a_new_shop_is_asked_for_its_variations_in_one_list() -> None:
    with open_shop(records=5, page_size=100) as shop:
        shop.server.hooks.append(one_list(shop.shop))
        pages = shop.read("product", "2020-01-01T00:00:00Z")
        asked = [urlsplit(line.target) for line in shop.server.log]
        assert [address.path.removeprefix("/wp-json/wc/v3/") for address in asked] == [
            "products",
            "products",
            "variations",
        ]
        assert parse_qs(asked[2].query)["modified_after"] == ["2019-12-31T23:59:59"]
        assert pages[0].total == len(shop.shop.products)
        assert pages[1].total == len(shop.shop.products) + len(shop.shop.variations)
