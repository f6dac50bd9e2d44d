"""Reading in the order of modification, immune to what happens in the remote system meanwhile.

Page numbers drift: when a record on a page already read changes, it moves to the end and everything behind it moves up
by one, so the next page begins one record too late. So there are no page numbers here: the first page is asked for
again and again, with ``modified > last - 1 s``, and what comes a second time is dropped. Only where a whole page stands
inside one second are pages counted, inside that second, until two passes in a row find the same records.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import pairwise

from crossdock.errors import PermanentError, SlowError
from crossdock.plugins.connector import Broken, Page, RemoteItem
from crossdock.remote.batch import Batch
from crossdock.remote.list_end import ListEnd
from crossdock.remote.page_size import PageSize
from crossdock.remote.stamp import shift

PATIENCE = 4  # answers in a row without anything new before a pager counts as endless
PASSES = 50  # through one second, before it counts as never holding still
LONG_OVER = 60  # seconds after which nothing is written into a second any more
PAGES = 10_000  # in one pass through one second, where the remote system does not say how many there are


@dataclass(frozen=True, slots=True)
class Window:
    """What to ask for: one page of the records modified strictly after and before, by modification time ascending.

    ``size`` is how many records a page has. ``smaller`` says that fewer are asked for if that takes too long; it is for
    the session, so that it does not ask for the same again.
    """

    after: str | None = None
    before: str | None = None
    page: int = 1
    size: int = 100
    smaller: bool = False


Fetch = Callable[[Window], Batch]


class NotByModificationError(PermanentError):
    """The remote system does not keep to modification times; it has to be read by id.

    ``since`` is the time up to which everything has been read (``None``: nothing).
    """

    def __init__(self, reason: str, since: str | None) -> None:
        super().__init__(f"the remote system cannot be read by modification time: {reason}")
        self.since = since


def read_by_modification(fetch: Fetch, since: str | None, page_size: int) -> Iterator[Page]:
    """Read every record modified at or after ``since``, the oldest change first.

    ``page_size`` is how many records to ask for; where a page takes too long, fewer.

    A record that exists all the while comes at least once; one that changes while it is read may come again with its
    new modification time; the same (id, modification time) never comes twice. ``Page.cursor`` is the time up to which
    everything has been read, never ahead of the remote's clock; reading from there again, inclusively, misses nothing.
    If that clock stands before ``since``, it was set back, and everything is read.

    Raises:
        NotByModificationError: order, filter or modification times are missing; what has been yielded is right.
        PermanentError: the remote system gives the same page again and again, or new ones without end.
        RetryableError: a page is empty, though the remote system says that there is more.
    """
    yield from _Reading(fetch, since, page_size).pages()


class _Seen:
    """What one pass through a second saw."""

    def __init__(self, second: str) -> None:
        self.ids: set[str] = set()
        self.clock: str | None = None
        self._second = second
        self._pages = 0
        self._totals: set[int | None] = set()
        self._exact = True

    def add(self, batch: Batch) -> None:
        if not self._pages:
            self.clock = batch.clock
        self._pages += 1
        if batch.count:  # beyond the last page, a shop says that there are none
            self._totals.add(batch.total)
        self._exact &= batch.certain and not batch.broken and all(item.modified == self._second for item in batch.items)
        self.ids.update(item.remote_id for item in batch.items)

    @property
    def is_whole(self) -> bool:
        """Whether this pass alone proves that nothing was missed.

        One answer is a snapshot. Into a second that is long over nothing comes any more, so what leaves it shows in the
        number that the remote system says there are.
        """
        if self._pages == 1:
            return True
        over = self.clock is not None and self.clock > shift(self._second, LONG_OVER)
        return over and self._exact and self._totals == {len(self.ids)}


class _Reading:
    """One read.

    ``key`` is the modification time that everything before has been read; ``after`` the strict bound to ask with.
    ``seen`` holds what could come again: records with a modification time at or after ``key``.
    """

    def __init__(self, fetch: Fetch, since: str | None, page_size: int) -> None:
        self._fetch = fetch
        self._page_size = PageSize(page_size)
        self.key = self._since = since
        self._after = shift(since, -1) if since else None
        self._cursor: str | None = None
        self._ceiling: str | None = None
        self._total: int | None = None
        self._seen: dict[str, str | None] = {}
        self._seen_broken: set[bytes] = set()

    def pages(self) -> Iterator[Page]:
        waited = 0
        first = True
        end = ListEnd()
        while True:
            batch = self._page_size.fetch(self._ask_for(Window(self._after), before=0))
            if first and self._since is not None and batch.clock is not None and batch.clock < self._since:
                yield from self._anew()
                return
            self._total = batch.total if first else self._total
            last, settled = self._last(batch)
            fresh, broken = self._fresh(batch)
            short = self._page_size.is_last(batch, before=0, fresh=bool(fresh or broken))
            waited = 0 if fresh or broken else waited
            hold = not (short or settled) and waited < PATIENCE
            moved = not hold and self._go_on_from(_latest(batch) if short else last)
            if first or fresh or broken:
                yield self._page(batch, fresh, broken)
                first = False
            if short:
                return
            end.page_read(partial(self._far, Window(self._after)), self._page_size.full)
            if last is None:
                raise NotByModificationError("its records have no modification time", self._cursor)
            waited = waited + 1 if hold else 0
            if not (hold or moved):
                yield from self._second(self.key or last)

    def _anew(self) -> Iterator[Page]:
        """Read everything: the remote's clock was set back behind what was read before.

        What was written since then bears times that lie before, nobody knows how far.
        """
        return _Reading(self._fetch, None, self._page_size.full).pages()

    def _ask_for(self, window: Window, before: int) -> Callable[[int, bool], Batch]:
        def ask(size: int, smaller: bool) -> Batch:  # noqa: FBT001 - nobody else calls it
            return self._fetch(replace(window, size=size, smaller=smaller)).sure(before)

        return ask

    def _far(self, window: Window, page: int) -> Batch:
        size = self._page_size.size
        return self._ask_for(replace(window, page=page), before=(page - 1) * size)(size, True)

    def _second(self, second: str) -> Iterator[Page]:
        """Read all records of one second that fills a whole page, and step over it."""
        before: _Seen | None = None
        for _ in range(PASSES):
            seen = _Seen(second)
            try:
                for batch in self._pass(second):
                    seen.add(batch)
                    fresh, broken = self._fresh(batch)
                    if fresh or broken:
                        yield self._page(batch, fresh, broken)
            except SlowError:  # pages can be counted only while all have one size
                if not self._page_size.shrink():
                    raise
                continue
            if seen.is_whole or (
                before is not None and seen.ids == before.ids
            ):  # nothing left between two equal passes
                break
            before = seen
        else:
            message = f"the records modified at {second} do not hold still: {PASSES} passes all differed"
            raise PermanentError(message)
        if seen.clock is not None and seen.clock <= second:
            self._ceiling = min(
                self._ceiling or second, second
            )  # more may come into this second; read it again next time
        self._after = second

    def _pass(self, second: str) -> Iterator[Batch]:
        """Page once through a second, with pages of one size."""
        ids: set[str] = set()
        end = ListEnd()
        inside = Window(shift(second, -1), shift(second, 1))
        stale, limit, page, before = 0, None, 0, 0
        while True:
            page += 1
            batch = self._page_size.once(self._ask_for(replace(inside, page=page), before))
            if batch.total:
                limit = max(limit or 0, 2 * batch.total // self._page_size.full + 10)
            yield batch
            new = {item.remote_id for item in batch.items} - ids
            if self._page_size.is_last(batch, before=before, fresh=bool(new)):
                return
            before += batch.count
            stale = 0 if new else stale + 1
            ids |= new
            if stale >= PATIENCE or page > (limit or PAGES):
                message = f"the list of records modified at {second} has no end: page {page} is still full"
                raise PermanentError(f"{message}; something between here and the remote system ignores the page number")
            end.page_read(partial(self._far, inside), self._page_size.full)

    def _last(self, batch: Batch) -> tuple[str | None, bool]:
        """Return the modification time to go on from, and whether it is settled.

        A remote system looks for ids first and for contents later, so a record that changes in between shows a later
        time than the one it was sorted by. Such times lie at or after the remote's clock when it was asked: they say
        nothing about what follows, unless there are no others.
        """
        times = [item.modified for item in batch.items if item.modified is not None]
        settled = [time for time in times if batch.clock is None or time < batch.clock]
        self._check(settled)
        return (settled[-1], True) if settled else (times[-1] if times else None, False)

    def _check(self, times: Sequence[str]) -> None:
        if self._after is not None and times and times[0] <= self._after:
            reason = f"asked for changes after {self._after}, it gives one of {times[0]}"
            raise NotByModificationError(reason, self._cursor)
        for earlier, later in pairwise(times):
            if later < earlier:
                reason = f"its list is not sorted by it ({later} comes after {earlier})"
                raise NotByModificationError(reason, self._cursor)

    def _fresh(self, batch: Batch) -> tuple[list[RemoteItem], list[Broken]]:
        """Return what has not come before."""
        fresh: list[RemoteItem] = []
        for item in batch.items:
            if self._seen.get(item.remote_id, "") != item.modified:
                self._seen[item.remote_id] = item.modified
                fresh.append(item)
        broken = [piece for piece in batch.broken if piece.raw not in self._seen_broken]
        self._seen_broken.update(piece.raw for piece in broken)
        return fresh, broken

    def _go_on_from(self, last: str | None) -> bool:
        """Take a modification time as the new key; tell whether it is later than the old one."""
        if last is None or (self.key is not None and last <= self.key):
            return False
        self.key = last
        self._after = shift(last, -1)
        self._seen = {identity: time for identity, time in self._seen.items() if time is None or time >= last}
        return True

    def _page(self, batch: Batch, fresh: Sequence[RemoteItem], broken: Sequence[Broken]) -> Page:
        if self.key != self._since:
            bounds = (bound for bound in (self.key, batch.clock, self._ceiling) if bound is not None)
            self._cursor = max(self._cursor or "", min(bounds))
        return Page(fresh, broken, self._cursor, self._total)


def _latest(batch: Batch) -> str | None:
    return max((item.modified for item in batch.items if item.modified is not None), default=None)
