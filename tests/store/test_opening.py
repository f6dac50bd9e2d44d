"""Opening a store: where it may be, what it may hold, and how it gets to the newest version."""

from __future__ import annotations

import sqlite3
import threading
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import create_engine

from crossdock.errors import ConfigError, CrossdockError, PermanentError
from crossdock.store import NewerStoreError, Store, StoreBusyError
from crossdock.store.sql import sqlite_backend
from crossdock.store.sql.database import Database
from crossdock.store.sql.migration import Migration, migrate, migrations
from crossdock.store.sql.tables import metadata
from tests.databases import contents, run_sql
from tests.store.shop import OPERATOR, incoming, order, stored, write

Schema = dict[str, list[tuple[object, ...]]]


def schema(path: Path) -> Schema:
    """Columns, keys and indexes of every table."""
    with closing(sqlite3.connect(path)) as connection:
        names = [row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        found: Schema = {}
        for name in sorted(set(names) - {"migrations", "sqlite_sequence"}):
            columns = connection.execute('SELECT name, type, "notnull", pk FROM pragma_table_info(?)', (name,))
            found[name] = [(column, kind, required or key > 0, key) for column, kind, required, key in columns]
            indexes = connection.execute('SELECT name, "unique", partial FROM pragma_index_list(?)', (name,))
            for index, *facts in sorted(indexes.fetchall(), key=repr):
                inside = connection.execute("SELECT name FROM pragma_index_info(?) ORDER BY seqno", (index,))
                found[name].append((*facts, *(row[0] for row in inside)))
            found[name].sort(key=repr)
        return found


def test_all_migrations_together_make_the_tables(tmp_path: Path) -> None:
    Store.open(f"sqlite:///{tmp_path / 'migrated.db'}").close()
    engine = create_engine(f"sqlite:///{tmp_path / 'tables.db'}")
    metadata.create_all(engine)
    engine.dispose()
    assert schema(tmp_path / "migrated.db") == schema(tmp_path / "tables.db")


def page_bytes(path: Path) -> int:
    with closing(sqlite3.connect(path)) as connection:
        (size,) = connection.execute("PRAGMA page_size").fetchone()
        return int(size)


def test_a_new_store_has_large_pages(tmp_path: Path) -> None:
    Store.open(f"sqlite:///{tmp_path / 'new.db'}").close()
    assert page_bytes(tmp_path / "new.db") == 16 * 1024


def test_a_store_with_small_pages_goes_on_with_them(tmp_path: Path) -> None:
    path = tmp_path / "old.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA page_size = 4096")
        connection.execute("PRAGMA journal_mode = WAL")
    with Store.open(f"sqlite:///{path}") as store:
        write(store, incoming(order(channel="web")))
        assert stored(store)["channel"] == "web"
    assert page_bytes(path) == 4096


def test_what_was_stored_is_there_when_the_store_is_opened_again(url: str) -> None:
    with Store.open(url) as store:
        write(store, incoming(order(channel="web")))
    with Store.open(url, create=False) as store:
        assert stored(store)["channel"] == "web"


def test_an_older_store_is_brought_up_to_date_once(tmp_path: Path) -> None:
    steps = (*migrations(), Migration(len(migrations()) + 1, "next", ("CREATE TABLE more (one INTEGER)",)))
    path = tmp_path / "crossdock.db"
    Store.open(f"sqlite:///{path}").close()
    opened = Database(f"sqlite:///{path}", create=False)
    migrate(opened, steps)
    migrate(opened, steps)
    opened.close()
    with closing(sqlite3.connect(path)) as connection:
        applied = connection.execute("SELECT number, name FROM migrations ORDER BY number").fetchall()
    assert applied == [(step.number, step.name) for step in steps]
    assert "more" in schema(path)


def test_what_flows_brought_to_a_store_with_short_keys_is_still_known(url: str) -> None:
    database = Database(url, create=True)
    migrate(database, migrations(database.dialect)[:3])
    columns = "(record_type, local_id, place, entry_key, source_type, source_id, entry, refused)"
    run_sql(url, f"INSERT INTO flowed {columns} VALUES ('order', '1', '', '|x-a|k', 'invite', '2', NULL, 'too long')")
    database.close()
    Store.open(url).close()
    assert contents(url)["flowed"] == [("order", "1", "", "|x-a|k", "invite", "2", None, "too long")]


def test_a_migration_that_fails_leaves_the_store_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "crossdock.db"
    Store.open(f"sqlite:///{path}").close()
    before = schema(path)
    broken = Migration(len(migrations()) + 1, "broken", ("CREATE TABLE more (one INTEGER)", "CREATE TABLE more (two)"))
    opened = Database(f"sqlite:///{path}", create=False)
    with pytest.raises(PermanentError, match="already exists"):
        migrate(opened, (*migrations(), broken))
    opened.close()
    assert schema(path) == before


def test_a_newer_store_is_refused_untouched(tmp_path: Path) -> None:
    path = tmp_path / "crossdock.db"
    Store.open(f"sqlite:///{path}").close()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("INSERT INTO migrations VALUES (99, 'from the future', '2030-01-01')")
        connection.commit()
    before = path.read_bytes()
    with pytest.raises(
        NewerStoreError, match=rf"has version 99, this program knows versions up to {len(migrations())}"
    ):
        Store.open(f"sqlite:///{path}")
    assert path.read_bytes() == before
    assert [file.name for file in tmp_path.iterdir()] == ["crossdock.db"]


def test_a_database_of_something_else_is_refused_untouched(tmp_path: Path) -> None:
    path = tmp_path / "crossdock.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE accounts (name TEXT)")
    before = path.read_bytes()
    with pytest.raises(ConfigError, match="holds something else"):
        Store.open(f"sqlite:///{path}")
    assert path.read_bytes() == before


def test_a_file_that_is_no_database_is_refused_untouched(tmp_path: Path) -> None:
    path = tmp_path / "crossdock.db"
    path.write_bytes(b"order,total\n138,12.00\n" * 100)
    with pytest.raises(PermanentError, match="is no SQLite database"):
        Store.open(f"sqlite:///{path}")
    assert path.read_bytes() == b"order,total\n138,12.00\n" * 100


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("crossdock.db", "write it like 'sqlite:///crossdock.db'"),
        ("sqlite:/crossdock.db", "write it like 'sqlite:///crossdock.db'"),
        ("", "write it like 'sqlite:///crossdock.db'"),
        ("mysql://localhost/crossdock", "a store of kind 'mysql' is not supported"),
        (
            "nonsense://localhost/crossdock",
            "write it like 'sqlite:///crossdock.db' or 'postgresql://user@host/database'",
        ),
        ("sqlite:///{folder}", "is a folder"),
        ("sqlite:///{folder}/missing/crossdock.db", "there is no folder"),
    ],
)
def test_a_wrong_url_is_a_configuration_error_with_a_remedy(tmp_path: Path, url: str, says: str) -> None:
    with pytest.raises(ConfigError, match=says):
        Store.open(url.format(folder=tmp_path))
    assert list(tmp_path.iterdir()) == []


def test_no_password_of_a_url_is_told() -> None:
    with pytest.raises(ConfigError) as refusal:
        Store.open("mysql://kim:canary@localhost/crossdock")
    assert "canary" not in str(refusal.value)


def test_a_store_that_may_not_be_made_is_asked_for(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="there is no store"):
        Store.open(f"sqlite:///{tmp_path / 'crossdock.db'}", create=False)
    assert list(tmp_path.iterdir()) == []


def test_a_store_that_may_only_be_read_says_so_when_written(tmp_path: Path) -> None:
    path = tmp_path / "crossdock.db"
    Store.open(f"sqlite:///{path}").close()
    with (
        Store.open(f"sqlite:///file:{path}?mode=ro&uri=true") as store,
        pytest.raises(PermanentError, match="cannot be written; check the permissions"),
    ):
        store.write_record(OPERATOR, "order", None, {})


def test_a_store_that_stays_locked_is_busy_not_broken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    url = f"sqlite:///{tmp_path / 'crossdock.db'}"
    monkeypatch.setattr(sqlite_backend, "BUSY_SECONDS", 0.05)
    with Store.open(url) as one, Store.open(url) as other, one._database.write():
        with pytest.raises(StoreBusyError, match="locked by another process"):
            other.write_record(OPERATOR, "order", None, {})
        assert other.counts() == {}  # readers go on


def test_processes_that_make_the_same_store_at_once_all_get_it(url: str) -> None:
    problems: list[CrossdockError] = []
    together = threading.Barrier(6)

    def make() -> None:
        together.wait()
        try:
            Store.open(url).close()
        except CrossdockError as error:
            problems.append(error)

    threads = [threading.Thread(target=make) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert problems == []


def test_a_store_in_memory_is_private_and_complete() -> None:
    with Store.open("sqlite://") as store:
        write(store, incoming(order(channel="web")))
        assert stored(store)["channel"] == "web"
    with Store.open("sqlite://") as other:
        assert other.counts() == {}


def test_a_store_of_the_first_version_gets_the_statuses_of_its_records(tmp_path: Path) -> None:
    path = tmp_path / "crossdock.db"
    first = Database(f"sqlite:///{path}", create=True)
    migrate(first, migrations()[:1])
    first.close()
    with closing(sqlite3.connect(path)) as connection:
        row = (1, "order", "a" * 32, 1, "then", "then", None, '{"orderStatus":"onHold","paymentStatus":"paid"}')
        connection.execute("INSERT INTO records VALUES (?, ?, ?, ?, ?, ?, ?, ?)", row)
        connection.commit()
    Store.open(f"sqlite:///{path}").close()
    with closing(sqlite3.connect(path)) as connection:
        found = connection.execute("SELECT status, payment_status, shipping_status FROM records").fetchall()
    assert found == [("onHold", "paid", None)]
