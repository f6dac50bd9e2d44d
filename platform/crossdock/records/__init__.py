"""Records: the platform's own representation of orders, products, customers and what belongs to them."""

from crossdock.records.address import Address
from crossdock.records.base import Link, Record, SubRecord, WireModel
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
    unpack_differing,
    unpack_field,
    unpack_record,
)
from crossdock.records.registry import RECORD_TYPES, SUB_RECORDS
from crossdock.records.wire import Working, decode_record, dump_json, encode_record, parse_json, to_wire

__all__ = [
    "RECORD_TYPES",
    "SUB_RECORDS",
    "Address",
    "Carried",
    "Link",
    "Order",
    "OrderCustomer",
    "OrderPayment",
    "OrderRefund",
    "OrderRow",
    "OrderShipment",
    "Record",
    "Stash",
    "SubRecord",
    "Totals",
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
    "unpack_differing",
    "unpack_field",
    "unpack_record",
]
