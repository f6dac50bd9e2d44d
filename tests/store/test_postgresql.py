"""What only PostgreSQL can get wrong: its tables, its collation, its limits, a server that cannot hold a store."""

from __future__ import annotations

from sqlalchemy import create_engine

from crossdock.store import Store
from crossdock.store.migration import migrations
from crossdock.store.tables import metadata
from tests.databases import Postgresql, run_sql

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
    metadata.create_all(engine)
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
