"""What a request asks to be left out or written otherwise, and the few pages that are no resource."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Any

from crossdock.testing import Response

from . import query
from .refusal import Refusal
from .store import Row, Table
from .wire import Document

MONEY = frozenset({
    "discount_total", "discount_tax", "shipping_total", "shipping_tax", "cart_tax", "total", "total_tax", "subtotal",
    "subtotal_tax", "tax_total", "shipping_tax_total", "discount", "amount",
})  # fmt: skip
LISTS_WITH_MONEY = ("line_items", "shipping_lines", "fee_lines", "coupon_lines", "tax_lines", "refunds")


@dataclass(frozen=True, slots=True)
class Shape:
    """How a body deviates from the plain one: `_fields`, `dp`, `include_meta` and `exclude_meta`."""

    fields: tuple[str, ...] = ()
    decimals: int | None = None
    only_meta: frozenset[str] = frozenset()
    no_meta: frozenset[str] = frozenset()

    @classmethod
    def read(cls, pairs: query.Pairs) -> Shape:
        """Read the parameters of a request."""
        return cls(
            tuple(query.words(pairs, "_fields")),
            query.integer(dict(pairs), "dp", None, least=0),
            frozenset(query.words(pairs, "include_meta")),
            frozenset(query.words(pairs, "exclude_meta")),
        )

    @property
    def changes(self) -> bool:
        """Whether anything was asked for."""
        return bool(self.fields or self.decimals is not None or self.only_meta or self.no_meta)

    def apply(self, document: Document) -> Document:
        """Return the document as asked; it may be changed in place."""
        if "meta_data" in document and (self.only_meta or self.no_meta):
            document["meta_data"] = [entry for entry in document["meta_data"] if self._keeps(entry["key"])]
        if self.decimals is not None:
            _round(document, self.decimals)
        return _project(document, self.fields) if self.fields else document

    def _keeps(self, key: str) -> bool:
        return key in self.only_meta if self.only_meta else key not in self.no_meta


def _round(document: Document, decimals: int) -> None:
    for name in MONEY & document.keys():
        document[name] = _decimals(document[name], decimals)
    for name in LISTS_WITH_MONEY:
        for line in document.get(name) or ():
            for field in MONEY & line.keys():
                line[field] = _decimals(line[field], decimals)


def _decimals(value: Any, decimals: int) -> Any:
    try:
        return str(Decimal(value).quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP))
    except (InvalidOperation, TypeError, ValueError):
        return value  # "" stays "", as a fee's amount may be


def _project(document: Document, fields: Iterable[str]) -> Document:
    kept: Document = {}
    for field in fields:
        source, target = document, kept
        *parents, last = field.split(".")
        for parent in parents:
            inner = source.get(parent)
            if not isinstance(inner, dict):
                break
            source, target = inner, target.setdefault(parent, {})
        else:
            if last in source:
                target[last] = source[last]
    if "_links" in document:
        kept["_links"] = document["_links"]
    order = list(document)
    return dict(sorted(kept.items(), key=lambda item: order.index(item[0])))


def mentions(orders: Table, row: Row, product: int) -> bool:
    """Tell whether an order has a line of a product or variation."""
    if str(product).encode() not in orders.body(row):  # cheap, and true for few
        return False
    lines = orders.document(row)["line_items"]
    return any(product in (line["product_id"], line["variation_id"]) for line in lines)


def stranger(method: str, path: str) -> Refusal:
    """Nobody the shop knows asked."""
    last = path.rpartition("/")[2]
    if method == "GET":
        message = "Sorry, you cannot view this resource." if last.isdecimal() else "Sorry, you cannot list resources."
        return Refusal("woocommerce_rest_cannot_view", message, 401)
    if last == "batch":
        message = "Sorry, you are not allowed to batch manipulate this resource."
        return Refusal("woocommerce_rest_cannot_batch", message, 401)
    if not last.isdecimal():
        return Refusal("woocommerce_rest_cannot_create", "Sorry, you are not allowed to create resources.", 401)
    verb = "delete" if method == "DELETE" else "edit"
    return Refusal(f"woocommerce_rest_cannot_{verb}", f"Sorry, you are not allowed to {verb} this resource.", 401)


def site_index() -> Document:
    """Return what `/wp-json/` tells about the site."""
    return {
        "name": "Sandbox shop",
        "description": "A local stand-in of a WooCommerce shop",
        "url": "http://shop.example",
        "home": "http://shop.example",
        "gmt_offset": 1,
        "timezone_string": "Europe/Stockholm",
        "namespaces": ["oembed/1.0", "wc/v1", "wc/v2", "wc/v3", "wp/v2"],
        "authentication": {},
        "routes": {},
    }


def namespace_index(patterns: Iterable[str]) -> Document:
    """Return what `/wp-json/wc/v3` tells about its routes."""
    routes = {f"/wc/v3{pattern}": {"namespace": "wc/v3"} for pattern in patterns}
    return {"namespace": "wc/v3", "routes": routes}


def page_not_found(path: str) -> Response:
    """Return the theme's page for an address outside the API."""
    text = (
        "<!DOCTYPE html>\n<html lang='sv-SE'>\n<head><title>Page not found &#8211; Sandbox shop</title></head>\n"
        f"<body class='error404'><h1>Page not found</h1><p>Nothing was found at {len(path)} characters of path.</p>"
        "</body>\n</html>\n"
    )
    return Response.html(text, 404)
