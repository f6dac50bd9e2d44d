"""The shop's REST API: who comes in, which route answers, and with what clock."""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Mapping
from datetime import UTC
from email.utils import format_datetime

from crossdock.testing import Request, Response

from . import auth, reading, view, writing
from .reading import Call
from .refusal import Refusal, no_route
from .shop import Shop
from .wire import encode

ROOT = "/wp-json"
NAMESPACE = f"{ROOT}/wc/v3"
ROUTES = tuple(
    (method, re.compile(pattern), handler) for method, pattern, handler in (*reading.ROUTES, *writing.ROUTES)
)


class WooSandbox:
    """A WooCommerce shop that behaves as measured; `shop` is its state, for changes that need no request."""

    def __init__(self, shop: Shop, keys: tuple[auth.Key, ...]) -> None:
        self.shop = shop
        self.keys = keys
        self._changes = 0
        self._gate = auth.Gate(keys, lambda: shop.now().timestamp())

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

    def change(self, record_type: str) -> None:
        """Change a record as somebody in the shop would; every twentieth time an order is placed as well."""
        table, field = {
            "order": (self.shop.orders, "customer_note"),
            "product": (self.shop.products, "name"),
            "variation": (self.shop.variations, "description"),
            "customer": (self.shop.customers, "first_name"),
        }[record_type]
        self._changes += 1
        rows = sorted(table, key=lambda row: row.id)
        changed = rows[self._changes % len(rows)]
        home = f"products/{changed.parent}/variations" if record_type == "variation" else f"{record_type}s"
        with self.shop.lock:
            if record_type == "order" and self._changes % 20 == 0:
                self.shop.create_order()
            response = self.handle(
                Request(
                    "PUT",
                    f"{NAMESPACE}/{home}/{changed.id}",
                    headers={"authorization": _basic(self.keys[0]), "content-type": "application/json"},
                    body=encode({field: f"change {self._changes}"}),
                    secure=True,
                )
            )
        if response.status != 200:
            raise ValueError(f"{home}/{changed.id} cannot be changed: {response.body!r}")

    def close(self) -> None:
        """Stop delivering webhooks."""
        self.shop.deliveries.close()

    def _answer(self, request: Request) -> Response:
        path = request.path.rstrip("/")
        if path == ROOT:
            auth.check_login(request)
            return Response.json(view.site_index())
        if not path.startswith(f"{ROOT}/"):
            return view.page_not_found(request.path)
        if path == NAMESPACE:
            return Response.json(view.namespace_index(route.pattern for _, route, _ in ROUTES))
        key = self._gate.admit(request) if path.startswith(f"{ROOT}/wc") else None
        method = "GET" if request.method == "HEAD" else request.method
        for allowed, route, handler in ROUTES:
            match = route.fullmatch(path.removeprefix(NAMESPACE)) if allowed == method else None
            if match:
                if key is None:
                    raise view.stranger(method, path)
                auth.check_permission(key, method)
                with self.shop.lock:
                    return handler(Call(self.shop, request, match.groupdict()))
        raise no_route()


def _basic(key: auth.Key) -> str:
    return "Basic " + b64encode(f"{key.key}:{key.secret}".encode()).decode()
