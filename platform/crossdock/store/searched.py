"""The columns by which records are found without reading their documents."""

from __future__ import annotations

from typing import NamedTuple

from crossdock.records import Working


class Searched(NamedTuple):
    """What a record is found by; ``status`` is the record type's own (``orderStatus`` of an order)."""

    display_id: str | None
    status: str | None
    payment_status: str | None
    shipping_status: str | None


def searched(record_type: str, record: Working) -> Searched:
    """Take the searched values out of a record."""
    get = record.get
    return Searched(get("displayId"), get(f"{record_type}Status"), get("paymentStatus"), get("shippingStatus"))
