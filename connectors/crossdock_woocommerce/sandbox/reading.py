"""What GET answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from urllib.parse import urlencode

from crossdock.testing import Request, Response

from . import query, view
from .refusal import Refusal
from .shop import Shop
from .store import Row, Table
from .wire import Document, encode

JSON_TYPE = "application/json; charset=UTF-8"
ORDER = r"/orders/(?P<order>\d+)"
PRODUCT = r"/products/(?P<product>\d+)"
VARIATION = PRODUCT + r"/variations/(?P<variation>\d+)"
CUSTOMER = r"/customers/(?P<customer>\d+)"
WEBHOOK = r"/webhooks/(?P<webhook>\d+)"


class Call:
    """One admitted request to a shop: its numbers from the path, its query as a mapping."""

    def __init__(self, shop: Shop, request: Request, numbers: Mapping[str, str]) -> None:
        self.shop = shop
        self.request = request
        self.pairs = request.query
        self.query = dict(request.query)
        self._numbers = numbers

    def number(self, name: str) -> int:
        """Return an id from the path."""
        return int(self._numbers[name])

    def flag(self, name: str) -> bool:
        """Return a yes-or-no parameter, no by default."""
        return query.boolean(self.query, name)


def answer(document: object, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """Answer a document as JSON."""
    return Response(status, encode(document), {"Content-Type": JSON_TYPE, **(headers or {})})


def find_order(call: Call) -> Row:
    """Return the order of the path, or refuse."""
    return _found(call.shop.orders.get(call.number("order")), "woocommerce_rest_shop_order_invalid_id", "Invalid ID.")


def find_product(call: Call) -> Row:
    """Return the product of the path, or refuse."""
    return _found(call.shop.products.get(call.number("product")), "woocommerce_rest_product_invalid_id", "Invalid ID.")


def find_variation(call: Call) -> Row:
    """Return the variation of the path, or refuse."""
    row = call.shop.variations.get(call.number("variation"))
    mine = row if row is not None and row.parent == call.number("product") else None
    return _found(mine, "woocommerce_rest_product_variation_invalid_id", "Invalid ID.")


def find_customer(call: Call) -> Row:
    """Return the customer of the path, or refuse."""
    row = call.shop.customers.get(call.number("customer"))
    return _found(row, "woocommerce_rest_invalid_id", "Invalid resource ID.")


def find_webhook(call: Call) -> Row:
    """Return the webhook of the path, or refuse."""
    row = call.shop.webhooks.get(call.number("webhook"))
    return _found(row, "woocommerce_rest_shop_webhook_invalid_id", "Invalid ID.")


def find_note(call: Call) -> Document:
    """Return the note of the path, or refuse."""
    notes = call.shop.notes.get(order_of_part(call), [])
    note = next((note for note in notes if note["id"] == call.number("note")), None)
    if note is None:
        raise Refusal("woocommerce_rest_invalid_id", "Invalid resource ID.", 404)
    return note


def order_of_part(call: Call) -> int:
    """Return the id of the order whose notes or refunds are asked for, or refuse."""
    row = call.shop.orders.get(call.number("order"))
    return _found(row, "woocommerce_rest_invalid_order_id", "Invalid order ID.").id


def _found(row: Row | None, code: str, message: str) -> Row:
    if row is None:
        raise Refusal(code, message, 404)
    return row


def _orders(call: Call) -> Response:
    customer = query.integer(call.query, "customer", None, least=0)
    product = query.integer(call.query, "product", None, least=0)
    orders = call.shop.orders

    def keep(row: Row) -> bool:
        if customer is not None and row.customer != customer:
            return False
        return not product or view.mentions(orders, row, product)

    return _listing(call, orders, query.ORDERS, keep if product or customer is not None else None)


def _order(call: Call) -> Response:
    return _single(call, call.shop.orders, find_order(call))


def _order_refunds(call: Call) -> Response:
    order = order_of_part(call)
    return _listing(call, call.shop.refunds, query.REFUNDS, lambda row: row.parent == order)


def _refund(call: Call) -> Response:
    row = call.shop.refunds.get(call.number("refund"))
    mine = row if row is not None and row.parent == order_of_part(call) else None
    code = "woocommerce_rest_invalid_order_refund_id"
    return _single(call, call.shop.refunds, _found(mine, code, "Invalid order refund ID."))


def _refunds(call: Call) -> Response:
    return _listing(call, call.shop.refunds, query.REFUNDS)


def _notes(call: Call) -> Response:
    notes = call.shop.notes.get(order_of_part(call), [])
    kind = call.query.get("type", "any")
    if kind not in {"any", "customer", "internal"}:
        raise query.not_one_of("type", "type", ("any", "customer", "internal"))
    return answer([note for note in notes if kind == "any" or note["customer_note"] == (kind == "customer")])


def _note(call: Call) -> Response:
    return answer(find_note(call))


def _products(call: Call) -> Response:
    skus = [sku.strip() for sku in call.query.get("sku", "").split(",") if sku]
    products = call.shop.products
    if not skus:
        return _listing(call, products, query.PRODUCTS)
    return _listing(call, products, query.PRODUCTS, lambda row: products.document(row).get("sku") in skus)


def _product(call: Call) -> Response:
    return _single(call, call.shop.products, find_product(call))


def _variations(call: Call) -> Response:
    product = find_product(call).id
    return _listing(call, call.shop.variations, query.PRODUCTS, lambda row: row.parent == product)


def _variation(call: Call) -> Response:
    return _single(call, call.shop.variations, find_variation(call))


def _customers(call: Call) -> Response:
    customers, email = call.shop.customers, call.query.get("email")
    if email is None:
        return _listing(call, customers, query.CUSTOMERS)
    return _listing(call, customers, query.CUSTOMERS, lambda row: customers.document(row).get("email") == email)


def _customer(call: Call) -> Response:
    return _single(call, call.shop.customers, find_customer(call))


def _webhooks(call: Call) -> Response:
    return _listing(call, call.shop.webhooks, query.WEBHOOKS)


def _webhook(call: Call) -> Response:
    return _single(call, call.shop.webhooks, find_webhook(call))


def _single(call: Call, table: Table, row: Row) -> Response:
    shape = view.Shape.read(call.pairs)
    body = encode(shape.apply(table.document(row))) if shape.changes else table.body(row)
    return Response(200, body, {"Content-Type": JSON_TYPE})


def _listing(call: Call, table: Table, kind: query.Kind, keep: Callable[[Row], bool] | None = None) -> Response:
    asked = query.ListQuery.read(call.pairs, kind)
    shape = view.Shape.read(call.pairs)
    page = query.select(table, asked, kind, keep)
    if shape.changes:
        bodies = [encode(shape.apply(table.document(row))) for row in page.rows]
    else:
        bodies = [table.body(row) for row in page.rows]
    headers = {"Content-Type": JSON_TYPE, "X-WP-Total": str(page.total), "X-WP-TotalPages": str(page.pages)}
    links = _links(call.request, asked.page, page.pages)
    if links:
        headers["Link"] = links
    return Response(200, b"[%s]" % b",".join(bodies), headers)


def _links(request: Request, page: int, pages: int) -> str:
    scheme = "https" if request.secure else "http"
    base = f"{scheme}://{request.headers.get('host', 'shop.example')}{request.path}"
    others = [pair for pair in request.query if pair[0] != "page"]
    targets = {"prev": min(page - 1, pages) if page > 1 else None, "next": page + 1 if page < pages else None}
    return ", ".join(
        f'<{base}?{urlencode([*others, ("page", str(number))])}>; rel="{name}"'
        for name, number in targets.items()
        if number is not None
    )


ROUTES: tuple[tuple[str, str, Callable[[Call], Response]], ...] = (
    ("GET", "/orders", _orders),
    ("GET", ORDER, _order),
    ("GET", f"{ORDER}/refunds", _order_refunds),
    ("GET", ORDER + r"/refunds/(?P<refund>\d+)", _refund),
    ("GET", "/refunds", _refunds),
    ("GET", f"{ORDER}/notes", _notes),
    ("GET", ORDER + r"/notes/(?P<note>\d+)", _note),
    ("GET", "/products", _products),
    ("GET", PRODUCT, _product),
    ("GET", f"{PRODUCT}/variations", _variations),
    ("GET", VARIATION, _variation),
    ("GET", "/customers", _customers),
    ("GET", CUSTOMER, _customer),
    ("GET", "/webhooks", _webhooks),
    ("GET", WEBHOOK, _webhook),
)
