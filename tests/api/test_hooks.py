"""Webhooks in: what a remote system signed becomes a record, once, and never goes back in time."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import requests

from crossdock import Delivery, RemoteItem, WebhookSpec
from crossdock.api.services import Services
from crossdock.config import Config, load_config
from crossdock.pipeline.importing import Importer
from crossdock.pipeline.job import ImportJob
from crossdock.pipeline.keeping import delivery_worker
from crossdock.pipeline.keeping.delivered import process
from crossdock.pipeline.keeping.delivery_worker import DeliveryWorker
from crossdock.pipeline.reporting.report import TransferReport
from crossdock.records import Working
from crossdock.store import Store
from crossdock.store.events.deliveries import Delivered, Deliveries
from crossdock.testing.sandbox import SandboxOptions
from tests.pipeline.making import order
from tests.woocommerce.shop_client import running
from tests.woocommerce.test_webhook import SECRET, headers

from .serving import SHOP_ID, serving

CONFIG = f"""\
[[connection]]
id = "{SHOP_ID}"
name = "shop"
connector = "woocommerce"
[connection.settings]
url = "URL"
consumer_key = {{ env = "KEY" }}
consumer_secret = {{ env = "SECRET" }}
webhook_secret = {{ env = "HOOK_SECRET" }}
[connection.import.order]

[[connection]]
id = "5377568eb7e165e3b38af6eece4a0002"
name = "quiet-shop"
connector = "woocommerce"
[connection.settings]
url = "https://quiet.example"
consumer_key = {{ env = "KEY" }}
consumer_secret = {{ env = "SECRET" }}

[[connection]]
id = "5377568eb7e165e3b38af6eece4a0003"
name = "program"
connector = "api"
"""
ENVIRON = {"KEY": "ck_1", "SECRET": "cs_canary", "HOOK_SECRET": SECRET}


@dataclass
class Hooks:
    """The API with the worker of deliveries, which a test lets work."""

    url: str
    store: Store
    worker: DeliveryWorker
    session: requests.Session
    count: int = field(default=0)

    def post(self, body: bytes, given: Any, name: str = "shop") -> requests.Response:
        return self.session.post(f"{self.url}/hooks/{name}", body, headers=dict(given), timeout=10)

    def deliver(self, body: bytes, topic: str = "order.updated", *, number: str | None = None) -> str:
        """Send a delivery as the shop does, and say what was answered."""
        self.count += 1
        answer = self.post(body, headers(body, topic, Delivery_ID=number or f"delivery-{self.count}"))
        assert answer.status_code == 200, answer.text
        outcome: str = answer.json()["outcome"]
        return outcome

    def record(self, remote_id: str = "7") -> Working | None:
        known = self.store.known(SHOP_ID, "order", [remote_id]).get(remote_id)
        return None if known is None or known.local_id is None else self.store.record("order", known.local_id)

    def note(self, remote_id: str = "7") -> str:
        record = self.record(remote_id)
        assert record is not None
        return str(record["customerNote"])

    def wait_for(self, note: str, remote_id: str) -> Working:
        """Wait until the record says so."""
        deadline = time.monotonic() + 20
        while (record := self.record(remote_id)) is None or record["customerNote"] != note:
            assert time.monotonic() < deadline, f"{note!r} did not arrive"
            time.sleep(0.02)
        return record


def configured(folder: Path, url: str = "https://shop.example", more: str = "") -> Config:
    file = folder / "plugins.toml"
    file.write_text(
        CONFIG.replace("URL", url).replace("[connection.import.order]\n", f"[connection.import.order]\n{more}")
    )
    return load_config(file, ENVIRON)


@contextmanager
def serving_hooks(config: Config, store: Store, *, background: bool = False) -> Iterator[Hooks]:
    worker = DeliveryWorker(config, store, pause=0.05)
    services = Services(config, store, background=[worker] if background else ())
    with serving(services) as url, requests.Session() as session:
        yield Hooks(url, store, worker, session)


@pytest.fixture
def hooks(tmp_path: Path, store: Store) -> Iterator[Hooks]:
    with serving_hooks(configured(tmp_path), store) as found:
        yield found


def at(minute: int) -> str:
    return f"2024-03-01T12:{minute:02}:00"


def changed(note: str, minute: int = 0, number: int = 7) -> bytes:
    """The payload of an order as it was changed at some minute."""
    return order(number, customer_note=note, date_modified_gmt=at(minute), line_items=[])


def test_a_delivery_is_answered_first_and_processed_like_an_import(hooks: Hooks) -> None:
    assert hooks.deliver(changed("hello")) == "accepted"
    assert hooks.record() is None
    assert hooks.worker.work_once() == 1
    assert hooks.note() == "hello"
    payload = hooks.store.payload(SHOP_ID, "order", "7")
    assert payload is not None
    assert payload.modified == f"{at(0)}Z"
    (run,) = hooks.store.runs()
    assert (run.outcome, run.report and run.report["created"]) == ("succeeded", 1)
    assert hooks.store.cursor(SHOP_ID, "order") is None


def test_each_delivery_is_taken_once(hooks: Hooks) -> None:
    assert hooks.deliver(changed("one"), number="same") == "accepted"
    assert hooks.deliver(changed("one"), number="same") == "repeated"
    assert hooks.worker.work_once() == 1
    assert hooks.deliver(changed("one"), number="same") == "repeated"
    assert hooks.worker.work_once() == 0
    assert hooks.note() == "one"


def test_two_deliveries_of_one_second_are_two_though_the_shop_gives_them_one_id(hooks: Hooks) -> None:
    assert hooks.deliver(changed("one"), number="same") == "accepted"
    assert hooks.deliver(changed("two", number=8), number="same") == "accepted"
    assert hooks.worker.work_once() == 2
    assert (hooks.note(), hooks.note("8")) == ("one", "two")


def test_an_older_payload_never_overwrites_a_newer_record(hooks: Hooks) -> None:
    hooks.deliver(changed("newest", 9))
    hooks.deliver(changed("old", 5))
    hooks.worker.work_once()
    assert hooks.note() == "newest"
    hooks.deliver(changed("older", 3))
    hooks.worker.work_once()
    assert hooks.note() == "newest"
    hooks.deliver(changed("newer still", 10))
    hooks.worker.work_once()
    assert hooks.note() == "newer still"


def test_what_was_delivered_before_a_crash_is_processed_after_it(hooks: Hooks, tmp_path: Path) -> None:
    hooks.deliver(changed("kept"))
    again = DeliveryWorker(configured(tmp_path), hooks.store)  # nobody worked on it; another process does
    assert again.work_once() == 1
    assert hooks.note() == "kept"


def test_a_crash_before_it_is_noted_that_they_were_processed_does_no_harm(
    hooks: Hooks, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(_deliveries: Deliveries, _processed: object) -> None:
        raise KeyboardInterrupt

    hooks.deliver(changed("once"))
    with monkeypatch.context() as dying:
        dying.setattr(Deliveries, "done", die)
        with pytest.raises(KeyboardInterrupt):
            hooks.worker.work_once()
    record = hooks.record()
    assert record is not None
    assert hooks.worker.work_once() == 1
    assert hooks.record() == record
    assert hooks.worker.work_once() == 0


def test_many_at_once_are_all_taken_and_each_processed_once(hooks: Hooks) -> None:
    bodies = [(changed(str(number), number=number), f"n{number}") for number in range(60)]

    def send(given: tuple[bytes, str]) -> str:
        body, number = given
        answer = requests.post(
            f"{hooks.url}/hooks/shop", body, headers=dict(headers(body, Delivery_ID=number)), timeout=30
        )
        outcome: str = answer.json()["outcome"]
        return outcome

    with ThreadPoolExecutor(16) as pool:
        outcomes = list(pool.map(send, bodies * 2))
    assert sorted(outcomes) == ["accepted"] * 60 + ["repeated"] * 60
    assert hooks.worker.work_once() == 60
    assert [hooks.note(str(number)) for number in range(60)] == [str(number) for number in range(60)]
    assert sum(run.report["considered"] for run in hooks.store.runs() if run.report) == 60


def test_deliveries_wait_while_an_import_runs(hooks: Hooks, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("crossdock.pipeline.keeping.delivery_worker._HELD_SECONDS", 0)
    run = hooks.store.start_run(SHOP_ID, "order", b"an import")
    hooks.deliver(changed("patient"))
    assert hooks.worker.work_once() == 0
    hooks.store.finish_run(run, {}, "succeeded")
    assert hooks.worker.work_once() == 1
    assert hooks.note() == "patient"


def test_a_payload_that_cannot_be_processed_waits_in_quarantine(hooks: Hooks) -> None:
    assert hooks.deliver(changed("fine", number=8)) == "accepted"
    hooks.deliver(order(7, currency="no such", line_items=[{"id": "x"}]))
    hooks.deliver(b'{"no":"id"}')
    assert hooks.worker.work_once() == 3
    assert {entry.stage for entry in hooks.store.quarantine_list(SHOP_ID)} >= {"parse"}
    assert any(entry.remote_id is None for entry in hooks.store.quarantine_list(SHOP_ID))
    assert hooks.note("8") == "fine"
    assert hooks.worker.work_once() == 0


def test_a_forged_delivery_is_refused_and_not_kept(hooks: Hooks) -> None:
    body = changed("evil")
    forgeries: list[Any] = [headers(b"another body"), headers(body, Signature=None), {}]
    for forged in forgeries:
        answer = hooks.post(body, forged)
        assert answer.status_code == 401
        assert answer.headers["Content-Type"] == "application/problem+json"
        assert answer.json()["type"] == "/problems/bad-signature"
        assert SECRET not in answer.text
    assert hooks.store.deliveries.waiting() == []


def test_the_signature_is_over_the_bytes_not_over_what_they_mean(hooks: Hooks) -> None:
    body = changed("one")
    assert hooks.post(json.dumps(json.loads(body), indent=2).encode(), headers(body)).status_code == 401


def test_the_ping_of_a_new_webhook_is_accepted(hooks: Hooks) -> None:
    answer = hooks.post(b"webhook_id=3", {"Content-Type": "application/x-www-form-urlencoded"})
    assert (answer.status_code, answer.json()) == (200, {"outcome": "ping"})


@pytest.mark.parametrize("name", ["no-such", "quiet-shop", "program", "5377568eb7e165e3b38af6eece4a0002", "%2e%2e"])
def test_a_connection_without_a_webhook_is_not_there(hooks: Hooks, name: str) -> None:
    body = changed("x")
    answer = hooks.post(body, headers(body), name)
    assert (answer.status_code, answer.json()["detail"]) == (404, "there is nothing at this address")


def test_the_id_of_the_connection_is_as_good_as_its_name(hooks: Hooks) -> None:
    body = changed("x")
    assert hooks.post(body, headers(body), SHOP_ID).json() == {"outcome": "accepted"}


def test_a_deletion_deletes_nothing_and_is_told_to_the_operator(hooks: Hooks) -> None:
    hooks.deliver(changed("stays"))
    hooks.worker.work_once()
    assert hooks.deliver(b'{"id":7}', "order.deleted", number="gone") == "noted"
    assert hooks.deliver(b'{"id":7}', "order.deleted", number="gone") == "repeated"
    assert hooks.worker.work_once() == 0
    assert hooks.note() == "stays"
    (told,) = hooks.store.log_events.list()
    assert (told.connection_id, told.event.severity) == (SHOP_ID, "info")
    assert told.event.summary == "order 7 was deleted in the shop; it stays here as it was last read"


def test_a_record_type_that_is_not_imported_is_told_to_the_operator(hooks: Hooks) -> None:
    body = json.dumps({"id": 1, "username": "kim", "date_modified_gmt": None}).encode()
    assert hooks.deliver(body, "customer.created") == "noted"
    assert "imports none" in hooks.store.log_events.list()[0].event.summary


@pytest.mark.parametrize(("minutes", "status"), [(0, 200), (-4, 200), (4, 200), (-6, 401), (6, 401)])
def test_a_delivery_that_was_signed_long_ago_is_refused(
    tmp_path: Path, store: Store, minutes: int, status: int
) -> None:
    def verify(_settings: object, _headers: object, body: bytes) -> Delivery:
        signed = datetime.now(UTC) + timedelta(minutes=minutes)
        return Delivery("d1", "order", RemoteItem("7", f"{at(0)}Z", body), signed=signed)

    config = configured(tmp_path)
    shop = config.connection("shop")
    connector = replace(shop.connector, webhook=WebhookSpec(lambda _settings: True, verify))
    with serving_hooks(replace(config, connections=(replace(shop, connector=connector),)), store) as hooks:
        answer = hooks.post(changed("x"), {})
        assert answer.status_code == status
        assert len(store.deliveries.waiting()) == (1 if status == 200 else 0)
        if status == 401:
            assert "it was signed at" in answer.json()["detail"]


@pytest.mark.parametrize("number", ["", "x" * 201])
def test_an_id_that_is_none_is_refused(tmp_path: Path, store: Store, number: str) -> None:
    def verify(_settings: object, _headers: object, _body: bytes) -> Delivery:
        return Delivery(number, "order", None)

    config = configured(tmp_path)
    shop = config.connection("shop")
    connector = replace(shop.connector, webhook=WebhookSpec(lambda _settings: True, verify))
    with serving_hooks(replace(config, connections=(replace(shop, connector=connector),)), store) as hooks:
        assert hooks.post(b"{}", {}).status_code == 401


@pytest.mark.parametrize("error", [SystemExit(0), GeneratorExit(), LookupError()])
def test_a_connector_that_fails_over_a_delivery_is_named_in_the_log_and_the_server_goes_on(
    tmp_path: Path, store: Store, caplog: pytest.LogCaptureFixture, error: BaseException
) -> None:
    def verify(_settings: object, _headers: object, _body: bytes) -> Delivery:
        raise error

    config = configured(tmp_path)
    shop = config.connection("shop")
    connector = replace(shop.connector, webhook=WebhookSpec(lambda _settings: True, verify))
    with serving_hooks(replace(config, connections=(replace(shop, connector=connector),)), store) as hooks:
        assert [hooks.post(b"{}", {}).status_code for _ in range(2)] == [500, 500]
    assert f"connector 'woocommerce' fails in verify(): {type(error).__name__}" in caplog.text


def test_a_fault_over_some_deliveries_keeps_no_others_waiting(
    tmp_path: Path, store: Store, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail_over_orders(importer: Importer, job: ImportJob, delivered: Sequence[Delivered]) -> TransferReport:
        if job.record_type == "order":
            raise RuntimeError("nobody foresaw this")
        return process(importer, job, delivered)

    monkeypatch.setattr(delivery_worker, "process", fail_over_orders)
    with serving_hooks(configured(tmp_path, more="[connection.import.product]\n"), store) as hooks:
        hooks.deliver(changed("first"))
        hooks.deliver(b'{"id":5,"sku":"S","name":"a cup","date_modified_gmt":"2024-03-01T12:00:00"}', "product.updated")
        assert hooks.worker.work_once() == 1
    assert store.deliveries.waiting() == [(SHOP_ID, "order")]
    assert "RuntimeError: nobody foresaw this" in caplog.text


def test_a_delivery_that_is_too_large_is_refused(hooks: Hooks) -> None:
    body = b'{"id":7,"line_items":[],"x":"' + b"x" * (9 << 20) + b'"}'
    assert hooks.post(body, headers(body)).status_code == 413


def test_a_body_in_pieces_is_the_same_body(hooks: Hooks) -> None:
    body = changed("pieces")

    def pieces() -> Iterator[bytes]:
        for start in range(0, len(body), 10):
            yield body[start : start + 10]

    answer = hooks.session.post(f"{hooks.url}/hooks/shop", pieces(), headers=dict(headers(body)), timeout=10)
    assert answer.json() == {"outcome": "accepted"}


def test_a_change_in_the_shop_changes_the_record_here(tmp_path: Path, store: Store) -> None:
    with running(SandboxOptions(records=5)) as shop:
        config = configured(tmp_path, shop.server.url)
        with serving_hooks(config, store, background=True) as hooks:
            shop.sandbox.shop.deliveries.delay = 0
            answer = shop.post(
                "/webhooks",
                {"topic": "order.updated", "delivery_url": f"{hooks.url}/hooks/shop", "secret": SECRET},
            )
            number = shop.ids()[0]

            def change(note: str) -> Working:
                shop.clock.tick()
                shop.put(f"/orders/{number}", {"customer_note": note, "meta_data": [{"key": "_gift", "value": note}]})
                assert shop.sandbox.shop.deliveries.settle()
                return hooks.wait_for(note, str(number))

            first, second = change("Grüße 🎉"), change("until Friday, please")
            assert (first["version"], second["version"]) == (1, 2)
            assert first["localId"] == second["localId"]
            gift = f"{SHOP_ID}|connector.woocommerce|meta._gift"
            assert second["customData"][gift]["value"] == "until Friday, please"
            assert shop.get(f"/webhooks/{answer.json()['id']}").json()["status"] == "active"


def test_products_and_customers_come_by_webhook_too(tmp_path: Path, store: Store) -> None:
    more = "[connection.import.product]\n[connection.import.customer]\n"
    with running(SandboxOptions(records=2)) as shop:
        config = configured(tmp_path, shop.server.url, more)
        with serving_hooks(config, store) as hooks:
            shop.sandbox.shop.deliveries.delay = 0
            for topic in ("product.updated", "customer.created"):
                address = f"{hooks.url}/hooks/shop"
                shop.post("/webhooks", {"topic": topic, "delivery_url": address, "secret": SECRET})
            shop.put("/products/10", {"name": "Renamed"})
            shop.post("/customers", {"email": "ny@example.test"})
            assert shop.sandbox.shop.deliveries.settle()
            assert hooks.worker.work_once() == 2
            assert [record["name"] for record in store.records("product")] == ["Renamed"]
            assert [record["email"] for record in store.records("customer")] == ["ny@example.test"]


def test_what_lists_do_not_show_does_not_come_by_webhook_either(tmp_path: Path, store: Store) -> None:
    with (
        running(SandboxOptions(records=2)) as shop,
        serving_hooks(configured(tmp_path, shop.server.url), store) as hooks,
    ):
        given = {"topic": "order.updated", "delivery_url": f"{hooks.url}/hooks/shop", "secret": SECRET}
        assert shop.post("/webhooks", given).status_code == 201
        shop.sandbox.shop.deliveries.delay = 0.3
        begun = shop.post("/orders", {"status": "checkout-draft"}).json()["id"]
        gone = shop.post("/orders", {}).json()["id"]
        shop.delete(f"/orders/{gone}", force="true")
        assert shop.sandbox.shop.deliveries.settle()
        assert hooks.worker.work_once() == 0
        assert (list(store.records("order")), store.quarantine_list(SHOP_ID)) == ([], [])
        told = sorted(one.event.summary for one in store.log_events.list())
        assert told[0].startswith(f"order {begun} is not placed yet")
        assert told[1].startswith("the shop delivered 'Invalid ID.'")
