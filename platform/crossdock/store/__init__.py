"""The store: what lasts, and the one door through which every write goes."""

from crossdock.store.actor import Actor
from crossdock.store.failure import NoStoreError, StoreBusyError, StoreLostError
from crossdock.store.finding import AmbiguousReferenceError, UnknownRecordError
from crossdock.store.flow_preview import Movement
from crossdock.store.lease import LeaseHeldError, LeaseLostError
from crossdock.store.links import Linked
from crossdock.store.migration import NewerStoreError, OldStoreError
from crossdock.store.page import (
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
from crossdock.store.parcel import pack_item
from crossdock.store.quarantine import QuarantineEntry
from crossdock.store.reading import Cursor, HistoryEntry, Payload
from crossdock.store.runs import Run, RunEntry
from crossdock.store.store import Store
from crossdock.store.tokens import Token, Tokens, UnknownTokenError
from crossdock.store.validity import InvalidRecordError
from crossdock.store.writing import RemoteIdTakenError, VersionConflictError, Written

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
    "Movement",
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
    "Token",
    "Tokens",
    "Unchanged",
    "UnknownRecordError",
    "UnknownTokenError",
    "VersionConflictError",
    "Written",
    "pack_item",
]
