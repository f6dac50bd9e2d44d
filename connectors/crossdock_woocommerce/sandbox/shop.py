"""The shop: its tables, its clock, and changes that need no request."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path

from . import clock, write
from .catalog import SITE
from .invent import Inventor
from .payloads import LINES, read_documents, read_notes
from .store import Ids, Row, Table
from .webhook import Deliveries
from .wire import Document, encode, parse

Listener = Callable[[str, int], None]
WEBHOOK_DELAY = 1.0  # seconds; a real shop takes one to sixty


class Shop:
    """The state of a shop; take `lock` around what must not be seen half done.

    Args:
        now: returns the shop's time, with a zone; the real time by default.
        seed: what orders made by `create_order` are invented from.
    """

    def __init__(self, now: Callable[[], datetime] | None = None, seed: int = 1) -> None:
        self.now = now or (lambda: datetime.now(UTC))
        self.lock = threading.RLock()
        self.orders = Table()
        self.refunds = Table()
        self.products = Table()
        self.variations = Table()
        self.customers = Table()
        self.webhooks = Table()
        self.notes: dict[int, list[Document]] = {}
        self.deliveries = Deliveries(self, WEBHOOK_DELAY)
        self.listeners: list[Listener] = [self.deliveries.hear]
        self.order_ids = self.line_ids = self.meta_ids = Ids(0)
        self.product_ids, self.customer_ids = Ids(0), Ids(0)
        self.note_ids, self.webhook_ids = Ids(0), Ids(0)
        self._inventor = Inventor(seed)
        self._invented = 0

    @classmethod
    def invented(cls, seed: int, records: int, now: Callable[[], datetime] | None = None) -> Shop:
        """Open a shop with invented orders, products and customers."""
        shop = cls(now, seed)
        inventor = shop._inventor
        shop.orders = Table(inventor.order_rows(records))
        shop.refunds = Table(inventor.refund_rows(records))
        shop.products = Table(map(Row.of, inventor.catalog.products))
        shop.variations = Table(map(Row.of, inventor.catalog.variations))
        shop.customers = Table(map(Row.of, inventor.catalog.customers))
        shop._invented = records
        shop._number(*inventor.last_ids(records))
        return shop

    @classmethod
    def of_payloads(cls, orders: Path, now: Callable[[], datetime] | None = None) -> Shop:
        """Open a shop with the payloads of a file, and of `refunds.jsonl`, `products.jsonl`, ... beside it.

        Raises:
            ConfigError: a line of one is no payload.
        """
        shop = cls(now)
        documents = list(read_documents(orders))
        refunds = list(read_documents(orders.with_name("refunds.jsonl")))
        shop.orders = Table(Row.of(document) for document in documents)
        shop.refunds = Table(Row.of(document) for document in refunds)
        shop.products = Table(Row.of(document) for document in read_documents(orders.with_name("products.jsonl")))
        shop.variations = Table(Row.of(document) for document in read_documents(orders.with_name("variations.jsonl")))
        shop.customers = Table(Row.of(document) for document in read_documents(orders.with_name("customers.jsonl")))
        for document in read_notes(orders.with_name("order_notes.jsonl")):
            shop.notes[document["order_id"]] = document["notes"]
        shop._number(_last(_line_ids([*documents, *refunds])), _last(_meta_ids([*documents, *refunds])))
        return shop

    def _number(self, last_line: int, last_meta: int) -> None:
        self.order_ids = Ids(max(_last(row.id for row in self.orders), _last(row.id for row in self.refunds)))
        self.line_ids, self.meta_ids = Ids(last_line), Ids(last_meta)
        self.product_ids = Ids(max(_last(row.id for row in self.products), _last(row.id for row in self.variations)))
        self.customer_ids = Ids(max(1, _last(row.id for row in self.customers)))
        self.note_ids = Ids(_last(note["id"] for notes in self.notes.values() for note in notes))

    def tell(self, topic: str, row_id: int) -> None:
        """Let the listeners (webhooks) know of an event such as `order.updated`."""
        for listener in self.listeners:
            listener(topic, row_id)

    def add_note(self, order_id: int, text: str, *, customer_note: bool = False, author: str = "system") -> Document:
        """Add a note to an order, newest first; this is no modification of the order."""
        gmt = clock.stamp(self.now())
        note_id = self.note_ids.next()
        home = f"{SITE}/wp-json/wc/v3/orders/{order_id}"
        note: Document = {
            "id": note_id, "author": author, "date_created": clock.local(gmt), "date_created_gmt": gmt, "note": text,
            "customer_note": customer_note,
            "_links": {
                "self": [{"href": f"{home}/notes/{note_id}", "targetHints": {"allow": ["GET", "DELETE"]}}],
                "collection": [{"href": f"{home}/notes"}], "up": [{"href": home}],
            },
        }  # fmt: skip
        self.notes.setdefault(order_id, []).insert(0, note)
        return note

    def create_order(self) -> int:
        """Add an order as a customer would, invented like the others but placed now; return its id."""
        with self.lock:
            wish = _wish(parse(encode(self._inventor.order(self._invented))), self.customers)
            self._invented += 1
            created: int = write.create(self, wish)["id"]
            return created

    def edit_order(self, order_id: int, request: Document) -> Document:
        """Change an order as a PUT of `request` would; return it."""
        with self.lock:
            found: Document = json.loads(json.dumps(request))
            return write.update(self, order_id, found)

    def touch_order(self, order_id: int) -> None:
        """Move an order's `date_modified`, as every PUT does, and nothing else."""
        self.edit_order(order_id, {})

    def trash_order(self, order_id: int) -> None:
        """Put an order into the bin."""
        with self.lock:
            write.remove(self, order_id, force=False)

    def delete_order(self, order_id: int) -> None:
        """Delete an order for good."""
        with self.lock:
            write.remove(self, order_id, force=True)


def _wish(order: Document, customers: Table) -> Document:
    """Return the request that would create an order like this one."""
    return {
        **{key: order[key] for key in ("currency", "billing", "shipping", "payment_method", "payment_method_title")},
        "status": "processing",
        "customer_id": order["customer_id"] if customers.get(order["customer_id"]) else 0,
        "meta_data": [{"key": entry["key"], "value": entry["value"]} for entry in order["meta_data"]],
        "line_items": [
            {key: line[key] for key in ("name", "product_id", "variation_id", "quantity", "total", "subtotal")}
            for line in order["line_items"]
            if line["product_id"]
        ],
        "shipping_lines": [
            {key: line[key] for key in ("method_id", "method_title", "total")} for line in order["shipping_lines"]
        ],
        "fee_lines": [{key: line[key] for key in ("name", "total")} for line in order["fee_lines"]],
    }


def _last(ids: Iterable[int]) -> int:
    return max(ids, default=0)


def _line_ids(documents: list[Document]) -> Iterator[int]:
    return (line["id"] for document in documents for section in LINES for line in document.get(section) or ())


def _meta_ids(documents: list[Document]) -> Iterator[int]:
    for document in documents:
        yield from (entry["id"] for entry in document.get("meta_data") or ())
        for section in LINES:
            for line in document.get(section) or ():
                yield from (entry["id"] for entry in line.get("meta_data") or ())
