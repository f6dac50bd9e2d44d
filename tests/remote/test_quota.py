"""What a remote system tells of its rate limit slows requests down before it refuses one."""

from __future__ import annotations

from collections import deque

import pytest

from crossdock.plugins.connector import RateHeaders
from crossdock.remote import Session
from crossdock.remote.quota import Quota
from crossdock.testing.sandbox import Request, Response, SandboxServer
from tests.remote.servers import Clock, Scripted

COUNT = RateHeaders(left="RateLimit-Remaining", reset="RateLimit-Reset")
STRUCTURED = RateHeaders(left="RateLimit")
MILLISECONDS = RateHeaders(
    left="X-Rate-Limit-Requests-Left", reset="X-Rate-Limit-Time-Reset-Ms", reset_unit="milliseconds"
)
BUCKET = RateHeaders(used="X-Shopify-Shop-Api-Call-Limit", leak=2)


def waits(headers: RateHeaders, *answers: dict[str, str]) -> list[float]:
    """How long the request after each of these answers waits."""
    clock = Clock()
    quota = Quota(headers, clock.timing())
    found = []
    for answer in answers:
        quota.note(answer)
        before = clock.time
        quota.wait()
        found.append(round(clock.time - before, 3))
    return found


def left(number: int, seconds: float = 10) -> dict[str, str]:
    return {"RateLimit-Remaining": str(number), "RateLimit-Reset": str(seconds)}


@pytest.mark.parametrize(
    ("headers", "answers", "expected"),
    [
        # while more than half is left, nobody waits; then what is left is spread over the time
        (COUNT, [left(40), left(21), left(20), left(10), left(1), left(0)], [0, 0, 0.5, 1, 10, 10]),
        # afterwards all are there again
        (COUNT, [left(40), left(0), left(39)], [0, 10, 0]),
        # a time instead of seconds
        (COUNT, [left(40), left(10, 1_700_000_030)], [0, 3]),
        # one that is over
        (COUNT, [left(40), left(0, 1_600_000_000)], [0, 0]),
        # nobody waits longer than a minute: the remote system will say itself when to come back
        (COUNT, [left(40), left(0, 3600)], [0, 60]),
        # an answer that says nothing, or nonsense, changes nothing
        (COUNT, [{}, {"RateLimit-Remaining": "plenty"}, {"RateLimit-Remaining": ""}], [0, 0, 0]),
        # when all are there again is not told
        (COUNT, [{"RateLimit-Remaining": "9"}, {"RateLimit-Remaining": "0"}], [0, 1]),
        # both in one header, as the IETF writes it now
        (STRUCTURED, [{"RateLimit": '"default";r=50;t=30'}, {"RateLimit": '"default";r=10;t=30'}], [0, 3]),
        (
            MILLISECONDS,
            [
                {"X-Rate-Limit-Requests-Left": "150", "X-Rate-Limit-Time-Reset-Ms": "30000"},
                {"X-Rate-Limit-Requests-Left": "30", "X-Rate-Limit-Time-Reset-Ms": "15000"},
            ],
            [0, 0.5],
        ),
        # from half of the bucket on no faster than it leaks, and slower if others fill it as well
        (BUCKET, [{"X-Shopify-Shop-Api-Call-Limit": f"{used}/40"} for used in (1, 20, 21, 40)], [0, 0, 0.525, 1]),
        (BUCKET, [{"X-Shopify-Shop-Api-Call-Limit": "32"}, {"X-Shopify-Shop-Api-Call-Limit": "0/0"}], [0, 0]),
    ],
)
def test_what_is_left_decides_how_long_the_next_request_waits(
    headers: RateHeaders, answers: list[dict[str, str]], expected: list[float]
) -> None:
    assert waits(headers, *answers) == expected


def test_the_time_that_the_work_takes_counts() -> None:
    clock = Clock()
    quota = Quota(COUNT, clock.timing())
    quota.note(left(40))
    quota.note(left(10))
    clock.time += 5
    quota.wait()
    assert clock.slept == []


class Bucket:
    """A remote system with a bucket of a size, that leaks; refuses what flows over."""

    def __init__(self, clock: Clock, size: int, leak: float) -> None:
        self.clock, self.size, self.leak = clock, size, leak
        self.level, self.last, self.refused = 0.0, clock.time, 0

    def __call__(self, _: Request) -> Response:
        self.level = max(0.0, self.level - (self.clock.time - self.last) * self.leak)
        self.last = self.clock.time
        if self.level + 1 > self.size:
            self.refused += 1
            return Response(429, headers={"Retry-After": "2"})
        self.level += 1
        return Response.json({}, headers={"X-Shopify-Shop-Api-Call-Limit": f"{int(self.level)}/{self.size}"})


@pytest.mark.parametrize("declared", [True, False], ids=["told", "not told"])
def test_who_listens_is_never_refused(declared: bool) -> None:
    clock = Clock()
    bucket = Bucket(clock, size=40, leak=2)
    with (
        SandboxServer(Scripted(deque([bucket]))) as server,
        Session(timing=clock.timing(), rate_headers=BUCKET if declared else None) as session,
    ):
        session.configure(base_url=server.url)
        begun = clock.time
        for _ in range(100):
            session.get("")
    assert (bucket.refused == 0) is declared
    assert clock.time - begun <= 45  # a hundred requests, forty at once and two a second, take thirty at least
