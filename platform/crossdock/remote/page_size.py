"""How many records to ask for at once, and knowing the last page when it is met."""

from __future__ import annotations

from collections.abc import Callable

from crossdock.errors import SlowError
from crossdock.remote.batch import Batch

SMALLEST = 5  # records; what cannot be given in time at that size cannot be given
_REST = 8  # pages in time, before a larger one is tried


class PageSize:
    """How many records to ask for: as many as wanted, and half as many each time that this takes too long.

    After some pages in time a page twice as large is tried, and if that fails at once, after twice as many. So a remote
    system that was slow for a moment is soon asked as before, and one that cannot give more is rarely asked for it.

    A full page has as many records as were asked for, unless the remote system shows that it gives fewer: a plugin or a
    proxy may cap pages, and records that the remote system cannot load are left out of a page that counts them. So a
    page that is not full is the last one only if the remote system does not say that it has more.
    """

    def __init__(self, wanted: int) -> None:
        self.size = self.asked = self._most = self._given = wanted
        self._rest = _REST
        self._in_time = 0
        self._grown = False

    @property
    def smaller(self) -> bool:
        """Whether fewer records may be asked for, if this many take too long."""
        return self.size > min(SMALLEST, self._most)

    @property
    def full(self) -> int:
        """How many records a full page has, of those that were asked for last."""
        return min(self.asked, self._given)

    def fetch(self, ask: Callable[[int, bool], Batch]) -> Batch:
        """Ask for a page, and for a smaller one as long as that takes too long.

        Args:
            ask: for so many records; told whether fewer may be asked for.

        Raises:
            SlowError: the smallest page takes too long as well.
        """
        while True:
            try:
                batch = self.once(ask)
            except SlowError:
                if not self.shrink():
                    raise
            else:
                self.grow()
                return batch

    def once(self, ask: Callable[[int, bool], Batch]) -> Batch:
        """Ask for a page of the present size, in time or not."""
        self.asked = self.size
        return ask(self.size, self.smaller)

    def shrink(self) -> bool:
        """A page took too long: ask for half as many from now on. Tell whether that is possible."""
        if not self.smaller:
            return False
        if self._grown:
            self._rest *= 2
        self.size = max(min(SMALLEST, self._most), self.size // 2)
        self._in_time, self._grown = 0, False
        return True

    def grow(self) -> None:
        """A page came in time: after enough of them, ask for twice as many."""
        self._in_time += 1
        self._grown = self._in_time >= self._rest and self.size < self._most
        if self._grown:
            self.size, self._in_time = min(self._most, self.size * 2), 0

    def is_last(self, batch: Batch, *, before: int, fresh: bool) -> bool:
        """Tell whether no page follows.

        Args:
            batch: the page.
            before: how many records of the list stand before it.
            fresh: whether it gave anything that had not come before.
        """
        missing = 0 if batch.total is None else max(0, batch.total - before - batch.count)
        if batch.certain and missing and 2 <= batch.count < self.full:
            self._given = batch.count
        if batch.count >= self.full:
            return False
        return (batch.certain and not missing) or (not fresh and missing <= self.full)
