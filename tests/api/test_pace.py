"""A token that asks too often is told when to come back; the others are served."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, strategies as st

from crossdock.api.pace import Pace
from crossdock.api.problem import Problem
from crossdock.store import Store

from .serving import CONFIG, Api, read_config, served

LIMITED = "[serve]\nrequests_per_second = 1\n\n"


class Clock:
    """Seconds that a test lets go by."""

    now = 1000.0

    def __call__(self) -> float:
        return self.now


def allowed(pace: Pace, token: str = "one") -> bool:
    try:
        pace.keep(token)
    except Problem as problem:
        return problem.status != 429
    return True


@given(st.integers(1, 5), st.lists(st.integers(0, 700), max_size=60))
def test_in_no_second_there_are_more_and_whoever_waits_one_is_let_in(most: int, pauses: list[int]) -> None:
    clock = Clock()
    pace, let_in = Pace(most, clock), []
    for pause in pauses:
        clock.now += pause / 1000
        if allowed(pace):
            let_in.append(round(clock.now * 1000))
        else:
            assert sum(clock.now * 1000 - one < 1001 for one in let_in) == most  # not without need
    assert all(later - first >= 1000 for first, later in zip(let_in, let_in[most:], strict=False))
    clock.now += 1.001
    assert allowed(pace)


def test_each_token_has_a_count_of_its_own() -> None:
    pace = Pace(1, Clock())
    assert [allowed(pace, token) for token in ("one", "other", "one", "other")] == [True, True, False, False]


def test_without_a_limit_nobody_counts() -> None:
    pace = Pace(None)
    assert all(allowed(pace) for _ in range(1000))


@pytest.fixture
def api(url: str, tmp_path: Path) -> Iterator[Api]:
    config = read_config(tmp_path, LIMITED + CONFIG)
    with Store.open(url) as store, served(config, store) as found:
        yield found


def test_what_is_too_much_is_answered_with_429_and_nothing_is_done(api: Api) -> None:
    done = 0
    while (answer := api.erp.post("/api/order", {"displayId": str(done)})).status_code == 201:
        done += 1  # on a busy machine, a second may have gone by
    assert (answer.status_code, done > 0) == (429, True)
    problem = answer.json()
    assert (problem["type"], answer.headers["Retry-After"]) == ("/problems/too-many-requests", "1")
    assert "more than 1 request within a second" in problem["detail"]
    assert api.wms.get("/api/order").status_code == 200  # another token
    assert api.store.counts() == {"order": done}
    assert api.nobody.get("/health").status_code == 200
