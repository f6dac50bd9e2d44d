"""Webhooks of a shop: signed by base64(HMAC-SHA256) over the raw body, with one delivery for each change."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from collections.abc import Mapping
from typing import Any

import msgspec

from crossdock import Broken, Delivery, DeliveryRefusedError, read_record
from crossdock_woocommerce.settings import WooSettings
from crossdock_woocommerce.shop import ID, MODIFIED

_PING = re.compile(rb"webhook_id=\d{1,20}")
_FORM = "application/x-www-form-urlencoded"
_TOPIC = re.compile(r"(order|product|customer)\.(created|updated|deleted|restored)")
# The topic is not signed, so the body has to look like it.
_TELLING = {"order": "line_items", "product": "sku", "customer": "username"}
_HEAD = frozenset({"id", "type", "status", "role", "code", "message", "data"})
_CUSTOMER = "customer"  # the role whose users are listed as customers; the topics are about users of any role
_CHOOSE_V3 = "choose WP REST API Integration v3 in the webhook; until then, imports find what changes"


def verify(settings: WooSettings, headers: Mapping[str, str], body: bytes) -> Delivery | None:
    """Verify and read a delivery; ``None`` for the ping that a new webhook sends, which is not signed.

    Raises:
        DeliveryRefusedError: the signature is missing or wrong, or the headers do not say what this is.
    """
    if _is_ping(headers, body):
        return None
    secret = settings.webhook_secret
    if secret is None or not _is_signed(secret.get_secret_value(), headers.get("X-WC-Webhook-Signature", ""), body):
        message = (
            "the signature is not that of this body; do the webhook's secret in the shop and webhook_secret agree?"
        )
        raise DeliveryRefusedError(message)
    number = headers.get("X-WC-Webhook-Delivery-ID", "").strip()
    if not number:
        message = "the header X-WC-Webhook-Delivery-ID is missing"
        raise DeliveryRefusedError(message)
    # The shop makes it of the webhook and the second, so what one webhook delivers within a second has the same.
    delivery_id = f"{number}/{hashlib.sha256(body).hexdigest()[:32]}"
    topic = headers.get("X-WC-Webhook-Topic", "").strip()
    found = _TOPIC.fullmatch(topic)
    if found is None:
        resource = headers.get("X-WC-Webhook-Resource", "").strip() or "other"
        return Delivery(delivery_id, resource, None, f"a webhook of topic {topic!r} has no meaning here")
    record_type, event = found.groups()
    return _read(delivery_id, record_type, event, body)


def _read(delivery_id: str, record_type: str, event: str, body: bytes) -> Delivery:
    head = _head(body)
    if event == "deleted":  # of a deleted record, only the id is sent
        note = f"{record_type} {head.get('id')} was deleted in the shop; it stays here as it was last read"
        return Delivery(delivery_id, record_type, None, note)
    if (why := _no_record(record_type, head)) is not None:
        return Delivery(delivery_id, record_type, None, why)
    item = read_record(body, ID, MODIFIED)
    if not isinstance(item, Broken):
        if _TELLING[record_type] not in head:
            message = f"the body has no {_TELLING[record_type]!r}, so it is no {record_type}, whatever the topic says"
            raise DeliveryRefusedError(message)
        if (why := _not_as_imported(record_type, head)) is not None:
            return Delivery(delivery_id, record_type, None, why)
    return Delivery(delivery_id, record_type, item)


def _no_record(record_type: str, head: Mapping[str, Any]) -> str | None:
    """Say why a body is no record; ``None`` if it should be one.

    The shop delivers what its API answers, and that may be a refusal, or the shape of an API long gone.
    """
    if record_type in head and ID not in head:
        return f"a webhook delivers {record_type}s in the shape of an older API; {_CHOOSE_V3}"
    if ID in head or "code" not in head or "message" not in head:
        return None
    said = f"the shop delivered {head['message']!r} ({head['code']}) in place of the {record_type}"
    data = head.get("data")
    if isinstance(data, dict) and data.get("status") in {401, 403}:
        return (
            f"{said}: the webhook's user may not see it. Let a shop manager or an administrator delete the webhook and "
            "add it anew; until then, imports find what changes"
        )
    return f"{said}, as it does where one is gone before it is delivered; imports find what changes"


def _not_as_imported(record_type: str, head: Mapping[str, Any]) -> str | None:
    """Say why a record is left to imports; ``None`` if it comes as they read it."""
    who = head.get("id")
    if MODIFIED not in head:
        return f"{record_type} {who} was delivered in the shape of an older API; {_CHOOSE_V3}"
    if record_type == "order" and head.get("status") == "checkout-draft":
        return f"order {who} is not placed yet, a checkout has only begun it; no import reads it before"
    if record_type == "product" and head.get("type") == "variation" and "variations" in head:
        # In the shape of a product; as a variation, which is what an import reads, it looks different.
        return f"variation {who} was changed in the shop; the next import reads it"
    if record_type == "customer" and (role := head.get("role", _CUSTOMER)) != _CUSTOMER:
        return f"user {who} has the role {role!r}; who is a customer besides is read by the next import"
    return None


def _is_ping(headers: Mapping[str, str], body: bytes) -> bool:
    kind = headers.get("Content-Type", "").partition(";")[0].strip().lower()
    return kind == _FORM and _PING.fullmatch(body) is not None


def _is_signed(secret: str, signature: str, body: bytes) -> bool:
    expected = base64.b64encode(hmac.new(secret.encode(), body, hashlib.sha256).digest())
    return hmac.compare_digest(expected, signature.strip().encode("utf-8", "replace"))


def _head(body: bytes) -> dict[str, Any]:
    """Read what stands at the top of a body, as far as it is JSON."""
    try:
        found = msgspec.json.decode(body, type=dict[str, msgspec.Raw])
        return {name: msgspec.json.decode(found[name]) if name in _HEAD else None for name in found}
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return {}
