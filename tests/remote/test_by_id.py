"""Reading by id neither misses nor repeats while records are deleted, added and changed."""

from __future__ import annotations

from collections import deque
from itertools import count

import pytest
from hypothesis import given, settings, strategies as st

from crossdock.errors import PermanentError
from crossdock.plugins.connector import Broken, RemoteItem
from crossdock.remote import Batch, Stretch, read_by_id
from tests.remote.model import OLD, Change, Remote

kinds = st.sampled_from(["touch", "create", "delete", "delete", "tick"])
scripts = st.lists(st.lists(st.builds(Change, kinds, st.integers(0, 500)), max_size=12).map(tuple), max_size=30).map(
    deque
)
stores = st.sets(st.integers(1, 500), max_size=60).map(lambda numbers: dict.fromkeys(numbers, OLD))


def read(remote: Remote) -> list[str]:
    return [item.remote_id for page in read_by_id(remote.by_id, remote.page_size) for item in page.items]


@settings(max_examples=500, deadline=None)
@given(stores, scripts, st.integers(2, 9))
def test_whatever_is_there_all_the_while_comes_exactly_once(
    store: dict[int, str], script: deque[tuple[Change, ...]], page_size: int
) -> None:
    remote = Remote(store, page_size, script)
    ids = read(remote)
    assert len(ids) == len(set(ids))
    assert ids == sorted(ids, key=int)
    assert {str(number) for number in remote.alive_throughout} <= set(ids)


def test_deletions_on_pages_already_read_cost_nothing_but_a_step_back() -> None:
    script = deque([(), (), tuple(Change("delete", 0) for _ in range(10))])
    remote = Remote(dict.fromkeys(range(1, 41), OLD), 10, script)
    assert read(remote) == [str(number) for number in range(1, 41)]


def test_a_list_that_shrinks_to_nothing_ends_the_read() -> None:
    script = deque([(), tuple(Change("delete", 0) for _ in range(40))])
    remote = Remote(dict.fromkeys(range(1, 41), OLD), 10, script)
    assert read(remote) == [str(number) for number in range(1, 11)]


def test_an_empty_list_gives_one_empty_page() -> None:
    assert [page.items for page in read_by_id(Remote({}, 10).by_id, 10)] == [[]]


def items(*numbers: int) -> list[RemoteItem]:
    return [RemoteItem(str(number), None, b"{}") for number in numbers]


def test_a_list_that_ignores_the_offset_stops_the_read() -> None:
    with pytest.raises(PermanentError, match=r"has no end.*ignores the offset"):
        list(read_by_id(lambda _: Batch(items(1, 2, 3)), 3))


def test_a_list_that_keeps_losing_its_beginning_stops_the_read() -> None:
    batches = {0: Batch(items(1, 2, 3))}
    with pytest.raises(PermanentError, match="has no end"):
        list(read_by_id(lambda stretch: batches.get(stretch.offset, Batch(items(7, 8, 9))), 3))


@pytest.mark.parametrize("by_offset", [True, False], ids=["where they belong", "whatever the offset"])
@pytest.mark.parametrize("total", [None, 10**9], ids=["no total", "a total that is as endless"])
def test_a_remote_that_has_new_records_at_every_offset_stops_the_read(by_offset: bool, total: int | None) -> None:
    numbers = count(1)
    asked: list[Stretch] = []

    def fetch(stretch: Stretch) -> Batch:
        asked.append(stretch)
        assert len(asked) < 300, "the reading does not end"
        first = stretch.offset + 1
        ids = range(first, first + 5) if by_offset else [next(numbers) for _ in range(5)]
        return Batch(items(*ids), total=total)

    with pytest.raises(PermanentError, match=r"the list has no end: 100 pages .* page 1000000 .* which plugin, cache"):
        list(read_by_id(fetch, 5))


def test_a_long_list_is_read_to_its_end() -> None:
    assert len(read(Remote(dict.fromkeys(range(1, 1201), OLD), 5))) == 1200


def test_a_list_that_is_not_sorted_by_id_stops_the_read() -> None:
    with pytest.raises(PermanentError, match="not sorted by id"):
        list(read_by_id(lambda _: Batch(items(1, 3, 2)), 3))


def test_ids_that_are_no_numbers_stop_the_read() -> None:
    with pytest.raises(PermanentError, match="'abc' is no number"):
        list(read_by_id(lambda _: Batch([RemoteItem("abc", None, b"{}")]), 3))


def test_broken_pieces_come_once_and_the_read_goes_on() -> None:
    pieces = [Broken(b"{1", "damaged"), Broken(b"{2", "damaged")]
    batches = {0: Batch(items(1, 2), pieces[:1]), 2: Batch([], pieces), 3: Batch(items(4), pieces[1:])}
    found = list(read_by_id(lambda stretch: batches.get(stretch.offset, Batch(items(4))), 3))
    assert [item.remote_id for page in found for item in page.items] == ["1", "2"]
    assert [piece for page in found for piece in page.broken] == pieces
