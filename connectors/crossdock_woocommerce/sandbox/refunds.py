"""Refunds: money that goes back for an order."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from . import clock, write
from .catalog import SITE
from .edit_lines import as_cents
from .meta import with_display
from .money import text
from .refusal import Refusal
from .wire import Document

if TYPE_CHECKING:
    from .shop import Shop


def create(shop: Shop, order_id: int, request: Document) -> Document:
    """Refund an amount, with or without lines; the order is then modified, and `refunded` when nothing is left.

    Raises:
        Refusal: 404 no such order; 400 nothing to refund; 500 more than is left.
    """
    row = shop.orders.get(order_id)
    if row is None:
        raise Refusal("woocommerce_rest_invalid_order_id", "Invalid order ID.", 404)
    order = shop.orders.document(row)
    lines = [line for line in request.get("line_items") or () if isinstance(line, dict)]
    amount = as_cents(request["amount"], "amount") if request.get("amount") else sum(map(_posted_total, lines))
    if amount <= 0:
        message = "Refund amount must be greater than zero."
        raise Refusal("woocommerce_rest_invalid_order_refund", message, 400)
    left = as_cents(order["total"], "total") + sum(as_cents(old["total"], "total") for old in order["refunds"])
    if amount > left:
        raise Refusal("woocommerce_rest_cannot_create_order_refund", "Invalid refund amount.", 500)
    refund = _document(shop, order, amount, str(request.get("reason") or ""), lines)
    shop.refunds.put(refund)
    order["refunds"].append({"id": refund["id"], "reason": refund["reason"], "total": f"-{refund['amount']}"})
    if amount == left:
        write.change_status(shop, order, "refunded")
    write.touch(shop, order)
    shop.tell("order.updated", order_id)
    return refund


def remove(shop: Shop, order_id: int, refund_id: int) -> Document:
    """Delete a refund; the order's modification time stays."""
    row = shop.refunds.get(refund_id)
    if row is None or row.parent != order_id:
        raise Refusal("woocommerce_rest_invalid_order_refund_id", "Invalid order refund ID.", 404)
    refund = shop.refunds.document(row)
    shop.refunds.remove(refund_id)
    parent = shop.orders.get(order_id)
    if parent is not None:
        order = shop.orders.document(parent)
        order["refunds"] = [entry for entry in order["refunds"] if entry["id"] != refund_id]
        shop.orders.put(order)
    return refund


def _posted_total(line: Document) -> int:
    taxes = sum(as_cents(tax.get("refund_total"), "refund_tax") for tax in line.get("refund_tax") or ())
    return as_cents(line.get("refund_total"), "refund_total") + taxes


def _document(shop: Shop, order: Document, amount: int, reason: str, posted: list[Document]) -> Document:
    refund_id = shop.order_ids.next()
    gmt = clock.stamp(shop.now())
    home = f"{SITE}/wp-json/wc/v3/orders/{order['id']}"
    sections: dict[str, list[Document]] = {"line_items": [], "shipping_lines": [], "fee_lines": []}
    for item in posted:
        _put_line(shop, order, item, sections)
    kind = "full" if amount == as_cents(order["total"], "total") else "partial"
    return {
        "id": refund_id, "parent_id": order["id"], "date_created": clock.local(gmt), "date_created_gmt": gmt,
        "amount": text(amount), "reason": reason, "refunded_by": 1, "refunded_payment": False,
        "meta_data": [{"id": shop.meta_ids.next(), "key": "_refund_type", "value": kind}],
        "line_items": sections["line_items"], "shipping_lines": sections["shipping_lines"], "tax_lines": [],
        "fee_lines": sections["fee_lines"],
        "_links": {
            "self": [{"href": f"{home}/refunds/{refund_id}", "targetHints": {"allow": ["GET", "DELETE"]}}],
            "collection": [{"href": f"{home}/refunds"}], "up": [{"href": home}],
        },
    }  # fmt: skip


def _put_line(shop: Shop, order: Document, posted: Document, sections: dict[str, list[Document]]) -> None:
    """Add the refund's copy of an order's line, with what went back as negative amounts."""
    for section, found in sections.items():
        line = next((line for line in order[section] if line["id"] == posted.get("id")), None)
        if line is None:
            continue
        net = as_cents(posted.get("refund_total"), "refund_total")
        taxes = {tax["id"]: as_cents(tax.get("refund_total"), "refund_tax") for tax in posted.get("refund_tax") or ()}
        marker = {"id": shop.meta_ids.next(), "key": "_refunded_item_id", "value": str(line["id"])}
        changes: Document = {
            "id": shop.line_ids.next(), "total": text(-net), "total_tax": text(-sum(taxes.values())),
            "taxes": [{"id": key, "total": text(-tax), "subtotal": text(-tax)} for key, tax in taxes.items()],
            "meta_data": with_display([marker]),
        }  # fmt: skip
        if section == "line_items":
            quantity: Any = posted.get("quantity") or 0
            changes |= {"quantity": -quantity, "subtotal": text(-net), "subtotal_tax": changes["total_tax"]}
        found.append({**line, **changes})
