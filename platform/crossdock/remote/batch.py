"""What one request for records gave."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Self

from crossdock.errors import RetryableError
from crossdock.plugins.connector import Broken, RemoteItem, RemoteResponse

_MOST_DIGITS = 18


@dataclass(frozen=True, slots=True)
class Batch:
    """The records of one answer, in the remote's order.

    Args:
        items: the usable records.
        broken: pieces that are none.
        certain: whether ``count`` is the number of records that the remote sent; a damaged piece may have been several.
        total: how many records the remote says there are in all, for the question that was asked.
        clock: the remote's clock, a stamp no later than the moment it looked for the records.
    """

    items: Sequence[RemoteItem]
    broken: Sequence[Broken] = ()
    certain: bool = True
    total: int | None = None
    clock: str | None = None

    @property
    def count(self) -> int:
        """Return the number of records, usable or not."""
        return len(self.items) + len(self.broken)

    def told(self, answer: RemoteResponse, total_header: str | None = None) -> Self:
        """Return this batch with what the answer's headers tell: the remote's clock, and how many records there are."""
        total = answer.headers.get(total_header, "") if total_header else ""
        known = total.isdecimal() and len(total) <= _MOST_DIGITS
        return replace(self, total=int(total) if known else None, clock=answer.clock)

    def sure(self, before: int, asked: int = 0) -> Self:
        """Return this batch, unless it is empty although the remote system says that more records follow.

        ``before`` is how many records of the list stand before it. With ``asked``, how many were asked for, a single
        record at the beginning is doubted as well: it may be the answer to another question. Called where an answer is
        parsed, the session asks again; the readers call it as well, so that such a page never passes for the end of a
        list.

        Raises:
            RetryableError: it is.
        """
        follow = 0 if self.total is None else self.total - before - self.count
        if follow > 0 and self.certain and self.count <= (asked > 2 and before == 0):
            came = "a page with one record" if self.count else "a page without records"
            message = f"{came} came, though the remote system says that {follow} follow"
            raise RetryableError(f"{message}; a cache or a plugin of it may be to blame", cause=f"{came} came")
        return self
