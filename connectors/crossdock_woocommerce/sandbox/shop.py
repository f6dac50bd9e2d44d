"""The shop: its tables, its clock, and changes that need no request."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

from .invent import Inventor
from .store import Row, Table
from .wire import encode, parse


class Shop:
    """The state of a shop; take `lock` around what must not be seen half done.

    Args:
        now: returns the shop's time, with a zone; the real time by default.
    """

    def __init__(self, now: Callable[[], datetime] | None = None) -> None:
        self.now = now or (lambda: datetime.now(UTC))
        self.lock = threading.RLock()
        self.orders = Table()
        self.refunds = Table()
        self.products = Table()
        self.variations = Table()
        self.customers = Table()

    @classmethod
    def invented(cls, seed: int, records: int, now: Callable[[], datetime] | None = None) -> Shop:
        """Open a shop with invented orders, products and customers."""
        shop, inventor = cls(now), Inventor(seed)
        shop.orders = Table(inventor.order_rows(records))
        shop.refunds = Table(inventor.refund_rows(records))
        shop.products = Table(map(Row.of, inventor.catalog.products))
        shop.variations = Table(map(Row.of, inventor.catalog.variations))
        shop.customers = Table(map(Row.of, inventor.catalog.customers))
        return shop

    @classmethod
    def of_payloads(cls, orders: Path, now: Callable[[], datetime] | None = None) -> Shop:
        """Open a shop with the payloads of a file, and of `refunds.jsonl`, `products.jsonl`, ... beside it."""
        shop = cls(now)
        shop.orders = Table(_rows(orders))
        shop.refunds = Table(_rows(orders.with_name("refunds.jsonl")))
        shop.products = Table(_rows(orders.with_name("products.jsonl")))
        shop.variations = Table(_rows(orders.with_name("variations.jsonl")))
        shop.customers = Table(_rows(orders.with_name("customers.jsonl")))
        return shop


def _rows(file: Path) -> Iterator[Row]:
    if not file.exists():
        return
    with file.open("rb") as lines:
        for line in lines:
            if line.strip():
                document = parse(line)
                yield Row.of(document, encode(document))
