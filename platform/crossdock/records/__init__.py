"""Records: the platform's own representation of orders, products and customers."""

from crossdock.records.address import Address
from crossdock.records.base import Link, Record, SubRecord, WireModel
from crossdock.records.customer import Customer
from crossdock.records.order import Order, OrderCustomer, OrderRow, Payment, Refund, Shipment, Totals
from crossdock.records.packed import Stash, expand_in_place, pack_record, unpack_record
from crossdock.records.product import Product, VariantGroup, VariantOption
from crossdock.records.registry import RECORD_TYPES, SUB_RECORDS
from crossdock.records.wire import Working, decode_record, dump_json, encode_record, parse_json, to_wire

__all__ = [
    "RECORD_TYPES",
    "SUB_RECORDS",
    "Address",
    "Customer",
    "Link",
    "Order",
    "OrderCustomer",
    "OrderRow",
    "Payment",
    "Product",
    "Record",
    "Refund",
    "Shipment",
    "Stash",
    "SubRecord",
    "Totals",
    "VariantGroup",
    "VariantOption",
    "WireModel",
    "Working",
    "decode_record",
    "dump_json",
    "encode_record",
    "expand_in_place",
    "pack_record",
    "parse_json",
    "to_wire",
    "unpack_record",
]
