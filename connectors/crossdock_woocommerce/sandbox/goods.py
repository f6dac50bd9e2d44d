"""Writing products, variations and customers: fields are taken as they come."""

from __future__ import annotations

from typing import TYPE_CHECKING

from . import clock, meta
from .catalog import Article, customer_document, product_document, variation_document
from .refusal import Refusal, invalid_parameter
from .store import Table
from .wire import Document

if TYPE_CHECKING:
    from .shop import Shop

READ_ONLY = frozenset({
    "id", "type", "date_created", "date_created_gmt", "date_modified", "date_modified_gmt", "permalink", "price",
    "on_sale", "purchasable", "total_sales", "parent_id", "variations", "related_ids", "price_html", "has_options",
    "is_paying_customer", "avatar_url", "role", "meta_data", "_links", "average_rating", "rating_count",
})  # fmt: skip


def create_product(shop: Shop, request: Document) -> Document:
    """Add a simple product."""
    article = Article(shop.product_ids.next(), 0, "", "", 0)
    product = product_document(article.product, "", [article], variable=False)
    product |= {"regular_price": "", "price": "", "total_sales": 0, "meta_data": [], "categories": []}
    return _add(shop, shop.products, "product", product, request)


def create_variation(shop: Shop, product_id: int, request: Document) -> Document:
    """Add a variation to a product."""
    parent = shop.products.get(product_id)
    if parent is None:
        raise Refusal("woocommerce_rest_product_invalid_id", "Invalid ID.", 404)
    variation = variation_document(Article(product_id, shop.product_ids.next(), "", "", 0))
    variation |= {"regular_price": "", "price": "", "attributes": []}
    product = shop.products.document(parent)
    product["variations"] = [*product["variations"], variation["id"]]
    shop.products.put(product)
    return _add(shop, shop.variations, "product", variation, request)


def create_customer(shop: Shop, request: Document) -> Document:
    """Add a customer; the address must be new."""
    email = request.get("email")
    if not email:
        raise Refusal("rest_missing_callback_param", "Missing parameter(s): email", 400, params=["email"])
    if any(shop.customers.document(row)["email"] == email for row in shop.customers):
        message = "An account is already registered with your email address. Please log in."
        raise Refusal("registration-error-email-exists", message, 400)
    customer = customer_document(0)
    customer |= {"id": shop.customer_ids.next(), "first_name": "", "last_name": "", "meta_data": []}
    customer |= {"username": str(email).partition("@")[0], "is_paying_customer": False}
    for place in ("billing", "shipping"):
        customer[place] = dict.fromkeys(customer[place], "")
    return _add(shop, shop.customers, "customer", customer, request)


def _add(shop: Shop, table: Table, resource: str, document: Document, request: Document) -> Document:
    gmt = clock.stamp(shop.now())
    document["date_created"], document["date_created_gmt"] = clock.local(gmt), gmt
    _apply(shop, table, document, request)
    shop.tell(f"{resource}.created", document["id"])
    return document


def update(shop: Shop, table: Table, resource: str, document: Document, request: Document) -> Document:
    """Change a document; what it has no field for, or only shows, is ignored."""
    _apply(shop, table, document, request)
    shop.tell(f"{resource}.updated", document["id"])
    return document


def _apply(shop: Shop, table: Table, document: Document, request: Document) -> None:
    for name in request.keys() & document.keys() - READ_ONLY:
        value, before = request[name], document[name]
        if isinstance(before, dict):
            if not isinstance(value, dict):
                raise invalid_parameter(name, f"{name} is not of type object.", "rest_invalid_type")
            document[name] = {**before, **{key: value[key] for key in value.keys() & before.keys()}}
        else:
            document[name] = value
    if "regular_price" in document:
        document["price"] = document["sale_price"] or document["regular_price"]
        document["on_sale"] = bool(document["sale_price"])
    if "meta_data" in request:
        changes = request["meta_data"]
        if table is shop.customers and isinstance(changes, list):  # a customer's private metas are not for the API
            changes = [change for change in changes if not str(change.get("key", "")).startswith("_")]
        document["meta_data"] = meta.merge(document["meta_data"], changes, shop.meta_ids, meta.short_key)
    gmt = clock.stamp(shop.now())
    document["date_modified"], document["date_modified_gmt"] = clock.local(gmt), gmt
    table.put(document)


def remove(shop: Shop, table: Table, resource: str, document: Document, *, force: bool) -> Document:
    """Bin a product, or delete a product, variation or customer for good; return it as it was."""
    if force:
        table.remove(document["id"])
    elif table is shop.products:
        table.put({**document, "status": "trash"})
    else:
        message = f"The {resource} does not support trashing."
        raise Refusal("woocommerce_rest_trash_not_supported", message, 501)
    if not force or table is shop.customers:  # who deletes a product past the bin tells nobody
        shop.tell(f"{resource}.deleted", document["id"])
    return document
