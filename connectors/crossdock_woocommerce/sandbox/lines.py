"""The lines of an invented order: products, shipping, fees, coupons and taxes, whose sums are the order's totals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from random import Random

from .catalog import Article
from .money import split, text
from .people import Rate
from .wire import Document

ENGRAVINGS = ("För Åsa", "永遠に", "❤️ 4ever", "")
GONE = 0.04  # the share of lines whose product was deleted since
SHIPPING = (("flat_rate", "DHL", 4900), ("free_shipping", "Fri frakt", 0), ("local_pickup", "Ombud: ICA <Ö>", 1995))


@dataclass(slots=True)
class Draft:
    """An order while its lines are made; amounts in cents, `line_id` and `meta_id` are the next free ids."""

    rates: tuple[Rate, ...]
    inclusive: bool
    line_id: int
    meta_id: int
    items: list[Document] = field(default_factory=list)
    shipping: list[Document] = field(default_factory=list)
    fees: list[Document] = field(default_factory=list)
    coupons: list[Document] = field(default_factory=list)
    discount: int = 0
    discount_tax: int = 0
    items_net: int = 0
    shipping_net: int = 0
    shipping_tax: int = 0
    cart_tax: int = 0
    per_rate: dict[int, int] = field(default_factory=dict)
    shipping_per_rate: dict[int, int] = field(default_factory=dict)

    @property
    def total(self) -> int:
        """What the customer pays."""
        return self.items_net + self.shipping_net + self.cart_tax + self.shipping_tax

    def next_line(self) -> int:
        """Take an id for a line."""
        self.line_id += 1
        return self.line_id - 1

    def line_meta(self, key: str, value: object, label: str, shown: str) -> Document:
        """Return one meta entry of a line."""
        self.meta_id += 1
        return {"id": self.meta_id - 1, "key": key, "value": value, "display_key": label, "display_value": shown}

    def add_tax(self, taxes: Sequence[int], *, shipping: bool = False) -> None:
        """Count the tax of a line, a number for each rate."""
        per_rate = self.shipping_per_rate if shipping else self.per_rate
        for rate, tax in zip(self.rates, taxes, strict=True):
            per_rate[rate.id] = per_rate.get(rate.id, 0) + tax
        if shipping:
            self.shipping_tax += sum(taxes)
        else:
            self.cart_tax += sum(taxes)


def product_lines(draft: Draft, articles: Sequence[Article], random: Random, *, discount: int) -> None:
    """Add a line for each article; `discount` in percent is taken off the price."""
    for article in articles:
        quantity = random.choice((1, 1, 1, 2, 2, 3, 7))
        gone = random.random() < GONE
        full = article.price * quantity
        subtotal, subtotal_taxes, _ = split(full, draft.rates, inclusive=draft.inclusive)
        total, taxes, exact = split(full - full * discount // 100, draft.rates, inclusive=draft.inclusive)
        draft.items.append({
            "id": draft.next_line(), "name": article.name, "product_id": 0 if gone else article.product,
            "variation_id": 0 if gone else article.variation, "quantity": quantity, "tax_class": "",
            "subtotal": text(subtotal), "subtotal_tax": text(sum(subtotal_taxes)), "total": text(total),
            "total_tax": text(sum(taxes)),
            "taxes": [
                {"id": rate.id, "total": text(tax), "subtotal": text(before)}
                for rate, tax, before in zip(draft.rates, taxes, subtotal_taxes, strict=True)
            ],
            "meta_data": _item_metas(draft, article, quantity, random),
            "sku": None if gone else article.sku, "global_unique_id": None if gone else "",
            "price": _number(exact / quantity / 100), "image": {"id": 0 if article.variation else "", "src": ""},
            "parent_name": None if gone else article.parent_name,
        })  # fmt: skip
        draft.discount += subtotal - total
        draft.discount_tax += sum(subtotal_taxes) - sum(taxes)
        draft.items_net += total
        draft.add_tax(taxes)


def _item_metas(draft: Draft, article: Article, quantity: int, random: Random) -> list[Document]:
    found = []
    if article.variation:
        shown = article.size.replace("&", "&amp;")
        found.append(draft.line_meta("storlek", article.size, "Storlek", shown))
    if random.random() < 0.5:
        found.append(draft.line_meta("_reduced_stock", str(quantity), "_reduced_stock", str(quantity)))
    if random.random() < 0.15:
        words = random.choice(ENGRAVINGS)
        found.append(draft.line_meta("gravyr.text", words, "gravyr.text", words))
    if random.random() < 0.1:
        options = {"färg": "röd", "mått": [10, 2.5, None], "djup": {"ja": True}}
        found.append(draft.line_meta("_options", options, "_options", "röd 10 2.5"))
    return found


def shipping_lines(draft: Draft, count: int, random: Random) -> None:
    """Add ways of shipping, entered without tax."""
    for _ in range(count):
        method, title, cost = random.choice(SHIPPING)
        total, taxes, _ = split(cost, draft.rates, inclusive=False)
        metas = [draft.line_meta("Artiklar", "T-shirt &times; 1", "Artiklar", "T-shirt &times; 1")]
        draft.shipping.append({
            "id": draft.next_line(), "method_title": title, "method_id": method, "instance_id": "2",
            "total": text(total), "total_tax": text(sum(taxes)), "taxes": _line_taxes(draft, taxes),
            "tax_status": "taxable", "meta_data": metas if random.random() < 0.5 else [],
        })  # fmt: skip
        draft.shipping_net += total
        draft.add_tax(taxes, shipping=True)


def fee_lines(draft: Draft, random: Random, *, kinds: int) -> None:
    """Add fees: kind 1 a charge, kind 2 a reduction, kind 3 both, kind 4 one whose `amount` is empty."""
    chosen = {1: ((2900, "29"),), 2: ((-1500, "-15"),), 3: ((2900, "29"), (-555, "-5.55")), 4: ((1234, ""),)}
    for cents, amount in chosen.get(kinds, ()):
        total, taxes, _ = split(cents, draft.rates, inclusive=False)
        draft.fees.append({
            "id": draft.next_line(), "name": "Fakturaavgift" if cents > 0 else "Rabatt (avgift)", "tax_class": "",
            "tax_status": "taxable" if cents > 0 else "none", "amount": amount, "total": text(total),
            "total_tax": text(sum(taxes)), "taxes": _line_taxes(draft, taxes),
            "meta_data": [draft.line_meta("_orsak", "%", "_orsak", "%")] if random.random() < 0.3 else [],
        })  # fmt: skip
        draft.items_net += total
        draft.add_tax(taxes)


def coupon_lines(draft: Draft) -> None:
    """Add the coupon that the discount came from."""
    draft.coupons.append({
        "id": draft.next_line(), "code": "höst%10", "discount": text(draft.discount),
        "discount_tax": text(draft.discount_tax), "meta_data": [], "discount_type": "percent", "nominal_amount": 10,
        "free_shipping": False,
    })  # fmt: skip


def tax_lines(draft: Draft) -> list[Document]:
    """Return a line for each rate with what it came to."""
    return [
        {
            "id": draft.next_line(), "rate_code": rate.code, "rate_id": rate.id, "label": rate.label,
            "compound": rate.compound, "tax_total": text(draft.per_rate.get(rate.id, 0)),
            "shipping_tax_total": text(draft.shipping_per_rate.get(rate.id, 0)), "rate_percent": rate.percent,
            "meta_data": [],
        }
        for rate in draft.rates
    ]  # fmt: skip


def _line_taxes(draft: Draft, taxes: Sequence[int]) -> list[Document]:
    return [{"id": rate.id, "total": text(tax), "subtotal": ""} for rate, tax in zip(draft.rates, taxes, strict=True)]


def _number(value: float) -> float | int:
    return int(value) if value.is_integer() else value
