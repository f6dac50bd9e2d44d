"""Sends events as long as ``crossdock serve`` runs, each receiver by a thread of its own."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor

from crossdock.config.subscription import Subscription
from crossdock.errors import CrossdockError
from crossdock.events.courier import Courier
from crossdock.events.tally import Tally
from crossdock.store import Store
from crossdock.store.sql.moment import Clock, utc_now

_log = logging.getLogger("crossdock.events")


class Sender:
    """Sends what waits in the outbox of a store.

    Several processes may do so at once: what one of them has claimed, the others leave alone. A receiver that is slow
    or dead keeps only its own events waiting.

    Args:
        store: where events wait.
        subscriptions: the receivers; those that lack a value are left out.
        redact: takes secret values out of what is kept of an error.
        clock: tells the time.
        pause: seconds between two looks for events that are due.
    """

    def __init__(
        self,
        store: Store,
        subscriptions: Iterable[Subscription],
        *,
        redact: Callable[[str], str] = str,
        clock: Clock = utc_now,
        pause: float = 1.0,
    ) -> None:
        self._stop = threading.Event()
        self._pause = pause
        self._couriers = [
            Courier(store.outbox, one, clock=clock, stop=self._stop, redact=redact)
            for one in subscriptions
            if not one.problems
        ]
        self._thread: threading.Thread | None = None

    def run_once(self) -> Tally:
        """Send what is due now, and say what became of it."""
        total = Tally()
        if self._couriers:
            with self._pool() as pool:
                for tally in pool.map(Courier.deliver, self._couriers):
                    total.add(tally)
        return total

    def start(self) -> None:
        """Begin to send; returns at once."""
        if self._couriers:
            self._stop.clear()
            self._thread = threading.Thread(target=self._go_on, name="events", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """End after the events at hand."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join()
            self._thread = None

    def _go_on(self) -> None:
        at_work: dict[Courier, Future[Tally]] = {}
        with self._pool() as pool:
            while not self._stop.wait(self._pause):
                for courier in self._couriers:
                    if courier not in at_work or at_work[courier].done():
                        at_work[courier] = pool.submit(_deliver, courier)

    def _pool(self) -> ThreadPoolExecutor:
        return ThreadPoolExecutor(len(self._couriers), thread_name_prefix="events")


def _deliver(courier: Courier) -> Tally:
    """Deliver if there is anything to; trouble with the store ends this try and not the thread."""
    try:
        return courier.deliver() if courier.is_wanted else Tally()
    except CrossdockError as error:
        _log.warning("%s: events wait, since the store cannot be used: %s", courier.name, error)
    except Exception:  # noqa: BLE001 - a fault of ours keeps one receiver waiting, and never the others
        _log.exception("%s: sending events failed", courier.name)
    return Tally()
