"""The shop's REST API: routes, permissions and answers."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC
from email.utils import format_datetime
from urllib.parse import urlencode

from crossdock.testing.sandbox import Request, Response

from . import auth, query, view
from .refusal import Refusal, no_route
from .shop import Shop
from .store import Row, Table
from .wire import encode

ROOT = "/wp-json"
NAMESPACE = f"{ROOT}/wc/v3"
JSON_TYPE = "application/json; charset=UTF-8"
Handler = Callable[["Call"], Response]


class Call:
    """One admitted request: its numbers from the path and its query as a mapping."""

    def __init__(self, request: Request, numbers: Mapping[str, str]) -> None:
        self.request = request
        self.pairs = request.query
        self.query = dict(request.query)
        self._numbers = numbers

    def number(self, name: str) -> int:
        """Return an id from the path."""
        return int(self._numbers[name])


class WooSandbox:
    """A WooCommerce shop that behaves as measured; `shop` is its state, for changes that need no request."""

    def __init__(self, shop: Shop, keys: tuple[auth.Key, ...]) -> None:
        self.shop = shop
        self.keys = keys
        self._gate = auth.Gate(keys, lambda: shop.now().timestamp())
        self._routes = [(method, re.compile(pattern), handler) for method, pattern, handler in self._table()]

    @property
    def settings(self) -> Mapping[str, str]:
        """The first key, which may read and write."""
        return {"consumer_key": self.keys[0].key, "consumer_secret": self.keys[0].secret}

    def handle(self, request: Request) -> Response:
        """Answer one request as the shop would."""
        try:
            response = self._answer(request)
        except Refusal as refusal:
            response = refusal.response()
        date = format_datetime(self.shop.now().astimezone(UTC), usegmt=True)
        return Response(response.status, response.body, {"Date": date, **response.headers}, response.sent)

    def _answer(self, request: Request) -> Response:
        path = request.path.rstrip("/")
        if path == ROOT:
            return Response.json(view.site_index())
        if not path.startswith(f"{ROOT}/"):
            return view.page_not_found(request.path)
        if path == NAMESPACE:
            return Response.json(view.namespace_index(pattern for _, pattern, _ in self._table()))
        key = self._gate.admit(request) if path.startswith(f"{ROOT}/wc") else None
        method = "GET" if request.method == "HEAD" else request.method
        for allowed, pattern, handler in self._routes:
            match = pattern.fullmatch(path.removeprefix(NAMESPACE)) if allowed == method else None
            if match:
                if key is None:
                    raise view.stranger(method, listing=not match.groupdict())
                auth.check_permission(key, method)
                with self.shop.lock:
                    return handler(Call(request, match.groupdict()))
        raise no_route()

    def _table(self) -> list[tuple[str, str, Handler]]:
        order, product = r"/orders/(?P<order>\d+)", r"/products/(?P<product>\d+)"
        return [
            ("GET", "/orders", self._orders),
            ("GET", order, self._order),
            ("GET", f"{order}/refunds", self._order_refunds),
            ("GET", order + r"/refunds/(?P<refund>\d+)", self._refund),
            ("GET", "/refunds", self._refunds),
            ("GET", "/products", self._products),
            ("GET", product, self._product),
            ("GET", f"{product}/variations", self._variations),
            ("GET", product + r"/variations/(?P<variation>\d+)", self._variation),
            ("GET", "/customers", self._customers),
            ("GET", r"/customers/(?P<customer>\d+)", self._customer),
        ]

    # --- orders and their refunds -------------------------------------------------------------------------------

    def _orders(self, call: Call) -> Response:
        customer = query.integer(call.query, "customer", None, least=0)
        product = query.integer(call.query, "product", None, least=0)
        orders = self.shop.orders

        def keep(row: Row) -> bool:
            if customer is not None and row.customer != customer:
                return False
            return not product or view.mentions(orders, row, product)

        return _listing(call, orders, query.ORDERS, keep if product or customer is not None else None)

    def _order(self, call: Call) -> Response:
        row = self.shop.orders.get(call.number("order"))
        if row is None:
            raise Refusal("woocommerce_rest_shop_order_invalid_id", "Invalid ID.", 404)
        return _single(call, self.shop.orders, row)

    def _order_refunds(self, call: Call) -> Response:
        order = call.number("order")
        if self.shop.orders.get(order) is None:
            raise Refusal("woocommerce_rest_invalid_order_id", "Invalid order ID.", 404)
        return _listing(call, self.shop.refunds, query.REFUNDS, lambda row: row.parent == order)

    def _refund(self, call: Call) -> Response:
        row = self.shop.refunds.get(call.number("refund"))
        if row is None or row.parent != call.number("order"):
            raise Refusal("woocommerce_rest_invalid_order_refund_id", "Invalid order refund ID.", 404)
        return _single(call, self.shop.refunds, row)

    def _refunds(self, call: Call) -> Response:
        return _listing(call, self.shop.refunds, query.REFUNDS)

    # --- products and customers ---------------------------------------------------------------------------------

    def _products(self, call: Call) -> Response:
        skus = [sku.strip() for sku in call.query.get("sku", "").split(",") if sku]
        products = self.shop.products
        if not skus:
            return _listing(call, products, query.PRODUCTS)
        return _listing(call, products, query.PRODUCTS, lambda row: products.document(row).get("sku") in skus)

    def _product(self, call: Call) -> Response:
        row = self.shop.products.get(call.number("product"))
        if row is None:
            raise Refusal("woocommerce_rest_product_invalid_id", "Invalid ID.", 404)
        return _single(call, self.shop.products, row)

    def _variations(self, call: Call) -> Response:
        product = call.number("product")
        if self.shop.products.get(product) is None:
            raise Refusal("woocommerce_rest_product_invalid_id", "Invalid ID.", 404)
        return _listing(call, self.shop.variations, query.PRODUCTS, lambda row: row.parent == product)

    def _variation(self, call: Call) -> Response:
        row = self.shop.variations.get(call.number("variation"))
        if row is None or row.parent != call.number("product"):
            raise Refusal("woocommerce_rest_product_variation_invalid_id", "Invalid ID.", 404)
        return _single(call, self.shop.variations, row)

    def _customers(self, call: Call) -> Response:
        customers, email = self.shop.customers, call.query.get("email")
        if email is None:
            return _listing(call, customers, query.CUSTOMERS)
        return _listing(call, customers, query.CUSTOMERS, lambda row: customers.document(row).get("email") == email)

    def _customer(self, call: Call) -> Response:
        row = self.shop.customers.get(call.number("customer"))
        if row is None:
            raise Refusal("woocommerce_rest_invalid_id", "Invalid resource ID.", 404)
        return _single(call, self.shop.customers, row)


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
