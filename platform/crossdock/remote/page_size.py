"""Knowing the last page when it is met."""

from __future__ import annotations

from crossdock.remote.batch import Batch


class PageSize:
    """How many records a full page has: as many as were asked for, unless the remote system shows that it gives fewer.

    A plugin or a proxy may cap pages, and records that the remote system cannot load are left out of a page that counts
    them. So a page that is not full is the last one only if the remote system does not say that it has more.
    """

    def __init__(self, asked: int) -> None:
        self.size = asked

    def is_last(self, batch: Batch, *, before: int, fresh: bool) -> bool:
        """Tell whether no page follows.

        Args:
            batch: the page.
            before: how many records of the list stand before it.
            fresh: whether it gave anything that had not come before.
        """
        missing = 0 if batch.total is None else max(0, batch.total - before - batch.count)
        if batch.certain and missing and 2 <= batch.count < self.size:
            self.size = batch.count
        if batch.count >= self.size:
            return False
        return (batch.certain and not missing) or (not fresh and missing <= self.size)
