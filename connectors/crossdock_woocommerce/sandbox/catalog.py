"""The invented shop's products, variations and customers: the same for any number of orders."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from . import clock
from .money import text
from .people import MARKETS, Market
from .wire import Document

SITE = "http://shop.example"
PRODUCT_NAMES = (
    'Ullströmpor "Åre"', "Kaffe mörkrost 500 g", "ไม้ไผ่", "抹茶 30g", "قهوة عربية", "Tee & Kanne", "Golfboll",
    "Jeans „Ö“", "T-shirt Classic", "Presentkort", "Emoji mug 🎉", "Kabel 2,5 m", "Stol <Ek>", "O'Neill cap", "Brød",
    "Żurek", "Crème brûlée", "Skruv M8 (100 st)", "Lampa", "Matta 200×300",
)  # fmt: skip
SIZES = ("S", "L/XL", "Blå & vit")
CUSTOMERS = 4 * len(MARKETS)
BORN = "2021-12-31T23:00:00"


@dataclass(frozen=True, slots=True)
class Article:
    """What can be bought: a simple product or one variation; `price` in cents."""

    product: int
    variation: int
    name: str
    sku: str
    price: int
    size: str = ""
    parent_name: str | None = None


@dataclass(frozen=True, slots=True)
class Catalog:
    """Everything of the shop that is not an order."""

    articles: tuple[Article, ...]
    products: tuple[Document, ...]
    variations: tuple[Document, ...]
    customers: tuple[Document, ...]


def invent_catalog(seed: int) -> Catalog:
    """Make the catalogue of a seed."""
    random = Random(seed)  # noqa: S311 - invented, not secret
    articles: list[Article] = []
    products: list[Document] = []
    variations: list[Document] = []
    for index, name in enumerate(PRODUCT_NAMES):
        product_id = 10 + 5 * index
        variable = index % 4 == 3
        cents = random.choice((1, 1000, 1290, 1999, 4990, 9995, 12_900, 39_900, 149_950)) + random.randrange(3)
        if variable:
            found = [_sized(product_id, name, k, cents) for k in range(len(SIZES))]
        else:
            found = [Article(product_id, 0, name, f"SKU {1000 + index}" if index % 5 else "", cents)]
        articles += found
        products.append(product_document(product_id, name, found, variable=variable))
        variations += [variation_document(article) for article in found if variable]
    return Catalog(tuple(articles), tuple(products), tuple(variations), tuple(map(customer_document, range(CUSTOMERS))))


def _sized(product_id: int, name: str, number: int, cents: int) -> Article:
    size = SIZES[number]
    sku = f"VAR-{product_id}-{size}"
    return Article(product_id, product_id + 1 + number, f"{name} - {size}", sku, cents + 100 * number, size, name)


def _links(kind: str, row_id: int) -> Document:
    home = f"{SITE}/wp-json/wc/v3/{kind}"
    allow = ["GET", "POST", "PUT", "PATCH", "DELETE"]
    return {"self": [{"href": f"{home}/{row_id}", "targetHints": {"allow": allow}}], "collection": [{"href": home}]}


def _dates(created: str, modified: str) -> Document:
    return {
        "date_created": clock.local(created),
        "date_created_gmt": created,
        "date_modified": clock.local(modified),
        "date_modified_gmt": modified,
    }


def _goods(sku: str, price: str, *, variable: bool = False) -> Document:
    """Return the fields that products and variations share."""
    return {
        "sku": sku, "global_unique_id": "", "price": price, "regular_price": "" if variable else price,
        "sale_price": "", "date_on_sale_from": None, "date_on_sale_from_gmt": None, "date_on_sale_to": None,
        "date_on_sale_to_gmt": None, "on_sale": False, "status": "publish", "purchasable": True, "virtual": False,
        "downloadable": False, "downloads": [], "download_limit": -1, "download_expiry": -1, "tax_status": "taxable",
        "tax_class": "", "manage_stock": not variable, "stock_quantity": None if variable else 100,
        "stock_status": "instock", "backorders": "no", "backorders_allowed": False, "backordered": False,
        "low_stock_amount": None, "weight": "0.5", "dimensions": {"length": "10", "width": "2.5", "height": ""},
        "shipping_class": "", "shipping_class_id": 0,
    }  # fmt: skip


def product_document(product_id: int, name: str, articles: list[Article], *, variable: bool) -> Document:
    """Return a product as the shop shows it."""
    slug = f"product-{product_id}"
    options = [article.size for article in articles] if variable else []
    return {
        "id": product_id, "name": name, "slug": slug, "permalink": f"{SITE}/product/{slug}/",
        **_dates(BORN, f"2025-0{1 + product_id % 9}-01T10:00:00"),
        "type": "variable" if variable else "simple", "featured": False, "catalog_visibility": "visible",
        "description": f"<p>About <strong>{name}</strong></p>\n", "short_description": "",
        **_goods(articles[0].sku if not variable else "", text(articles[0].price), variable=variable),
        "total_sales": product_id, "external_url": "", "button_text": "", "sold_individually": False,
        "shipping_required": True, "shipping_taxable": True, "reviews_allowed": True, "average_rating": "0.00",
        "rating_count": 0, "upsell_ids": [], "cross_sell_ids": [], "parent_id": 0, "purchase_note": "",
        "categories": [{"id": 16, "name": "Kläder", "slug": "klader"}], "brands": [], "tags": [], "images": [],
        "attributes": [
            {"id": 0, "name": "Storlek", "slug": "storlek", "position": 0, "visible": True, "variation": True,
             "options": options}
        ] if variable else [],
        "default_attributes": [], "variations": [article.variation for article in articles if variable],
        "grouped_products": [], "menu_order": 0, "price_html": "", "related_ids": [],
        "meta_data": [{"id": 5 * product_id, "key": "leverantör", "value": {"namn": "Grossist AB", "nr": product_id}}],
        "has_options": variable, "post_password": "", "_links": _links("products", product_id),
    }  # fmt: skip


def variation_document(article: Article) -> Document:
    """Return a variation as the shop shows it."""
    return {
        "id": article.variation, "type": "variation", **_dates(BORN, "2025-02-01T10:00:00"), "description": "",
        "permalink": f"{SITE}/product/product-{article.product}/", **_goods(article.sku, text(article.price)),
        "image": None, "gallery_image_ids": [],
        "attributes": [{"id": 0, "name": "Storlek", "slug": "storlek", "option": article.size}], "menu_order": 0,
        "meta_data": [], "name": article.size, "parent_id": article.product,
        "_links": {
            **_links("variations", article.variation),
            "up": [{"href": f"{SITE}/wp-json/wc/v3/products/{article.product}"}],
        },
    }  # fmt: skip


def market_of(customer: int) -> Market:
    """Return where the customer of an index lives."""
    return MARKETS[customer % len(MARKETS)]


def address(market: Market, who: int) -> Document:
    """Return the fields that billing and shipping share."""
    first, last = market.names[who % len(market.names)]
    return {
        "first_name": first, "last_name": last, "company": market.company if who % 3 == 0 else "",
        "address_1": market.streets[who % len(market.streets)], "address_2": "c/o Åkesson" if who % 5 == 0 else "",
        "city": market.city, "state": market.state, "postcode": market.postcode, "country": market.country,
    }  # fmt: skip


def customer_document(index: int) -> Document:
    """Return an invented customer as the shop shows it."""
    market = market_of(index)
    place = address(market, index)
    metas: list[Document] = [{"id": 3 * index + 1, "key": "org.nr", "value": "556677-8800"}] if index % 4 == 0 else []
    return {
        "id": index + 2, **_dates(BORN, "2025-03-01T10:00:00"), "email": f"kund{index}@example.test",
        "first_name": place["first_name"], "last_name": place["last_name"], "role": "customer",
        "username": f"kund{index}",
        "billing": {**place, "email": f"kund{index}@example.test", "phone": f"+46 70 123 45 {index:02d}"},
        "shipping": {**place, "phone": ""}, "is_paying_customer": index % 2 == 0,
        "avatar_url": "https://secure.gravatar.com/avatar/?s=96&d=mm&r=g", "meta_data": metas,
        "_links": _links("customers", index + 2),
    }  # fmt: skip
