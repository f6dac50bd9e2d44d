"""Reading one record by its id."""

from __future__ import annotations

from crossdock import Broken, GoneError, RecordError, RefusedError, RemoteItem, RemoteResponse, read_record
from crossdock_woocommerce.shop import ID, MODIFIED, Shop

UNKNOWN_ID = "invalid_id"  # how WooCommerce's own codes for that end, whatever the resource


def fetch_one(shop: Shop, path: str, record_type: str, remote_id: str) -> RemoteItem:
    """GET one record.

    Raises:
        GoneError: the shop knows no such id.
        RecordError: something else knows none (a web server, or WordPress without WooCommerce), or what came is none.
    """

    def parse(answer: RemoteResponse) -> RemoteItem | Broken:
        answer.json()  # a page for people is no broken record
        return read_record(answer.body, ID, MODIFIED)

    try:
        found = shop.read(path, parse)
    except RefusedError as refusal:
        if refusal.status != 404:
            raise
        message = f"the shop has no {record_type} {remote_id!r}; it was deleted, or belongs to another shop"
        if (refusal.code or "").endswith(UNKNOWN_ID):
            raise GoneError(message) from None
        raise RecordError(f"{message} ({refusal})", stage="fetch") from None
    if isinstance(found, Broken):
        raise RecordError(f"{record_type} {remote_id!r}: {found.reason}", stage="parse")
    if found.remote_id != remote_id:
        message = (
            f"asked for {record_type} {remote_id!r}, the shop gave {found.remote_id!r}; a cache may stand before it"
        )
        raise RecordError(message, stage="fetch")
    return found
