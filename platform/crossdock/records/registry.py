"""The record types by the name that commands and configuration use."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from crossdock.records.base import Record
from crossdock.records.customer import Customer
from crossdock.records.order import Order
from crossdock.records.product import Product

RECORD_TYPES: Mapping[str, type[Record]] = MappingProxyType({"order": Order, "product": Product, "customer": Customer})

# Lists of sub-records with an identity, and the name of the field that holds the platform's id of each.
SUB_RECORDS: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "order": MappingProxyType(
            {"rows": "rowId", "payments": "paymentId", "shipments": "shipmentId", "refunds": "refundId"}
        ),
        "product": MappingProxyType({}),
        "customer": MappingProxyType({}),
    }
)
