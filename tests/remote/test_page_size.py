"""A page that takes too long is asked for again, smaller; nothing is missed or repeated by that."""

from __future__ import annotations

from collections import Counter, deque

import pytest
from hypothesis import given, settings, strategies as st

from crossdock.errors import SlowError
from crossdock.plugins.connector import Page, RemoteItem
from crossdock.remote import Batch, read_by_id, read_by_modification, shift
from crossdock.remote.page_size import SMALLEST, PageSize
from tests.remote.model import OLD, START, Remote
from tests.remote.test_by_modification import items_of, scripts

stamps = st.one_of(st.integers(-3, 0), st.sampled_from([-86_400, -86_399, -3600])).map(lambda s: shift(START, s))
stores = st.lists(stamps, max_size=150).map(lambda found: dict(enumerate(found, 1)))
limits = st.lists(st.integers(1, 70), max_size=60).map(deque)
sizes = st.integers(2, 60)


class Busy:
    """Gives so many records in time, and keeps how many it was asked for."""

    def __init__(self, most: int) -> None:
        self.most = most
        self.asked: list[int] = []

    def __call__(self, size: int, smaller: bool) -> Batch:
        self.asked.append(size)
        if size > self.most:
            raise SlowError("no answer in time")
        return Batch([RemoteItem(str(number), OLD, b"{}") for number in range(size)])


def test_a_page_is_halved_until_it_comes_in_time() -> None:
    busy = Busy(30)
    assert PageSize(100).fetch(busy).count == 25
    assert busy.asked == [100, 50, 25]


def test_the_smallest_page_is_the_last_try() -> None:
    busy = Busy(0)
    with pytest.raises(SlowError):
        PageSize(100).fetch(busy)
    assert busy.asked == [100, 50, 25, 12, 6, SMALLEST]


def test_whoever_wants_fewer_than_the_smallest_page_gets_no_fewer() -> None:
    busy = Busy(0)
    with pytest.raises(SlowError):
        PageSize(3).fetch(busy)
    assert busy.asked == [3]


def test_it_grows_back_when_the_remote_system_is_quick_again() -> None:
    busy, pages = Busy(30), PageSize(100)
    pages.fetch(busy)
    busy.most = 100
    for _ in range(17):
        pages.fetch(busy)
    assert busy.asked == [100, 50, *[25] * 8, *[50] * 8, 100, 100]


def test_a_larger_page_is_tried_less_and_less_often_where_it_never_comes_in_time() -> None:
    busy, pages = Busy(30), PageSize(100)
    for _ in range(200):
        pages.fetch(busy)
    assert 4 <= busy.asked.count(50) <= 6
    assert busy.asked.count(100) == 1


def test_the_session_is_told_that_it_need_not_ask_for_the_same_again() -> None:
    told: list[tuple[int, bool]] = []

    def ask(size: int, smaller: bool) -> Batch:
        told.append((size, smaller))
        raise SlowError("no answer in time")

    with pytest.raises(SlowError):
        PageSize(12).fetch(ask)
    assert told == [(12, True), (6, True), (5, False)]


def right(remote: Remote, pages: list[Page]) -> None:
    """Nothing is repeated, and what was there all the while is there."""
    items = items_of(pages)
    assert [pair for pair, times in Counter(items).items() if times > 1] == []
    assert {str(number) for number in remote.alive_throughout} <= {identity for identity, _ in items}


@settings(max_examples=300, deadline=None)
@given(stores, scripts, limits, sizes)
def test_a_reading_by_modification_is_right_whatever_comes_too_late(
    store: dict[int, str], script: deque[object], limits: deque[int], size: int
) -> None:
    remote = Remote(store, size, script, limits)  # type: ignore[arg-type]  # a strategy's type is not known here
    pages = list(read_by_modification(remote.by_modification, None, size))
    right(remote, pages)
    assert {(str(number), stamp) for number, stamp in remote.untouched.items()} <= set(items_of(pages))


@settings(max_examples=300, deadline=None)
@given(stores, scripts, limits, sizes)
def test_a_reading_by_id_is_right_whatever_comes_too_late(
    store: dict[int, str], script: deque[object], limits: deque[int], size: int
) -> None:
    remote = Remote(store, size, script, limits)  # type: ignore[arg-type]  # as above
    pages = list(read_by_id(remote.by_id, size))
    identities = [identity for identity, _ in items_of(pages)]
    assert len(identities) == len(set(identities))
    assert {str(number) for number in remote.alive_throughout} <= set(identities)


def test_a_second_that_fills_many_pages_is_counted_anew_with_smaller_ones() -> None:
    remote = Remote(dict.fromkeys(range(1, 131), OLD), 40, limits=deque([40, 40, 40, 10, 10, 10, 40, 40, 9]))
    right(remote, list(read_by_modification(remote.by_modification, None, 40)))
