"""Whatever senders do, at once or dying half-way, each record's events are received in order and none is lost."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Literal, TypeAlias

from hypothesis import given, settings, strategies as st

from crossdock.store import Store
from crossdock.store.events.event import EventFollower
from crossdock.store.events.outbox import Message
from tests.databases import Slate
from tests.store.shop import OPERATOR

from .receiving import Clock, subscription

NAME = "erp-events"
LEASE = timedelta(minutes=2)
RECORDS = 3

# Change a record; claim a batch; bring what is at hand to one end; let time pass.
Step: TypeAlias = tuple[Literal["write", "claim", "receive", "lose", "fail", "die", "release", "pass"], int]
STEPS = st.tuples(
    st.sampled_from(["write", "write", "claim", "receive", "lose", "fail", "die", "release", "pass"]),
    st.integers(0, RECORDS - 1),
)


class Play:
    """A store, and what its senders have at hand."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self.store = store
        self.clock = clock
        self.records = [store.write_record(OPERATOR, "order", None, {}).local_id for _ in range(RECORDS)]
        self.received: dict[str, list[int]] = {local_id: [] for local_id in self.records}
        self.hands: list[Message] = []
        self.count = 0

    def step(self, what: str, number: int) -> None:
        outbox = self.store.outbox
        if what == "write":
            self.count += 1
            channel = str(self.count)
            self.store.write_record(
                OPERATOR, "order", self.records[number], lambda record: {**record, "channel": channel}
            )
        elif what == "claim":
            self.hands += outbox.claim(NAME, LEASE, number + 1)
        elif what == "pass":
            self.clock.pass_by(seconds=(1, 130, 3600)[number])
            if number:
                self.hands.clear()  # whoever held them for so long is dead, or waits for its next look at the clock
        elif self.hands:
            self._end(what, self.hands.pop(number % len(self.hands)))

    def _end(self, what: str, message: Message) -> None:
        if what in ("receive", "lose"):
            event = json.loads(message.body)["data"]
            self.received[event["localId"]].append(event["version"])
        if what == "receive":  # of a lost one, the sender dies before it notes that it was received
            self.store.outbox.received(message)
        elif what == "fail":
            self.store.outbox.postpone(message, self.clock() + timedelta(minutes=1), "no")
        elif what == "release":
            self.store.outbox.release([message])

    def finish(self) -> None:
        """Let a healthy sender do the rest."""
        self.hands.clear()
        while self.store.outbox.count():
            self.clock.pass_by(hours=1)
            for message in self.store.outbox.claim(NAME, LEASE, 10):
                self._end("receive", message)


def firsts(versions: list[int]) -> Iterator[int]:
    """The versions, without those that came again."""
    yield from dict.fromkeys(versions)


@given(steps=st.lists(STEPS, max_size=40))
@settings(max_examples=60)
def test_versions_come_in_order_and_all_of_them(slate: Slate, steps: list[Step]) -> None:
    clock = Clock()
    with slate.store(clock=clock, followers=(EventFollower([subscription()]),)) as store:
        play = Play(store, clock)
        for what, number in steps:
            play.step(what, number)
        play.finish()
        for local_id, versions in play.received.items():
            record = store.record("order", local_id)
            assert record is not None
            assert list(firsts(versions)) == list(range(1, record["version"] + 1))
            assert all(later >= earlier for earlier, later in itertools.pairwise(versions))
