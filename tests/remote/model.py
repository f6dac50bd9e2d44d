"""A remote system in memory that changes between, and in the middle of, two requests."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field

from crossdock.errors import SlowError
from crossdock.plugins.connector import RemoteItem
from crossdock.remote import Batch, Stretch, Window, shift

START = "2026-03-29T00:59:30Z"
OLD = "2024-03-03T14:09:27Z"


@dataclass(frozen=True, slots=True)
class Change:
    """Something that happens: to the record at a place (counted round) in the order of modification."""

    kind: str  # touch, create, delete, race (touched after it was looked up, before it was written out), tick
    place: int = 0


@dataclass
class Remote:
    """Records by id with their modification time; the next of ``script`` happens at each request.

    ``limits`` are how many records it can give in time, a number for each request; then it can give any number.
    """

    records: dict[int, str]
    page_size: int
    script: deque[tuple[Change, ...]] = field(default_factory=deque)
    limits: deque[int] = field(default_factory=deque)
    now: str = START
    requests: int = 0
    next_id: int = 0

    def __post_init__(self) -> None:
        self.next_id = max(self.records, default=0) + 1
        self.untouched = dict(self.records)
        self.alive_throughout = set(self.records)

    def by_modification(self, window: Window) -> Batch:
        rows = sorted(
            (stamp, number)
            for number, stamp in self._before_request(window)
            if (window.after is None or stamp > window.after) and (window.before is None or stamp < window.before)
        )
        size = min(window.size, self.page_size)
        first = (window.page - 1) * size
        return self._answer([number for _, number in rows[first : first + size]], len(rows))

    def by_id(self, stretch: Stretch) -> Batch:
        rows = sorted(number for number, _ in self._before_request(stretch))
        return self._answer(rows[stretch.offset :][: min(stretch.size, self.page_size)], len(rows))

    def _before_request(self, asked: Window | Stretch) -> Iterable[tuple[int, str]]:
        self.requests += 1
        assert self.requests < 3000, "the reading does not end"
        self._races: list[Change] = []
        for change in self.script.popleft() if self.script else ():
            self._apply(change)
        if self.limits and asked.size > self.limits.popleft() and asked.smaller:
            raise SlowError("no answer in time")
        self._asked = self.now
        return self.records.items()

    def _answer(self, numbers: list[int], total: int) -> Batch:
        for change in self._races:
            if numbers:
                self._touch(numbers[change.place % len(numbers)])
        items = [RemoteItem(str(number), self.records[number], b"{}") for number in numbers if number in self.records]
        return Batch(items, total=total if numbers else 0, clock=self._asked)

    def _apply(self, change: Change) -> None:
        ordered = sorted(self.records, key=lambda number: (self.records[number], number))
        if change.kind == "tick":
            self.now = shift(self.now, 1 + change.place % 3)
        elif change.kind == "race":
            self._races.append(change)
        elif change.kind == "create":
            self.records[self.next_id] = self.now
            self.next_id += 1
        elif ordered:
            number = ordered[change.place % len(ordered)]
            if change.kind == "touch":
                self._touch(number)
            else:
                del self.records[number]
                self.untouched.pop(number, None)
                self.alive_throughout.discard(number)

    def _touch(self, number: int) -> None:
        self.records[number] = self.now
        self.untouched.pop(number, None)
