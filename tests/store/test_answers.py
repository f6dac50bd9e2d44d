"""A request that comes twice is answered twice and done once."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from crossdock.errors import RecordError
from crossdock.store import Store, Written
from crossdock.store.access.answers import KEPT, KeyReusedError, Request
from tests.store.shop import OPERATOR

FIRST = Request("token", "key", b"digest")


class _Clock:
    moment = datetime(2024, 3, 3, 12, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.moment


@pytest.fixture
def clock() -> _Clock:
    return _Clock()


@pytest.fixture
def timed(url: str, clock: _Clock) -> Iterator[Store]:
    with Store.open(url, clock=clock) as store:
        yield store


def create(store: Store, request: Request = FIRST, note: str = "a") -> Written:
    return store.answers.create(OPERATOR, "order", {"customerNote": note}, request)


def test_the_same_request_gets_the_same_answer_even_if_the_record_changed_since(store: Store) -> None:
    first = create(store)
    store.write_record(OPERATOR, "order", first.local_id, {"customerNote": "b"})
    again = create(store)
    assert (again.local_id, again.version, again.record) == (first.local_id, first.version, first.record)
    assert (first.changed, again.changed) == (True, False)
    assert store.counts() == {"order": 1}


def test_another_request_with_the_same_key_is_refused(store: Store) -> None:
    create(store)
    with pytest.raises(KeyReusedError, match="the key 'key' came before with another request"):
        create(store, Request("token", "key", b"another"))


def test_keys_of_different_tokens_have_nothing_to_do_with_each_other(store: Store) -> None:
    assert create(store).local_id != create(store, Request("another", "key", b"digest")).local_id


def test_a_request_that_failed_may_be_corrected_and_sent_again(store: Store) -> None:
    with pytest.raises(RecordError):
        store.answers.create(OPERATOR, "order", {"orderStatus": "wrong"}, FIRST)
    assert create(store, Request("token", "key", b"corrected")).changed


def test_an_answer_is_forgotten_in_the_end(timed: Store, clock: _Clock) -> None:
    first = create(timed)
    clock.moment += KEPT
    assert create(timed).local_id == first.local_id
    clock.moment += timedelta(seconds=1)
    assert create(timed).local_id != first.local_id


def test_of_equal_requests_at_once_one_is_done(store: Store, url: str) -> None:
    made: list[str] = []

    def work() -> None:
        with Store.open(url) as own:
            made.append(create(own).local_id)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(made) == 4
    assert len(set(made)) == 1
    assert store.counts() == {"order": 1}
