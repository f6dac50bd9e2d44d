"""A page that contradicts itself never passes for the end of a list."""

from __future__ import annotations

import pytest

from crossdock.errors import RetryableError
from crossdock.plugins.connector import Broken, RemoteItem
from crossdock.remote import Batch, Stretch, Window, read_by_id, read_by_modification, shift
from tests.remote.model import OLD, Remote

TOLD = r"a page without records came, though the remote system says that 7 follow"


@pytest.mark.parametrize(
    "batch",
    [
        Batch([], total=3),  # the end, as many systems say it
        Batch([], total=0),  # the end, as others do
        Batch([]),
        Batch([RemoteItem("1", None, b"{}")], total=10),
        Batch([], [Broken(b"{", "damaged")], total=10),
    ],
)
def test_a_page_that_may_be_right_is_believed(batch: Batch) -> None:
    assert batch.sure(3) is batch


def test_an_empty_page_is_doubted_where_more_must_follow() -> None:
    with pytest.raises(RetryableError, match=TOLD):
        Batch([], total=10).sure(3)


def test_a_single_record_is_doubted_where_a_page_was_asked_for_and_more_must_follow() -> None:
    one = Batch([RemoteItem("1", None, b"{}")], total=10)
    with pytest.raises(
        RetryableError, match="a page with one record came, though the remote system says that 9 follow"
    ):
        one.sure(0, 12)
    assert one.sure(3, 12) is one  # the last one read, and then such as the remote system cannot load
    assert one.sure(0, 2) is one


def test_the_answer_to_another_question_does_not_hide_what_stands_before_it() -> None:
    remote = Remote(dict.fromkeys(range(1, 8), OLD), 5)
    newest = Batch([RemoteItem("7", OLD, b"{}")], total=7)

    def fetch(stretch: Stretch) -> Batch:
        batch = remote.by_id(stretch)
        return newest if remote.requests == 1 else batch

    with pytest.raises(RetryableError, match="a page with one record came"):
        list(read_by_id(fetch, 5))


@pytest.mark.parametrize("bogus", range(2, 6))
def test_an_answer_to_another_question_does_not_end_a_list(bogus: int) -> None:
    remote = Remote(dict.fromkeys(range(1, 15), OLD), 5)

    def fetch(stretch: Stretch) -> Batch:
        batch = remote.by_id(stretch)
        return Batch([RemoteItem("1", OLD, b"{}")], total=14) if remote.requests == bogus else batch

    found = [item.remote_id for page in read_by_id(fetch, 5) for item in page.items]
    assert found == [str(number) for number in range(1, 15)]


@pytest.mark.parametrize("empty", range(1, 9))
@pytest.mark.parametrize("apart", [0, 1])
def test_no_reading_by_modification_ends_with_it(empty: int, apart: int) -> None:
    remote = Remote({number: shift(OLD, number * apart) for number in range(1, 8)}, 2)
    whole = {str(number) for number in remote.records}
    found: set[str] = set()

    def fetch(window: Window) -> Batch:
        batch = remote.by_modification(window)
        return Batch([], total=batch.total, clock=batch.clock) if remote.requests >= empty else batch

    ended = False
    try:
        for page in read_by_modification(fetch, None, 2):
            found.update(item.remote_id for item in page.items)
        ended = True
    except RetryableError:
        ended = False
    assert not ended or found == whole


@pytest.mark.parametrize("empty", range(1, 7))
def test_no_reading_by_id_ends_with_it(empty: int) -> None:
    remote = Remote(dict.fromkeys(range(1, 8), OLD), 2)

    def fetch(stretch: Stretch) -> Batch:
        batch = remote.by_id(stretch)
        return Batch([], total=batch.total) if remote.requests >= empty else batch

    with pytest.raises(RetryableError, match="a page without records came"):
        list(read_by_id(fetch, 2))
