"""Reading a WooCommerce shop: orders, products with their variations, customers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from functools import partial

from crossdock import (
    NotByModificationError,
    Page,
    PermanentError,
    RecordError,
    RemoteItem,
    RemoteSession,
    read_by_modification,
    shift,
    stamp,
)
from crossdock_woocommerce import products
from crossdock_woocommerce.settings import WooSettings
from crossdock_woocommerce.shop import Shop, between
from crossdock_woocommerce.single import fetch_one

Read = Callable[[Shop, str | None], Iterator[Page]]

MOST_PER_PAGE = 100  # the shop refuses more


class WooSource:
    """Reads one shop."""

    def __init__(self, settings: WooSettings, session: RemoteSession) -> None:
        self._settings = settings
        self._session = session
        self._shop = Shop(settings, session)

    def check(self) -> str:
        """Ask for one order, and say which shop answered and how many it has."""
        from crossdock_woocommerce.check import check_shop  # noqa: PLC0415 - a diagnosis is needed once in a while

        return check_shop(self._shop)

    def read(self, record_type: str, since: datetime | None, page_size: int | None = None) -> Iterator[Page]:
        """Read everything that lists show and that was modified at or after ``since``."""
        shop = self._shop
        if page_size is not None:
            size = min(page_size, MOST_PER_PAGE)
            shop = Shop(self._settings.model_copy(update={"page_size": size}), self._session)
        return _reader(record_type)(shop, None if since is None else stamp(since))

    def listing(self, record_type: str, since: datetime | None) -> Iterator[Page]:
        """List ids and modification times of what ``read`` would read, in the same way."""
        heads = Shop(self._settings, self._session, heads=True)
        return _reader(record_type)(heads, None if since is None else stamp(since))

    def fetch(self, record_type: str, remote_id: str) -> RemoteItem:
        """Read one record; of products, variations are found too."""
        if not (remote_id.isascii() and remote_id.isdecimal()):
            message = f"{remote_id!r} is no id of a WooCommerce {record_type}; ids are whole numbers"
            raise RecordError(message, stage="fetch")
        if record_type == "product":
            return products.fetch_product(self._shop, remote_id)
        if record_type not in _READS:
            raise _unknown(record_type)
        return fetch_one(self._shop, f"{record_type}s/{remote_id}", record_type, remote_id)


def read_orders(shop: Shop, since: str | None) -> Iterator[Page]:
    """Read orders, the oldest change first; by id where the shop does not keep to modification times."""
    try:
        yield from read_by_modification(partial(shop.window, "orders"), since, shop.settings.page_size)
    except NotByModificationError as trouble:
        rest = trouble.since or since
    else:
        return
    begin = shop.newest("orders").clock
    yield from shop.by_id("orders", between(shift(rest, -1)) if rest else {})
    yield Page((), cursor=begin)


def read_customers(shop: Shop, since: str | None) -> Iterator[Page]:
    """Read customers by id: their list knows no modification time, so all are asked for and the old ones left out."""
    begin = shop.records("customers", {"per_page": "1"}).clock
    newest: str | None = None
    for page in shop.by_id("customers"):
        items = [item for item in page.items if since is None or item.modified is None or item.modified >= since]
        newest = max((item.modified for item in items if item.modified is not None), default=newest)
        yield Page(items, page.broken, total=page.total if since is None else None)  # else they are those of the list
    yield Page((), cursor=min(begin, newest) if begin and newest else None)


_READS: dict[str, Read] = {"order": read_orders, "product": products.read_products, "customer": read_customers}


def _reader(record_type: str) -> Read:
    if record_type not in _READS:
        raise _unknown(record_type)
    return _READS[record_type]


def _unknown(record_type: str) -> PermanentError:
    return PermanentError(f"WooCommerce has no record type {record_type!r}; it has order, product and customer")
