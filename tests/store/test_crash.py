"""A page is written whole or not at all, whatever happens to the process; and writers wait for each other."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from functools import partial
from pathlib import Path

import pytest

from crossdock.records import Working
from crossdock.store import PageWrite, Quarantined, Store
from tests.databases import Postgresql, Sqlite
from tests.store.shop import CONFIG, IMPORT, LATER, OPERATOR, SHOP, entry, incoming, local_id, order, running, stored

# Writes a page that touches every table, then the next one, in which it kills itself at a given statement.
PROGRAM = """
import os, signal, sys
from sqlalchemy import event
from crossdock.store import Store
from tests.store.test_crash import pages
from tests.store.shop import CONFIG, IMPORT, SHOP

store = Store.open(sys.argv[1])
run = store.start_run(SHOP, "order", CONFIG)
first, second = pages()
store.write_page(IMPORT, run, first)
seen = 0

def die(*_arguments):
    global seen
    seen += 1
    if sys.argv[2] == "count":
        return
    if str(seen) == sys.argv[2]:
        os.kill(os.getpid(), signal.SIGKILL)

def dying(work):
    def done(*arguments):
        found = work(*arguments)
        die()
        return found
    return done

backend = store._database._backend
send = dying(backend.send)
backend.send = lambda connection, batches: [send(connection, [batch]) for batch in batches]
for name in ("run", "matching"):
    setattr(backend, name, dying(getattr(backend, name)))
event.listen(store._database._engine, "after_cursor_execute", die)
if sys.argv[2] == "commit":
    event.listen(store._database._engine, "commit", lambda _connection: os.kill(os.getpid(), signal.SIGKILL))
store.write_page(IMPORT, run, second)
print(seen, flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""


def pages() -> tuple[PageWrite, PageWrite]:
    old = order("1", channel="web", customData=entry(SHOP, "k", "1"))
    new = order("1", channel="app")
    broken = Quarantined("3", b"{}", "no id", "RecordError", "map", CONFIG)
    return (
        PageWrite([incoming(old), broken], "first"),
        PageWrite([incoming(new, LATER), incoming(order("2")), incoming(order("3"))], "second"),
    )


def die_at(url: str, moment: str) -> str:
    root = Path(__file__).parents[2]
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, url, moment], check=False, cwd=root, capture_output=True, text=True
    )
    assert done.returncode == -9, done.stderr
    return done.stdout.strip()


def state(store: Store) -> tuple[object, ...]:
    record = stored(store, "1")
    return (
        record.get("channel"),
        record["version"],
        store.counts()["order"],
        store.cursor(SHOP, "order"),
        len(store.history("order", record["localId"])),
        len(store.quarantine_list()),
        sorted(store.known(SHOP, "order", ["1", "2", "3"])),
    )


NOTHING = ("web", 1, 1, "first", 0, 1, ["1"])
ALL = ("app", 2, 3, "second", 2, 0, ["1", "2", "3"])


def test_a_process_killed_in_the_middle_of_a_page_leaves_all_of_it_or_nothing(database: Sqlite | Postgresql) -> None:
    url = database.new_url()
    statements = int(die_at(url, "count"))
    with Store.open(url) as store:
        assert state(store) == ALL  # it was killed right after the commit
    assert statements > 8
    for moment in (*map(str, range(2, statements, statements // 3)), str(statements), "commit"):
        url = database.new_url()
        die_at(url, moment)
        with Store.open(url) as store:
            assert state(store) == NOTHING, moment
            with running(store) as run:  # the dead run's place is free at once, and its page can be written again
                store.write_page(IMPORT, run, pages()[1])
            assert state(store) == ALL, moment


def test_an_error_in_the_middle_of_a_page_leaves_nothing_of_it(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = pages()
    with running(store) as run:
        store.write_page(IMPORT, run, first)
        with monkeypatch.context() as patch:
            patch.setattr("crossdock.store.imports.quarantine.QuarantineWriter.flush", _fail)
            with pytest.raises(ZeroDivisionError):
                store.write_page(IMPORT, run, second)
        assert state(store) == NOTHING
        store.write_page(IMPORT, run, second)
        assert state(store) == ALL


def _fail(*_arguments: object) -> None:
    raise ZeroDivisionError


def test_a_second_writer_waits_rather_than_fails(url: str) -> None:
    with Store.open(url) as store, Store.open(url) as other:
        with running(store) as run:
            store.write_page(IMPORT, run, pages()[0])
        target = local_id(store, "1")
        inside = threading.Event()

        def slow() -> None:
            with other._database.write():
                inside.set()
                time.sleep(0.3)

        writer = threading.Thread(target=slow)
        writer.start()
        inside.wait()
        began = time.monotonic()
        store.write_record(OPERATOR, "order", target, lambda record: {**record, "channel": "phone"})
        assert time.monotonic() - began > 0.1
        writer.join()
        assert stored(store, "1")["channel"] == "phone"


def test_writers_that_meet_lose_nothing_of_each_other(url: str) -> None:
    """Read, change, write happens in one transaction: no update is lost, and versions count them all."""
    with Store.open(url) as store:
        with running(store) as run:
            store.write_page(IMPORT, run, PageWrite([incoming(order("1", discountCodes=["0"]))]))
        target = local_id(store, "1")

        def write(number: int) -> None:
            with Store.open(url) as mine:
                for step in range(5):
                    mine.write_record(OPERATOR, "order", target, partial(add_code, f"{number}-{step}"))

        def add_code(code: str, record: Working) -> Working:
            return {**record, "discountCodes": [*record["discountCodes"], code]}

        threads = [threading.Thread(target=write, args=(number,)) for number in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        record = stored(store, "1")
        assert sorted(record["discountCodes"]) == sorted(["0", *(f"{n}-{s}" for n in range(4) for s in range(5))])
        assert record["version"] == 21
