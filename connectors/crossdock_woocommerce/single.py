"""Reading one record by its id."""

from __future__ import annotations

from crossdock.errors import RecordError
from crossdock.plugins.connector import Broken, RemoteItem, RemoteResponse
from crossdock.remote import RefusedError, read_record
from crossdock_woocommerce.shop import ID, MODIFIED, Shop


def fetch_one(shop: Shop, path: str, record_type: str, remote_id: str) -> RemoteItem:
    """GET one record.

    Raises:
        RecordError: there is none, or what came is none.
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
        raise RecordError(message, stage="fetch") from None
    if isinstance(found, Broken):
        raise RecordError(f"{record_type} {remote_id!r}: {found.reason}", stage="parse")
    return found
