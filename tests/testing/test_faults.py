"""The language of faults: what it says, and how mistakes in it are told."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import suppress

import pytest
from hypothesis import given, strategies as st

from crossdock.errors import ConfigError, Problem
from crossdock.testing import DropConnection, Faults, Request, Response, parse_faults
from crossdock.testing.fault_language import KINDS, Fault, When

ALL = [Response.json([{"id": number} for number in range(page, page + 3)], 200, {"X": "9"}) for page in (1, 4, 7)]


class Pages:
    """Three pages of three records; counts what is changed."""

    settings: Mapping[str, str] = {}

    def __init__(self) -> None:
        self.asked = 0
        self.changed: list[str] = []

    def handle(self, _: Request) -> Response:
        self.asked += 1
        return ALL[(self.asked - 1) % len(ALL)]

    def change(self, record_type: str) -> None:
        if record_type == "note":
            raise KeyError(record_type)
        self.changed.append(record_type)


def ask(text: str, times: int = 10) -> Iterator[Response | None]:
    """Ask so often; None is a connection that was dropped."""
    faults = Faults(Pages(), parse_faults(text), sleep=lambda _: None)
    for _ in range(times):
        response = None
        with suppress(DropConnection):
            response = faults(Request("GET", "/api/orders"))
        yield response


def met(text: str, times: int = 10) -> list[int]:
    """The numbers of the requests at which a fault happened."""
    faults = Faults(Pages(), parse_faults(text), sleep=lambda _: None)
    for _ in range(times):
        faults(Request("GET", "/api/orders"))
    return [number for number, _kind in faults.happened]


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("drop", Fault("drop")),
        ("latency 1500ms", Fault("latency", seconds=1.5)),
        ("slow 20ms", Fault("slow", seconds=0.02)),
        ("quota 10/5s", Fault("quota", seconds=5, requests=10)),
        ("quota 3/500ms from 2 x9", Fault("quota", When(first=2), times=9, seconds=0.5, requests=3)),
        ("429 2s from 3 x4", Fault("429", When(first=3), times=4, seconds=2)),
        ("503 at 3", Fault("503", When(first=3, last=3))),
        ("truncate 90% every 7", Fault("truncate", When(first=7, step=7), share=0.9)),
        ("html with 10% seed 7 x2", Fault("html", When(chance=0.1, seed=7), times=2)),
        ("poison 1007", Fault("poison", remote_id="1007")),
    ],
)
def test_what_a_fault_says(text: str, fault: Fault) -> None:
    assert parse_faults(text) == (fault,)


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("empty", [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]),
        ("empty at 3", [3]),
        ("empty every 4", [4, 8]),
        ("empty from 8", [8, 9, 10]),
        ("empty from 2 x3", [2, 3, 4]),
        ("empty every 2 x2", [2, 4]),
        ("empty with 0%", []),
        ("empty with 1", [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]),
        ("empty at 2; html at 2", [2, 2]),
    ],
)
def test_when_it_happens_and_how_often(text: str, numbers: list[int]) -> None:
    assert met(text) == numbers


def test_chance_is_the_same_for_the_same_seed() -> None:
    assert met("html with 30% seed 4", 100) == met("html with 30% seed 4", 100)
    assert met("html with 30% seed 4", 100) != met("html with 30% seed 5", 100)
    assert 15 < len(met("html with 30% seed 4", 100)) < 45


def ids(response: Response | None) -> list[int]:
    assert response is not None
    return [record["id"] for record in json.loads(response.body)]


def test_what_comes_of_each_fault() -> None:
    [_, busy] = ask("429 2s at 2", 2)
    assert busy is not None
    assert (busy.status, busy.headers["Retry-After"]) == (429, "2")
    assert [one is None for one in ask("drop at 2", 3)] == [False, True, False]
    [cut] = ask("truncate", 1)
    assert cut is not None
    assert cut.sent == len(cut.body) // 2
    [page] = ask("html", 1)
    assert page is not None
    assert (page.status, page.body[:6]) == (200, b"<html>")
    assert [ids(one) for one in ask("repeat at 2", 3)] == [[1, 2, 3], [1, 2, 3], [4, 5, 6]]
    [_, gap, after] = ask("empty at 2", 3)
    assert (ids(gap), ids(after)) == ([], [7, 8, 9])
    assert gap is not None
    assert gap.headers["X"] == "9"
    [refusal] = ask("expire", 1)
    assert refusal is not None
    assert refusal.status == 401


def test_a_poisonous_record_is_one_and_the_same_wherever_it_shows() -> None:
    answers = [one.body for one in ask("poison", 6) if one is not None]
    assert [b'{"id":2,}' in one for one in answers] == [True, False, False, True, False, False]
    assert b'{"id":5,}' in [one.body for one in ask("poison 5", 2) if one is not None][1]


def test_somebody_changes_a_record_as_soon_as_a_page_was_given() -> None:
    pages = Pages()
    faults = Faults(pages, parse_faults("change every 2"))
    for _ in range(5):
        faults(Request("GET", "/api/orders"))
    assert pages.changed == ["order", "order"]


def test_a_list_of_what_nobody_changes_is_given_as_it_is() -> None:
    pages = Pages()
    faults = Faults(pages, parse_faults("change"))
    assert faults(Request("GET", "/api/orders/7/notes")) == ALL[0]
    assert pages.changed == []


def test_a_slow_answer_takes_longer_the_more_records_there_are() -> None:
    waits: list[float] = []
    faults = Faults(Pages(), parse_faults("slow 20ms"), sleep=waits.append)
    faults(Request("GET", "/api/orders"))
    assert waits == [pytest.approx(0.06)]


def test_a_quota_is_told_in_each_answer_and_kept() -> None:
    now = [100.0]
    faults = Faults(Pages(), parse_faults("quota 2/5s"), clock=lambda: now[0])
    first, second, third = (faults(Request("GET", "/api/orders")) for _ in range(3))
    told = [(one.status, one.headers["RateLimit-Remaining"], one.headers["RateLimit-Reset"]) for one in (first, second)]
    assert told == [(200, "1", "5"), (200, "0", "5")]
    assert first.headers["X"] == "9"
    assert (third.status, third.headers["Retry-After"]) == (429, "5")
    now[0] += 5
    assert faults(Request("GET", "/api/orders")).headers["RateLimit-Remaining"] == "1"


def test_latency_waits() -> None:
    waits: list[float] = []
    faults = Faults(Pages(), parse_faults("latency 250ms at 2"), sleep=waits.append)
    for _ in range(3):
        faults(Request("GET", "/api/orders"))
    assert waits == [0.25]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "--faults:1:1: no fault is named"),
        (" ; ", "--faults:1:1: no fault is named"),
        ("drop every 5; truncat at 3", "--faults:1:15: there is no fault 'truncat'; did you mean 'truncate'?"),
        ("drop every", "--faults:1:11: the number of a request behind 'every' is missing"),
        ("drop evry 5", "--faults:1:6: 'evry' cannot stand here; did you mean 'every'?"),
        ("503 evry 5", "--faults:1:5: 'evry' cannot stand here; did you mean 'every'?"),
        ("drop at 0", "--faults:1:9: '0' is no whole number from 1"),
        ("drop at 3 x0", "--faults:1:12: '0' is no whole number from 1"),
        ("drop x3 at 3", "--faults:1:9: 'at' cannot stand here; behind a fault stands 'at N', 'every N'"),
        ("html with 200%", "--faults:1:11: '200%' is no share; write 10% or 0.1"),
        ("latency at 3", "--faults:1:1: 'latency' needs a duration, such as 'latency 500ms'"),
        ("slow", "--faults:1:1: 'slow' needs a duration for each record, such as 'slow 20ms'"),
        ("quota at 2", "--faults:1:1: 'quota' needs a number of requests and a duration, such as 'quota 10/5s'"),
        ("quota 10", "--faults:1:7: 'quota' needs a number of requests and a duration, such as 'quota 10/5s'"),
        ("quota x/5s", "--faults:1:7: 'x' is no whole number from 1"),
        ("quota 10/soon", "--faults:1:10: 'soon' is no duration"),
        ("latency soon", "--faults:1:9: 'soon' is no duration"),
        ("600", "--faults:1:1: there is no fault '600'"),
        ("drop;\nhtlm", "--faults:2:1: there is no fault 'htlm'; did you mean 'html'?"),
    ],
)
def test_a_mistake_is_told_with_its_place(text: str, told: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse_faults(text)
    assert told in str(caught.value)


def test_every_mistake_is_told_at_once() -> None:
    with pytest.raises(ConfigError) as caught:
        parse_faults("drp; html at x; empty")
    assert [(problem.line, problem.column) for problem in caught.value.problems] == [(1, 1), (1, 14)]


words = st.sampled_from([*KINDS, "at", "every", "from", "with", "seed", "x2", "3", "10%", "1s", "503", ";", "\n", "٣"])


@given(st.one_of(st.text(max_size=40), st.lists(words, max_size=12).map(" ".join)))
def test_any_text_is_read_or_refused_with_a_place(text: str) -> None:
    faults: tuple[Fault, ...] = ()
    problems: tuple[Problem, ...] = ()
    try:
        faults = parse_faults(text)
    except ConfigError as error:
        problems = error.problems
    assert bool(faults) != bool(problems)
    assert all(problem.line >= 1 and problem.column >= 1 for problem in problems)
