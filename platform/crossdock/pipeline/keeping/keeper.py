"""Keeps connections imported: each at its times, several at once, none twice, and one that fails rests."""

from __future__ import annotations

import logging
import random
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from types import TracebackType
from typing import Protocol, Self, TypeAlias

from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.jobstores.base import JobLookupError
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.interval import IntervalTrigger

from crossdock.config import Connection, RetentionConfig
from crossdock.config.cron import cron_trigger
from crossdock.errors import CrossdockError
from crossdock.fault import tell
from crossdock.pipeline.importing import Importer
from crossdock.pipeline.keeping.schedule import FIRST_REST, Plan, rest_after
from crossdock.pipeline.keeping.standing import Standing
from crossdock.pipeline.keeping.turns import Turns
from crossdock.pipeline.making import make_job
from crossdock.pipeline.observer import Observer
from crossdock.pipeline.reporting.report import TransferReport
from crossdock.plugins.connector import Source
from crossdock.remote import Traffic
from crossdock.store import LeaseHeldError, Store

Opening: TypeAlias = Callable[[Connection, Traffic], AbstractContextManager[Source]]

_HOUSEKEEPING = timedelta(hours=6)
_CLOCK_SET_BACK = 2.0

_log = logging.getLogger("crossdock.run")


class KeeperListener(Protocol):
    """Is told how the imports go, by the threads that run them."""

    def import_ended(self, standing: Standing) -> None:
        """An import has ended, well or not."""


@dataclass(eq=False)
class Keeper:
    """Imports plans at their times until it is stopped.

    Args:
        plans: what is imported, and when.
        store: where records go.
        opening: opens the remote system of a connection for one import, and counts what it is asked.
        stop: set it to end the imports at work after their page; then leave the context.
        listener: is told of each import that ended.
        jobs: imports at once, at most.
        redact: takes secret values out of a text before it is kept or shown.
        retention: how long what is no longer needed is kept.
        pause: how long to wait where another import must come first.
        clock: tells the time, in seconds since 1970.
        observers: look at every run.
    """

    plans: Sequence[Plan]
    store: Store
    opening: Opening
    stop: threading.Event
    listener: KeeperListener
    jobs: int = 4
    redact: Callable[[str], str] = str
    retention: RetentionConfig = field(default_factory=RetentionConfig)
    pause: timedelta = timedelta(seconds=2)
    clock: Callable[[], float] = time.time
    observers: Sequence[Observer] = ()

    def __post_init__(self) -> None:
        self._standings = {plan.name: Standing(plan) for plan in self.plans}
        self._turns = Turns()
        self._ahead = self._clock_ahead()
        # Late is better than never: an import that had to wait for its place begins as soon as it has one.
        self._pool = ThreadPoolExecutor(self.jobs)
        self._scheduler = BackgroundScheduler(
            timezone=UTC,
            executors={"default": self._pool},
            job_defaults={"max_instances": 1, "coalesce": True, "misfire_grace_time": None},
        )

    @property
    def standings(self) -> list[Standing]:
        """How each plan stands now."""
        for standing in self._standings.values():
            self._look_ahead(standing)
        return list(self._standings.values())

    def __enter__(self) -> Self:
        """Begin to import; returns at once."""
        logging.getLogger("apscheduler").setLevel(logging.ERROR)  # an import longer than its interval is no news
        now = datetime.now(UTC)
        for name, standing in self._standings.items():
            self._add(name, standing, now)
        if self.retention != RetentionConfig():
            self._scheduler.add_job(
                self._retain, IntervalTrigger(seconds=_HOUSEKEEPING.total_seconds()), next_run_time=now
            )
        self._scheduler.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Wait for the imports at work, which end after their page; if it is interrupted, do not."""
        patient = kind is None or issubclass(kind, Exception)
        self.stop.set()
        self._scheduler.remove_all_jobs()
        self._pool.shutdown(wait=patient)  # the scheduler itself would wait with a lock that an ending import may need
        self._scheduler.shutdown(wait=patient)

    def notice_clock(self) -> None:
        """Bring the next imports forward if the clock was set back; to be called every now and then."""
        back = self._ahead - self._clock_ahead()
        self._ahead -= back
        if back < _CLOCK_SET_BACK:
            return
        _log.warning("the clock was set back by %.0f s; imports go on at their intervals", back)
        for standing in self._standings.values():
            self._look_ahead(standing)
            if standing.plan.every is not None and standing.next is not None:
                self._begin_at(standing, standing.next - timedelta(seconds=back))

    def _clock_ahead(self) -> float:
        """Return by how much the clock is ahead of the one that nobody sets."""
        return self.clock() - time.monotonic()

    def _add(self, name: str, standing: Standing, now: datetime) -> None:
        plan = standing.plan
        if plan.cron is not None:
            trigger = cron_trigger(plan.cron, second=int(plan.offset.total_seconds()) % 60)
            self._scheduler.add_job(self._import, trigger, (standing,), id=name)
        elif plan.every is not None:
            interval = IntervalTrigger(seconds=plan.every.total_seconds(), timezone=UTC)
            self._scheduler.add_job(self._import, interval, (standing,), id=name, next_run_time=now + plan.offset)

    def _import(self, standing: Standing) -> None:
        """Run one import, unless the program is about to end or another one must come first."""
        shared = _shared_by(standing.plan)
        if self.stop.is_set():
            return
        if not self._turns.take(shared, standing.plan.name):
            self._postpone(standing, self.pause)
            return
        try:
            standing.begin(datetime.now(UTC))
            report, problem = self._try(standing)
        except LeaseHeldError:  # another process imports it just now
            standing.at_work = None
            self._postpone(standing, self.pause)
            return
        finally:
            self._turns.give_back(shared)
        standing.end(datetime.now(UTC), report, problem)
        if standing.failures:
            chance = random.random()  # noqa: S311 - nothing depends on it but a few seconds
            self._postpone(standing, rest_after(standing.failures, self._usual(standing.plan), chance))
        self._look_ahead(standing)
        self.listener.import_ended(standing)

    def _try(self, standing: Standing) -> tuple[TransferReport | None, str]:
        """Import, and give the report, if there is one, and what went wrong."""
        plan = standing.plan
        importer = Importer(self.store, self.stop, self.redact, standing, observers=self.observers)
        try:
            with self.opening(plan.connection, importer.traffic) as source:
                report = importer.run(make_job(plan.connection, plan.record_type, source))
        except LeaseHeldError:
            raise
        except CrossdockError as error:
            return None, self.redact(str(error))
        except BaseException as error:  # noqa: BLE001 - a fault of ours or of a plugin; the other connections go on
            _log.exception("%s: this was not foreseen", plan.name)
            return None, self.redact(tell(error))
        return report, "; ".join(report.session_errors) if report.outcome == "failed" else ""

    def _postpone(self, standing: Standing, pause: timedelta) -> None:
        self._begin_at(standing, datetime.now(UTC) + pause)

    def _begin_at(self, standing: Standing, moment: datetime) -> None:
        with suppress(JobLookupError):  # nothing is planned any more, since the program is about to end
            self._scheduler.modify_job(standing.plan.name, next_run_time=moment)

    def _look_ahead(self, standing: Standing) -> None:
        job = self._scheduler.get_job(standing.plan.name)
        standing.look_ahead(job.next_run_time if job is not None else None, datetime.now(UTC))

    def _usual(self, plan: Plan) -> timedelta:
        """Return the time between two imports as planned."""
        if plan.cron is None:
            return plan.every or FIRST_REST
        trigger = cron_trigger(plan.cron)
        first: datetime = trigger.get_next_fire_time(None, datetime.now(UTC))
        second: datetime = trigger.get_next_fire_time(first, first)
        return second - first

    def _retain(self) -> None:
        if self.stop.is_set():
            return
        try:
            self.store.retention.apply(self.retention, stopped=self.stop.is_set)
        except CrossdockError as error:
            _log.warning("what is too old is still there: %s", self.redact(str(error)))


def _shared_by(plan: Plan) -> str:
    """Name what is used by one at a time: a rate limit holds for all record types of its connection together."""
    return plan.connection.name if plan.connection.remote.rate_limit else plan.name
