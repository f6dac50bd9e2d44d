"""Processes deliveries of webhooks in the background, as long as the API is served."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence
from datetime import timedelta

from crossdock.config import Config
from crossdock.errors import CrossdockError
from crossdock.fault import tell
from crossdock.pipeline.importing import Importer
from crossdock.pipeline.job import ImportJob
from crossdock.pipeline.keeping.delivered import process
from crossdock.pipeline.making import make_job
from crossdock.pipeline.observer import Observer
from crossdock.store import LeaseHeldError, Store

BATCH = 100
REMEMBERED = timedelta(days=30)
_HELD_SECONDS = 2.0
_TROUBLE_SECONDS = 30.0
_SECONDS_BETWEEN_CLEANINGS = 6 * 3600.0

_log = logging.getLogger("crossdock.hooks")


class DeliveryWorker:
    """Works on what waits, by the way of an import, one connection and record type after the other.

    What waits while an import of the same connection and record type is running is taken up after it; what waited when
    a process died is taken up by the next one.

    Args:
        config: the connections.
        store: where deliveries wait.
        redact: takes secret values out of a text before it is kept.
        pause: seconds between two looks for deliveries.
        observers: look at every run.
    """

    def __init__(
        self,
        config: Config,
        store: Store,
        *,
        redact: Callable[[str], str] = str,
        pause: float = 0.5,
        observers: Sequence[Observer] = (),
    ) -> None:
        self._connections = {connection.id: connection for connection in config.connections}
        self._store = store
        self._stop = threading.Event()
        self._importer = Importer(store, self._stop, redact, observers=observers)
        self._redact = redact
        self._pause = pause
        self._jobs: dict[tuple[str, str], ImportJob] = {}
        self._not_before: dict[tuple[str, str], float] = {}
        self._cleaned: float | None = None
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin to work; returns at once."""
        self._stop.clear()
        self._thread = threading.Thread(target=self._go_on, name="deliveries", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End after the page at hand."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join()
            self._thread = None

    def work_once(self) -> int:
        """Work on what waits now, and say how many deliveries were processed."""
        count = 0
        for key in self._store.deliveries.waiting():
            if key[0] in self._connections and self._not_before.get(key, 0.0) <= time.monotonic():
                count += self._work_on(key)
        return count

    def _work_on(self, key: tuple[str, str]) -> int:
        count = 0
        try:
            job = self._job(key)
            while not self._stop.is_set() and (delivered := self._store.deliveries.next(*key, BATCH)):
                report = process(self._importer, job, delivered)
                if report.outcome != "succeeded":
                    self._wait(key, _TROUBLE_SECONDS, "; ".join(report.session_errors))
                    break
                count += len(delivered)
        except LeaseHeldError as error:
            self._wait(key, _HELD_SECONDS, str(error), logging.DEBUG)
        except CrossdockError as error:
            self._wait(key, _TROUBLE_SECONDS, str(error))
        except Exception as error:  # noqa: BLE001 - a fault of ours keeps these deliveries waiting, and never the others
            _log.exception("processing deliveries failed")
            self._wait(key, _TROUBLE_SECONDS, tell(error))
        return count

    def _wait(self, key: tuple[str, str], seconds: float, reason: str, level: int = logging.WARNING) -> None:
        name, told = self._connections[key[0]].name, self._redact(reason)
        fields = {"event": "deliveriesWait", "connection": name, "connectionId": key[0], "recordType": key[1]}
        _log.log(level, "deliveries of %s for connection %r wait: %s", key[1], name, told, extra={"fields": fields})
        self._not_before[key] = time.monotonic() + seconds

    def _job(self, key: tuple[str, str]) -> ImportJob:
        if key not in self._jobs:
            self._jobs[key] = make_job(self._connections[key[0]], key[1], None)
        return self._jobs[key]

    def _go_on(self) -> None:
        while not self._stop.wait(self._pause):
            try:
                self._clean()
                self.work_once()
            except CrossdockError as error:
                _log.warning("deliveries wait, since the store cannot be used: %s", self._redact(str(error)))
                self._stop.wait(self._pause)
            except Exception:  # noqa: BLE001 - a fault of ours; the next delivery may not meet it
                _log.exception("processing deliveries failed")
                self._stop.wait(_TROUBLE_SECONDS)

    def _clean(self) -> None:
        now = time.monotonic()
        if self._cleaned is None or now - self._cleaned > _SECONDS_BETWEEN_CLEANINGS:
            self._cleaned = now
            self._store.deliveries.forget(REMEMBERED)
