"""Reading in the order of ids, for lists that know no modification time to filter or sort by.

Ids do not change, so records never move past each other; only deletions pull what follows forward. Each request begins
one record before the end of the last one. If what comes first is not a record already read, something was deleted, and
the reading steps back until it meets one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from itertools import pairwise

from crossdock.errors import PermanentError
from crossdock.plugins.connector import Broken, Page, RemoteItem
from crossdock.remote.batch import Batch
from crossdock.remote.list_end import ListEnd
from crossdock.remote.page_size import PageSize

PATIENCE = 5  # full answers in a row without anything new before a list counts as endless


@dataclass(frozen=True, slots=True)
class Stretch:
    """What to ask for: up to ``size`` records from the ``offset``-th on, by ascending id.

    ``smaller`` says that fewer are asked for if that takes too long; it is for the session, so that it does not ask for
    the same again.
    """

    offset: int
    size: int = 100
    smaller: bool = False


FetchFrom = Callable[[Stretch], Batch]


def read_by_id(fetch: FetchFrom, page_size: int) -> Iterator[Page]:
    """Read a list in ascending order of numeric ids, up to ``page_size`` records at a time, at least two.

    Where a page takes too long, fewer are asked for.

    A record that is there all the while comes exactly once. One that changes or appears meanwhile may come in either
    state, or not at all. ``Page.cursor`` is never set: who knows how to ask for the newest modification time before
    this read, and for what was modified since, gets the rest that way.

    Raises:
        PermanentError: ids are no numbers, do not ascend, or the list has no end.
        RetryableError: a page is empty, though the remote system says that there is more.
    """
    last, offset, idle = -1, 0, 0
    seen_broken: set[bytes] = set()
    pages, end = PageSize(page_size), ListEnd()
    while True:
        batch = pages.fetch(partial(_ask, fetch, offset))
        ids = [_number(item) for item in batch.items]
        _check_ascending(ids)
        end.page_read(partial(_far, fetch, pages.size), pages.full)
        if not _covered(batch, ids, last, offset):
            offset = max(0, offset - pages.full + 1)
            continue
        fresh = [item for item, number in zip(batch.items, ids, strict=True) if number > last]
        broken = _unseen(batch, seen_broken)
        last = max(last, *ids) if ids else last
        if fresh or broken or offset == 0:
            yield Page(fresh, broken, None, batch.total)
        told_more = batch.total is not None and batch.total > offset + batch.count
        if pages.is_last(batch, before=offset, fresh=bool(fresh or broken)) and (idle or not told_more):
            return  # where more is told of than comes, only after having asked again
        idle = 0 if fresh or broken else idle + 1
        if idle >= PATIENCE:
            message = f"the list has no end: at offset {offset} it still gives only records that came before"
            raise PermanentError(f"{message}; something between here and the remote system ignores the offset")
        offset += max(0, batch.count - 1)


def _ask(fetch: FetchFrom, offset: int, size: int, smaller: bool) -> Batch:  # noqa: FBT001 - as PageSize calls it
    return fetch(Stretch(offset, size, smaller)).sure(offset, size)


def _far(fetch: FetchFrom, size: int, page: int) -> Batch:
    return _ask(fetch, (page - 1) * size, size, smaller=True)


def _covered(batch: Batch, ids: list[int], last: int, offset: int) -> bool:
    """Tell whether nothing can stand between what has been read and what this answer begins with."""
    if offset == 0 or (ids and ids[0] <= last):
        return True
    return not ids and bool(batch.broken)  # no id to judge by; the pieces are reported and the reading goes on


def _number(item: RemoteItem) -> int:
    try:
        return int(item.remote_id)
    except ValueError:
        message = f"the id {item.remote_id!r} is no number; a list can be read by id only where ids are numbers"
        raise PermanentError(message) from None


def _check_ascending(ids: list[int]) -> None:
    for earlier, later in pairwise(ids):
        if later <= earlier:
            message = f"the list is not sorted by id ({later} comes after {earlier}), so nothing can be read safely"
            raise PermanentError(f"{message}; a plugin or a cache of the remote system may ignore the order")


def _unseen(batch: Batch, seen: set[bytes]) -> list[Broken]:
    fresh = [piece for piece in batch.broken if piece.raw not in seen]
    seen.update(piece.raw for piece in fresh)
    return fresh
