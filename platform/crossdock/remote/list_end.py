"""Whether a list has an end at all."""

from __future__ import annotations

from collections.abc import Callable

from crossdock.errors import CrossdockError, PermanentError
from crossdock.remote.batch import Batch

LONG = 100  # pages, after which an end is looked for; then after twice as many, and so on
FAR = 1_000_000  # pages; no remote system has so many


class ListEnd:
    """Makes sure, while a list is read, that there is an end to it.

    A remote system may give a full page of new records for every page it is asked for. So when a list has become long,
    two pages are asked for that stand far behind any end. If both are full, and of different records, it has none:
    where there is an end, nothing comes from behind it, or an error, or what comes from everywhere else as well, for
    some remote systems give their last page, and others do not look at where they are to begin.
    """

    def __init__(self) -> None:
        self._pages = 0
        self._next = LONG

    def page_read(self, ask: Callable[[int], Batch], full: int) -> None:
        """Count a page, and look for an end when it is time to.

        Args:
            ask: for the page with that number, counted from 1.
            full: how many records a full page has.

        Raises:
            PermanentError: there is no end.
        """
        self._pages += 1
        if self._pages < self._next:
            return
        self._next *= 2
        try:
            here = _ids(ask(FAR), full)
            there = _ids(ask(FAR + 1), full) if here else set()
        except CrossdockError:  # it does not like to be asked for what is so far away
            return
        if here and there and here.isdisjoint(there):
            message = (
                f"the list has no end: {self._pages} pages have been read, and page {FAR} and the next are full of"
            )
            remedy = f"ask the remote system for page {FAR}, and see which plugin, cache or proxy of it makes them up"
            raise PermanentError(f"{message} other records; {remedy}")


def _ids(batch: Batch, full: int) -> set[str]:
    """Return which records stand on a full page; none if it is not."""
    return {item.remote_id for item in batch.items} if batch.count >= full else set()
