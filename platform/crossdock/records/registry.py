"""The record types by the name that commands and configuration use."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib import import_module
from types import MappingProxyType

from crossdock.records.base import Record

_HOMES = {
    "order": "order:Order",
    "product": "product:Product",
    "customer": "customer:Customer",
    "invite": "invite:Invite",
    "checkout": "checkout:Checkout",
    "shipment": "shipment:Shipment",
    "refund": "refund:Refund",
    "invoice": "invoice:Invoice",
    "stockLevel": "stock_level:StockLevel",
}


class _RecordTypes(Mapping[str, type[Record]]):
    """Loads a model when it is asked for: most programs work on one or two of these."""

    def __init__(self) -> None:
        self._loaded: dict[str, type[Record]] = {}

    def __getitem__(self, name: str) -> type[Record]:
        found = self._loaded.get(name)
        if found is None:
            module, _, model = _HOMES[name].partition(":")
            found = self._loaded[name] = getattr(import_module(f"crossdock.records.{module}"), model)
        return found

    def __contains__(self, name: object) -> bool:
        return name in _HOMES

    def __iter__(self) -> Iterator[str]:
        return iter(_HOMES)

    def __len__(self) -> int:
        return len(_HOMES)


RECORD_TYPES: Mapping[str, type[Record]] = _RecordTypes()

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
