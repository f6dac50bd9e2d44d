"""Sends the events of one subscription, one after the other."""

from __future__ import annotations

import logging
import random
import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from urllib.parse import urlsplit

import msgspec

from crossdock.config import RemoteConfig
from crossdock.config.subscription import Subscription
from crossdock.errors import CrossdockError, RetryableError
from crossdock.events.schedule import next_delay
from crossdock.events.signature import Signature
from crossdock.events.tally import Tally
from crossdock.remote import Session
from crossdock.store.events.outbox import Message, Outbox
from crossdock.store.sql.moment import Clock

BATCH = 10
LEASE = timedelta(minutes=2)
DOWN_AFTER = 3
LONGEST_REST = timedelta(minutes=1)
LONGEST_PAUSE = timedelta(hours=1)
_ANSWER = timedelta(seconds=30)
_LONGEST_ERROR = 500

_log = logging.getLogger("crossdock.events")


class Courier:
    """Delivers to one receiver, from one thread at a time.

    A receiver that failed some times in a row counts as down: it is given a rest that grows up to a minute, so that
    many events do not use up their attempts on it. What it asks for by ``Retry-After`` holds for all of its events.

    Args:
        outbox: where the events are.
        subscription: whose.
        clock: tells the time.
        stop: set it to end after the event at hand.
        redact: takes secret values out of what is kept of an error.
        chance: gives numbers from 0 to 1, for the jitter.
    """

    def __init__(
        self,
        outbox: Outbox,
        subscription: Subscription,
        *,
        clock: Clock,
        stop: threading.Event,
        redact: Callable[[str], str] = str,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self.name = subscription.name
        self._outbox = outbox
        self._subscription = subscription
        self._clock = clock
        self._stop = stop
        self._redact = redact
        self._chance = chance
        self._failures = 0
        self._rests_until: datetime | None = None
        options = subscription.remote
        self._longest = options.connect_timeout + options.read_timeout + _ANSWER
        self._lease = max(LEASE, 2 * self._longest)
        parts = urlsplit(subscription.url)
        self._host = f"{parts.scheme}://{parts.netloc}"
        self._path = parts._replace(scheme="", netloc="").geturl()

    @property
    def is_wanted(self) -> bool:
        """Whether something is due and the receiver is not given a rest."""
        return not self._rests and self._outbox.has_due(self.name)

    def deliver(self) -> Tally:
        """Send what is due, until nothing is or the receiver needs a rest; say what became of it."""
        tally = Tally()
        with self._session() as session:
            while not self._stop.is_set() and not self._rests:
                batch = self._outbox.claim(self.name, self._lease, BATCH)
                if not batch:
                    break
                self._work_through(session, batch, tally)
        return tally

    def _work_through(self, session: Session, batch: list[Message], tally: Tally) -> None:
        last_start = self._clock() + self._lease - self._longest
        left = batch.copy()
        try:
            while left and not self._stop.is_set() and not self._rests and self._clock() < last_start:
                self._send(session, left.pop(0), tally)
        finally:
            if left:
                self._outbox.release(left)

    def _send(self, session: Session, message: Message, tally: Tally) -> None:
        try:
            self._post(session, message)
        except CrossdockError as error:
            self._note_failure(message, error, tally)
            return
        if self._failures >= DOWN_AFTER:
            _log.warning("%s: the receiver takes events again", self.name, extra=self._fields("receiverIsBack"))
        self._failures, self._rests_until = 0, None
        self._outbox.received(message)
        tally.received += 1

    def _post(self, session: Session, message: Message) -> None:
        secret = self._subscription.secret.get_secret_value()
        signature = Signature(secret, message.message_id, self._clock())
        session.configure(base_url=self._host, auth=signature, secrets=[secret])
        session.send("POST", self._path, msgspec.Raw(message.body))

    def _note_failure(self, message: Message, error: CrossdockError, tally: Tally) -> None:
        asked = error.retry_after if isinstance(error, RetryableError) else None
        told = self._redact(str(error))[:_LONGEST_ERROR]
        self._rest(asked)
        if self._failures == DOWN_AFTER:
            said = "%s: the receiver failed %d times in a row, events wait: %s"
            _log.warning(said, self.name, DOWN_AFTER, told, extra=self._fields("receiverIsDown"))
        delay = next_delay(message.attempts + 1, asked, self._chance())
        if delay is None:
            fields = self._fields("eventGivenUp", message)
            _log.warning("%s: event %s is given up: %s", self.name, message.message_id, told, extra=fields)
            self._outbox.give_up(message, told)
            tally.given_up += 1
        else:
            fields = self._fields("eventPostponed", message)
            _log.info("%s: event %s was not received: %s", self.name, message.message_id, told, extra=fields)
            self._outbox.postpone(message, self._clock() + delay, told)
            tally.postponed += 1

    def _fields(self, event: str, message: Message | None = None) -> dict[str, object]:
        """Make what a record of the log says to programs."""
        of_message = {} if message is None else {"messageId": message.message_id}
        return {"fields": {"event": event, "subscription": self.name, **of_message}}

    def _rest(self, asked: float | None) -> None:
        """Count a failure and decide when the receiver is asked again."""
        self._failures += 1
        rest = min(timedelta(seconds=asked or 0), LONGEST_PAUSE)
        if self._failures >= DOWN_AFTER:
            doubled = timedelta(seconds=2 ** min(self._failures - DOWN_AFTER, 10))
            rest = max(rest, min(doubled, LONGEST_REST))
        self._rests_until = self._clock() + rest if rest else None

    @property
    def _rests(self) -> bool:
        return self._rests_until is not None and self._clock() < self._rests_until

    def _session(self) -> Session:
        """Open a client that asks once, follows no redirect and reads no long answers."""
        options = RemoteConfig(**dict(self._subscription.remote), retries=0, retry_budget=_ANSWER, max_body_mb=1)
        return Session(options, agent="events")
