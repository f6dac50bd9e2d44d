"""The columns by which records are found without reading their documents."""

from __future__ import annotations

from typing import NamedTuple

from crossdock.records import Working
from crossdock.store.sql.column_text import LONGEST_ID


class Searched(NamedTuple):
    """What a record is found by; ``status`` is the record type's own (``orderStatus`` of an order)."""

    display_id: str | None
    status: str | None
    payment_status: str | None
    shipping_status: str | None


def searched(record_type: str, record: Working) -> Searched:
    """Take the searched values out of a record; an endless displayId is nothing that anybody looks for."""
    get = record.get
    display_id = get("displayId")
    if display_id is not None and len(display_id) > LONGEST_ID:
        display_id = None
    return Searched(display_id, get(f"{record_type}Status"), get("paymentStatus"), get("shippingStatus"))
