"""Runs and their leases: one at a time, and a dead one blocks nobody for long."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta

import pytest

from crossdock.store import LeaseHeldError, LeaseLostError, PageWrite, Run, Store
from crossdock.store.imports import lease
from crossdock.store.imports.lease import Heartbeat
from crossdock.store.sql.moment import from_text, to_text, utc_now
from tests.databases import run_sql
from tests.store.shop import CONFIG, ERP, IMPORT, SHOP, incoming, order

START = datetime(2024, 3, 3, 14, 0, tzinfo=UTC)
PROGRAM = """
import os, signal, sys
from crossdock.store import Store
store = Store.open(sys.argv[1])
run = store.start_run(sys.argv[2], "order", b"configuration one")
os.kill(os.getpid(), signal.SIGKILL)
"""


class Clock:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        return self.now


def held_elsewhere(url: str) -> None:
    """Make the lease look like one of a process on another machine."""
    run_sql(url, "UPDATE leases SET host = 'elsewhere 1 2', pid = 1")


def start(store: Store) -> Run:
    return store.start_run(SHOP, "order", CONFIG)


def test_a_second_run_is_refused_and_told_who_has_the_place(store: Store) -> None:
    first = start(store)
    with pytest.raises(LeaseHeldError) as refusal:
        start(store)
    message = str(refusal.value)
    for fact in (first.run_id, str(os.getpid()), first.started, "'order'"):
        assert fact in message
    store.finish_run(first, {}, "succeeded")
    assert start(store).run_id != first.run_id


def test_other_record_types_and_connections_run_side_by_side(store: Store) -> None:
    runs = [start(store), store.start_run(SHOP, "product", CONFIG), store.start_run(ERP, "order", CONFIG)]
    assert len({run.run_id for run in runs}) == 3


@pytest.mark.parametrize(("silent", "free"), [(44, False), (46, True)])
def test_a_run_on_another_machine_is_dead_after_45_silent_seconds(url: str, silent: int, free: bool) -> None:
    clock = Clock()
    with Store.open(url, clock=clock) as store:
        first = start(store)
        held_elsewhere(url)
        clock.now = START + timedelta(seconds=silent)
        if not free:
            with pytest.raises(LeaseHeldError, match="2024-03-03T14:00:45Z"):
                start(store)
            return
        second = start(store)
        entries = {entry.run_id: entry for entry in store.runs()}
        assert entries[first.run_id].outcome == "interrupted"
        assert entries[second.run_id].outcome == "running"


def test_a_process_that_was_killed_blocks_nobody(url: str) -> None:
    with Store.open(url) as store:
        done = subprocess.run([sys.executable, "-c", PROGRAM, url, SHOP], check=False)
        assert done.returncode == -9
        [dead] = store.runs()
        assert dead.outcome == "interrupted"  # listed as what it is even before somebody takes its place
        run = start(store)
        store.finish_run(run, {"considered": 0}, "succeeded")
        outcomes = {entry.run_id: entry.outcome for entry in store.runs()}
        assert outcomes == {dead.run_id: "interrupted", run.run_id: "succeeded"}


def test_a_process_that_was_killed_blocks_nobody_though_its_parent_takes_no_note(url: str) -> None:
    with Store.open(url) as store, subprocess.Popen([sys.executable, "-c", PROGRAM, url, SHOP]) as process:
        os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)  # it stays a zombie
        [dead] = store.runs()
        assert dead.outcome == "interrupted"
        assert start(store).run_id != dead.run_id


def test_a_run_that_was_killed_has_the_balance_of_its_pages(url: str) -> None:
    clock = Clock()
    with Store.open(url, clock=clock) as store:
        dead = start(store)
        store.write_page(IMPORT, dead, PageWrite([incoming(order("1"))]))
        first = {"considered": 1, "created": 1, "updated": 0, "unchanged": 0, "ignored": 0, "failed": 0}
        entry = store.run(dead.run_id)
        assert entry is not None
        assert (entry.outcome, entry.report) == ("running", first | {"lastPage": to_text(START)})
        store.write_page(IMPORT, dead, PageWrite([incoming(order("2"))], before=first))
        held_elsewhere(url)
        clock.now += timedelta(seconds=60)
        start(store)
        entry = store.run(dead.run_id)
        assert entry is not None
        both = first | {"lastPage": to_text(START), "considered": 2, "created": 2}
        assert (entry.outcome, entry.report) == ("interrupted", both)


def test_a_run_that_was_killed_ended_when_its_last_page_was_stored(url: str) -> None:
    clock = Clock()
    with Store.open(url, clock=clock) as store:
        dead = start(store)
        clock.now += timedelta(seconds=7)
        store.write_page(IMPORT, dead, PageWrite([incoming(order("1"))]))
        held_elsewhere(url)
        clock.now += timedelta(seconds=60)
        start(store)
        entry = store.run(dead.run_id)
        assert entry is not None
        assert entry.ended is not None
        assert from_text(entry.ended) == START + timedelta(seconds=7)


def test_a_run_that_lost_its_place_writes_no_more(url: str) -> None:
    clock = Clock()
    with Store.open(url, clock=clock) as store:
        slow = start(store)
        held_elsewhere(url)
        clock.now += timedelta(seconds=60)
        start(store)
        with pytest.raises(LeaseLostError, match=slow.run_id):
            store.write_page(IMPORT, slow, PageWrite([incoming(order())], "cursor"))
        with pytest.raises(LeaseLostError):
            store.finish_run(slow, {}, "succeeded")
        assert (store.counts(), store.cursor(SHOP, "order")) == ({}, None)
        entry = store.run(slow.run_id)
        assert entry is not None
        assert entry.outcome == "interrupted"


def test_the_heartbeat_keeps_a_run_alive_and_ends_with_it(store: Store) -> None:
    run = start(store)
    with store._database.read() as connection:
        before = lease.find_lease(connection, SHOP, "order")
    heartbeat = Heartbeat(store._database, run.run_id, utc_now, every=0.01)
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline:
        with store._database.read() as connection:
            after = lease.find_lease(connection, SHOP, "order")
        assert before is not None
        assert after is not None
        if from_text(after.heartbeat) > from_text(before.heartbeat):
            break
    else:
        pytest.fail("no heartbeat came")
    store.finish_run(run, {}, "succeeded")
    assert not heartbeat.beat()
    heartbeat.stop()


def test_a_finished_run_keeps_its_report(store: Store) -> None:
    run = start(store)
    store.finish_run(run, {"considered": 3, "created": 3, "note": "\x00 å"}, "succeeded")
    entry = store.run(run.run_id)
    assert entry is not None
    assert entry.report == {"considered": 3, "created": 3, "note": "\x00 å"}
    assert (entry.outcome, entry.config_hash, entry.direction) == ("succeeded", CONFIG, "import")
    assert entry.ended is not None


def test_runs_are_listed_newest_first(url: str) -> None:
    clock = Clock()
    with Store.open(url, clock=clock) as store:
        ids: list[str] = []
        for owner in (SHOP, ERP, SHOP):
            clock.now += timedelta(seconds=1)
            run = store.start_run(owner, "order", CONFIG)
            store.finish_run(run, {}, "succeeded")
            ids.insert(0, run.run_id)
        assert [entry.run_id for entry in store.runs()] == ids
        assert [entry.run_id for entry in store.runs(limit=2)] == ids[:2]
        assert [entry.run_id for entry in store.runs(connection_id=ERP)] == [ids[1]]


def test_a_run_nobody_knows_is_none(store: Store) -> None:
    assert store.run("0" * 32) is None
