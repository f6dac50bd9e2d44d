"""Connections are kept imported: several at once, none twice, and one that fails rests while the others go on."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from msgspec.structs import replace

from crossdock.config import Connection, RetentionConfig, load_config
from crossdock.errors import ConfigError, PermanentError
from crossdock.pipeline.keeping.keeper import Keeper
from crossdock.pipeline.keeping.schedule import FIRST_REST, JITTER, plans_of
from crossdock.pipeline.keeping.standing import Standing
from crossdock.pipeline.making import make_job
from crossdock.plugins.connector import Page, Source
from crossdock.remote import Traffic
from crossdock.store import Store

from .making import Script, orders

EVERY = timedelta(seconds=0.2)
SHOP = """
[[connection]]
id = "5377568eb7e165e3b38af6eece4a000{number}"
name = "shop-{number}"
connector = "woocommerce"
settings = {{ url = "sandbox:" }}
[connection.remote]
{remote}
[connection.import.order]
every = "1s"
[connection.import.customer]
every = "1s"
"""


def shops(folder: Path, *remotes: str) -> list[Connection]:
    file = folder / "plugins.toml"
    texts = (SHOP.format(number=number, remote=remote) for number, remote in enumerate(remotes))
    file.write_text("".join(texts), "utf-8")
    return list(load_config(file, {}).connections)


@dataclass
class Remotes:
    """Remote systems that say what a test wants, and remember who asked at the same time."""

    page: Callable[[str], Page] = lambda _name: orders(1)
    stop: threading.Event = field(default_factory=threading.Event)
    begun: list[tuple[float, str]] = field(default_factory=list)
    ended: list[tuple[str, str]] = field(default_factory=list)
    at_once: list[tuple[str, ...]] = field(default_factory=list)
    _now: list[str] = field(default_factory=list)
    _guard: threading.Lock = field(default_factory=threading.Lock)

    @contextmanager
    def open(self, connection: Connection, _traffic: Traffic) -> Iterator[Source]:
        with self._guard:
            self._now.append(connection.name)
            self.begun.append((time.monotonic(), connection.name))
            self.at_once.append(tuple(self._now))
        try:
            yield Script([lambda: self.page(connection.name)])
        finally:
            with self._guard:
                self._now.remove(connection.name)

    def import_ended(self, standing: Standing) -> None:
        self.ended.append((standing.plan.name, standing.problem))

    def wait_for(self, condition: Callable[[], bool], seconds: float = 10.0) -> None:
        deadline = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < deadline, self.ended
            time.sleep(0.02)

    def count(self, name: str) -> int:
        return sum(ended == name for ended, _problem in self.ended)


def slow(_name: str) -> Page:
    time.sleep(0.1)
    return orders(1)


def nothing(_name: str) -> Page:
    time.sleep(0.1)
    return Page([])


def keeper(
    connections: list[Connection], store: Store, remotes: Remotes, jobs: int = 8, types: str = "order"
) -> Keeper:
    plans = [
        replace(plan, every=EVERY, offset=EVERY / 10) for plan in plans_of(connections) if plan.record_type in types
    ]
    return Keeper(plans, store, remotes.open, remotes.stop, remotes, jobs=jobs, pause=EVERY / 4)


def test_each_is_imported_again_and_again(tmp_path: Path, store: Store) -> None:
    remotes = Remotes()
    with keeper(shops(tmp_path, "", ""), store, remotes) as kept:
        remotes.wait_for(lambda: min(remotes.count("shop-0 order"), remotes.count("shop-1 order")) >= 2)
        # The next ones may have begun just now.
        remotes.wait_for(lambda: all(one.state == "waiting" and one.next is not None for one in kept.standings))
    assert {problem for _name, problem in remotes.ended} == {""}
    assert outcomes(store) == {"succeeded"}


def outcomes(store: Store) -> set[str]:
    return {run.outcome for run in store.runs()}


def test_a_connection_that_fails_rests_and_the_others_go_on(tmp_path: Path, store: Store) -> None:
    def page(name: str) -> Page:
        if name == "shop-0":
            raise PermanentError("the shop is closed")
        return orders(1)

    remotes = Remotes(page)
    with keeper(shops(tmp_path, "", ""), store, remotes) as kept:
        remotes.wait_for(lambda: remotes.count("shop-0 order") >= 3 and remotes.count("shop-1 order") >= 4)
        failing, fine = kept.standings
    assert failing.problem == "the shop is closed"
    assert failing.failures >= 3
    assert (fine.failures, fine.problem) == (0, "")
    first, second, third = [moment for moment, name in remotes.begun if name == "shop-0"][:3]
    assert second - first >= EVERY.total_seconds()
    assert third - second >= 2 * EVERY.total_seconds()


class Panic(BaseException):
    """What a library in another language raises, for instance."""


def test_what_works_again_is_imported_as_planned_again(tmp_path: Path, store: Store) -> None:
    broken = [ConfigError("the key is missing"), ZeroDivisionError("a fault of a plugin"), SystemExit(0), Panic("no")]

    def page(_name: str) -> Page:
        if broken:
            raise broken.pop(0)
        return orders(1)

    remotes = Remotes(page)
    with keeper(shops(tmp_path, ""), store, remotes) as kept:
        remotes.wait_for(lambda: len(remotes.ended) >= 6)
        assert [standing.failures for standing in kept.standings] == [0]
    problems = [problem for _name, problem in remotes.ended]
    faults = ["ZeroDivisionError: a fault of a plugin", "SystemExit: 0", "Panic: no"]
    assert problems[:6] == ["the key is missing", *faults, "", ""]


def test_no_more_are_imported_at_once_than_there_are_jobs_and_none_twice(tmp_path: Path, store: Store) -> None:
    remotes = Remotes(slow)
    with keeper(shops(tmp_path, "", "", "", ""), store, remotes, jobs=2):
        remotes.wait_for(lambda: len(remotes.ended) >= 8)
    assert max(map(len, remotes.at_once)) == 2
    assert all(len(set(names)) == len(names) for names in remotes.at_once)


def test_what_waits_for_a_job_is_queued_until_it_has_one(tmp_path: Path, store: Store) -> None:
    go_on = threading.Event()

    def page(name: str) -> Page:
        assert name == "shop-1" or go_on.wait(10)
        return orders(1)

    remotes = Remotes(page)
    with keeper(shops(tmp_path, "", ""), store, remotes, jobs=1) as kept:
        remotes.wait_for(lambda: [one.state for one in kept.standings] == ["importing", "queued"])
        go_on.set()
        remotes.wait_for(lambda: remotes.count("shop-1 order") > 0)
        remotes.wait_for(lambda: "waiting" in [one.state for one in kept.standings])


@pytest.mark.parametrize(("remote", "most"), [("", 2), ("rate_limit = 5", 1)])
def test_the_record_types_of_a_connection_share_its_rate_limit_by_taking_turns(
    tmp_path: Path, store: Store, remote: str, most: int
) -> None:
    remotes = Remotes(nothing)
    with keeper(shops(tmp_path, remote), store, remotes, types="order customer"):
        remotes.wait_for(lambda: remotes.count("shop-0 order") >= 2 <= remotes.count("shop-0 customer"))
    assert max(map(len, remotes.at_once)) == most


def test_what_another_process_imports_just_now_is_left_to_it_and_is_no_failure(tmp_path: Path, store: Store) -> None:
    [connection] = shops(tmp_path, "")
    job = make_job(connection, "order", None)
    store.remember_configuration(job.config_hash, job.config_snapshot)
    held = store.start_run(connection.id, "order", job.config_hash)
    remotes = Remotes()
    with keeper([connection], store, remotes) as kept:
        remotes.wait_for(lambda: len(remotes.at_once) >= 2)
        assert (remotes.ended, [standing.failures for standing in kept.standings]) == ([], [0])
        store.finish_run(held, {}, "succeeded")
        remotes.wait_for(lambda: remotes.ended == [("shop-0 order", "")])


def test_when_it_is_stopped_imports_end_after_their_page_and_are_interrupted(tmp_path: Path, store: Store) -> None:
    remotes = Remotes()

    def page(_name: str) -> Page:
        remotes.stop.wait()
        return orders(1)

    remotes.page = page
    with keeper(shops(tmp_path, ""), store, remotes):
        remotes.wait_for(lambda: len(remotes.at_once) == 1)
        start = time.monotonic()
    assert time.monotonic() - start < 10
    assert outcomes(store) == {"interrupted"}


def test_cron_says_when_and_a_nightly_import_that_fails_is_tried_again_before_the_next_night(
    tmp_path: Path, store: Store
) -> None:
    def page(_name: str) -> Page:
        raise PermanentError("the shop is closed")

    remotes = Remotes(page)
    [plan, *_others] = plans_of(shops(tmp_path, ""))
    nightly = replace(plan, every=None, cron="30 3 * * *", offset=timedelta(seconds=5))
    with Keeper([nightly], store, remotes.open, remotes.stop, remotes) as kept:
        [standing] = kept.standings
        assert standing.next is not None
        assert f"{standing.next:%H:%M:%S}" == "03:30:05"
        kept._scheduler.modify_job(nightly.name, next_run_time=datetime.now(UTC))
        remotes.wait_for(lambda: len(remotes.ended) == 1)
        [standing] = kept.standings
        assert standing.next is not None
        assert FIRST_REST * 0.9 < standing.next - datetime.now(UTC) <= FIRST_REST * (1 + JITTER)


def test_payloads_that_are_too_old_are_forgotten(tmp_path: Path, store: Store) -> None:
    [connection] = shops(tmp_path, "")
    first, second = Remotes(), Remotes()
    with keeper([connection], store, first):
        first.wait_for(lambda: len(first.ended) == 1)
    assert store.payload(connection.id, "order", "1") is not None
    nothing_due = [replace(plan, offset=timedelta(hours=1)) for plan in plans_of([connection])]
    ages = RetentionConfig(payloads=timedelta(0))
    with Keeper(nothing_due, store, second.open, second.stop, second, retention=ages):
        second.wait_for(lambda: store.payload(connection.id, "order", "1") is None)
    assert second.ended == []


def test_a_clock_that_is_set_back_holds_no_import_up(tmp_path: Path, store: Store) -> None:
    remotes, set_back = Remotes(), threading.Event()
    [plan, *_others] = plans_of(shops(tmp_path, ""))
    in_an_hour = replace(plan, offset=timedelta(hours=1))
    with Keeper(
        [in_an_hour],
        store,
        remotes.open,
        remotes.stop,
        remotes,
        clock=lambda: time.time() - (3600 if set_back.is_set() else 0),
    ) as kept:
        kept.notice_clock()
        time.sleep(0.2)
        assert remotes.ended == []
        set_back.set()
        kept.notice_clock()
        remotes.wait_for(lambda: remotes.ended == [("shop-0 order", "")])
