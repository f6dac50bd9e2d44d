"""``migrate`` brings a store up to date, on both databases; with migrate = "manual" nothing else does."""

from __future__ import annotations

import re
import threading

import pytest

from crossdock.store import Store
from crossdock.store.sql.database import Database
from crossdock.store.sql.migration import migrate, migrations
from tests.databases import contents

from .program import SHOP, Program

NEWEST = len(migrations())


@pytest.fixture
def careful(program: Program, url: str) -> Program:
    """The program, with a store that is only migrated by hand."""
    (program.folder / "plugins.toml").write_text(f'[store]\nurl = "{url}"\nmigrate = "manual"\n{SHOP}', "utf-8")
    return program


def make_old(url: str) -> None:
    """Make a store of the first version."""
    database = Database(url, create=True)
    migrate(database, migrations(database.dialect)[:1])
    database.close()


def test_an_old_store_is_refused_until_it_is_migrated_by_hand(careful: Program, url: str) -> None:
    make_old(url)
    before = contents(url)
    told = careful.refused("records", "list")
    assert f"has version 1, this program needs version {NEWEST}; make a backup and run `crossdock migrate`" in told
    assert contents(url) == before
    assert re.search(rf" is brought from version 1 to {NEWEST}: 2 many writers, ", careful.fine("migrate").out)
    careful.fine("records", "list")
    assert careful.fine("migrate").out.endswith(f" is up to date: version {NEWEST}\n")


def test_a_dry_run_says_what_would_be_done_and_does_nothing(careful: Program, url: str) -> None:
    make_old(url)
    before = contents(url)
    assert f" would be brought from version 1 to {NEWEST}: " in careful.fine("migrate", "--dry-run").out
    assert contents(url) == before


def test_a_store_that_is_not_there_is_made_by_hand_only(careful: Program, url: str) -> None:
    assert "`crossdock migrate`" in careful.refused("records", "list")
    assert f" is brought from version 0 to {NEWEST}: 1 first, " in careful.fine("migrate").out
    careful.fine("records", "list")


def test_otherwise_an_old_store_is_brought_up_to_date_when_it_is_opened(program: Program, url: str) -> None:
    make_old(url)
    (program.folder / "plugins.toml").write_text(f'[store]\nurl = "{url}"\n{SHOP}', "utf-8")
    program.fine("records", "list")
    assert program.fine("migrate").out.endswith(f" is up to date: version {NEWEST}\n")


def test_programs_that_migrate_at_once_do_it_once(url: str) -> None:
    make_old(url)
    together = threading.Barrier(4)
    failures: list[Exception] = []

    def open_it() -> None:
        together.wait()
        try:
            Store.open(url).close()
        except Exception as error:
            failures.append(error)

    threads = [threading.Thread(target=open_it) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert sorted(number for number, *_ in contents(url)["migrations"]) == list(range(1, NEWEST + 1))
