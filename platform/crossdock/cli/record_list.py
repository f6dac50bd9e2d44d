"""How a record looks in a list: one line, with the columns of its type."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from crossdock.cli.output import shortened
from crossdock.records import Working

Cell: TypeAlias = Callable[[Working], object]

NUMBERS = ("rows", "total", "price", "stock", "amount", "on hand", "available")
# What goes first where a terminal has no room for all.
SPARE = (
    "rows",
    "payment",
    "connections",
    "type",
    "due",
    "expires",
    "company",
    "carrier",
    "placed",
    "location",
    "currency",
)

_NAME_LENGTH = 30


def columns(record_type: str) -> tuple[str, ...]:
    """List the titles of the columns for a record type."""
    return (record_type, *_COLUMNS[record_type], "connections")


def line(record_type: str, record: Working, names: Mapping[str, str]) -> tuple[object, ...]:
    """Make the line of a record, as :func:`columns` of its type."""
    known = ", ".join(names.get(one, one) for one in record.get("remoteIdMap", {}))
    cells = (cell(record) for cell in _COLUMNS[record_type].values())
    return (record.get("displayId") or record["localId"], *cells, known)


def _value(path: str) -> Cell:
    steps = path.split(".")

    def cell(record: Working) -> object:
        value: Any = record
        for step in steps:
            value = value.get(step)
            if value is None:
                return None
        return value

    return cell


def _day(field: str) -> Cell:
    return lambda record: record.get(field, "")[:10]


def _rows(record: Working) -> int:
    return len(record.get("rows", ()))


def _buyer(record: Working) -> str:
    return _person(record.get("customer") or record.get("billingAddress", {}))


def _person(part: Working) -> str:
    name = " ".join(part[one] for one in ("firstName", "lastName") if part.get(one))
    return shortened(name or part.get("company") or part.get("email") or "", _NAME_LENGTH)


def _name(record: Working) -> str:
    return shortened(record.get("name", ""), _NAME_LENGTH)


_COLUMNS: Mapping[str, Mapping[str, Cell]] = {
    "order": {
        "placed": _day("placedAt"),
        "status": _value("orderStatus"),
        "payment": _value("paymentStatus"),
        "customer": _buyer,
        "rows": _rows,
        "total": _value("totals.totalInclVat"),
        "currency": _value("currency"),
    },
    "product": {
        "sku": _value("sku"),
        "name": _name,
        "status": _value("productStatus"),
        "price": _value("price"),
        "currency": _value("currency"),
        "stock": _value("stockQuantity"),
    },
    "customer": {
        "email": _value("email"),
        "name": _person,
        "company": _value("company"),
        "country": _value("billingAddress.countryCode"),
    },
    "invite": {
        "sent": _day("sentAt"),
        "status": _value("inviteStatus"),
        "customer": _buyer,
        "expires": _day("expiresAt"),
    },
    "checkout": {
        "started": _day("startedAt"),
        "status": _value("checkoutStatus"),
        "customer": _buyer,
        "rows": _rows,
        "total": _value("totals.totalInclVat"),
        "currency": _value("currency"),
    },
    "shipment": {
        "shipped": _day("shippedAt"),
        "status": _value("shipmentStatus"),
        "carrier": _value("carrier"),
        "tracking number": _value("trackingNumber"),
        "rows": _rows,
    },
    "refund": {
        "refunded": _day("refundedAt"),
        "status": _value("refundStatus"),
        "rows": _rows,
        "amount": _value("amount"),
        "currency": _value("currency"),
    },
    "invoice": {
        "issued": _day("issuedAt"),
        "type": _value("invoiceType"),
        "status": _value("invoiceStatus"),
        "customer": _buyer,
        "due": _day("dueAt"),
        "rows": _rows,
        "total": _value("totals.totalInclVat"),
        "currency": _value("currency"),
    },
    "stockLevel": {
        "sku": _value("sku"),
        "location": _value("location"),
        "on hand": _value("onHand"),
        "available": _value("available"),
    },
}
