"""Receivers of events on a loopback port, and subscriptions to them."""

from __future__ import annotations

import base64
import json
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from pydantic import SecretStr
from standardwebhooks import Webhook

from crossdock.config.subscription import EVENT_KINDS, ReceiverConfig, Subscription
from crossdock.testing.sandbox import Request, Response, SandboxServer

SECRET = f"whsec_{base64.b64encode(b'a secret of the tests, 32 bytes!').decode()}"
FINE = Response(204)
Answer = Callable[[Request], Response]


@dataclass
class Clock:
    """A clock that tests set forward."""

    ahead: timedelta = timedelta()

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.ahead

    def pass_by(self, **time: float) -> None:
        self.ahead += timedelta(**time)


@dataclass
class Receiver:
    """Keeps what it is sent, verified by the library, and answers as a test says."""

    answer: Answer = lambda _request: FINE
    events: list[dict[str, Any]] = field(default_factory=list)
    ids: Counter[str] = field(default_factory=Counter)
    asked: int = 0
    settings: Mapping[str, str] = field(default_factory=dict)
    guard: threading.Lock = field(default_factory=threading.Lock)

    def handle(self, request: Request) -> Response:
        """Answer one event; those answered with success count as received."""
        with self.guard:
            self.asked += 1
        response = self.answer(request)
        if response.status < 300:
            with self.guard:
                self.events.append(_verified(request))
                self.ids[request.headers["webhook-id"]] += 1
        return response

    @property
    def kinds(self) -> list[str]:
        """The kinds of the events, in the order in which they came."""
        return [event["type"] for event in self.events]

    def versions(self, local_id: str) -> list[int]:
        """The versions of one record, in the order in which they came."""
        return [event["data"]["version"] for event in self.events if event["data"].get("localId") == local_id]

    def wait_for(self, count: int, seconds: float = 20) -> None:
        """Wait until so many events came."""
        deadline = time.monotonic() + seconds
        while len(self.events) < count:
            assert time.monotonic() < deadline, f"only {len(self.events)} of {count} events came"
            time.sleep(0.01)


def _verified(request: Request) -> dict[str, Any]:
    """Compare the signature with the library's own; its verify() would not let a test set the clock forward."""
    sent = datetime.fromtimestamp(int(request.headers["webhook-timestamp"]), UTC)
    expected = Webhook(SECRET).sign(request.headers["webhook-id"], sent, request.body.decode())
    assert request.headers["webhook-signature"] == expected
    event: dict[str, Any] = json.loads(request.body)
    return event


@contextmanager
def receiving(answer: Answer | None = None) -> Iterator[tuple[Receiver, str]]:
    """Serve a receiver and give its address."""
    receiver = Receiver() if answer is None else Receiver(answer)
    with SandboxServer(receiver) as server:
        yield receiver, f"{server.url}/events/"
        assert server.errors == []


def subscription(url: str = "http://127.0.0.1:9/", name: str = "erp-events", **options: Any) -> Subscription:
    """A subscription to everything."""
    given: dict[str, Any] = {
        "name": name,
        "url": url,
        "secret": SecretStr(SECRET),
        "events": frozenset(EVENT_KINDS),
        "record_types": frozenset(),
        "remote": ReceiverConfig(read_timeout=timedelta(seconds=options.pop("patience", 5))),
    }
    return Subscription(**(given | options))


def refusing(status: int, **headers: str) -> Answer:
    """Always answer with one status."""
    return lambda _request: Response(status, json.dumps({"message": "no"}).encode(), headers)
