"""What only PostgreSQL can get wrong: its tables, its collation, its limits, a server that cannot hold a store."""

from __future__ import annotations

from contextlib import closing

import psycopg
import pytest
from sqlalchemy import MetaData, create_engine

from crossdock.errors import ConfigError, CrossdockError, PermanentError, RecordError
from crossdock.records import Working
from crossdock.store import NewerStoreError, NoStoreError, Store, StoreBusyError, StoreLostError
from crossdock.store.sql import postgresql_backend
from crossdock.store.sql.database import Database
from crossdock.store.sql.migration import Migration, migrate, migrations
from crossdock.store.sql.tables import metadata
from tests.databases import Postgresql, contents, run_sql
from tests.store.shop import OPERATOR, incoming, order, stored, write

COLUMNS = """
SELECT table_name, column_name, data_type, is_nullable FROM information_schema.columns
WHERE table_schema = current_schema() AND table_name <> 'migrations' ORDER BY 1, 2
"""
INDEXES = """
SELECT tablename, regexp_replace(indexdef, ' ON [^ ]*', '') FROM pg_indexes
WHERE schemaname = current_schema() AND tablename <> 'migrations' ORDER BY 1, 2
"""
UNSORTED = """
SELECT DISTINCT c.relname, a.attname FROM pg_index i
JOIN pg_class c ON c.oid = i.indrelid
JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = ANY(i.indkey)
JOIN pg_collation k ON k.oid = a.attcollation
WHERE c.relnamespace = current_schema()::regnamespace AND k.collname <> 'C' AND c.relname <> 'migrations'
"""


def test_all_migrations_together_make_the_tables(postgresql: Postgresql) -> None:
    migrated, made = postgresql.new_url(), postgresql.new_url()
    Store.open(migrated).close()
    engine = create_engine(made.replace("postgresql:", "postgresql+psycopg:"))
    tables = MetaData()
    for table in metadata.tables.values():
        for index in table.to_metadata(tables).indexes:
            index.dialect_kwargs["postgresql_where"] = index.dialect_kwargs["sqlite_where"]
    tables.create_all(engine)
    engine.dispose()
    assert run_sql(migrated, COLUMNS) == run_sql(made, COLUMNS)
    assert run_sql(migrated, INDEXES) == run_sql(made, INDEXES)


def test_both_kinds_of_database_have_the_same_migrations() -> None:
    names = [[(step.number, step.name) for step in migrations(kind)] for kind in ("sqlite", "postgresql")]
    assert names[0] == names[1]


def test_what_is_sorted_is_sorted_by_its_bytes_whatever_the_databases_collation(postgresql: Postgresql) -> None:
    url = postgresql.new_url()
    Store.open(url).close()
    assert run_sql(url, UNSORTED) == []


# Where a store may be


def test_the_first_of_several_hosts_that_answers_is_taken(postgresql: Postgresql) -> None:
    server, host, schema = postgresql.new_url().replace("?", "&").split("&")
    with Store.open(f"{server}?host=127.0.0.1:1&{host}:5432&{schema}") as store:
        assert store.counts() == {}


def test_a_server_that_does_not_answer_is_lost_not_broken() -> None:
    with pytest.raises(StoreLostError, match="see that its server runs and try again"):
        Store.open("postgresql://kim:canary@127.0.0.1:1/crossdock")


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (("/postgres?", "/nowhere?"), 'database "nowhere" does not exist; check'),
        (("//postgres:@", "//nobody:canary@"), 'role "nobody" does not exist; check'),
    ],
)
def test_a_wrong_address_is_told_with_a_remedy_and_without_password(
    postgresql: Postgresql, change: tuple[str, str], says: str
) -> None:
    with pytest.raises(PermanentError, match=says) as refusal:
        Store.open(postgresql.new_url().replace(*change))
    assert "canary" not in str(refusal.value)


def test_a_database_of_something_else_is_refused_untouched(postgresql: Postgresql) -> None:
    url = postgresql.new_url()
    run_sql(url, "CREATE TABLE accounts (name TEXT)")
    with pytest.raises(ConfigError, match="holds something else"):
        Store.open(url)
    assert contents(url) == {"accounts": []}


def test_a_store_that_may_not_be_made_is_asked_for(postgresql: Postgresql) -> None:
    url = postgresql.new_url()
    with pytest.raises(NoStoreError, match="there is no store"):
        Store.open(url, create=False)
    assert contents(url) == {}


def test_a_database_that_cannot_hold_every_text_is_refused(postgresql: Postgresql) -> None:
    postgresql.run("CREATE DATABASE latin ENCODING 'LATIN1' TEMPLATE template0 LOCALE 'C'")
    url = postgresql.address.replace("/postgres?", "/latin?")
    with pytest.raises(ConfigError, match="has the encoding LATIN1; create the database with ENCODING 'UTF8'"):
        Store.open(url)
    assert contents(url) == {}


def test_a_newer_store_is_refused_untouched(postgresql: Postgresql) -> None:
    url = postgresql.new_url()
    Store.open(url).close()
    run_sql(url, "INSERT INTO migrations VALUES (99, 'from the future', '2030-01-01')")
    before = contents(url)
    with pytest.raises(NewerStoreError, match="has version 99"):
        Store.open(url)
    assert contents(url) == before


def test_a_migration_that_fails_leaves_the_store_as_it_was(postgresql: Postgresql) -> None:
    url = postgresql.new_url()
    Store.open(url).close()
    before = contents(url)
    known = migrations("postgresql")
    broken = Migration(len(known) + 1, "broken", ("CREATE TABLE more (one INTEGER)", "CREATE TABLE more (two INTEGER)"))
    opened = Database(url, create=False)
    with pytest.raises(Exception, match="already exists"):
        migrate(opened, (*known, broken))
    opened.close()
    assert contents(url) == before


# What happens to a store


def test_a_store_that_stays_locked_is_busy_not_broken(postgresql: Postgresql, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postgresql_backend, "BUSY_SECONDS", 0.05)
    url = postgresql.new_url()
    with Store.open(url) as one, Store.open(url) as other, one._database.write():
        with pytest.raises(StoreBusyError, match="locked by another process"):
            other.write_record(OPERATOR, "order", None, {})
        assert other.counts() == {}  # readers go on


def test_a_writer_that_stands_still_is_thrown_out_and_holds_nobody_up(
    postgresql: Postgresql, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgresql_backend, "_IDLE_SECONDS", 1)
    url = postgresql.new_url()
    with Store.open(url) as still, Store.open(url) as other:

        def stand_still(record: Working) -> Working:
            assert write(other, incoming(order()))[0].outcome == "created"  # waits until the one that stands is out
            return record

        with pytest.raises(StoreLostError, match="cannot be reached"):
            still.write_record(OPERATOR, "order", None, stand_still)
        assert still.counts() == {"order": 1}


def test_a_reader_sees_one_state_from_beginning_to_end(postgresql: Postgresql) -> None:
    url = postgresql.new_url()
    with Store.open(url) as one, Store.open(url) as other, one._database.read() as connection:
        query = "SELECT count(*) FROM records"
        assert connection.exec_driver_sql(query).scalar_one() == 0
        write(other, incoming(order()))
        assert connection.exec_driver_sql(query).scalar_one() == 0
    assert run_sql(url, query) == [(1,)]


def test_stores_in_schemas_of_one_database_do_not_wait_for_each_other(postgresql: Postgresql) -> None:
    with Store.open(postgresql.new_url()) as one, Store.open(postgresql.new_url()) as other, one._database.write():
        assert write(other, incoming(order()))[0].outcome == "created"


def test_a_server_that_may_only_be_read_says_so(postgresql: Postgresql) -> None:
    url = postgresql.new_url()
    Store.open(url).close()
    with (
        Store.open(f"{url}%20-cdefault_transaction_read_only%3Don") as store,
        pytest.raises(PermanentError, match="can only be read; name the primary server"),
    ):
        store.write_record(OPERATOR, "order", None, {})


def test_a_user_without_rights_is_told(postgresql: Postgresql) -> None:
    url = postgresql.new_url()
    Store.open(url).close()
    postgresql.run("CREATE ROLE guest LOGIN")
    with pytest.raises(PermanentError, match="has no schema that its user may use"):
        Store.open(url.replace("//postgres:@", "//guest:@"))
    schema = url.rpartition("%3D")[2]
    postgresql.run(f"GRANT USAGE ON SCHEMA {schema} TO guest")
    with pytest.raises(PermanentError, match="may not be used like this by its user; grant the rights"):
        Store.open(url.replace("//postgres:@", "//guest:@"))


def test_a_statement_of_ours_that_is_wrong_is_no_error_of_the_database(postgresql: Postgresql) -> None:
    with Store.open(postgresql.new_url()) as store, pytest.raises(Exception, match="does not exist") as failure:
        store._read(lambda connection: connection.exec_driver_sql("SELECT nothing FROM records"))
    assert not isinstance(failure.value, CrossdockError)


# Ids without end


def test_an_endless_remote_id_waits_in_quarantine_and_the_others_go_on(url: str) -> None:
    endless = "".join(chr(0x4E00 + place % 20000) for place in range(10_000))
    with Store.open(url) as store:
        for _ in range(2):
            results = write(store, incoming(order(endless)), incoming(order("2", displayId=endless)))
            assert [result.outcome for result in results] == ["failed", results[1].outcome]
        (waiting,) = store.quarantine_list()
        assert (waiting.remote_id, waiting.failures) == (endless, 2)
        assert "it may have 500" in waiting.error
        assert stored(store, "2")["displayId"] == endless
        with pytest.raises(RecordError, match="it may have 500"):
            store.write_record(OPERATOR, "order", None, order(endless))


def test_a_key_that_no_index_takes_is_an_error_of_the_record(postgresql: Postgresql) -> None:
    endless = "".join(chr(0x4E00 + place % 20000) for place in range(10_000))
    with Store.open(postgresql.new_url()) as store, pytest.raises(RecordError, match="too long for an index"):
        store.reset_cursor(endless, "order", "2024")


def test_a_connection_of_the_pool_is_closed_with_the_store(postgresql: Postgresql) -> None:
    url = postgresql.new_url()
    with Store.open(f"{url}&application_name=closing") as store:
        write(store, incoming(order()))
    with closing(psycopg.connect(url, autocommit=True)) as connection:
        query = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'closing' AND state <> 'idle'"
        assert connection.execute(query).fetchall() == [(0,)]
