"""Changing the lines of an order, and the totals that follow from them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Any

from . import meta
from .money import split, text
from .people import MARKETS, Rate
from .refusal import Refusal, invalid_parameter
from .store import Ids, Table
from .wire import Document, Number


@dataclass(frozen=True, slots=True)
class Section:
    """One list of lines; a null in `name_of` removes a line, and a new line without it is refused with `code`."""

    key: str
    name_of: str
    code: str
    message: str


SECTIONS = (
    Section(
        "line_items", "product_id", "woocommerce_rest_required_product_reference", "Product ID or SKU is required."
    ),
    Section("shipping_lines", "method_id", "woocommerce_rest_invalid_shipping_item", "Shipping method ID is required."),
    Section("fee_lines", "name", "woocommerce_rest_invalid_fee_item", "Fee name is required."),
)
TAXED = tuple(section.key for section in SECTIONS)


@dataclass(frozen=True, slots=True)
class Stock:
    """What a line can refer to."""

    products: Table
    variations: Table

    def find(self, posted: Document) -> Document | None:
        """Return the product or variation that a posted line names by id or SKU."""
        for table, field in ((self.variations, "variation_id"), (self.products, "product_id")):
            row = table.get(posted.get(field) or 0)
            if row is not None:
                return table.document(row)
        sku = posted.get("sku")
        found = (table.document(row) for table in (self.variations, self.products) for row in table)
        return next((item for item in found if sku and item["sku"] == sku), None)


class LineEditor:
    """Applies the line lists of a request to an order."""

    def __init__(self, order: Document, stock: Stock, line_ids: Ids, meta_ids: Ids) -> None:
        self.order = order
        self.stock = stock
        self.rates = rates_of(order)
        self._line_ids = line_ids
        self._meta_ids = meta_ids

    def apply(self, request: Document) -> bool:
        """Change, add and remove lines; return whether the request named any.

        Raises:
            Refusal: a line is unknown, or lacks what it needs.
        """
        named = [section for section in SECTIONS if isinstance(request.get(section.key), list)]
        for section in named:
            for posted in request[section.key]:
                if not isinstance(posted, dict):
                    message = f"{section.key}[0] is not of type object."
                    raise invalid_parameter(section.key, message, "rest_invalid_type")
                self._apply_one(section, posted)
        for coupon in request.get("coupon_lines") or ():
            if isinstance(coupon, dict) and not coupon.get("id"):
                message = f'Coupon "{coupon.get("code", "")}" does not exist!'
                raise Refusal("woocommerce_rest_invalid_coupon", message, 400)
        return bool(named)

    def _apply_one(self, section: Section, posted: Document) -> None:
        lines: list[Document] = self.order[section.key]
        if not posted.get("id"):
            lines.append(self._new(section, posted))
            return
        line = next((line for line in lines if line["id"] == posted["id"]), None)
        if line is None:
            message = "Order item ID provided is not associated with order."
            raise Refusal("woocommerce_rest_invalid_item_id", message, 400)
        gone = section.name_of in posted and posted[section.name_of] is None
        if gone or (section.key == "line_items" and posted.get("quantity") == 0):
            lines.remove(line)
        else:
            self._fill(section, line, posted)

    def _new(self, section: Section, posted: Document) -> Document:
        if not posted.get(section.name_of) and not (section.key == "line_items" and posted.get("sku")):
            raise Refusal(section.code, section.message, 400)
        line = _blank(section.key, self._line_ids.next())
        if section.key == "line_items":
            self._choose(line, posted)
        self._fill(section, line, posted)
        return line

    def _choose(self, line: Document, posted: Document) -> None:
        """Take name, SKU and price of a new line from the product; an unknown product leaves a line without one."""
        product = self.stock.find(posted)
        quantity = line["quantity"] = _whole(posted.get("quantity", 1))
        if product is None:
            return
        variation = product["type"] == "variation"
        parent = self.stock.products.get(product["parent_id"]) if variation else None
        parent_name = self.stock.products.document(parent)["name"] if parent else None
        line.update(
            name=f"{parent_name} - {product['name']}" if parent_name else product["name"],
            product_id=product["parent_id"] if variation else product["id"],
            variation_id=product["id"] if variation else 0,
            sku=product["sku"],
            global_unique_id=product.get("global_unique_id", ""),
            tax_class=product["tax_class"],
            parent_name=parent_name,
        )
        price = as_cents(product["price"] or "0", "price")
        net, taxes, _ = split(price * quantity, self.rates, inclusive=bool(self.order["prices_include_tax"]))
        line["subtotal"] = line["total"] = text(net)
        self._tax(line, taxes, taxes)

    def _fill(self, section: Section, line: Document, posted: Document) -> None:
        for field in ("name", "method_id", "method_title", "instance_id", "tax_class", "tax_status", "amount", "sku"):
            if field in line and isinstance(posted.get(field), str):
                line[field] = posted[field]
        if "quantity" in line and "quantity" in posted:
            line["quantity"] = _whole(posted["quantity"])
        if "total" in posted or "subtotal" in posted:
            total = as_cents(posted.get("total", line["total"]), f"{section.key}[total]")
            before = as_cents(posted.get("subtotal", line.get("subtotal", text(total))), f"{section.key}[subtotal]")
            line["total"] = text(total)
            taxes = split(total, self.rates, inclusive=False)[1]
            if "subtotal" in line:
                line["subtotal"] = text(before)
            self._tax(line, taxes, split(before, self.rates, inclusive=False)[1])
        if "price" in line:
            line["price"] = _unit_price(line)
        if "meta_data" in posted:
            plain = [{name: entry[name] for name in ("id", "key", "value")} for entry in line["meta_data"]]
            merged = meta.merge(plain, posted["meta_data"], self._meta_ids, meta.short_key)
            line["meta_data"] = meta.with_display(merged)

    def _tax(self, line: Document, taxes: Sequence[int], before: Sequence[int]) -> None:
        line["total_tax"] = text(sum(taxes))
        if "subtotal_tax" in line:
            line["subtotal_tax"] = text(sum(before))
        line["taxes"] = [
            {"id": rate.id, "total": text(tax), "subtotal": text(old) if "subtotal" in line else ""}
            for rate, tax, old in zip(self.rates, taxes, before, strict=True)
        ]

    def recalculate(self) -> None:
        """Sum the lines up into the order's totals and tax lines."""
        order = self.order
        items, shipping, fees = (order[key] for key in TAXED)
        order["discount_total"] = text(_sum(items, "subtotal") - _sum(items, "total"))
        order["discount_tax"] = text(_sum(items, "subtotal_tax") - _sum(items, "total_tax"))
        order["shipping_total"] = text(_sum(shipping, "total"))
        order["shipping_tax"] = text(_sum(shipping, "total_tax"))
        order["cart_tax"] = text(_sum([*items, *fees], "total_tax"))
        every = [*items, *shipping, *fees]
        order["total_tax"] = text(_sum(every, "total_tax"))
        order["total"] = text(_sum(every, "total") + _sum(every, "total_tax"))
        old = {line["rate_id"]: line for line in order["tax_lines"]}
        order["tax_lines"] = [
            {
                **(old.get(rate.id) or _blank_tax(rate, self._line_ids.next())),
                "tax_total": text(_tax_sum([*items, *fees], rate.id)),
                "shipping_tax_total": text(_tax_sum(shipping, rate.id)),
            }
            for rate in self.rates
        ]


def rates_of(order: Document) -> tuple[Rate, ...]:
    """Return the tax rates of an order: those it has, or those of the country it goes to."""
    if order["tax_lines"] or order["line_items"]:
        return tuple(
            Rate(line["rate_id"], line["rate_code"], line["label"], _share(line["rate_percent"]), line["compound"])
            for line in order["tax_lines"]
        )
    country = order["shipping"].get("country") or order["billing"].get("country")
    return next((market.rates for market in MARKETS if market.country == country), ())


def as_cents(value: Any, place: str) -> int:
    """Read money from a request, as text or as a number; nothing is 0.

    Raises:
        Refusal: 400, it is no number.
    """
    try:
        number = Decimal(value.text if isinstance(value, Number) else str(value or 0))
        return int((number * 100).quantize(Decimal(1), ROUND_HALF_UP))
    except InvalidOperation:
        raise invalid_parameter(place.partition("[")[0], f"{place} is not a number.", "rest_invalid_type") from None


def _share(percent: Any) -> int:
    return int(Decimal(percent.text if isinstance(percent, Number) else str(percent)) * 1000)


def _blank(section: str, line_id: int) -> Document:
    money: Document = {"total": "0.00", "total_tax": "0.00", "taxes": []}
    if section == "shipping_lines":
        head: Document = {"id": line_id, "method_title": "", "method_id": "", "instance_id": ""}
        return {**head, **money, "tax_status": "taxable", "meta_data": []}
    if section == "fee_lines":
        return {
            "id": line_id,
            "name": "",
            "tax_class": "",
            "tax_status": "taxable",
            "amount": "",
            **money,
            "meta_data": [],
        }
    return {
        "id": line_id, "name": "", "product_id": 0, "variation_id": 0, "quantity": 1, "tax_class": "",
        "subtotal": "0.00", "subtotal_tax": "0.00", **money, "meta_data": [], "sku": None, "global_unique_id": None,
        "price": 0, "image": {"id": "", "src": ""}, "parent_name": None,
    }  # fmt: skip


def _blank_tax(rate: Rate, line_id: int) -> Document:
    return {
        "id": line_id, "rate_code": rate.code, "rate_id": rate.id, "label": rate.label, "compound": rate.compound,
        "tax_total": "0.00", "shipping_tax_total": "0.00", "rate_percent": rate.percent, "meta_data": [],
    }  # fmt: skip


def _unit_price(line: Document) -> Any:
    return as_cents(line["total"], "total") / (_whole(line["quantity"]) or 1) / 100


def _whole(quantity: Any) -> int:
    """Read a quantity as the shop does: whole units."""
    try:
        return int(Decimal(quantity.text if isinstance(quantity, Number) else str(quantity)))
    except InvalidOperation:
        raise invalid_parameter("line_items", "quantity is not of type integer.", "rest_invalid_type") from None


def _sum(lines: Sequence[Document], field: str) -> int:
    return sum(as_cents(line[field], field) for line in lines)


def _tax_sum(lines: Sequence[Document], rate_id: int) -> int:
    return sum(as_cents(tax["total"], "taxes") for line in lines for tax in line["taxes"] if tax["id"] == rate_id)
