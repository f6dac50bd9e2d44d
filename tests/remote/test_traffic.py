"""What a session asked is counted: each request, and by its cause each repetition."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from crossdock.errors import RetryableError
from crossdock.remote import RefusedError, Request as Made, split_page
from crossdock.remote.answer import Answer
from crossdock.remote.batch import Batch
from crossdock.testing.sandbox import DropConnection, Request, Response
from tests.remote.servers import scene

OK = Response.json([])
BUSY = Response(503, b"busy", {"Content-Type": "text/plain"})
MANY = Response(429, b"", {"Retry-After": "7"})
FOR_PEOPLE = Response.html("<html><head><title>Checking your browser</title>")


def drop(_: Request) -> Response:
    raise DropConnection


@dataclass
class Listener:
    made: list[Made] = field(default_factory=list)
    repeats: list[tuple[str, float]] = field(default_factory=list)

    def request_made(self, request: Made) -> None:
        self.made.append(request)

    def request_repeats(self, failure: str, seconds: float) -> None:
        self.repeats.append((failure, seconds))


def parse(answer: Answer) -> Batch:
    return split_page(answer.body, "id", None)


def test_repetitions_are_counted_by_what_went_wrong() -> None:
    with scene(BUSY, drop, MANY, FOR_PEOPLE, BUSY, OK, retries=9) as world:
        world.session.read("orders", parse)
        traffic = world.session.traffic
        assert traffic.requests == 6
        assert traffic.retried == {
            "status 503": 2,
            "the connection was closed without an answer": 1,
            "status 429": 1,
            "a page for people came": 1,
        }
        assert traffic.waited == pytest.approx(sum(world.clock.slept))


def test_the_last_failure_is_no_repetition() -> None:
    with scene(BUSY, retries=1) as world:
        with pytest.raises(RetryableError) as caught:
            world.session.get("orders")
        assert (world.session.traffic.requests, dict(world.session.traffic.retried)) == (2, {"status 503": 1})
        assert caught.value.cause == "status 503"


def test_what_came_since_a_copy_is_told_apart() -> None:
    with scene(BUSY, OK, BUSY, BUSY, OK, retries=9) as world:
        world.session.get("orders")
        before = world.session.traffic.copy()
        world.session.get("orders")
        later = world.session.traffic.since(before)
        assert (later.requests, dict(later.retried)) == (3, {"status 503": 2})
        assert later.waited == pytest.approx(sum(world.clock.slept[1:]))


def test_a_listener_is_told_of_each_request_and_of_no_secret() -> None:
    with scene(MANY, OK, Response.json({"code": "no"}, 404), retries=1) as world:
        world.session.configure(base_url=world.server.url, params={"key": "canary-1"}, secrets=["canary-1"])
        listener = world.session.traffic.listener = Listener()
        world.session.get("orders/canary-1", {"page": "2"})
        with pytest.raises(RefusedError):
            world.session.get("none")
        assert [(one.method, one.address.removeprefix(world.server.url), one.outcome) for one in listener.made] == [
            ("GET", "/orders/***", "status 429"),
            ("GET", "/orders/***", "status 200"),
            ("GET", "/none", "status 404"),
        ]
        assert listener.repeats == [("status 429", 7.0)]
        assert all(one.seconds > 0 for one in listener.made)
