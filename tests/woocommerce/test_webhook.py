"""Deliveries of a shop's webhooks: only what the shop signed is believed, and what it means is read from it."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from typing import Any

import pytest
from hypothesis import given, strategies as st
from pydantic import SecretStr, ValidationError
from requests.structures import CaseInsensitiveDict

from crossdock import Broken, Delivery, DeliveryRefusedError, RemoteItem
from crossdock_woocommerce import WOOCOMMERCE
from crossdock_woocommerce.settings import WooSettings
from crossdock_woocommerce.webhook import verify

SECRET = "not so secret"
KEYS = {"consumer_key": SecretStr("ck_1"), "consumer_secret": SecretStr("cs_1"), "url": "https://shop.example"}
SETTINGS = WooSettings.model_validate({**KEYS, "webhook_secret": SecretStr(SECRET)})
ORDER = {"id": 17, "line_items": [], "date_modified_gmt": "2024-03-03T14:09:27"}


def signature(body: bytes, secret: str = SECRET) -> str:
    return base64.b64encode(hmac.new(secret.encode(), body, hashlib.sha256).digest()).decode()


def headers(body: bytes, topic: str = "order.updated", **changed: str | None) -> CaseInsensitiveDict[str]:
    given = {
        "X-WC-Webhook-Topic": topic,
        "X-WC-Webhook-Resource": topic.partition(".")[0],
        "X-WC-Webhook-Delivery-ID": "d1",
        "X-WC-Webhook-Signature": signature(body),
        "Content-Type": "application/json",
        **{f"X-WC-Webhook-{name.replace('_', '-')}": value for name, value in changed.items()},
    }
    return CaseInsensitiveDict({name: value for name, value in given.items() if value is not None})


def delivered(document: Any, topic: str = "order.updated") -> Delivery:
    body = json.dumps(document).encode()
    found = verify(SETTINGS, headers(body, topic), body)
    assert found is not None
    return found


def delivery_id(body: bytes) -> str:
    return f"d1/{hashlib.sha256(body).hexdigest()[:32]}"


def test_a_signed_record_is_read_byte_for_byte() -> None:
    body = json.dumps(ORDER, indent=1).encode()
    found = verify(SETTINGS, headers(body), body)
    assert found == Delivery(delivery_id(body), "order", RemoteItem("17", "2024-03-03T14:09:27Z", body))


@pytest.mark.parametrize("topic", ["order.created", "order.updated", "order.restored"])
def test_each_topic_that_carries_a_record_is_taken(topic: str) -> None:
    assert isinstance(delivered(ORDER, topic).item, RemoteItem)


@given(st.binary(max_size=50), st.binary(min_size=1, max_size=50))
def test_no_other_body_passes_under_a_signature(body: bytes, other: bytes) -> None:
    if body == other:
        return
    with pytest.raises(DeliveryRefusedError, match="the signature is not that of this body"):
        verify(SETTINGS, headers(body), other)


@pytest.mark.parametrize("forged", [None, "", "AAAA", "ä", signature(b"{}", "another secret"), "=" * 10_000])
def test_no_other_signature_passes(forged: str | None) -> None:
    with pytest.raises(DeliveryRefusedError, match="the signature is not that of this body"):
        verify(SETTINGS, headers(b"{}", Signature=forged), b"{}")


def test_signatures_are_compared_in_constant_time(monkeypatch: pytest.MonkeyPatch) -> None:
    compared: list[tuple[bytes, bytes]] = []
    right = hmac.compare_digest

    def watched(one: bytes, other: bytes) -> bool:
        compared.append((one, other))
        return right(one, other)

    monkeypatch.setattr(hmac, "compare_digest", watched)
    delivered(ORDER)
    assert len(compared) == 1


def test_without_a_secret_nothing_passes_and_the_connection_takes_none() -> None:
    bare = WooSettings.model_validate(KEYS)
    assert WOOCOMMERCE.webhook is not None
    assert not WOOCOMMERCE.webhook.is_set_up(bare)
    assert WOOCOMMERCE.webhook.is_set_up(SETTINGS)
    with pytest.raises(DeliveryRefusedError):
        WOOCOMMERCE.webhook.verify(bare, headers(b"{}", Signature=signature(b"{}", "")), b"{}")
    with pytest.raises(ValidationError, match="anybody could sign with it"):
        WooSettings.model_validate({**KEYS, "webhook_secret": SecretStr("  ")})


def test_the_ping_of_a_new_webhook_means_nothing() -> None:
    form = CaseInsensitiveDict({"Content-Type": "application/x-www-form-urlencoded; charset=utf-8"})
    assert verify(SETTINGS, form, b"webhook_id=17") is None


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("application/json", b"webhook_id=17"),
        ("application/x-www-form-urlencoded", b"webhook_id=17&more=1"),
        ("application/x-www-form-urlencoded", b'{"id":17}'),
        ("application/x-www-form-urlencoded", b""),
    ],
)
def test_nothing_else_passes_for_a_ping(kind: str, body: bytes) -> None:
    with pytest.raises(DeliveryRefusedError):
        verify(SETTINGS, CaseInsensitiveDict({"Content-Type": kind}), body)


def test_a_delivery_without_an_id_is_refused() -> None:
    with pytest.raises(DeliveryRefusedError, match="Delivery-ID is missing"):
        verify(SETTINGS, headers(b"{}", Delivery_ID=None), b"{}")


def test_what_the_shop_delivers_within_one_second_has_one_id_and_is_told_apart() -> None:
    one, other = delivered(ORDER), delivered({**ORDER, "id": 18})
    assert one.delivery_id != other.delivery_id
    assert delivered(ORDER).delivery_id == one.delivery_id


def test_a_deletion_is_noted_and_deletes_nothing() -> None:
    found = delivered({"id": 17}, "order.deleted")
    assert found.item is None
    assert found.note == "order 17 was deleted in the shop; it stays here as it was last read"


def test_other_topics_are_noted() -> None:
    assert delivered({"id": 3}, "coupon.updated") == Delivery(
        delivery_id(b'{"id": 3}'), "coupon", None, "a webhook of topic 'coupon.updated' has no meaning here"
    )
    assert delivered({"action": "x"}, "action.woocommerce_add_to_cart").item is None


def test_a_body_of_another_topic_is_refused_though_it_is_signed() -> None:
    for topic in ("product.updated", "customer.updated"):
        with pytest.raises(DeliveryRefusedError, match="whatever the topic says"):
            delivered(ORDER, topic)


def test_a_variation_in_the_shape_of_a_product_waits_for_the_next_import() -> None:
    product = {"id": 5, "sku": "A", "type": "variation", "variations": [], "date_modified_gmt": None}
    assert delivered(product, "product.updated").item is None
    assert isinstance(delivered({**product, "type": "simple"}, "product.updated").item, RemoteItem)


def refusal(code: str, message: str, status: int) -> dict[str, Any]:
    return {"code": code, "message": message, "data": {"status": status}}


@pytest.mark.parametrize("topic", ["order.updated", "product.created", "customer.updated"])
def test_a_refusal_in_place_of_a_record_is_noted_with_what_to_do(topic: str) -> None:
    found = delivered(refusal("woocommerce_rest_cannot_view", "Sorry, you cannot view this resource.", 401), topic)
    assert found.item is None
    assert "delivered 'Sorry, you cannot view this resource.' (woocommerce_rest_cannot_view) in place of" in found.note
    assert "Let a shop manager or an administrator delete the webhook and add it anew" in found.note


def test_what_was_gone_before_it_was_delivered_is_noted() -> None:
    found = delivered(refusal("woocommerce_rest_shop_order_invalid_id", "Invalid ID.", 404))
    assert found.item is None
    assert found.note.startswith(
        "the shop delivered 'Invalid ID.' (woocommerce_rest_shop_order_invalid_id) in place of"
    )
    assert "gone before it is delivered" in found.note


def test_an_order_that_a_checkout_has_only_begun_is_not_taken() -> None:
    found = delivered({**ORDER, "status": "checkout-draft"})
    assert (found.item, found.note[:28]) == (None, "order 17 is not placed yet, ")
    assert isinstance(delivered({**ORDER, "status": "pending"}).item, RemoteItem)


@pytest.mark.parametrize("role", ["administrator", "subscriber", ""])
def test_a_user_who_is_listed_under_another_role_is_left_to_imports(role: str) -> None:
    user = {"id": 5, "username": "kim", "role": role, "date_modified_gmt": None}
    found = delivered(user, "customer.updated")
    assert (found.item, found.note[:28]) == (None, f"user 5 has the role {role!r}; who is a"[:28])
    assert isinstance(delivered({**user, "role": "customer"}, "customer.updated").item, RemoteItem)


@pytest.mark.parametrize(
    ("topic", "document"),
    [
        ("order.updated", {"id": 17, "line_items": [], "date_modified": "2024-03-03T14:09:27"}),
        ("product.updated", {"id": 17, "sku": "", "date_modified": "2024-03-03T14:09:27"}),
        ("order.updated", {"order": {"id": 17, "line_items": []}}),
        ("customer.created", {"customer": {"id": 17, "username": "kim"}}),
    ],
)
def test_the_shape_of_an_older_api_is_noted_with_what_to_do(topic: str, document: dict[str, Any]) -> None:
    found = delivered(document, topic)
    assert found.item is None
    assert "older API; choose WP REST API Integration v3 in the webhook" in found.note


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b"\xff", b'{"line_items":[]}', b"[" * 100_000])
def test_a_signed_body_that_is_no_record_is_kept_with_the_reason(body: bytes) -> None:
    found = verify(SETTINGS, headers(body), body)
    assert found is not None
    assert isinstance(found.item, Broken)
    assert found.item.raw == body
