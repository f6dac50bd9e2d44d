"""The database goes away in the middle of a run: the run waits, goes on when it is back, and loses nothing."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from msgspec.structs import replace
from sqlalchemy import Connection

from crossdock.errors import CrossdockError
from crossdock.pipeline.importing import Importer, ImportOptions
from crossdock.pipeline.reporting.report import Tally, TransferReport
from crossdock.plugins.connector import Page
from crossdock.store import Store, StoreLostError
from crossdock.store.sql.database import Database
from tests.databases import Postgresql

from .making import Script, job_of, orders

FULL = ImportOptions(full=True)


@pytest.fixture
def server(postgresql: Postgresql) -> Iterator[Postgresql]:
    """A server that is there again after the test."""
    yield postgresql
    postgresql.start()


class Once:
    """Does something after the first page."""

    def __init__(self, act: Callable[[], None]) -> None:
        self.act: Callable[[], None] | None = act

    def page_done(self, tally: Tally, total: int | None) -> None:
        if self.act is not None:
            act, self.act = self.act, None
            act()


def run(store: Store, *pages: Page, patience: float = 60, then: Callable[[], None] = lambda: None) -> TransferReport:
    importer = Importer(store, patience=patience, listener=Once(then))
    return importer.run(replace(job_of(), source=Script(pages)), FULL)


def test_an_import_that_loses_the_database_waits_and_goes_on(server: Postgresql) -> None:
    back = threading.Timer(1, server.start)

    def lose() -> None:
        server.stop()
        back.start()

    with Store.open(server.new_url()) as store:
        report = run(store, orders(1, 2), orders(3, 4), orders(5), then=lose)
        back.join()
        assert report.outcome == "succeeded"
        assert report.tally.counts["created"] == 5
        assert store.counts() == {"order": 5}
        told = store.run(report.run_id)
        assert told is not None
        assert told.outcome == "succeeded"


def lose_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every other write be done and its answer get lost."""
    write = Database.write
    answers = iter(["lost", "there"] * 9)

    @contextmanager
    def write_and_lose(database: Database) -> Iterator[Connection]:
        with write(database) as connection:
            yield connection
        if next(answers) == "lost":
            raise StoreLostError(database.name, "gone after the commit")

    monkeypatch.setattr(Database, "write", write_and_lose)


def test_a_page_whose_commit_was_not_acknowledged_is_not_stored_twice(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    report = run(store, orders(1, 2), orders(3, 4), then=lambda: lose_answers(monkeypatch))
    monkeypatch.undo()
    assert report.outcome == "succeeded"
    assert {name: count for name, count in report.tally.counts.items() if count} == {"created": 2, "unchanged": 2}
    assert store.counts() == {"order": 4}
    assert [record["version"] for record in store.records("order")] == [1] * 4


def test_a_run_whose_beginning_was_not_acknowledged_is_not_in_its_own_way(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    lose_answers(monkeypatch)
    report = run(store, orders(1, 2))
    monkeypatch.undo()
    assert report.outcome == "succeeded"
    assert [(one.run_id, one.outcome) for one in store.runs()] == [(report.run_id, "succeeded")]


def test_a_database_that_does_not_come_back_ends_the_run(server: Postgresql) -> None:
    with Store.open(server.new_url()) as store:
        report = run(store, orders(1), orders(3), patience=0.5, then=server.stop)
        server.start()
        assert report.outcome == "failed"
        assert "cannot be reached" in report.session_errors[0]
        assert "this report could not be stored" in report.session_errors[1]
        assert store.counts() == {"order": 1}


def test_connections_that_died_while_nobody_used_them_are_not_noticed(server: Postgresql) -> None:
    with Store.open(server.new_url()) as store:
        run(store, orders(1))
        server.stop()
        with pytest.raises(StoreLostError, match="see that its server runs"):
            store.counts()
        server.start()
        assert store.counts() == {"order": 1}
        server.run("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()")
        assert run(store, orders(2)).outcome == "succeeded"


def test_a_heartbeat_survives_the_loss(server: Postgresql, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("crossdock.store.imports.lease.Heartbeat.__init__.__kwdefaults__", {"every": 0.05})
    with Store.open(server.new_url()) as store:
        handle = store.start_run("0" * 32, "order", b"")
        server.stop()
        server.start()
        heartbeat = store._heartbeats[handle.run_id]
        assert heartbeat._thread.is_alive()
        assert heartbeat.beat()
        store.finish_run(handle, {}, "succeeded")


def test_ending_a_run_twice_is_ending_it_once(store: Store) -> None:
    handle = store.start_run("0" * 32, "order", b"")
    store.finish_run(handle, {"considered": 1}, "succeeded")
    store.finish_run(handle, {"considered": 1}, "succeeded")
    with pytest.raises(CrossdockError, match="lost its place"):
        store.finish_run(handle, {"considered": 2}, "failed")
