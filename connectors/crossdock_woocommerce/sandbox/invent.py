"""Invents orders: order `i` depends on the seed and on `i` alone, and is made only when somebody asks for it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from random import Random

from . import clock
from .catalog import CUSTOMERS, SITE, Article, Catalog, address, invent_catalog, market_of
from .lines import Draft, coupon_lines, fee_lines, product_lines, shipping_lines, tax_lines
from .metas import POOL, order_metas
from .money import cents, text
from .people import MARKETS, Market
from .store import Row
from .wire import Document, encode_quickly

FIRST_ID = 1000
ID_STEP = 4  # an order takes an id, and up to two refunds of it the next ones
LINE_STEP = 16
META_STEP = 256
HIDDEN = (-1, -2)  # indexes of the orders that lists do not show: one in the bin, one not placed yet
STATUSES = (
    "completed", "processing", "on-hold", "shipped", "completed", "pending", "refunded", "processing", "cancelled",
    "completed", "failed", "completed", "processing", "shipped", "completed", "on-hold", "completed", "processing",
    "refunded", "completed",
)  # fmt: skip
COUNTS = (1, 1, 2, 2, 3, 3, 3, 4, 5, 6)  # lines of an order; a few orders have none
PAYMENTS = (
    ("kco", "Klarna Checkout"), ("stripe", "Kort (Stripe)"), ("bacs", "Banköverföring"), ("swish", "Swish"), ("", ""),
)  # fmt: skip
START = datetime(2022, 1, 1, tzinfo=UTC)
SPAN = 4 * 365 * 86_400 - 1
BULK = "2026-01-15T10:00:00"  # a bulk edit: many orders share this second
TURNS = (
    "2025-10-26T00:30:00",
    "2025-10-26T01:30:00",
    "2025-03-30T00:59:59",
    "2025-03-30T01:00:00",
)  # the clocks change
MASK = (1 << 64) - 1
COMPLETED = frozenset({"completed", "refunded"})
PAID = COMPLETED | {"processing", "shipped"}
ALLOWED = ["GET", "POST", "PUT", "PATCH", "DELETE"]


@dataclass(frozen=True, slots=True)
class Head:
    """What lists need to know of an order that is not made yet; `bits` are its own random bits."""

    index: int
    bits: int
    status: str
    created: str
    modified: str
    customer: int

    @property
    def id(self) -> int:
        """The order's id."""
        return FIRST_ID + ID_STEP * (self.index + len(HIDDEN))

    @property
    def who(self) -> int:
        """The number of the person who bought; it decides the market, so that a few orders see every one."""
        guest = self.index % len(MARKETS) + (self.bits >> 40) % 9 * len(MARKETS)
        return self.customer - 2 if self.customer else guest

    @property
    def refunds(self) -> int:
        """How many refunds it has; a refunded order has one, for all of it."""
        if self.status == "refunded":
            return 1
        return (1, 2)[self.index % 2] if self.status == "completed" and self.bits % 3 == 0 else 0


class Inventor:
    """The orders and refunds of a seed."""

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self.catalog: Catalog = invent_catalog(seed)

    def order_rows(self, count: int) -> Iterator[Row]:
        """Yield `count` orders that lists show, and the hidden ones, none of them made yet."""
        for index in (*HIDDEN, *range(count)):
            head = self.head(index)
            yield Row(
                head.id,
                status=head.status,
                created=head.created,
                modified=head.modified,
                customer=head.customer,
                make=partial(self._body, index),
            )

    def refund_rows(self, count: int) -> Iterator[Row]:
        """Yield the refunds of the first `count` orders, none of them made yet."""
        for index in range(count):
            head = self.head(index)
            for number in range(head.refunds):
                yield Row(
                    head.id + 1 + number,
                    created=head.modified,
                    modified=head.modified,
                    parent=head.id,
                    make=partial(self._refund_body, index, number),
                )

    @staticmethod
    def last_ids(count: int) -> tuple[int, int]:
        """Return the highest ids that lines and metas of `count` orders can have."""
        return LINE_STEP * (count + len(HIDDEN)), META_STEP * (count + len(HIDDEN))

    def head(self, index: int) -> Head:
        """Return what is known of order `index` before it is made."""
        bits = _mix(self.seed, index)
        status = STATUSES[(7 * index + self.seed) % len(STATUSES)]
        if index < 0:
            status = "trash" if index == HIDDEN[0] else "checkout-draft"
        created = START + timedelta(seconds=bits % SPAN)
        modified = clock.stamp(created + timedelta(seconds=(bits >> 33) % 864_000))
        if index % 8 == 5:
            modified = BULK
        elif index % 8 == 6:
            modified = TURNS[(index // 8) % len(TURNS)]
        elif index % 8 == 7:  # an hourly job: pairs share a second
            modified = f"{modified[:11]}{index // 8 % 12 * 2:02d}:00:00"
        created_text = min(clock.stamp(created), modified)
        guest = bits % 4 == 0
        customer = 0 if guest else 2 + (index % len(MARKETS) + (bits >> 20) * len(MARKETS)) % CUSTOMERS
        return Head(index, bits, status, created_text, modified, customer)

    def order(self, index: int) -> Document:
        """Make order `index`."""
        head = self.head(index)
        random = Random(head.bits)  # noqa: S311 - invented, not secret
        market = market_of(head.who)
        draft = self._draft(head, random, market)
        refunds = [
            {"id": refund["id"], "reason": refund["reason"], "total": f"-{refund['amount']}"}
            for refund in self._refunds(head, draft)
        ]
        document = _first_half(head, draft, market)
        document["meta_data"] = order_metas(random, _first_meta(head))
        document |= {
            "line_items": draft.items,
            "tax_lines": tax_lines(draft),
            "shipping_lines": draft.shipping,
            "fee_lines": draft.fees,
            "coupon_lines": draft.coupons,
            "refunds": refunds,
            **_second_half(head, market),
        }
        return document

    def _draft(self, head: Head, random: Random, market: Market) -> Draft:
        inclusive = market.inclusive ^ (head.bits % 7 == 3)
        draft = Draft(
            rates=market.rates,
            inclusive=inclusive,
            line_id=_first_line(head),
            meta_id=_first_meta(head) + len(POOL),
        )
        articles: tuple[Article, ...] = self.catalog.articles
        chosen = [random.choice(articles) for _ in range(0 if head.index % 40 == 39 else random.choice(COUNTS))]
        coupon = (head.bits >> 12) % 5 == 0
        product_lines(draft, chosen, random, discount=10 if coupon else 0)
        shipping_lines(draft, random.choice((0, 1, 1, 1, 1, 2)), random)
        fee_lines(draft, random, kinds=(head.bits >> 16) % 6)
        if coupon:
            coupon_lines(draft)
        return draft

    def _refunds(self, head: Head, draft: Draft) -> list[Document]:
        if head.status == "refunded":
            return [_refund(head, 0, max(draft.total, 1), "Full återbetalning", [])]
        found = []
        for number in range(head.refunds):
            amount, line = _one_back(draft.items[number], head, number) if number < len(draft.items) else (0, {})
            if amount > 0:
                found.append(_refund(head, number, amount, f"Trasig vara – {head.index}", [line]))
            else:  # money back, but no goods
                found.append(_refund(head, number, 1, "", []))
        return found

    def _body(self, index: int) -> bytes:
        return encode_quickly(self.order(index))

    def _refund_body(self, index: int, number: int) -> bytes:
        head = self.head(index)
        draft = self._draft(head, Random(head.bits), market_of(head.who))  # noqa: S311 - as in `order`
        return encode_quickly(self._refunds(head, draft)[number])


def _first_half(head: Head, draft: Draft, market: Market) -> Document:
    who = head.who
    method, title = PAYMENTS[head.bits % len(PAYMENTS)]
    place = address(market, who)
    email = f"kund{who}@example.test" if head.customer else f"gast{head.index % 1000}@example.test"
    ship = place if draft.shipping else dict.fromkeys(place, "")
    return {
        "id": head.id, "parent_id": 0, "status": head.status, "currency": market.currency, "version": "11.0.1",
        "prices_include_tax": draft.inclusive, "date_created": clock.local(head.created),
        "date_modified": clock.local(head.modified), "discount_total": text(draft.discount),
        "discount_tax": text(draft.discount_tax), "shipping_total": text(draft.shipping_net),
        "shipping_tax": text(draft.shipping_tax), "cart_tax": text(draft.cart_tax), "total": text(draft.total),
        "total_tax": text(draft.cart_tax + draft.shipping_tax), "customer_id": head.customer,
        "order_key": f"wc_order_{head.bits:016x}"[:22],
        "billing": {**place, "email": email, "phone": f"+46 70 123 45 {who:02d}"},
        "shipping": {**ship, "phone": ""}, "payment_method": method, "payment_method_title": title,
        "transaction_id": f"tx_{head.bits % 10**10}" if method in {"kco", "stripe"} else "",
        "customer_ip_address": "192.0.2.5", "customer_user_agent": "Mozilla/5.0 (X11; Test) 5",
        "created_via": ("checkout", "store-api", "admin")[head.bits % 3],
        "customer_note": "Lämna vid dörren 🚪\nTack!" if head.bits % 6 == 1 else "",
        **_events(head, local=True), "cart_hash": "", "number": str(head.id),
    }  # fmt: skip


def _events(head: Head, *, local: bool) -> Document:
    suffix, moment = ("", clock.local(head.created)) if local else ("_gmt", head.created)
    return {
        f"date_completed{suffix}": moment if head.status in COMPLETED else None,
        f"date_paid{suffix}": moment if head.status in PAID else None,
    }


def _second_half(head: Head, market: Market) -> Document:
    unpaid = head.status in {"pending", "failed", "checkout-draft"}
    home = f"{SITE}/wp-json/wc/v3"
    links: Document = {
        "self": [{"href": f"{home}/orders/{head.id}", "targetHints": {"allow": ALLOWED}}],
        "collection": [{"href": f"{home}/orders"}],
        "email_templates": [{"embeddable": True, "href": f"{home}/orders/{head.id}/actions/email_templates"}],
    }
    if head.customer:
        links["customer"] = [{"href": f"{home}/customers/{head.customer}"}]
    return {
        "payment_url": f"{SITE}/checkout/order-pay/{head.id}/?pay_for_order=true&key=wc_order_{head.bits:016x}"[:-3],
        "is_editable": head.status in {"pending", "on-hold"}, "needs_payment": unpaid, "needs_processing": True,
        "date_created_gmt": head.created, "date_modified_gmt": head.modified, **_events(head, local=False),
        "currency_symbol": market.symbol, "_links": links,
    }  # fmt: skip


def _one_back(item: Document, head: Head, number: int) -> tuple[int, Document]:
    """Return the cents of one unit that came back, and the refund's line for it."""
    quantity = item["quantity"]
    net = cents(item["total"]) // quantity
    taxes = [{"id": tax["id"], "total": cents(tax["total"]) // quantity} for tax in item["taxes"]]
    tax = sum(entry["total"] for entry in taxes)
    line_id = _first_line(head) + 13 + number
    meta = {"id": _first_meta(head) + META_STEP - 5 + number, "key": "_refunded_item_id"}
    return net + tax, {
        **item, "id": line_id, "quantity": -1, "subtotal": text(-net), "subtotal_tax": text(-tax), "total": text(-net),
        "total_tax": text(-tax),
        "taxes": [
            {"id": entry["id"], "total": text(-entry["total"]), "subtotal": text(-entry["total"])} for entry in taxes
        ],
        "meta_data": [
            {**meta, "value": str(item["id"]), "display_key": meta["key"], "display_value": str(item["id"])}
        ],
    }  # fmt: skip


def _refund(head: Head, number: int, amount: int, reason: str, items: list[Document]) -> Document:
    refund_id = head.id + 1 + number
    home = f"{SITE}/wp-json/wc/v3/orders/{head.id}"
    kind = "full" if head.status == "refunded" else "partial"
    return {
        "id": refund_id, "parent_id": head.id, "date_created": clock.local(head.modified),
        "date_created_gmt": head.modified, "amount": text(amount), "reason": reason, "refunded_by": 1,
        "refunded_payment": False,
        "meta_data": [{"id": _first_meta(head) + META_STEP - 3 + number, "key": "_refund_type", "value": kind}],
        "line_items": items, "shipping_lines": [], "tax_lines": [], "fee_lines": [],
        "_links": {
            "self": [{"href": f"{home}/refunds/{refund_id}", "targetHints": {"allow": ["GET", "DELETE"]}}],
            "collection": [{"href": f"{home}/refunds"}], "up": [{"href": home}],
        },
    }  # fmt: skip


def _first_line(head: Head) -> int:
    return LINE_STEP * (head.index + len(HIDDEN)) + 1


def _first_meta(head: Head) -> int:
    return META_STEP * (head.index + len(HIDDEN)) + 1


def _mix(seed: int, index: int) -> int:
    """Return 64 random bits of a pair of numbers (splitmix64)."""
    bits = (seed * 0x9E3779B97F4A7C15 + (index + 7) * 0xD1B54A32D192ED03) & MASK
    bits = ((bits ^ (bits >> 30)) * 0xBF58476D1CE4E5B9) & MASK
    bits = ((bits ^ (bits >> 27)) * 0x94D049BB133111EB) & MASK
    return bits ^ (bits >> 31)
