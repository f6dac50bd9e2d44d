"""Records: the platform's own representation of orders, products, customers and what belongs to them."""

from crossdock.records.address import Address
from crossdock.records.base import Link, Record, SubRecord, WireModel
from crossdock.records.checkout import Checkout
from crossdock.records.customer import Customer
from crossdock.records.invite import Invite
from crossdock.records.invoice import Invoice, InvoiceRow
from crossdock.records.order import (
    Order,
    OrderCustomer,
    OrderPayment,
    OrderRefund,
    OrderRow,
    OrderShipment,
    Totals,
)
from crossdock.records.packed import (
    Carried,
    Stash,
    carried_by,
    expand_in_place,
    pack_record,
    unpack_beside,
    unpack_record,
)
from crossdock.records.product import Product, VariantGroup, VariantOption
from crossdock.records.refund import Refund, RefundRow
from crossdock.records.registry import RECORD_TYPES, SUB_RECORDS
from crossdock.records.shipment import Shipment, ShipmentRow
from crossdock.records.stock_level import StockLevel
from crossdock.records.wire import Working, decode_record, dump_json, encode_record, parse_json, to_wire

__all__ = [
    "RECORD_TYPES",
    "SUB_RECORDS",
    "Address",
    "Carried",
    "Checkout",
    "Customer",
    "Invite",
    "Invoice",
    "InvoiceRow",
    "Link",
    "Order",
    "OrderCustomer",
    "OrderPayment",
    "OrderRefund",
    "OrderRow",
    "OrderShipment",
    "Product",
    "Record",
    "Refund",
    "RefundRow",
    "Shipment",
    "ShipmentRow",
    "Stash",
    "StockLevel",
    "SubRecord",
    "Totals",
    "VariantGroup",
    "VariantOption",
    "WireModel",
    "Working",
    "carried_by",
    "decode_record",
    "dump_json",
    "encode_record",
    "expand_in_place",
    "pack_record",
    "parse_json",
    "to_wire",
    "unpack_beside",
    "unpack_record",
]
