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
    item = read_record(body, ID, MODIFIED)
    if not isinstance(item, Broken):
        if _TELLING[record_type] not in head:
            message = f"the body has no {_TELLING[record_type]!r}, so it is no {record_type}, whatever the topic says"
            raise DeliveryRefusedError(message)
        if record_type == "product" and head.get("type") == "variation" and "variations" in head:
            # In the shape of a product; as a variation, which is what an import reads, it looks different.
            note = f"variation {head.get('id')} was changed in the shop; the next import reads it"
            return Delivery(delivery_id, record_type, None, note)
    return Delivery(delivery_id, record_type, item)


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
        return {name: msgspec.json.decode(found[name]) if name in ("id", "type") else None for name in found}
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return {}
