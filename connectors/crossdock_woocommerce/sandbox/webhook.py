"""Webhooks: a ping at the start, then signed deliveries in the background that give up after too many failures."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import requests

from . import clock
from .catalog import SITE
from .query import not_one_of
from .refusal import Refusal
from .store import Row
from .wire import Document, encode

if TYPE_CHECKING:
    from .shop import Shop

AGENT = "WooCommerce/11.0.1 Hookshot (WordPress/7.0.4)"
STATUSES = ("active", "paused", "disabled")
TOPIC = re.compile(r"(?:(?:order|product|customer|coupon)\.(?:created|updated|deleted|restored)|action\.\w+)")
MOST_FAILURES = 5  # when a delivery fails with more than these counted, the webhook is disabled
PATIENCE = 10.0  # seconds a receiver may take
GONE = {
    "order": Refusal("woocommerce_rest_shop_order_invalid_id", "Invalid ID.", 404),
    "product": Refusal("woocommerce_rest_product_invalid_id", "Invalid ID.", 404),
    "customer": Refusal("woocommerce_rest_invalid_id", "Invalid resource ID.", 404),
}


@dataclass(slots=True)
class Account:
    """What the shop knows of a webhook and never shows."""

    secret: str
    failures: int = 0


def create(shop: Shop, request: Document) -> Document:
    """Add a webhook and ping its address.

    Raises:
        Refusal: 400, topic or address are not acceptable.
    """
    topic = request.get("topic")
    if not isinstance(topic, str) or not TOPIC.fullmatch(topic):
        message = "Webhook topic is required and must be valid."
        raise Refusal("woocommerce_rest_shop_webhook_invalid_topic", message, 400)
    _check_address(request.get("delivery_url"))
    hook_id, gmt = shop.webhook_ids.next(), clock.stamp(shop.now())
    resource, _, event = topic.partition(".")
    home = f"{SITE}/wp-json/wc/v3/webhooks"
    document: Document = {
        "id": hook_id, "name": request.get("name") or f"Webhook created on {gmt}",
        "status": _status(request, "active"), "topic": topic, "resource": resource, "event": event,
        "hooks": [f"woocommerce_{event}_{resource}"], "delivery_url": request["delivery_url"],
        "date_created": clock.local(gmt), "date_created_gmt": gmt, "date_modified": clock.local(gmt),
        "date_modified_gmt": gmt,
        "_links": {"self": [{"href": f"{home}/{hook_id}"}], "collection": [{"href": home}]},
    }  # fmt: skip
    shop.webhooks.put(document)
    shop.deliveries.open(hook_id, str(request.get("secret") or ""))
    return document


def update(shop: Shop, row: Row, request: Document) -> Document:
    """Change a webhook; making it active again does not forget its failures."""
    document = shop.webhooks.document(row)
    if "delivery_url" in request:
        _check_address(request["delivery_url"])
        document["delivery_url"] = request["delivery_url"]
    document["status"] = _status(request, document["status"])
    if request.get("name"):
        document["name"] = request["name"]
    if request.get("secret"):
        shop.deliveries.accounts[row.id].secret = str(request["secret"])
    gmt = clock.stamp(shop.now())
    document["date_modified"], document["date_modified_gmt"] = clock.local(gmt), gmt
    shop.webhooks.put(document)
    return document


def _status(request: Document, default: str) -> str:
    status = request.get("status", default)
    if status not in STATUSES:
        raise not_one_of("status", "status", STATUSES)
    return str(status)


def _check_address(address: object) -> None:
    if not isinstance(address, str) or not re.match(r"https?://\S+$", address):
        message = "Webhook delivery URL must be a valid URL starting with http:// or https://."
        raise Refusal("woocommerce_rest_shop_webhook_invalid_delivery_url", message, 400)


class Deliveries:
    """Sends what webhooks have to say, on a thread of its own.

    Args:
        shop: whose webhooks these are.
        delay: seconds between an event and its delivery; events of one order in between become one delivery.
    """

    def __init__(self, shop: Shop, delay: float) -> None:
        self.accounts: dict[int, Account] = {}
        self._shop = shop
        self.delay = delay
        self._due: dict[tuple[int, str, int], float] = {}  # (webhook, kind, resource) -> when
        self._busy = False
        self._closed = False
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None

    def open(self, hook_id: int, secret: str) -> None:
        """Start caring for a webhook: remember its secret and ping it at once."""
        self.accounts[hook_id] = Account(secret)
        self._enqueue((hook_id, "ping", 0), 0)

    def hear(self, topic: str, row_id: int) -> None:
        """Queue a delivery for every active webhook of a topic."""
        for row in self._shop.webhooks:
            if row.status == "active" and self._shop.webhooks.document(row)["topic"] == topic:
                self._enqueue((row.id, topic, row_id), self.delay)

    def _enqueue(self, job: tuple[int, str, int], delay: float) -> None:
        with self._changed:
            if self._closed:
                return
            self._due.setdefault(job, time.monotonic() + delay)
            if self._thread is None:
                self._thread = threading.Thread(target=self._work, name="sandbox-webhooks", daemon=True)
                self._thread.start()
            self._changed.notify_all()

    def settle(self, timeout: float = 10) -> bool:
        """Wait until nothing is queued or under way; tell whether that came true in time."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._due and not self._busy, timeout)

    def close(self) -> None:
        """Forget what is queued and stop."""
        with self._changed:
            self._closed = True
            self._due.clear()
            self._changed.notify_all()
        if self._thread is not None:
            self._thread.join()

    def _work(self) -> None:
        with requests.Session() as session:
            session.trust_env = False
            while job := self._next():
                self._run(session, *job)

    def _next(self) -> tuple[int, str, int] | None:
        """Return the next job when its time has come, or None at the end."""
        with self._changed:
            self._busy = False
            self._changed.notify_all()
            while not self._closed:
                job = min(self._due, key=self._due.__getitem__, default=None)
                wait = self._due[job] - time.monotonic() if job else None
                if job and wait is not None and wait <= 0:
                    del self._due[job]
                    self._busy = True
                    return job
                self._changed.wait(wait)
        return None

    def _run(self, session: requests.Session, hook_id: int, topic: str, row_id: int) -> None:
        with self._shop.lock:
            row = self._shop.webhooks.get(hook_id)
            if row is None:
                return
            hook = self._shop.webhooks.document(row)
            body = b"" if topic == "ping" else self._body(topic, row_id)
        if topic == "ping":
            self._post(session, hook["delivery_url"], f"webhook_id={hook_id}".encode(), _form_headers())
        else:
            fine = self._post(session, hook["delivery_url"], body, self._headers(hook, body))
            with self._shop.lock:
                self._count(hook_id, fine=fine)

    def _body(self, topic: str, row_id: int) -> bytes:
        """Return what GET gives now, a refusal where it has vanished meanwhile; only the id of what was deleted."""
        resource, _, event = topic.partition(".")
        if event == "deleted":
            return encode({"id": row_id})
        shop = self._shop
        tables = {"order": (shop.orders,), "product": (shop.products, shop.variations), "customer": (shop.customers,)}
        for table in tables[resource]:
            row = table.get(row_id)
            if row is not None:
                return table.body(row)
        return encode(GONE[resource].document())

    def _headers(self, hook: Document, body: bytes) -> dict[str, str]:
        now = clock.stamp(self._shop.now())
        return {
            "User-Agent": AGENT,
            "Content-Type": "application/json",
            "X-WC-Webhook-Source": f"{SITE}/",
            "X-WC-Webhook-Topic": hook["topic"],
            "X-WC-Webhook-Resource": hook["resource"],
            "X-WC-Webhook-Event": hook["event"],
            "X-WC-Webhook-Signature": signature(body, self.accounts[hook["id"]].secret),
            "X-WC-Webhook-ID": str(hook["id"]),
            "X-WC-Webhook-Delivery-ID": hashlib.sha256(f"{hook['id']}/{now}".encode()).hexdigest()[:32],
        }

    def _post(self, session: requests.Session, address: str, body: bytes, headers: dict[str, str]) -> bool:
        try:
            answer = session.post(address, body, headers=headers, timeout=PATIENCE, allow_redirects=False)
        except requests.RequestException:
            return False
        return 200 <= answer.status_code < 303

    def _count(self, hook_id: int, *, fine: bool) -> None:
        account, row = self.accounts[hook_id], self._shop.webhooks.get(hook_id)
        if fine:
            account.failures = 0
        elif account.failures <= MOST_FAILURES:
            account.failures += 1
        elif row is not None:
            self._shop.webhooks.put({**self._shop.webhooks.document(row), "status": "disabled"})


def signature(body: bytes, secret: str) -> str:
    """Return base64(HMAC-SHA256(body, secret)), the signature of a delivery."""
    return base64.b64encode(hmac.new(secret.encode(), body, hashlib.sha256).digest()).decode()


def _form_headers() -> dict[str, str]:
    return {"User-Agent": AGENT, "Content-Type": "application/x-www-form-urlencoded"}
