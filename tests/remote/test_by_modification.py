"""Reading by modification time neither misses nor repeats, whatever happens meanwhile."""

from __future__ import annotations

from collections import Counter, deque
from dataclasses import replace
from itertools import count as counted, pairwise

import pytest
from hypothesis import example, given, settings, strategies as st

from crossdock.errors import PermanentError, RetryableError
from crossdock.plugins.connector import Broken, Page, RemoteItem
from crossdock.remote import Batch, NotByModificationError, Window, read_by_modification, shift
from crossdock.remote.list_end import FAR
from tests.remote.model import OLD, START, Change, Remote

kinds = st.sampled_from(["touch", "touch", "create", "delete", "race", "tick"])
changes = st.builds(Change, kinds, st.integers(0, 500))
scripts = st.lists(st.lists(changes, max_size=6).map(tuple), max_size=40).map(deque)
# seconds before the start; few different ones, so that many records share a second
stamps = st.one_of(st.integers(-3, 0), st.sampled_from([-86_400, -86_399, -3600])).map(lambda s: shift(START, s))
stores = st.lists(stamps, max_size=70).map(lambda found: dict(enumerate(found, 1)))


def read(remote: Remote, since: str | None = None) -> list[Page]:
    pages = []
    for page in read_by_modification(remote.by_modification, since, remote.page_size):
        assert page.cursor is None or page.cursor <= remote.now, "the cursor is ahead of the remote's clock"
        pages.append(page)
    return pages


def items_of(pages: list[Page]) -> list[tuple[str, str | None]]:
    return [(item.remote_id, item.modified) for page in pages for item in page.items]


@settings(max_examples=400, deadline=None)
@given(stores, scripts, st.integers(2, 9))
def test_nothing_is_missed_and_nothing_repeated(
    store: dict[int, str], script: deque[tuple[Change, ...]], page_size: int
) -> None:
    remote = Remote(store, page_size, script)
    pages = read(remote)
    items = items_of(pages)
    assert [pair for pair, times in Counter(items).items() if times > 1] == []
    assert {str(number) for number in remote.alive_throughout} <= {identity for identity, _ in items}
    assert {(str(number), stamp) for number, stamp in remote.untouched.items()} <= set(items)


@settings(max_examples=400, deadline=None)
@given(stores, scripts, st.integers(2, 9))
@example(
    dict.fromkeys((1, 2, 3), START), deque([(), (), (), (), (Change("race"), Change("race", 1), Change("tick"))]), 2
)
def test_reading_again_from_the_cursor_gives_all_that_changed_meanwhile(
    store: dict[int, str], script: deque[tuple[Change, ...]], page_size: int
) -> None:
    remote = Remote(store, page_size, script)
    pages = read(remote)
    cursors = [page.cursor for page in pages if page.cursor is not None]
    assert all(earlier <= later for earlier, later in pairwise(cursors))
    remote.script.clear()
    remote.now = shift(remote.now, 5)
    seen = set(items_of(pages)) | set(items_of(read(remote, cursors[-1] if cursors else None)))
    assert {(str(number), stamp) for number, stamp in remote.records.items()} <= seen


@settings(max_examples=200, deadline=None)
@given(stores, scripts, st.integers(2, 9), st.integers(0, 60))
def test_a_read_that_breaks_off_goes_on_from_its_cursor(
    store: dict[int, str], script: deque[tuple[Change, ...]], page_size: int, stop: int
) -> None:
    remote = Remote(store, page_size, script)
    seen: set[tuple[str, str | None]] = set()
    cursor = None
    for count, page in enumerate(read_by_modification(remote.by_modification, None, page_size)):
        seen.update(items_of([page]))
        cursor = page.cursor or cursor
        if count >= stop:
            break
    remote.script.clear()
    remote.now = shift(remote.now, 5)
    seen.update(items_of(read(remote, cursor)))
    assert {(str(number), stamp) for number, stamp in remote.records.items()} <= seen


@pytest.mark.parametrize("churn", [False, True])
def test_130_records_in_one_second_are_read_in_pages_of_20(churn: bool) -> None:
    script: deque[tuple[Change, ...]] = deque(
        [(Change("touch", number * 7), Change("delete", number * 11)) for number in range(12)]
    )
    remote = Remote(dict.fromkeys(range(1, 131), OLD), 20, script if churn else deque())
    items = items_of(read(remote))
    assert len(items) == len(set(items))
    assert {(str(number), stamp) for number, stamp in remote.untouched.items()} <= set(items)
    if not churn:
        assert len(items) == 130
        assert remote.requests <= 10


def test_a_second_that_is_long_over_is_read_once_though_its_pages_are_all_full() -> None:
    remote = Remote(dict.fromkeys(range(1, 121), OLD), 20)
    assert len(items_of(read(remote))) == 120
    assert remote.requests <= 10


@pytest.mark.parametrize("quiet", range(30))
def test_a_second_that_is_still_running_is_read_again_next_time(quiet: int) -> None:
    late: deque[tuple[Change, ...]] = deque([()] * quiet)
    late.append((Change("create"), Change("tick"), Change("create")))
    remote = Remote(dict.fromkeys(range(1, 8), START), 2, late)
    pages = read(remote)
    remote.script.clear()
    seen = set(items_of(pages)) | set(items_of(read(remote, pages[-1].cursor)))
    assert {(str(number), stamp) for number, stamp in remote.records.items()} <= seen


def test_an_unchanging_remote_is_read_with_one_request_a_page() -> None:
    store = {number: shift(OLD, number) for number in range(1, 201)}
    remote = Remote(store, 20)
    assert len(items_of(read(remote))) == 200
    assert remote.requests == 11  # each page begins with the last record of the one before


def test_the_first_page_comes_even_if_nothing_is_there() -> None:
    assert read(Remote({}, 20)) == [Page([], [], None, 0)]
    assert read(Remote({1: OLD}, 20), since=START) == [Page([], [], None, 0)]


def test_the_cursor_stays_behind_the_remotes_clock() -> None:
    remote = Remote({1: OLD, 2: "2038-01-19T03:14:07Z"}, 20)
    assert read(remote)[-1].cursor == START


@settings(max_examples=100, deadline=None)
@given(stores, scripts, st.integers(2, 9), st.integers(1, 10**6))
def test_nothing_is_missed_after_the_remotes_clock_was_set_back(
    store: dict[int, str], script: deque[tuple[Change, ...]], page_size: int, seconds: int
) -> None:
    remote = Remote(store, page_size)
    cursor = read(remote)[-1].cursor
    before = set(remote.records.items())
    remote.now = shift(remote.now, -seconds)
    remote.script = script
    while remote.script:
        remote.by_modification(Window())
    again = read(remote, cursor)
    new = {(str(number), stamp) for number, stamp in set(remote.records.items()) - before}
    assert new <= set(items_of(again)) or cursor is None or remote.now >= cursor
    assert again[-1].cursor is None or again[-1].cursor <= max(remote.now, START)


def test_a_remote_whose_clock_was_set_back_is_read_from_its_new_time_on() -> None:
    remote = Remote({number: shift(OLD, number) for number in range(1, 30)} | {30: START}, 10)
    cursor = read(remote)[-1].cursor
    assert cursor == START
    remote.now = shift(START, -86400)
    remote.records[31] = remote.now
    assert len(items_of(read(remote, cursor))) == 31
    assert (cursor := read(remote, cursor)[-1].cursor) == remote.now
    remote.records[32] = remote.now = shift(remote.now, 60)
    assert ("32", remote.now) in items_of(read(remote, cursor))


def test_records_from_the_future_are_read_all_the_same() -> None:
    store = {number: shift("2038-01-19T03:14:07Z", number // 7) for number in range(1, 60)}
    assert len(items_of(read(Remote(store, 5)))) == 59


def test_a_remote_without_a_clock_is_believed() -> None:
    remote = Remote({number: shift(OLD, number // 3) for number in range(1, 40)}, 5)

    def fetch(window: Window) -> Batch:
        batch = remote.by_modification(window)
        return Batch(batch.items, total=batch.total)

    pages = list(read_by_modification(fetch, None, 5))
    assert len(items_of(pages)) == 39
    assert pages[-1].cursor == shift(OLD, 13)


def item(number: int, modified: str | None = OLD) -> RemoteItem:
    return RemoteItem(str(number), modified, b"{}")


def test_an_endless_pager_stops_the_read() -> None:
    page = Batch([item(number) for number in range(5)])
    with pytest.raises(PermanentError, match=f"modified at {OLD} has no end.*ignores the page number"):
        list(read_by_modification(lambda _: page, None, 5))


def test_a_pager_that_invents_records_without_end_stops_the_read() -> None:
    numbers = iter(range(1_000_000))

    def fetch(window: Window) -> Batch:
        return Batch([item(next(numbers)) for _ in range(5)], total=100)

    with pytest.raises(PermanentError, match="has no end: page 51 is still full"):
        list(read_by_modification(fetch, None, 5))


@pytest.mark.parametrize("total", [None, 10**9], ids=["no total", "a total that is as endless"])
@pytest.mark.parametrize("step", [0, 1], ids=["in one second", "in ever later seconds"])
def test_a_remote_that_has_a_page_of_new_records_wherever_it_is_asked_stops_the_read(
    total: int | None, step: int
) -> None:
    numbers = counted(1)
    asked: list[Window] = []

    def fetch(window: Window) -> Batch:
        asked.append(window)
        assert len(asked) < 300, "the reading does not end"
        new = [next(numbers) for _ in range(5)]
        return Batch([item(number, shift(OLD, number * step)) for number in new], total=total, clock=START)

    with pytest.raises(PermanentError, match=r"the list has no end: 100 pages .* page 1000000 .* which plugin, cache"):
        list(read_by_modification(fetch, None, 5))


def test_modification_times_that_go_backwards_are_told_at_once() -> None:
    numbers = counted(1)

    def fetch(window: Window) -> Batch:
        return Batch([item(number, shift(OLD, -number)) for number in (next(numbers) for _ in range(5))])

    with pytest.raises(NotByModificationError, match="not sorted by it"):
        next(read_by_modification(fetch, None, 5))


@pytest.mark.parametrize("manner", ["gives its last page", "gives the first page", "refuses"])
def test_a_long_list_is_read_to_its_end_whatever_the_remote_does_with_pages_behind_it(manner: str) -> None:
    long_ago = {number: shift(OLD, number) for number in range(1, 601)}
    remote = Remote(long_ago | dict.fromkeys(range(601, 1201), shift(OLD, 1000)), 5)

    def fetch(window: Window) -> Batch:
        if window.page < FAR:
            return remote.by_modification(window)
        if manner == "refuses":
            raise RetryableError("gave 500")
        page = 1 if manner == "gives the first page" else 120
        return remote.by_modification(replace(window, page=page, size=5))

    pages = list(read_by_modification(fetch, None, 5))
    assert len(items_of(pages)) == 1200


def test_a_second_that_never_holds_still_stops_the_read() -> None:
    numbers = iter(range(1_000_000))

    def fetch(window: Window) -> Batch:
        return Batch([item(next(numbers)) for _ in range(5 if window.page < 3 else 1)])

    with pytest.raises(PermanentError, match="do not hold still"):
        list(read_by_modification(fetch, None, 5))


def test_a_list_that_is_not_sorted_is_left_to_a_reading_by_id() -> None:
    batches = [
        Batch([item(1, shift(OLD, 1)), item(2, shift(OLD, 2))]),
        Batch([item(2, shift(OLD, 2)), item(3, shift(OLD, 9)), item(4, shift(OLD, 5))]),
    ]
    pages: list[Page] = []
    with pytest.raises(NotByModificationError, match="not sorted") as caught:
        pages.extend(read_by_modification(lambda _: batches.pop(0), None, 2))
    assert caught.value.since == shift(OLD, 2)


def test_a_filter_that_is_ignored_is_noticed() -> None:
    with pytest.raises(NotByModificationError, match=f"after {shift(START, -1)}, it gives one of {OLD}"):
        list(read_by_modification(lambda _: Batch([item(1)]), START, 5))


def test_records_without_times_are_left_to_a_reading_by_id() -> None:
    with pytest.raises(NotByModificationError, match="no modification time"):
        list(read_by_modification(lambda _: Batch([item(1, None), item(2, None)]), None, 2))


def test_broken_pieces_come_once() -> None:
    piece = Broken(b"{", "the record cannot be read")
    remote = Remote({number: shift(OLD, number) for number in range(1, 12)}, 5)

    def fetch(window: Window) -> Batch:
        batch = remote.by_modification(window)
        return Batch(batch.items, [piece], clock=batch.clock)

    pages = list(read_by_modification(fetch, None, 6))
    assert [found for page in pages for found in page.broken] == [piece]
    assert len(items_of(pages)) == 11


def test_a_damaged_piece_that_may_be_several_records_does_not_end_the_read() -> None:
    piece = Broken(b"{{", "the record is damaged")
    batches = [
        Batch([item(1), item(2, shift(OLD, 1))], [piece], certain=False),  # three of the five are known
        Batch([item(2, shift(OLD, 1)), item(3, shift(OLD, 2))]),
    ]
    pages = list(read_by_modification(lambda _: batches.pop(0), None, 5))
    assert [identity for identity, _ in items_of(pages)] == ["1", "2", "3"]
