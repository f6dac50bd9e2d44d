"""Events are received at least once, in order per record, whatever their receivers do."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest
from standardwebhooks import Webhook

from crossdock.config.subscription import Subscription
from crossdock.errors import Problem
from crossdock.events import Sender, Tally
from crossdock.events.courier import DOWN_AFTER
from crossdock.events.schedule import DELAYS, next_delay
from crossdock.store import Store
from crossdock.store.events.event import EventFollower
from crossdock.testing.sandbox import DropConnection, Request, Response
from tests.store.shop import OPERATOR

from .receiving import FINE, SECRET, Answer, Clock, Receiver, receiving, refusing, subscription


class Scene:
    """A store, a clock, and a sender to some receivers."""

    def __init__(self, store: Store, clock: Clock, *subscriptions: Subscription) -> None:
        self.store = store
        self.clock = clock
        self.sender = Sender(store, subscriptions, clock=clock, pause=0.01)

    def create(self, **fields: Any) -> str:
        return self.store.write_record(OPERATOR, "order", None, fields).local_id

    def change(self, local_id: str, **fields: Any) -> None:
        self.store.write_record(OPERATOR, "order", local_id, lambda record: {**record, **fields})

    def send(self) -> Tally:
        return self.sender.run_once()


@contextmanager
def scene(url: str, *subscriptions: Subscription) -> Iterator[Scene]:
    clock = Clock()
    with Store.open(url, clock=clock, followers=(EventFollower(subscriptions),)) as store:
        yield Scene(store, clock, *subscriptions)


@contextmanager
def one_receiver(url: str, answer: Answer | None = None, **options: Any) -> Iterator[tuple[Scene, Receiver]]:
    with receiving(answer) as (receiver, address), scene(url, subscription(address, **options)) as found:
        yield found, receiver


def failing(times: int, status: int = 500) -> Answer:
    """Fail so many times, then take everything."""
    left = iter([Response(status)] * times)
    return lambda _request: next(left, FINE)


def slow(seconds: float) -> Answer:
    """Take everything, after some time."""

    def answer(_request: Request) -> Response:
        time.sleep(seconds)
        return FINE

    return answer


def test_an_event_is_sent_once(url: str) -> None:
    with one_receiver(url) as (found, receiver):
        local_id = found.create(channel="Grüße 🎉")
        assert found.send() == Tally(received=1)
        assert found.send() == Tally()
    (event,) = receiver.events
    assert event["data"]["record"]["channel"] == "Grüße 🎉"
    assert (event["data"]["localId"], event["type"]) == (local_id, "record.created")
    assert datetime.fromisoformat(event["timestamp"]).tzinfo is not None


def test_a_receiver_verifies_by_the_library_alone(url: str) -> None:
    verified: list[Any] = []

    def answer(request: Request) -> Response:
        verified.append(Webhook(SECRET).verify(request.body, dict(request.headers)))
        return FINE

    with one_receiver(url, answer) as (found, _receiver):
        found.create()
        assert found.send() == Tally(received=1)
    assert verified[0]["type"] == "record.created"


def test_the_request_says_what_it_is_and_where_it_goes(url: str) -> None:
    asked: list[Request] = []

    def answer(request: Request) -> Response:
        asked.append(request)
        return FINE

    with receiving(answer) as (_receiver, address):
        written = f"{address.replace('http', 'HTTP')}?from=crossdock&a=%2F"
        with scene(url, subscription(written)) as found:
            found.create()
            assert found.send() == Tally(received=1)
    (request,) = asked
    assert (request.method, request.path) == ("POST", "/events/")
    assert request.query == (("from", "crossdock"), ("a", "/"))
    assert request.headers["content-type"] == "application/json"
    assert request.headers["webhook-id"].startswith("msg_")
    assert abs(int(request.headers["webhook-timestamp"]) - time.time()) < 60
    assert request.headers["webhook-signature"].startswith("v1,")


@pytest.mark.parametrize("status", [301, 400, 404, 410, 429, 500, 503])
def test_whatever_is_no_success_is_tried_again_under_the_same_id(url: str, status: int) -> None:
    ids: list[str] = []

    def answer(request: Request) -> Response:
        ids.append(request.headers["webhook-id"])
        return FINE if len(ids) > 1 else Response(status, headers={"Location": "http://127.0.0.1:9/elsewhere"})

    with one_receiver(url, answer) as (found, receiver):
        found.create()
        assert found.send() == Tally(postponed=1)
        assert found.send() == Tally()
        (waiting,) = found.store.outbox.list()
        assert waiting.attempts == 1
        assert ("redirects" if status == 301 else str(status)) in (waiting.error or "")
        found.clock.pass_by(seconds=10)
        assert found.send() == Tally(received=1)
    assert len(set(ids)) == 1
    assert receiver.kinds == ["record.created"]


def test_after_the_last_attempt_an_event_waits_for_an_operator(url: str) -> None:
    with one_receiver(url, failing(len(DELAYS) + 1)) as (found, receiver):
        local_id = found.create()
        for _ in DELAYS:
            assert found.send() == Tally(postponed=1)
            found.clock.pass_by(hours=15)
        assert found.send() == Tally(given_up=1)
        (dead,) = found.store.outbox.list(failed=True)
        assert dead.attempts == len(DELAYS) + 1
        found.clock.pass_by(minutes=2)
        found.change(local_id, channel="web")  # life goes on
        assert found.send() == Tally(received=1)
        assert found.store.outbox.retry([dead.event_id]) == 1
        assert found.send() == Tally(received=1)
        assert found.store.outbox.count() == 0
    assert receiver.kinds == ["record.updated", "record.created"]


def test_the_attempts_are_spread_over_more_than_a_day() -> None:
    waits = [next_delay(attempt, None, 0.5) for attempt in range(1, len(DELAYS) + 2)]
    assert waits[:2] == [timedelta(seconds=5), timedelta(seconds=30)]
    assert waits[-1] is None
    total = sum((wait for wait in waits if wait), timedelta())
    assert timedelta(hours=24) < total < timedelta(hours=48)
    assert next_delay(1, None, 0.0) == timedelta(seconds=4)
    assert next_delay(1, None, 1.0) == timedelta(seconds=6)


def test_what_the_receiver_asks_for_is_waited_for(url: str) -> None:
    asked = refusing(503, **{"Retry-After": "600"})
    with one_receiver(url, asked) as (found, receiver):
        found.create()
        found.create()
        assert found.send() == Tally(postponed=1)  # it holds for all that is for this receiver
        found.clock.pass_by(seconds=500)
        assert found.send() == Tally()
        found.clock.pass_by(seconds=150)
        receiver.answer = lambda _request: FINE
        assert found.send() == Tally(received=2)
    assert next_delay(len(DELAYS), 1.0, 0.5) == DELAYS[-1]
    assert next_delay(1, 10.0**9, 0.5) == timedelta(hours=24)


def test_a_date_to_come_back_at_is_understood(url: str) -> None:
    later = format_datetime(datetime.now(UTC) + timedelta(minutes=10), usegmt=True)
    with one_receiver(url, refusing(429, **{"Retry-After": later})) as (found, _receiver):
        found.create()
        assert found.send() == Tally(postponed=1)
        (waiting,) = found.store.outbox.list()
    assert timedelta(minutes=8) < datetime.fromisoformat(waiting.due) - datetime.now(UTC) < timedelta(minutes=11)


def test_the_order_of_each_record_is_held_whatever_fails(url: str) -> None:
    chance = random.Random(7)

    def flapping(_request: Request) -> Response:
        if chance.random() < 0.5:
            return FINE
        if chance.random() < 0.3:
            raise DropConnection
        return Response(chance.choice([500, 502, 404]))

    with one_receiver(url, flapping) as (found, receiver):
        records = [found.create() for _ in range(4)]
        for number in range(5):
            for local_id in records:
                found.change(local_id, channel=str(number))
        for _ in range(400):
            if found.store.outbox.count() == 0:
                break
            found.send()
            found.clock.pass_by(minutes=1 if found.store.outbox.count(failed=True) == 0 else 0)
        waiting = found.store.outbox.list(failed=True)
        assert not waiting, waiting
        assert all(receiver.versions(local_id) == [1, 2, 3, 4, 5, 6] for local_id in records)


def test_a_receiver_that_is_down_is_asked_seldom(url: str, caplog: pytest.LogCaptureFixture) -> None:
    with one_receiver(url, refusing(500)) as (found, receiver):
        for _ in range(20):
            found.create()
        found.send()
        assert receiver.asked == DOWN_AFTER
        for _ in range(30):
            found.clock.pass_by(seconds=20)
            found.send()
        assert receiver.asked < DOWN_AFTER + 25
        receiver.answer = lambda _request: FINE
        found.clock.pass_by(hours=1)
        assert found.send() == Tally(received=20)
    first, last = (record.getMessage() for record in caplog.records)
    assert first.startswith("erp-events: the receiver failed 3 times in a row, events wait: POST http://127.0.0.1:")
    assert last == "erp-events: the receiver takes events again"


def test_one_event_that_is_refused_keeps_only_its_record_waiting(url: str) -> None:
    def picky(request: Request) -> Response:
        return Response(422) if json.loads(request.body)["data"]["record"].get("channel") == "bad" else FINE

    with one_receiver(url, picky) as (found, receiver):
        for channel in ("good", "bad", "good", "bad", "good"):
            found.create(channel=channel)
        assert found.send() == Tally(received=3, postponed=2)
    assert receiver.asked == 5


@pytest.mark.parametrize("dead", ["slow", "silent", "closed"])
def test_a_slow_or_dead_receiver_keeps_only_its_own_events_waiting(url: str, dead: str) -> None:
    release = threading.Event()

    def stuck(_request: Request) -> Response:
        release.wait(20)
        if dead == "silent":
            raise DropConnection
        return FINE

    with receiving(stuck) as (_stuck, stuck_at), receiving() as (quick, quick_at):
        address = "http://127.0.0.1:9/" if dead == "closed" else stuck_at
        with scene(url, subscription(address, "dead", patience=30), subscription(quick_at, "quick")) as found:
            found.sender.start()
            for number in range(30):
                found.create(channel=str(number))
            quick.wait_for(30)
            assert found.store.outbox.count(subscription="dead") == 30
            release.set()
            found.sender.stop()


def test_an_answer_that_never_ends_is_a_failure(url: str) -> None:
    with one_receiver(url, lambda _request: Response(200, b"x" * (2 << 20))) as (found, _receiver):
        found.create()
        assert found.send() == Tally(postponed=1)


def test_a_receiver_that_does_not_answer_in_time_is_asked_again(url: str) -> None:
    with one_receiver(url, slow(1), patience=0.2) as (found, receiver):
        found.create()
        assert found.send() == Tally(postponed=1)
        receiver.answer = lambda _request: FINE
        found.clock.pass_by(seconds=10)
        assert found.send() == Tally(received=1)


def test_two_senders_at_once_send_each_event_once(url: str) -> None:
    with one_receiver(url, slow(0.002)) as (found, receiver):
        records = [found.create() for _ in range(30)]
        for local_id in records:
            found.change(local_id, channel="web")
        with Store.open(url, clock=found.clock) as other:
            second = Sender(other, [subscription(_address(found))], clock=found.clock, pause=0.01)
            found.sender.start()
            second.start()
            receiver.wait_for(60)
            second.stop()
            found.sender.stop()
        assert found.store.outbox.count() == 0
    assert set(receiver.ids.values()) == {1}
    assert all(receiver.versions(local_id) == [1, 2] for local_id in records)


def test_a_sender_that_is_killed_loses_nothing(url: str) -> None:
    reached, killed = threading.Event(), threading.Event()

    def answer(_request: Request) -> Response:
        reached.set()
        killed.wait(20)
        return FINE

    with one_receiver(url, answer) as (found, receiver):
        records = [found.create() for _ in range(5)]
        child = _sender_process(url, _address(found))
        assert reached.wait(20)
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        killed.set()
        assert found.send() == Tally()  # they are claimed still
        found.clock.pass_by(minutes=6)
        assert found.send() == Tally(received=5)
    assert {event["data"]["localId"] for event in receiver.events} == set(records)


def test_a_stopped_sender_gives_back_what_it_did_not_send(url: str) -> None:
    reached, release = threading.Event(), threading.Event()

    def answer(_request: Request) -> Response:
        reached.set()
        release.wait(20)
        return FINE

    with one_receiver(url, answer) as (found, _receiver):
        for _ in range(5):
            found.create()
        found.sender.start()
        assert reached.wait(20)
        stopping = threading.Thread(target=found.sender.stop)
        stopping.start()
        release.set()
        stopping.join()
        assert found.store.outbox.count() == 4
        with Store.open(url, clock=found.clock) as other:
            assert Sender(other, [subscription(_address(found))], clock=found.clock).run_once() == Tally(received=4)


def test_no_error_that_is_kept_shows_a_secret(url: str) -> None:
    told = json.dumps({"message": f"wrong signature for {SECRET} and canary-secret"}).encode()
    answer: Answer = lambda _request: Response(401, told, {"Content-Type": "application/json"})  # noqa: E731 - one line
    with one_receiver(url, answer) as (found, _receiver):
        sender = Sender(
            found.store,
            [subscription(_address(found))],
            clock=found.clock,
            redact=lambda text: text.replace("canary-secret", "[redacted]"),
        )
        found.create()
        assert sender.run_once() == Tally(postponed=1)
        (waiting,) = found.store.outbox.list()
    assert "401" in (waiting.error or "")
    assert SECRET not in (waiting.error or "")
    assert "canary" not in (waiting.error or "")


def test_a_subscription_that_lacks_its_secret_is_left_alone(url: str) -> None:
    incomplete = subscription(problems=(Problem("plugins.toml", 1, 1, "'secret' has no value"),))
    with scene(url, incomplete) as found:
        found.create()
        found.sender.start()
        assert found.send() == Tally()
        found.sender.stop()
        assert found.store.outbox.count() == 1


def _address(found: Scene) -> str:
    return found.sender._couriers[0]._subscription.url


def _sender_process(url: str, address: str) -> int:
    """Send what is due in a process of its own."""
    code = (
        "import sys; from crossdock.events import Sender; from crossdock.store import Store; "
        "from tests.events.receiving import subscription; "
        "Sender(Store.open(sys.argv[1]), [subscription(sys.argv[2], patience=60)]).run_once()"
    )
    process = subprocess.Popen([sys.executable, "-c", code, url, address])
    process.returncode = -1  # it is waited for by its id
    return process.pid
