"""Writing orders: what a POST, PUT or DELETE makes of one."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from . import clock, meta
from .catalog import SITE
from .edit_lines import LineEditor, Stock
from .people import MARKETS
from .query import ORDERS, not_one_of
from .refusal import Refusal, invalid_parameter
from .wire import Document

if TYPE_CHECKING:
    from .shop import Shop

BATCH = 100
ADDRESS = (
    "first_name", "last_name", "company", "address_1", "address_2", "city", "state", "postcode", "country",
)  # fmt: skip
TEXTS = (
    "customer_note", "payment_method", "payment_method_title", "transaction_id", "customer_ip_address",
    "customer_user_agent",
)  # fmt: skip
PAID = frozenset({"processing", "completed"})
UNPAID = frozenset({"pending", "failed", "checkout-draft"})
EDITABLE = frozenset({"pending", "on-hold", "auto-draft"})
SYMBOLS = {market.currency: market.symbol for market in MARKETS}
EMAIL = re.compile(r"[^@\s]+@[^@\s.]+(\.[^@\s.]+)+", re.ASCII)
ALLOWED = ["GET", "POST", "PUT", "PATCH", "DELETE"]


def create(shop: Shop, request: Document) -> Document:
    """Add an order; what the request leaves out has the shop's defaults.

    Raises:
        Refusal: the request is not acceptable; nothing was added.
    """
    if request.get("id"):
        raise Refusal("woocommerce_rest_shop_order_exists", "Cannot create existing shop_order.", 400)
    order = _blank(shop)
    order["id"] = shop.order_ids.next()
    order["number"] = str(order["id"])
    order["order_key"] = f"wc_order_sandbox{order['id']}"
    home = f"{SITE}/wp-json/wc/v3"
    order["payment_url"] = f"{SITE}/checkout/order-pay/{order['id']}/?pay_for_order=true&key={order['order_key']}"
    order["_links"] = {
        "self": [{"href": f"{home}/orders/{order['id']}", "targetHints": {"allow": ALLOWED}}],
        "collection": [{"href": f"{home}/orders"}],
    }
    if isinstance(request.get("created_via"), str):
        order["created_via"] = request["created_via"]
    _apply(shop, order, request)
    LineEditor(order, _stock(shop), shop.line_ids, shop.meta_ids).recalculate()
    _save(shop, order)
    shop.tell("order.created", order["id"])
    shop.tell("order.updated", order["id"])
    return order


def update(shop: Shop, order_id: int, request: Document) -> Document:
    """Change an order; any success moves `date_modified`, even when nothing was asked for.

    Raises:
        Refusal: 400, there is no such order or the request is not acceptable; nothing was changed.
    """
    row = shop.orders.get(order_id)
    if row is None:
        raise Refusal("woocommerce_rest_shop_order_invalid_id", "ID is invalid.", 400)
    order = shop.orders.document(row)
    _apply(shop, order, request)
    _save(shop, order)
    if row.status != "trash":  # coming back from the bin is no event, as measured
        shop.tell("order.updated", order_id)
    return order


def remove(shop: Shop, order_id: int, *, force: bool) -> Document:
    """Put an order into the bin, or delete it for good; return it as it was before."""
    row = shop.orders.get(order_id)
    if row is None:
        raise Refusal("woocommerce_rest_shop_order_invalid_id", "Invalid ID.", 404)
    before = shop.orders.document(row)
    if force:
        shop.orders.remove(order_id)
        for refund in [found.id for found in shop.refunds if found.parent == order_id]:
            shop.refunds.remove(refund)
        return before
    if before["status"] == "trash":
        raise Refusal("woocommerce_rest_already_trashed", "The order has already been deleted.", 410)
    after = {**before, "status": "trash"}
    _save(shop, after)
    shop.tell("order.deleted", order_id)
    return before


def batch(shop: Shop, request: Document) -> Document:
    """Create, update and delete several orders; each item succeeds or fails alone."""
    parts = {name: request.get(name) or [] for name in ("create", "update", "delete")}
    if sum(map(len, parts.values())) > BATCH:
        message = f"Unable to accept more than {BATCH} items for this request."
        raise Refusal("woocommerce_rest_request_entity_too_large", message, 413)
    answer: Document = {}
    for name, items in parts.items():
        if items:
            answer[name] = [_item(shop, name, item) for item in items]
    return answer


def _item(shop: Shop, name: str, item: Any) -> Document:
    row_id = item.get("id", 0) if isinstance(item, dict) else item
    try:
        if name == "create":
            return create(shop, item)
        if name == "update":
            return update(shop, row_id, item)
        return remove(shop, row_id, force=True)
    except Refusal as refusal:
        return {"id": row_id, "error": refusal.document()}


def _stock(shop: Shop) -> Stock:
    return Stock(shop.products, shop.variations)


def _apply(shop: Shop, order: Document, request: Document) -> None:
    _check(shop, request)
    for name in ("currency", "customer_id", *TEXTS):
        if request.get(name) is not None:
            order[name] = request[name]
    for name in ("billing", "shipping"):
        _apply_address(order[name], request.get(name), email=name == "billing")
    if "meta_data" in request:
        order["meta_data"] = _metas(shop, order, request["meta_data"])
    editor = LineEditor(order, _stock(shop), shop.line_ids, shop.meta_ids)
    if editor.apply(request):
        editor.recalculate()
    status = request.get("status") or ("processing" if request.get("set_paid") else None)
    if status:
        change_status(shop, order, status)
    order["currency_symbol"] = SYMBOLS.get(order["currency"], order["currency_symbol"])


def _check(shop: Shop, request: Document) -> None:
    statuses = [status for status in ORDERS.statuses if status not in {"any", "trash"}]
    status = request.get("status")
    if status is not None and status not in statuses:
        raise not_one_of("status", "status", statuses)
    for name in TEXTS:
        if not isinstance(request.get(name, ""), str | None):
            raise invalid_parameter(name, f"{name} is not of type string.", "rest_invalid_type")
    for name in ("billing", "shipping"):
        if not isinstance(request.get(name, {}), dict):
            raise invalid_parameter(name, f"{name} is not of type object.", "rest_invalid_type")
    if not isinstance(request.get("meta_data", []), list):
        raise invalid_parameter("meta_data", "meta_data is not of type array.", "rest_invalid_type")
    customer = request.get("customer_id")
    if customer is not None and not isinstance(customer, int):
        raise invalid_parameter("customer_id", "customer_id is not of type integer.", "rest_invalid_type")
    if customer and shop.customers.get(customer) is None:
        raise Refusal("woocommerce_rest_invalid_customer_id", "Customer ID is invalid.", 400)


def _apply_address(address: Document, posted: Mapping[str, Any] | None, *, email: bool) -> None:
    fields = (*ADDRESS, "phone", *(("email",) if email else ()))
    for field in fields:
        if posted and posted.get(field) is not None:
            if field == "email":
                _check_email(posted[field])
            address[field] = str(posted[field])


def _check_email(value: Any) -> None:
    if value != "" and not (isinstance(value, str) and EMAIL.fullmatch(value)):
        raise invalid_parameter("billing", "Invalid email address.", "rest_invalid_email")


def _metas(shop: Shop, order: Document, changes: list[Any]) -> list[Document]:
    """Merge metas; the keys that are fields of the order in truth go there, or nowhere."""
    plain = [change for change in changes if not (isinstance(change, dict) and _field_of(order, change))]
    return meta.merge(order["meta_data"], plain, shop.meta_ids, meta.fits)


def _field_of(order: Document, change: Document) -> bool:
    key, value = change.get("key"), change.get("value")
    if not isinstance(key, str) or not key.startswith("_"):
        return False
    name = key[1:]
    place, _, field = name.partition("_")
    if place in {"billing", "shipping"} and field in order[place]:
        if field == "email":
            _check_email(value)
        order[place][field] = str(meta.stored(value) or "")
    elif name in meta.SETTERS:
        order[name] = str(meta.stored(value) or "")
    else:
        return key in meta.SWALLOWED
    return True


def change_status(shop: Shop, order: Document, status: str) -> None:
    """Move an order to a status, with the dates and the note that come with it."""
    before = order["status"]
    order["status"] = status
    gmt = clock.stamp(shop.now())
    for name, statuses in (("paid", PAID), ("completed", frozenset({"completed"}))):
        if status in statuses and order[f"date_{name}_gmt"] is None:
            order[f"date_{name}"], order[f"date_{name}_gmt"] = clock.local(gmt), gmt
    if before and before != status:
        shop.add_note(order["id"], f"Order status changed from {before} to {status}.")


def _save(shop: Shop, order: Document) -> None:
    order["is_editable"] = order["status"] in EDITABLE
    order["needs_payment"] = order["status"] in UNPAID and order["total"] not in {"0.00", "0"}
    touch(shop, order)


def touch(shop: Shop, order: Document) -> None:
    """Keep an order with the present as its modification time."""
    gmt = clock.stamp(shop.now())
    order["date_modified"], order["date_modified_gmt"] = clock.local(gmt), gmt
    shop.orders.put(order)


def _blank(shop: Shop) -> Document:
    gmt = clock.stamp(shop.now())
    zero = dict.fromkeys(
        ("discount_total", "discount_tax", "shipping_total", "shipping_tax", "cart_tax", "total", "total_tax"), "0.00"
    )
    return {
        "id": 0, "parent_id": 0, "status": "pending", "currency": "SEK", "version": "11.0.1",
        "prices_include_tax": True, "date_created": clock.local(gmt), "date_modified": clock.local(gmt), **zero,
        "customer_id": 0, "order_key": "", "billing": {**dict.fromkeys(ADDRESS, ""), "email": "", "phone": ""},
        "shipping": {**dict.fromkeys(ADDRESS, ""), "phone": ""}, **dict.fromkeys(TEXTS[1:], ""),
        "created_via": "rest-api", "customer_note": "", "date_completed": None, "date_paid": None, "cart_hash": "",
        "number": "", "meta_data": [], "line_items": [], "tax_lines": [], "shipping_lines": [], "fee_lines": [],
        "coupon_lines": [], "refunds": [], "payment_url": "", "is_editable": True, "needs_payment": True,
        "needs_processing": True, "date_created_gmt": gmt, "date_modified_gmt": gmt, "date_completed_gmt": None,
        "date_paid_gmt": None, "currency_symbol": "kr", "_links": {},
    }  # fmt: skip
