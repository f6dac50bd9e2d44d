"""Statements about which nothing is asked may wait within their transaction, and never outlive it."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from sqlalchemy import bindparam, delete, func, insert, select, update

from crossdock.store import Store
from crossdock.store.sql.database import Database
from crossdock.store.sql.tables import searchable
from tests.databases import Postgresql

_DECLARE = insert(searchable).values(declared=bindparam("declared"))
_PID = select(func.pg_backend_pid())
_ALL = select(searchable.c.declared).order_by(searchable.c.declared)


@pytest.fixture
def base(url: str) -> Iterator[Database]:
    with Store.open(url) as store, store._database.write() as connection:
        connection.execute(delete(searchable))
    opened = Database(url, create=False)
    yield opened
    opened.close()


def declare(base: Database, *values: str | None, then: Callable[[], object] = lambda: None) -> None:
    """Declare values in a transaction, each by a statement of its own, and do something before it ends."""
    with base.write() as connection:
        for value in values:
            base.many(connection, _DECLARE, [(value,)])
        then()


def declared(base: Database) -> list[str]:
    with base.read() as connection:
        return [row[0] for row in base.run(connection, _ALL, ()).all()]


def test_they_are_there_after_the_commit_in_their_order(base: Database) -> None:
    with base.write() as connection:
        base.send(connection, (_DECLARE, [("a",)]))
        base.send(connection, (update(searchable).values(declared=bindparam("new")), [("b",)]), (_DECLARE, [("c",)]))
    assert declared(base) == ["b", "c"]


def test_whatever_is_asked_sees_what_was_sent_before(base: Database) -> None:
    with base.write() as connection:
        base.many(connection, _DECLARE, [("a",)])
        assert connection.execute(_ALL).scalars().all() == ["a"]
        base.many(connection, _DECLARE, [("b",)])
        assert base.run(connection, _ALL, ()).all() == [("a",), ("b",)]
        base.many(connection, _DECLARE, [("c",)])
        assert base.matching(connection, _ALL, searchable.c.declared, (), ["b", "c"]) == [("b",), ("c",)]
        base.many(connection, _DECLARE, [("d",)])
        base.many(connection, _DECLARE, [(letter,) for letter in "efghij"])
    assert declared(base) == list("abcdefghij")


def test_those_of_a_transaction_that_is_given_up_are_never_sent(base: Database) -> None:
    with pytest.raises(ZeroDivisionError):
        declare(base, "a", then=lambda: 1 / 0)
    declare(base, "b")
    assert declared(base) == ["b"]


def test_one_that_is_wrong_undoes_its_transaction_and_no_other(base: Database) -> None:
    with pytest.raises(Exception, match=r"(?i)not.null"):
        declare(base, "a", None)
    declare(base, "b")
    assert declared(base) == ["b"]


def test_a_connection_that_died_while_it_waited_costs_no_write_nor_read(postgresql: Postgresql) -> None:
    url = postgresql.new_url()
    Store.open(url).close()
    database = Database(url, create=False)
    try:
        for use in (database.write, database.read):
            with database.read() as one, database.read() as other:  # both wait in the pool from here on
                pids = [database.run(each, _PID, ()).scalar_one() for each in (one, other)]
            assert len(set(pids)) == 2
            with Store.open(url) as store, store._database.read() as connection:
                for pid in pids:
                    connection.exec_driver_sql(f"SELECT pg_terminate_backend({pid}, 5000)")
            with use() as connection:
                assert database.run(connection, _PID, ()).scalar_one() not in pids
    finally:
        database.close()
