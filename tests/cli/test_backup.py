"""``backup``, ``restore`` and ``store copy``, as an operator types them."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from crossdock.store.sql.migration import migrations
from tests.databases import Postgresql, contents

from .program import OPERATOR, SHOP, Program


def add_order(shop: Program) -> None:
    with shop.store() as store:
        store.write_record(OPERATOR, "order", None, {"displayId": "by-hand"})


def test_a_backup_is_taken_and_restored(shop: Program) -> None:
    lines = shop.fine("backup", "monday.db").lines
    assert lines[0].split() == ["table", "rows", "digest"]
    assert any(line.split()[:2] == ["runs", "2"] for line in lines)
    assert " tables, " in lines[-1]
    assert lines[-1].endswith("compared and the same: monday.db")
    add_order(shop)
    told = shop.fine("restore", "monday.db", "--yes").lines
    assert told[:-1] == lines[:-1]
    assert told[-1].startswith("restored as of ")
    assert "no order" in shop.refused("records", "show", "order/by-hand")


def test_a_store_that_is_not_empty_is_not_replaced_without_a_word(shop: Program) -> None:
    shop.fine("backup", "monday.db")
    add_order(shop)
    told = shop.refused("restore", "monday.db")
    assert "The store is not empty. Replace all that is in it by the backup of " in told
    assert "say --yes, or nothing is done" in told
    shop.fine("records", "show", "order/by-hand")


def test_a_backup_that_is_there_is_not_replaced_without_a_word(shop: Program) -> None:
    shop.fine("backup", "monday.db")
    before = (shop.folder / "monday.db").read_bytes()
    assert "'monday.db' is there already. Replace it?" in shop.refused("backup", "monday.db")
    assert (shop.folder / "monday.db").read_bytes() == before
    shop.fine("backup", "monday.db", "--yes")


def test_a_new_machine_is_set_up_from_a_backup(shop: Program) -> None:
    shop.fine("backup", "monday.db")
    orders = shop.fine("records", "export", "--type", "order").out
    for path in shop.folder.glob("crossdock.db*"):
        path.unlink()
    shop.fine("restore", "monday.db")
    assert shop.fine("records", "export", "--type", "order").out == orders
    [report] = shop.fine("import", "--full", "--type", "order", "--json").json
    assert (report["created"], report["updated"], report["unchanged"]) == (0, 0, 250)


def test_what_is_wrong_with_a_backup_is_told(shop: Program) -> None:
    assert "there is no backup 'none.db'" in shop.refused("restore", "none.db")
    assert "'crossdock.db' is no backup" in shop.refused("restore", "crossdock.db")
    assert "'crossdock.db' is the store itself" in shop.refused("backup", "crossdock.db", "--yes")
    shop.fine("backup", "monday.db")
    with closing(sqlite3.connect(shop.folder / "monday.db")) as connection, connection:
        connection.execute("DELETE FROM runs")
    ended = shop("restore", "monday.db", "--yes")
    assert (ended.code, ended.out) == (3, "")
    assert "the backup 'monday.db' is damaged: runs is not what was written; nothing was restored" in ended.err


def test_without_a_store_there_is_nothing_to_back_up(program: Program) -> None:
    (program.folder / "plugins.toml").write_text(SHOP, "utf-8")
    assert "there is no store" in program.refused("backup", "monday.db")
    assert not (program.folder / "monday.db").exists()
    assert not (program.folder / "crossdock.db").exists()


def test_the_json_has_the_digests(shop: Program) -> None:
    found = shop.fine("backup", "monday.db", "--json").json
    assert (found["file"], found["version"]) == ("monday.db", len(migrations()))
    assert {"table", "rows", "digest", "counter"} == set(found["tables"][0])
    assert shop.fine("restore", "monday.db", "--yes", "--json").json == found


def test_a_store_moves_to_postgresql_and_back(
    shop: Program, postgresql: Postgresql, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = postgresql.new_url()
    address, _, query = url.partition("?")
    monkeypatch.setenv("NEW_STORE", f"{address.replace('@', ':opensesame@')}?{query}")
    there = shop.fine("store", "copy", "sqlite:///crossdock.db", "env:NEW_STORE")
    assert there.lines[-1].endswith("compared and the same on both sides; name the new store in [store] url")
    back = shop.fine("store", "copy", "env:NEW_STORE", "sqlite:///back.db", "--json").json
    assert [one["rows"] for one in back["tables"] if one["table"] == "runs"] == [2]
    assert contents(f"sqlite:///{shop.folder / 'back.db'}") == contents(f"sqlite:///{shop.folder / 'crossdock.db'}")
    refused = shop("store", "copy", "sqlite:///crossdock.db", "env:NEW_STORE")
    assert refused.code == 2
    assert "is not empty" in refused.err
    assert "opensesame" not in refused.err


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("env:NOWHERE", "the environment variable 'NOWHERE' is not set"),
        ("postgresql://kim:opensesame@db.example/crossdock", "a password does not belong on a command line"),
        ("postgresql://kim:opensesame@[db.example/crossdock", "a password does not belong on a command line"),
        ("mysql://db.example/crossdock", "a store of kind 'mysql' is not supported"),
        ("sqlite:///none/here.db", "there is no folder"),
        ("sqlite:///crossdock.db", "is not empty"),
    ],
)
def test_addresses_that_are_wrong_are_told_without_their_passwords(shop: Program, url: str, message: str) -> None:
    told = shop.refused("store", "copy", "sqlite:///crossdock.db", url)
    assert message in told
    assert "opensesame" not in told


def test_a_password_that_cannot_be_read_is_not_printed(shop: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NEW_STORE", "postgresql://kim:opensesame@db.example:port/crossdock")
    ended = shop("store", "copy", "env:NEW_STORE", "sqlite:///new.db")
    assert ended.code == 2
    assert "opensesame" not in ended.err
    assert not Path(shop.folder / "new.db").exists()
