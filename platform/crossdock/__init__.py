"""Crossdock: moves records between commerce systems.

This is the name space that plugins import from; everything else may change without notice. Names are loaded when they
are first asked for, so that ``import crossdock`` costs nothing.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from crossdock.customdata import dictionary_key as dictionary_key, entry_of as entry_of, escape_key as escape_key
    from crossdock.customdata.entry import ENTRY as ENTRY
    from crossdock.errors import (
        ConfigError as ConfigError,
        CrossdockError as CrossdockError,
        GoneError as GoneError,
        OwnershipError as OwnershipError,
        PermanentError as PermanentError,
        RecordError as RecordError,
        RetryableError as RetryableError,
        SlowError as SlowError,
    )
    from crossdock.expressions.arithmetic import divide as divide
    from crossdock.plugins.connector import (
        Broken as Broken,
        ConnectorSettings as ConnectorSettings,
        ConnectorSpec as ConnectorSpec,
        Finisher as Finisher,
        Page as Page,
        RateHeaders as RateHeaders,
        RecordTypeSpec as RecordTypeSpec,
        RemoteItem as RemoteItem,
        RemoteResponse as RemoteResponse,
        RemoteSession as RemoteSession,
        Source as Source,
        SupportsListing as SupportsListing,
        Vanished as Vanished,
    )
    from crossdock.plugins.hookspecs import hookimpl as hookimpl
    from crossdock.plugins.manipulator import (
        Context as Context,
        Direction as Direction,
        Example as Example,
        Fail as Fail,
        Ignore as Ignore,
        Manipulate as Manipulate,
        ManipulatorSettings as ManipulatorSettings,
        ManipulatorSpec as ManipulatorSpec,
        SettingError as SettingError,
        Setup as Setup,
    )
    from crossdock.plugins.setting import (
        Search as Search,
        compiled as compiled,
        condition as condition,
        is_money as is_money,
        known_field as known_field,
        readable_field as readable_field,
        required as required,
        writable_field as writable_field,
    )
    from crossdock.plugins.webhook import (
        Delivery as Delivery,
        DeliveryRefusedError as DeliveryRefusedError,
        WebhookSpec as WebhookSpec,
    )
    from crossdock.records import (
        RECORD_TYPES as RECORD_TYPES,
        SUB_RECORDS as SUB_RECORDS,
        Address as Address,
        Order as Order,
        OrderRow as OrderRow,
        Record as Record,
        Working as Working,
    )
    from crossdock.records.checkout import Checkout as Checkout
    from crossdock.records.customer import Customer as Customer
    from crossdock.records.fields import ELEMENT as ELEMENT, RecordField as RecordField, find_field as find_field
    from crossdock.records.invite import Invite as Invite
    from crossdock.records.invoice import Invoice as Invoice
    from crossdock.records.product import Product as Product
    from crossdock.records.refund import Refund as Refund
    from crossdock.records.row_identity import row_id as row_id
    from crossdock.records.shipment import Shipment as Shipment
    from crossdock.records.stock_level import StockLevel as StockLevel
    from crossdock.records.values import RowType as RowType
    from crossdock.records.wire import dump_json as dump_json, parse_json as parse_json
    from crossdock.remote import (
        Batch as Batch,
        NotByModificationError as NotByModificationError,
        RefusedError as RefusedError,
        Stretch as Stretch,
        Window as Window,
        fetch_page as fetch_page,
        fetch_record as fetch_record,
        read_by_id as read_by_id,
        read_by_modification as read_by_modification,
        read_record as read_record,
        read_stamp as read_stamp,
        shift as shift,
        split_page as split_page,
        stamp as stamp,
    )

_HOMES = {
    "crossdock.customdata": (
        "dictionary_key",
        "entry_of",
        "escape_key",
    ),
    "crossdock.customdata.entry": ("ENTRY",),
    "crossdock.errors": (
        "ConfigError",
        "CrossdockError",
        "GoneError",
        "OwnershipError",
        "PermanentError",
        "RecordError",
        "RetryableError",
        "SlowError",
    ),
    "crossdock.expressions.arithmetic": ("divide",),
    "crossdock.plugins.connector": (
        "Broken",
        "ConnectorSettings",
        "ConnectorSpec",
        "Finisher",
        "Page",
        "RateHeaders",
        "RecordTypeSpec",
        "RemoteItem",
        "RemoteResponse",
        "RemoteSession",
        "Source",
        "SupportsListing",
        "Vanished",
    ),
    "crossdock.plugins.hookspecs": ("hookimpl",),
    "crossdock.plugins.manipulator": (
        "Context",
        "Direction",
        "Example",
        "Fail",
        "Ignore",
        "Manipulate",
        "ManipulatorSettings",
        "ManipulatorSpec",
        "SettingError",
        "Setup",
    ),
    "crossdock.plugins.setting": (
        "Search",
        "compiled",
        "condition",
        "is_money",
        "known_field",
        "readable_field",
        "required",
        "writable_field",
    ),
    "crossdock.plugins.webhook": (
        "Delivery",
        "DeliveryRefusedError",
        "WebhookSpec",
    ),
    "crossdock.records": (
        "Address",
        "Order",
        "OrderRow",
        "RECORD_TYPES",
        "Record",
        "SUB_RECORDS",
        "Working",
    ),
    "crossdock.records.checkout": ("Checkout",),
    "crossdock.records.customer": ("Customer",),
    "crossdock.records.fields": (
        "ELEMENT",
        "RecordField",
        "find_field",
    ),
    "crossdock.records.invite": ("Invite",),
    "crossdock.records.invoice": ("Invoice",),
    "crossdock.records.product": ("Product",),
    "crossdock.records.refund": ("Refund",),
    "crossdock.records.row_identity": ("row_id",),
    "crossdock.records.shipment": ("Shipment",),
    "crossdock.records.stock_level": ("StockLevel",),
    "crossdock.records.values": ("RowType",),
    "crossdock.records.wire": (
        "dump_json",
        "parse_json",
    ),
    "crossdock.remote": (
        "Batch",
        "NotByModificationError",
        "RefusedError",
        "Stretch",
        "Window",
        "fetch_page",
        "fetch_record",
        "read_by_id",
        "read_by_modification",
        "read_record",
        "read_stamp",
        "shift",
        "split_page",
        "stamp",
    ),
}
_MODULE_OF = {name: module for module, names in _HOMES.items() for name in names}

__all__ = [  # noqa: PLE0604 - the names of _HOMES, kept complete and sorted by a test
    *sorted(_MODULE_OF)
]


if not TYPE_CHECKING:  # or a type checker would take any name for a public one

    def __getattr__(name: str) -> object:
        module = _MODULE_OF.get(name)
        if module is None:
            raise AttributeError(f"module 'crossdock' has no attribute {name!r}")
        value = getattr(import_module(module), name)
        globals()[name] = value
        return value


def __dir__() -> list[str]:
    return __all__
