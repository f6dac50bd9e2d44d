"""Webhooks of the sandbox: signed, late, merged, and given up on as measured."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from crossdock.testing.sandbox import Request, Response, SandboxOptions, SandboxServer

from .shop_client import Shop, running

SECRET = "not so secret"


@dataclass
class Receiver:
    """Notes what arrives and answers with `status`."""

    status: int = 200
    pings: list[Request] = field(default_factory=list)
    deliveries: list[Request] = field(default_factory=list)
    settings: dict[str, str] = field(default_factory=dict)

    def handle(self, request: Request) -> Response:
        (self.deliveries if "x-wc-webhook-topic" in request.headers else self.pings).append(request)
        return Response(self.status)

    def bodies(self) -> list[dict[str, Any]]:
        return [json.loads(request.body) for request in self.deliveries]


@dataclass
class Bench:
    """A shop, a receiver, and the order that is played with."""

    shop: Shop
    receiver: Receiver
    address: str
    order: int

    def subscribe(self, topic: str = "order.updated", **fields: Any) -> dict[str, Any]:
        body = {"topic": topic, "delivery_url": self.address, "secret": SECRET, **fields}
        answer = self.shop.post("/webhooks", body)
        assert answer.status_code == 201, answer.text
        hook: dict[str, Any] = answer.json()
        self.settle()
        return hook

    def change(self, **fields: Any) -> None:
        assert self.shop.put(f"/orders/{self.order}", fields).status_code == 200

    def settle(self) -> None:
        assert self.shop.sandbox.shop.deliveries.settle()

    def fail(self, times: int) -> None:
        self.receiver.status = 500
        for _ in range(times):
            self.change()
            self.settle()

    def status(self, hook: dict[str, Any]) -> str:
        found: str = self.shop.get(f"/webhooks/{hook['id']}").json()["status"]
        return found


@pytest.fixture
def bench() -> Iterator[Bench]:
    receiver = Receiver()
    with running(SandboxOptions(records=10)) as shop, SandboxServer(receiver) as server:
        shop.sandbox.shop.deliveries.delay = 0
        yield Bench(shop, receiver, f"{server.url}/hook", shop.ids(per_page=1)[0])
        assert server.errors == []


def test_creation_pings_with_a_form_and_never_shows_the_secret(bench: Bench) -> None:
    hook = bench.subscribe(name="Mine")
    assert (hook["name"], hook["resource"], hook["event"], hook["status"]) == ("Mine", "order", "updated", "active")
    assert SECRET not in bench.shop.get("/webhooks").text
    ping = bench.receiver.pings[0]
    assert ping.body == f"webhook_id={hook['id']}".encode()
    assert ping.headers["content-type"] == "application/x-www-form-urlencoded"
    assert not any(name.startswith("x-wc") for name in ping.headers)


def test_a_delivery_is_what_get_gives_and_is_signed_over_its_bytes(bench: Bench) -> None:
    hook = bench.subscribe()
    bench.change(customer_note="Grüße 🎉")
    bench.settle()
    (delivery,) = bench.receiver.deliveries
    assert delivery.body == bench.shop.get(f"/orders/{bench.order}").content
    expected = base64.b64encode(hmac.new(SECRET.encode(), delivery.body, hashlib.sha256).digest()).decode()
    sent = {name: value for name, value in delivery.headers.items() if name.startswith("x-wc")}
    assert len(sent.pop("x-wc-webhook-delivery-id")) == 32
    assert sent == {
        "x-wc-webhook-source": "http://shop.example/",
        "x-wc-webhook-topic": "order.updated",
        "x-wc-webhook-resource": "order",
        "x-wc-webhook-event": "updated",
        "x-wc-webhook-signature": expected,
        "x-wc-webhook-id": str(hook["id"]),
    }
    assert delivery.headers["user-agent"] == "WooCommerce/11.0.1 Hookshot (WordPress/7.0.4)"


def test_quick_changes_become_one_delivery_with_the_last_state(bench: Bench) -> None:
    bench.subscribe()
    bench.shop.sandbox.shop.deliveries.delay = 0.3
    for number in range(5):
        bench.change(customer_note=str(number))
    assert bench.receiver.deliveries == []  # the answer to the PUT does not wait for it
    bench.settle()
    assert [body["customer_note"] for body in bench.receiver.bodies()] == ["4"]


def test_a_new_order_is_created_and_updated(bench: Bench) -> None:
    bench.subscribe("order.created")
    bench.subscribe("order.updated")
    order = bench.shop.post("/orders", {}).json()["id"]
    bench.settle()
    topics = [delivery.headers["x-wc-webhook-topic"] for delivery in bench.receiver.deliveries]
    assert sorted(topics) == ["order.created", "order.updated"]
    assert {body["id"] for body in bench.receiver.bodies()} == {order}


def test_the_bin_tells_the_id_and_nothing_else(bench: Bench) -> None:
    bench.subscribe("order.deleted")
    bench.subscribe("order.updated")
    bench.shop.delete(f"/orders/{bench.order}")
    bench.settle()
    assert bench.receiver.bodies() == [{"id": bench.order}]


def test_of_what_is_gone_before_its_delivery_the_refusal_is_delivered(bench: Bench) -> None:
    bench.subscribe()
    bench.shop.sandbox.shop.deliveries.delay = 0.2
    bench.change()
    bench.shop.delete(f"/orders/{bench.order}", force="true")
    bench.settle()
    assert bench.receiver.bodies() == [bench.shop.get(f"/orders/{bench.order}").json()]
    assert bench.receiver.bodies()[0]["data"] == {"status": 404}


def test_a_product_that_is_deleted_past_the_bin_is_told_to_nobody(bench: Bench) -> None:
    bench.subscribe("product.deleted")
    bench.subscribe("customer.deleted")
    bench.shop.delete("/products/10", force="true")
    bench.shop.delete("/products/15")
    bench.shop.delete("/customers/2", force="true")
    bench.settle()
    assert sorted(body["id"] for body in bench.receiver.bodies()) == [2, 15]


def test_some_changes_are_told_to_nobody(bench: Bench) -> None:
    first, second = bench.shop.ids(per_page=2)
    bench.shop.delete(f"/orders/{first}")
    for event in ("created", "updated", "deleted", "restored"):
        bench.subscribe(f"order.{event}")
    bench.shop.put(f"/orders/{first}", {"status": "completed"})  # out of the bin again
    bench.shop.post(f"/orders/{first}/notes", {"note": "x"})
    bench.shop.delete(f"/orders/{second}", force="true")
    bench.settle()
    assert bench.receiver.deliveries == []


def test_a_refund_updates_its_order(bench: Bench) -> None:
    bench.subscribe()
    order = next(o for o in bench.shop.get("/orders").json() if not o["refunds"] and len(o["total"]) > 4)
    bench.shop.post(f"/orders/{order['id']}/refunds", {"amount": "1.00"})
    bench.settle()
    assert [body["refunds"][0]["total"] for body in bench.receiver.bodies()] == ["-1.00"]


def test_products_and_customers_have_topics_too(bench: Bench) -> None:
    bench.subscribe("product.updated")
    bench.subscribe("customer.created")
    bench.shop.put("/products/10", {"name": "Renamed"})
    bench.shop.post("/customers", {"email": "ny@example.test"})
    bench.settle()
    assert sorted(str(body.get("name", body.get("email"))) for body in bench.receiver.bodies()) == [
        "Renamed", "ny@example.test",
    ]  # fmt: skip


class TestFailures:
    def test_the_seventh_failure_in_a_row_disables(self, bench: Bench) -> None:
        hook = bench.subscribe()
        bench.fail(6)
        assert bench.status(hook) == "active"
        bench.fail(1)
        assert bench.status(hook) == "disabled"
        bench.fail(2)
        assert len(bench.receiver.deliveries) == 7  # nothing after that, and the lost ones are not tried again

    def test_one_more_disables_it_again_after_it_was_activated(self, bench: Bench) -> None:
        hook = bench.subscribe()
        bench.fail(7)
        assert bench.shop.put(f"/webhooks/{hook['id']}", {"status": "active"}).json()["status"] == "active"
        bench.fail(1)
        assert bench.status(hook) == "disabled"

    def test_one_success_forgets_them(self, bench: Bench) -> None:
        hook = bench.subscribe()
        bench.fail(6)
        bench.receiver.status = 204
        bench.change()
        bench.settle()
        bench.fail(6)
        assert bench.status(hook) == "active"

    def test_nobody_listening_counts_as_a_failure(self, bench: Bench) -> None:
        hook = bench.subscribe(delivery_url="http://127.0.0.1:9/nobody")
        bench.fail(7)
        assert bench.status(hook) == "disabled"

    def test_pausing_does_not_stop_what_is_queued_and_its_failure_counts(self, bench: Bench) -> None:
        hook = bench.subscribe()
        bench.fail(6)
        bench.shop.sandbox.shop.deliveries.delay = 0.2
        bench.change()
        bench.shop.put(f"/webhooks/{hook['id']}", {"status": "paused"})
        bench.settle()
        assert bench.status(hook) == "disabled"

    def test_a_paused_one_hears_nothing_new(self, bench: Bench) -> None:
        hook = bench.subscribe()
        bench.shop.put(f"/webhooks/{hook['id']}", {"status": "paused"})
        bench.change()
        bench.settle()
        assert bench.receiver.deliveries == []


def test_a_webhook_is_changed_and_deleted(bench: Bench) -> None:
    hook = bench.subscribe()
    path = f"/webhooks/{hook['id']}"
    changed = bench.shop.put(path, {"name": "New", "secret": "other", "delivery_url": f"{bench.address}/2"}).json()
    assert (changed["name"], changed["delivery_url"]) == ("New", f"{bench.address}/2")
    bench.change()
    bench.settle()
    (delivery,) = bench.receiver.deliveries
    expected = base64.b64encode(hmac.new(b"other", delivery.body, hashlib.sha256).digest()).decode()
    assert delivery.headers["x-wc-webhook-signature"] == expected
    assert delivery.path == "/hook/2"
    assert bench.shop.delete(path).status_code == 501
    assert bench.shop.delete(path, force="true").json()["id"] == hook["id"]
    assert bench.shop.get(path).status_code == 404
    bench.change()
    bench.settle()
    assert len(bench.receiver.deliveries) == 1


@pytest.mark.parametrize(
    "fields", [{"topic": "order.eaten"}, {"topic": None}, {"delivery_url": "ftp://x"}, {"status": "loud"}]
)
def test_what_makes_no_sense_is_refused(bench: Bench, fields: dict[str, Any]) -> None:
    body = {"topic": "order.updated", "delivery_url": bench.address, **fields}
    assert bench.shop.post("/webhooks", body).status_code == 400
    assert bench.shop.get("/webhooks").json() == []


def test_closing_the_shop_ends_the_thread() -> None:
    before = threading.active_count()
    with running(SandboxOptions(records=1)) as shop:
        shop.post("/webhooks", {"topic": "order.updated", "delivery_url": "http://127.0.0.1:9/x"})
        shop.sandbox.shop.create_order()
    assert threading.active_count() == before
