"""A source as the engine sees it: whatever a connector does wrong is an error of ours that names it, with the line.

So a faulty plugin ends its own run with what to do, and the runs of other connections go on.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any, TypeVar

from crossdock.errors import CrossdockError, PermanentError, RecordError
from crossdock.fault import FAULTS, tell
from crossdock.plugins.connector import (
    Broken,
    ConnectorSpec,
    Page,
    RemoteItem,
    RemoteSession,
    Source,
    SupportsListing,
    Vanished,
)
from crossdock.plugins.culprit import culprit
from crossdock.plugins.soundness import shown

NEEDS_REPAIR = "its plugin has to be repaired"

_STAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
_TIME = "a time such as '2024-03-03T14:09:27Z' (see stamp), or None"

T = TypeVar("T")

_log = logging.getLogger(__name__)


def open_source(connector: ConnectorSpec[Any], settings: Any, session: RemoteSession) -> Source:
    """Open a connector's source, guarded.

    Raises:
        PermanentError: the connector fails.
    """
    with blaming(connector, "open"):
        source = connector.open(settings, session)
    guarded = GuardedListing if isinstance(source, SupportsListing) else GuardedSource
    return guarded(connector, source)


class GuardedSource:
    """Hands on what a source gives, and looks at it."""

    def __init__(self, connector: ConnectorSpec[Any], source: Source) -> None:
        self._connector = connector
        self._source = source

    def check(self) -> str:
        """Ask the remote system for something small, and say what answered."""
        with blaming(self._connector, "check"):
            return _expect(str, self._source.check(), "check() gives", "a text")

    def read(self, record_type: str, since: datetime | None, page_size: int | None = None) -> Iterator[Page]:
        """Read records, page by page."""
        yield from self._pages("read", lambda: self._source.read(record_type, since, page_size))

    def fetch(self, record_type: str, remote_id: str) -> RemoteItem:
        """Read one record: that one, and no other."""
        with blaming(self._connector, "fetch"):
            item = self._source.fetch(record_type, remote_id)
            _check_item(item, "fetch() gives")
        if item.remote_id != remote_id:
            gave = f"connector {self._connector.name!r} gave {item.remote_id!r}"
            message = (
                f"asked for {record_type} {remote_id!r}, {gave}; its fetch() must give that record or raise GoneError"
            )
            raise RecordError(message, stage="fetch")
        return item

    def _pages(self, method: str, begin: Callable[[], Iterator[Page]]) -> Iterator[Page]:
        with blaming(self._connector, method):
            pages = iter(begin())
        while True:
            with blaming(self._connector, method):
                page = next(pages, None)
                if page is None:
                    return
                _check_page(page, f"{method}() gives")
            yield page


class GuardedListing(GuardedSource):
    """A guarded source that can list its records without their contents."""

    _source: Any

    def listing(self, record_type: str, since: datetime | None) -> Iterator[Page] | None:
        """List what ``read`` would read."""
        with blaming(self._connector, "listing"):
            pages = self._source.listing(record_type, since)
        return None if pages is None else self._pages("listing", lambda: pages)


@contextmanager
def blaming(connector: ConnectorSpec[Any], method: str) -> Iterator[None]:
    """Turn what nobody raises on purpose into an error that names the connector and its line."""
    try:
        yield
    except CrossdockError:
        raise
    except FAULTS as error:  # a stranger's code may raise anything
        _log.info("connector %r failed", connector.name, exc_info=True)
        told = str(error) if isinstance(error, _OddityError) else tell(error)
        line = culprit(error, getattr(connector.open, "__module__", ""))
        at = f" ({line})" if line and not isinstance(error, _OddityError) else ""
        where = f"connector {connector.name!r} fails in {method}()"
        raise PermanentError(f"{where}: {told}{at}; {NEEDS_REPAIR} (crossdock -v shows more)") from error


class _OddityError(Exception):
    """What a source gave is not what it must give."""


def _check_page(page: object, giver: str) -> None:
    page = _expect(Page, page, giver, "a Page")
    if page.cursor is not None and not _is_stamp(page.cursor):
        raise _OddityError(f"{giver} a Page with cursor {shown(page.cursor)}; expected {_TIME}")
    if page.total is not None and not isinstance(page.total, int):
        raise _OddityError(f"{giver} a Page with total {shown(page.total)}; expected a whole number, or None")
    for item in page.items:
        _check_item(item, f"{giver} a Page with")
    for piece in page.broken:
        _expect(Broken, piece, f"{giver} a Page whose broken has", "a Broken")
    for gone in page.vanished:
        _expect(Vanished, gone, f"{giver} a Page whose vanished has", "a Vanished")


def _check_item(item: object, giver: str) -> None:
    item = _expect(RemoteItem, item, giver, "a RemoteItem")
    if not isinstance(item.remote_id, str):
        raise _OddityError(f"{giver} a RemoteItem with remote_id {shown(item.remote_id)}; expected a text")
    if not isinstance(item.raw, bytes):
        raise _OddityError(f"{giver} a RemoteItem with raw {shown(item.raw)}; expected bytes, the record's JSON text")
    if item.modified is not None and not _is_stamp(item.modified):
        raise _OddityError(f"{giver} a RemoteItem with modified {shown(item.modified)}; expected {_TIME}")


def _expect(kind: type[T], value: object, giver: str, expected: str) -> T:
    if not isinstance(value, kind):
        raise _OddityError(f"{giver} {shown(value)}; expected {expected}")
    return value


def _is_stamp(value: object) -> bool:
    return isinstance(value, str) and _STAMP.fullmatch(value) is not None
