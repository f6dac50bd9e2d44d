"""The record types by the name that commands and configuration use."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from crossdock.records.base import Record
from crossdock.records.checkout import Checkout
from crossdock.records.customer import Customer
from crossdock.records.invite import Invite
from crossdock.records.invoice import Invoice
from crossdock.records.order import Order
from crossdock.records.product import Product
from crossdock.records.refund import Refund
from crossdock.records.shipment import Shipment
from crossdock.records.stock_level import StockLevel

RECORD_TYPES: Mapping[str, type[Record]] = MappingProxyType(
    {
        "order": Order,
        "product": Product,
        "customer": Customer,
        "invite": Invite,
        "checkout": Checkout,
        "shipment": Shipment,
        "refund": Refund,
        "invoice": Invoice,
        "stockLevel": StockLevel,
    }
)

_ORDER_PARTS = {"rows": "rowId", "payments": "paymentId", "shipments": "shipmentId", "refunds": "refundId"}
_ROWS = {"rows": "rowId"}

# Lists of sub-records with an identity, and the name of the field that holds the platform's id of each.
SUB_RECORDS: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "order": MappingProxyType(_ORDER_PARTS),
        "product": MappingProxyType({}),
        "customer": MappingProxyType({}),
        "invite": MappingProxyType({}),
        "checkout": MappingProxyType(_ROWS),
        "shipment": MappingProxyType(_ROWS),
        "refund": MappingProxyType(_ROWS),
        "invoice": MappingProxyType(_ROWS),
        "stockLevel": MappingProxyType({}),
    }
)
