"""The store: what lasts, and the one door through which every write goes."""

from crossdock.store.flows.links import Linked
from crossdock.store.imports.lease import LeaseHeldError, LeaseLostError
from crossdock.store.imports.page import (
    Ignored,
    Incoming,
    Item,
    Known,
    Ledger,
    PackedItem,
    PageWrite,
    Parcel,
    Quarantined,
    Result,
    Unchanged,
)
from crossdock.store.imports.parcel import pack_items
from crossdock.store.imports.quarantine import QuarantineEntry
from crossdock.store.imports.runs import Run, RunEntry
from crossdock.store.reads.finding import AmbiguousReferenceError, UnknownRecordError
from crossdock.store.reads.streams import Cursor, HistoryEntry, Payload
from crossdock.store.sql.failure import NoStoreError, StoreBusyError, StoreLostError
from crossdock.store.sql.migration import NewerStoreError, OldStoreError
from crossdock.store.store import Store
from crossdock.store.writes.actor import Actor
from crossdock.store.writes.direct import RemoteIdTakenError, VersionConflictError, Written
from crossdock.store.writes.validity import InvalidRecordError

__all__ = [
    "Actor",
    "AmbiguousReferenceError",
    "Cursor",
    "HistoryEntry",
    "Ignored",
    "Incoming",
    "InvalidRecordError",
    "Item",
    "Known",
    "LeaseHeldError",
    "LeaseLostError",
    "Ledger",
    "Linked",
    "NewerStoreError",
    "NoStoreError",
    "OldStoreError",
    "PackedItem",
    "PageWrite",
    "Parcel",
    "Payload",
    "QuarantineEntry",
    "Quarantined",
    "RemoteIdTakenError",
    "Result",
    "Run",
    "RunEntry",
    "Store",
    "StoreBusyError",
    "StoreLostError",
    "Unchanged",
    "UnknownRecordError",
    "VersionConflictError",
    "Written",
    "pack_items",
]
