"""A store copied to another: the same to the last byte, whatever database each is on; or nothing at all."""

from __future__ import annotations

import threading
from contextlib import closing
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st
from sqlalchemy import BigInteger, Integer, LargeBinary, Table, Text, bindparam, insert
from sqlalchemy.engine import make_url

from crossdock.errors import ConfigError
from crossdock.store import NewerStoreError, NoStoreError, Store
from crossdock.store.copies import replica
from crossdock.store.copies.contents import fingerprints
from crossdock.store.copies.fingerprint import Digest, Fingerprint
from crossdock.store.copies.occupancy import NotEmptyError, StoreInUseError
from crossdock.store.copies.replica import UnlikeError, copy_store, replicate
from crossdock.store.sql.column_text import AnyText
from crossdock.store.sql.database import Database
from crossdock.store.sql.migration import migrate, migrations
from crossdock.store.sql.tables import metadata
from tests.databases import Postgresql, Sqlite, contents, run_sql
from tests.store.shop import OPERATOR, entry, incoming, local_id, order, running, stored, write

NEWEST = len(migrations())
WAYS = list(product(["sqlite", "postgresql"], repeat=2))


@pytest.fixture
def databases(postgresql: Postgresql, tmp_path: Path) -> dict[str, Sqlite | Postgresql]:
    return {"sqlite": Sqlite(tmp_path), "postgresql": postgresql}


def fill(url: str) -> None:
    """Put something of each kind into a store: compressed payloads, odd characters, history, tokens, gaps in ids."""
    with Store.open(url) as store:
        write(
            store, *(incoming(order(str(number), channel="å\x00\\0", customerNote="x" * 400)) for number in range(80))
        )
        write(store, incoming(order("5", displayId="5\x00\\", channel="new")))
        store.write_record(
            OPERATOR,
            "order",
            local_id(store, "7"),
            lambda now: now | {"customData": entry(None, "k", [1, None], module="x-a")},
        )
        store.delete_record(OPERATOR, "order", local_id(store, "8"))
        store.tokens.create("5377568eb7e165e3b38af6eece4a0001", "connection")


def marks(url: str) -> list[Fingerprint]:
    with closing(Database(url, create=False)) as database, database.read() as connection:
        return fingerprints(database, connection)


@pytest.mark.parametrize(("here", "there"), WAYS)
def test_a_copy_is_the_same_in_every_table(databases: dict[str, Any], here: str, there: str) -> None:
    source, target = databases[here].new_url(), databases[there].new_url()
    fill(source)
    before = contents(source)
    made = copy_store(source, target)
    assert list(made.tables) == marks(source) == marks(target)
    assert {one.table: one.rows for one in made.tables}["records"] == 79
    assert contents(source) == before
    tables = set(before) - {"sqlite_sequence"}
    assert {name: rows for name, rows in contents(target).items() if name in tables} == {
        name: rows for name, rows in before.items() if name in tables
    }


def test_there_and_back_again_gives_the_same_bytes(databases: dict[str, Any]) -> None:
    first, second, third = (databases[kind].new_url() for kind in ("sqlite", "postgresql", "sqlite"))
    fill(first)
    there, back = copy_store(first, second), copy_store(second, third)
    assert there == back
    assert contents(first) == contents(third)


@pytest.mark.parametrize(("here", "there"), WAYS)
def test_a_copy_goes_on_with_the_next_numbers(databases: dict[str, Any], here: str, there: str) -> None:
    source, target = databases[here].new_url(), databases[there].new_url()
    fill(source)
    copy_store(source, target)
    for url in (source, target):
        with Store.open(url) as store:
            write(store, incoming(order("5", channel="newer")), incoming(order("new")))
            assert stored(store, "5")["version"] == 3
            assert stored(store, "new")["version"] == 1
    numbers = "SELECT max(history_id), (SELECT max(sequence) FROM records) FROM history"
    assert run_sql(source, numbers) == run_sql(target, numbers)


@pytest.mark.parametrize(("here", "there"), WAYS)
def test_an_older_store_is_copied_as_it_is_and_migrated_when_it_is_opened(
    databases: dict[str, Any], here: str, there: str
) -> None:
    source, target = databases[here].new_url(), databases[there].new_url()
    with closing(Database(source, create=True)) as database:
        migrate(database, migrations(database.dialect)[:1])
    run_sql(source, "INSERT INTO cursors VALUES ('s', 'order', 'c', '2024-03-03T14:09:27Z', NULL)")
    assert copy_store(source, target).version == 1
    assert len(contents(target)["migrations"]) == 1
    with Store.open(target) as store:
        assert store.counts() == {}
    assert len(contents(target)["migrations"]) == NEWEST
    assert len(contents(source)["migrations"]) == 1


def test_a_newer_store_is_refused(databases: dict[str, Any], url: str, tmp_path: Path) -> None:
    fill(url)
    run_sql(url, "INSERT INTO migrations VALUES (999, 'from the future', '2030-01-01')")
    with pytest.raises(NewerStoreError):
        copy_store(url, f"sqlite:///{tmp_path / 'new.db'}")
    assert not (tmp_path / "new.db").exists()


@pytest.mark.parametrize(("here", "there"), WAYS)
def test_what_is_stored_is_not_overwritten(databases: dict[str, Any], here: str, there: str) -> None:
    source, target = databases[here].new_url(), databases[there].new_url()
    fill(source)
    with Store.open(target) as store:
        write(store, incoming(order("1", channel="theirs")))
    before = contents(target)
    with pytest.raises(NotEmptyError, match="is not empty; name another one"):
        copy_store(source, target)
    assert contents(target) == before


@pytest.mark.parametrize(("here", "there"), WAYS)
def test_a_store_that_was_only_opened_is_empty(databases: dict[str, Any], here: str, there: str) -> None:
    source, target = databases[here].new_url(), databases[there].new_url()
    fill(source)
    with Store.open(target) as store:
        store.refresh_index()
    assert list(copy_store(source, target).tables) == marks(source)


def test_nobody_writes_to_a_store_while_it_is_copied(url: str, databases: dict[str, Any], monkeypatch: Any) -> None:
    fill(url)
    written = threading.Event()
    done: list[bool] = []

    def writer() -> None:
        with Store.open(url) as store:
            write(store, incoming(order("later")))
            written.set()

    late = threading.Thread(target=writer)

    def begin(source: Any, reading: Any, *more: Any) -> Any:
        late.start()
        done.append(written.wait(0.5))
        return copying(source, reading, *more)

    name = "_copy_pages" if url.startswith("sqlite") else "_copy_rows"
    copying = getattr(replica, name)
    monkeypatch.setattr(replica, name, begin)
    made = copy_store(url, databases["sqlite"].new_url())
    late.join()
    assert done == [False]
    assert written.is_set()
    assert {one.table: one.rows for one in made.tables}["records"] == 79


def test_a_store_is_not_copied_onto_itself(url: str) -> None:
    fill(url)
    with pytest.raises(NotEmptyError):
        copy_store(url, url)


def test_a_store_that_is_not_there_cannot_be_copied(database: Sqlite | Postgresql, tmp_path: Path) -> None:
    with pytest.raises(NoStoreError):
        copy_store(database.new_url(), f"sqlite:///{tmp_path / 'new.db'}")
    assert not (tmp_path / "new.db").exists()


def test_a_folder_that_is_not_there_is_told(url: str, tmp_path: Path) -> None:
    fill(url)
    with pytest.raises(ConfigError, match="there is no folder"):
        copy_store(url, f"sqlite:///{tmp_path / 'none' / 'new.db'}")
    with pytest.raises(ConfigError, match="in memory"):
        copy_store(url, "sqlite://")


def test_a_store_with_which_a_run_works_is_not_moved(url: str, databases: dict[str, Any]) -> None:
    with Store.open(url) as store, running(store):
        for kind in ("sqlite", "postgresql"):
            with pytest.raises(StoreInUseError, match="is going on; stop `crossdock run`"):
                copy_store(url, databases[kind].new_url())


def test_a_file_that_another_process_has_open_is_not_replaced(url: str, tmp_path: Path) -> None:
    fill(url)
    target = f"sqlite:///{tmp_path / 'open.db'}"
    with Store.open(target) as store, closing(Database(url, create=False)) as source:
        write(store, incoming(order("1", channel="theirs")))
        with pytest.raises(StoreInUseError, match="another process has it open"):
            replicate(source, make_url(target), replacing=True)
        assert stored(store, "1")["channel"] == "theirs"
        write(store, incoming(order("2")))


@pytest.mark.parametrize("there", ["sqlite", "postgresql"])
def test_what_differs_in_the_end_is_not_kept(
    databases: dict[str, Any], there: str, url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(url)
    target = databases[there].new_url()
    read: list[Fingerprint] = marks(url)
    wrong = [one._replace(digest="0" * 32) if one.table == "records" else one for one in read]
    monkeypatch.setattr(replica, "fingerprints", lambda _database, connection: wrong)
    monkeypatch.setattr(replica, "_copy_pages", lambda source, reading, file, version: read)
    with pytest.raises(UnlikeError, match="differs from what was read, in "):
        copy_store(url, target)
    assert not list(tmp_path.glob("*.partial*"))
    with pytest.raises(NoStoreError):
        copy_store(target, databases["sqlite"].new_url())


# What columns may hold


def test_columns_hold_only_what_both_databases_keep_alike() -> None:
    kinds = {type(column.type) for table in metadata.tables.values() for column in table.c}
    assert kinds <= {Text, AnyText, Integer, BigInteger, LargeBinary}, (
        "columns of another type are read differently by the two drivers: teach crossdock/store/fingerprint.py first"
    )


TEXTS = st.text(st.characters(exclude_characters="\0", codec="utf-8"), max_size=12)
ROWS = st.lists(
    st.tuples(TEXTS, st.none() | st.binary(max_size=12), TEXTS, st.none() | TEXTS, st.integers(-(2**31), 2**31 - 1)),
    max_size=60,
    unique_by=lambda row: row[0],
)


@settings(max_examples=4, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(ROWS)
def test_any_values_are_copied_there_and_back(databases: dict[str, Any], given_rows: list[tuple[Any, ...]]) -> None:
    first, second, third = (databases[kind].new_url() for kind in ("sqlite", "postgresql", "sqlite"))
    answers: Table = metadata.tables["answers"]
    plain = Table("answers", type(metadata)(), *(type(column)(column.name, column.type) for column in answers.c))
    with closing(Database(first, create=True)) as database:
        migrate(database)
        with database.write() as connection:
            for name, blob, token, answered, version in given_rows:
                row = (token, name, blob or b"", "order", answered or "", version, blob or b"\0", answered or "")
                database.many(connection, insert(plain).values({c.name: bindparam(c.name) for c in plain.c}), [row])
    assert copy_store(first, second) == copy_store(second, third)
    assert contents(first) == contents(third)


@given(ROWS, st.randoms(use_true_random=False))
def test_a_digest_does_not_depend_on_the_order_and_does_on_everything_else(
    given_rows: list[tuple[Any, ...]], random: Any
) -> None:
    def digest(rows: list[tuple[Any, ...]]) -> Fingerprint:
        made = Digest()
        made.add(rows)
        return made.fingerprint("t", None)

    shuffled = random.sample(given_rows, len(given_rows))
    assert digest(shuffled) == digest(given_rows)
    for index, row in enumerate(given_rows):
        without = given_rows[:index] + given_rows[index + 1 :]
        assert digest([*without, row, row]) != digest(given_rows)
        for place, value in enumerate(row):
            other = b"" if value is None else None
            changed = (*row[:place], other, *row[place + 1 :])
            assert digest([*without, changed]).digest != digest(given_rows).digest
