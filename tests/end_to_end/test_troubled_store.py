"""A store that has no room left, or that somebody else locks: what an operator reads, and that nothing is lost."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager

import pytest
from sqlalchemy import Engine, event

from crossdock.store.sql import sqlite_backend
from tests.cli.program import Program

from .conftest import Liar

LOCKER = """
import sqlite3, sys, time
file = sqlite3.connect(sys.argv[1], isolation_level=None)
file.execute("BEGIN IMMEDIATE")
print("locked", flush=True)
time.sleep(float(sys.argv[2]))
"""
ORDERS = 50


@contextmanager
def locked(program: Program, seconds: float) -> Iterator[None]:
    """Lock the store by another process, for so long."""
    command = [sys.executable, "-c", LOCKER, str(program.folder / "crossdock.db"), str(seconds)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "locked\n"
        yield
        process.kill()


@contextmanager
def room_for(program: Program, pages: int) -> Iterator[None]:
    """Let the store's file grow by so many pages; then SQLite says that the disk is full."""
    with closing(sqlite3.connect(program.folder / "crossdock.db")) as file:
        [(there,)] = file.execute("PRAGMA page_count")

    def limit(connection: sqlite3.Connection, _record: object) -> None:
        connection.execute(f"PRAGMA max_page_count = {there + pages}").close()

    event.listen(Engine, "connect", limit)
    try:
        yield
    finally:
        event.remove(Engine, "connect", limit)


@pytest.fixture
def empty(liar: Liar) -> Liar:
    """A shop of 50 orders, and a store without any."""
    assert liar("migrate").code == 0
    return liar


def test_a_store_that_is_locked_for_a_while_is_waited_for(empty: Liar) -> None:
    with locked(empty.program, 1.0):
        began = time.monotonic()
        result = empty("import", "--json")
        assert time.monotonic() - began > 0.8
    assert (result.code, result.json[0]["created"]) == (0, ORDERS)


def test_a_store_that_stays_locked_ends_the_run(empty: Liar, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch, locked(empty.program, 60):
        patch.setattr(sqlite_backend, "BUSY_SECONDS", 0.1)
        result = empty("import")
    assert (result.code, "has been locked by another process" in result.err) == (3, True)
    assert "try again when that process is done" in result.err
    assert empty.stored() == 0
    again = empty("import", "--json")
    assert (again.code, again.json[0]["created"], empty.stored()) == (0, ORDERS, ORDERS)


def test_a_full_disk_ends_the_run_and_says_where_there_must_be_room(empty: Liar) -> None:
    with room_for(empty.program, 12):
        result = empty("import", "--json")
    [report] = result.json
    assert (result.code, report["outcome"], empty.outcome()) == (3, "failed", "failed")
    [error] = report["sessionErrors"]
    assert "has no room left on its disk; free some space where" in error
    assert str(empty.program.folder) in error
    kept = empty.stored()
    assert 0 < kept == report["created"] < ORDERS  # whole pages, each with its payloads
    [trouble] = empty("report", "--json").json["connections"][0]["troubles"]
    assert trouble["todo"][0].startswith("The store is the trouble")
    again = empty("import", "--json")
    assert (again.code, again.json[0]["created"], empty.stored()) == (0, ORDERS - kept, ORDERS)
    assert empty("replay", "--diff").code == 0


def test_a_full_disk_before_the_first_page_says_so_too(empty: Liar) -> None:
    with room_for(empty.program, 0):
        result = empty("import")
    assert result.code == 3
    assert "free some space" in result.out + result.err
    assert (empty.stored(), empty("import").code, empty.stored()) == (0, 0, ORDERS)
