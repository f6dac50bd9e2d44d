"""Reading products: each variation of a variable product is a product of its own.

Saving a variation in the shop usually moves its parent's modification time too, but a stock movement or a plugin that
writes the variation alone does not. So variations are asked for by their own modification time: in one list where the
shop has it (``/variations``, in recent versions), else product by product.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import msgspec

from crossdock import Page, RecordError, RefusedError, RemoteItem, shift
from crossdock_woocommerce.shop import Params, Shop, between
from crossdock_woocommerce.single import fetch_one


class _Head(msgspec.Struct):
    type: str = ""
    parent_id: int = 0
    variations: list[int] = []


def read_products(shop: Shop, since: str | None) -> Iterator[Page]:
    """Read products by id, then variations.

    What is modified while this goes on may have been read before; the cursor, the newest modification time before the
    first request, lets the next read find it.
    """
    params = between(shift(since, -1)) if since else {}
    cursor = _newest(shop)
    total: int | None = None
    for page in shop.by_id("products", params):
        total = page.total if total is None else total
        yield replace(page, total=total)
    yield from _variations(shop, params, total)
    yield Page((), cursor=cursor)


def fetch_product(shop: Shop, remote_id: str) -> RemoteItem:
    """Read one product or variation."""
    try:
        found = fetch_one(shop, f"products/{remote_id}", "product", remote_id)
    except RecordError as missing:
        parent = _parent(shop, int(remote_id))
        if parent is None:
            raise missing from None
    else:
        head = msgspec.json.decode(found.raw, type=_Head)
        if head.type != "variation" or not head.parent_id:
            return found
        parent = head.parent_id  # asked for like this, a variation comes in a product's shape
    return fetch_one(shop, f"products/{parent}/variations/{remote_id}", "variation", remote_id)


def _newest(shop: Shop) -> str | None:
    """Return a time that nothing modified from now on is older than."""
    batch = shop.newest("products")
    times = [item.modified for item in batch.items if item.modified is not None]
    return min(batch.clock, times[0]) if times and batch.clock else None


def _variations(shop: Shop, params: Params, total: int | None) -> Iterator[Page]:
    try:
        for page in shop.by_id("variations", params):
            yield replace(page, total=None if total is None or page.total is None else total + page.total)
    except RefusedError as refusal:
        if refusal.status != 404:
            raise
    else:
        return
    for product in _variable_products(shop):
        yield from _variations_of(shop, product, params)


def _variations_of(shop: Shop, product: str, params: Params) -> Iterator[Page]:
    try:
        for page in shop.by_id(f"products/{product}/variations", params):
            if page.items or page.broken:
                yield replace(page, total=None)
    except RefusedError as refusal:
        if refusal.status != 404:  # deleted since it was listed
            raise


def _variable_products(shop: Shop) -> Iterator[str]:
    """Yield the ids of all variable products; a plugin's own variable type (subscriptions) counts too."""
    for page in shop.by_id("products", {"_fields": "id,type"}):
        for item in page.items:
            if "variable" in msgspec.json.decode(item.raw, type=_Head).type:
                yield item.remote_id


def _parent(shop: Shop, variation: int) -> int | None:
    """Find the product that a variation belongs to."""
    for page in shop.by_id("products", {"_fields": "id,variations"}):
        for item in page.items:
            if variation in msgspec.json.decode(item.raw, type=_Head).variations:
                return int(item.remote_id)
    return None
