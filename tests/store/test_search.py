"""Records are found by a custom data entry, whoever wrote it and however the record changed since."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, strategies as st
from sqlalchemy import func, insert, select

from crossdock.records import Stash, Working, carried_by
from crossdock.store import Store
from crossdock.store.reads.feed import Wanted
from crossdock.store.reads.search import EntryIndex, NotSearchableError
from crossdock.store.sql.tables import entry_index
from tests.databases import Slate
from tests.store.shop import ERP, ERP_API, OPERATOR, SHOP, entry, incoming, order, row, write

VAT = "connector.woocommerce|meta._vat_number"
INDEX = EntryIndex([VAT])
TIER = f"{ERP}|x-crm|tier"


@pytest.fixture
def indexed(url: str) -> Iterator[Store]:
    with Store.open(url, followers=(INDEX,)) as store:
        store.refresh_index()
        yield store


def found(store: Store, key: str, text: str, index: EntryIndex = INDEX) -> list[str]:
    page = store.feed.page(Wanted("order", entries=(index.filter(key, text),)))
    return [one["customerNote"] for one in page.records]


def put(store: Store, note: str, local_id: str | None = None, **fields: Any) -> str:
    return store.write_record(
        OPERATOR, "order", local_id, lambda before: {**before, "customerNote": note, **fields}
    ).local_id


def tier(kind: str, value: object, key: str = "tier") -> Working:
    return {
        f"{ERP}|x-crm|{key}": {
            "connectionId": ERP,
            "moduleId": "x-crm",
            "key": key,
            "type": kind,
            "value": value,
        }
    }


def rows_of_index(store: Store) -> int:
    with store._database.read() as connection:
        return int(connection.execute(select(func.count()).select_from(entry_index)).scalar_one())


@pytest.mark.parametrize(
    ("kind", "value", "text"),
    [
        ("string", "gold", "gold"),
        ("string", "gold", '"gold"'),
        ("string", "", ""),
        ("string", "1", "1"),  # it looks like a number, and is none
        ("string", "null", "null"),
        ("string", "gold|%/é\x00", "gold|%/é\x00"),
        ("bool", True, "true"),
        ("integer", "12", "12"),
        ("integer", "-12", "-12"),
        ("decimal", "1.10", "1.1"),
        ("decimal", "1.10", "1.100"),
        ("decimal", "100", "100"),
        ("decimal", "1E+2", "100"),
        ("decimal", "0.00", "0"),
        ("decimal", "-0.5", "-0.50"),
        ("json", None, "null"),
        ("json", {"b": [1], "a": {}}, '{"a": {}, "b": [1]}'),
    ],
)
def test_a_value_is_found_as_it_is_written(indexed: Store, kind: str, value: object, text: str) -> None:
    put(indexed, "that one", customData=tier(kind, value))
    put(indexed, "another value", customData=tier("string", "something else"))
    put(indexed, "another key", customData=tier(kind, value, key="rank"))
    assert found(indexed, TIER, text) == ["that one"]


@pytest.mark.parametrize(
    ("kind", "value", "text"),
    [
        ("string", "gold", "GOLD"),
        ("bool", True, "1"),
        ("bool", False, "0"),
        ("integer", "12", "12.0"),
        ("decimal", "1.10", "1.11"),
        ("decimal", "10", "1"),
        ("json", [1, 2], "[2,1]"),
        ("json", None, ""),
    ],
)
def test_another_value_is_not_found(indexed: Store, kind: str, value: object, text: str) -> None:
    put(indexed, "not meant", customData=tier(kind, value))
    assert found(indexed, TIER, text) == []


def test_an_entry_of_a_row_finds_its_order_once(indexed: Store) -> None:
    rows = [row(1, customData=tier("string", "gold")), row(2, customData=tier("string", "gold"))]
    put(indexed, "by rows", rows=rows, customData=tier("string", "gold"))
    assert found(indexed, TIER, "gold") == ["by rows"]


def test_the_index_follows_changes_and_deletions(indexed: Store) -> None:
    local_id = put(indexed, "one", customData=tier("string", "gold"))
    put(indexed, "one", local_id, customData=tier("string", "silver"))
    assert found(indexed, TIER, "gold") == []
    assert found(indexed, TIER, "silver") == ["one"]
    put(indexed, "one", local_id, customData={})
    assert found(indexed, TIER, "silver") == []
    put(indexed, "one", local_id, customData=tier("string", "gold"))
    indexed.delete_record(OPERATOR, "order", local_id)
    assert rows_of_index(indexed) == 0


def test_what_a_process_with_other_declarations_leaves_behind_disturbs_nobody(url: str) -> None:
    with Store.open(url, followers=(INDEX,)) as store, Store.open(url) as other:
        made = put(store, "one", customData=tier("string", "gold"))
        put(other, "one", made, customData=tier("string", "silver"))
        assert found(store, TIER, "gold") == []
        put(store, "one", made, customData=tier("string", "gold"))
        assert found(store, TIER, "gold") == ["one"]
        assert rows_of_index(store) == 1


def test_what_an_import_stashes_is_found_if_it_is_declared(indexed: Store) -> None:
    stash = Stash(SHOP, "connector.woocommerce", {"meta._vat_number": "SE556", "meta.other": "x"})
    write(indexed, incoming(order("1", customerNote="a", customData=stash)))
    write(indexed, incoming(order("2", customerNote="b", customData=entry(SHOP, "meta._vat_number", "SE557"))))
    assert found(indexed, f"{SHOP}|{VAT}", "SE556") == ["a"]
    assert found(indexed, f"{SHOP}|{VAT}", "SE557") == ["b"]
    with pytest.raises(NotSearchableError, match=r'searchable = \["connector.woocommerce\|meta.other"\]'):
        found(indexed, f"{SHOP}|connector.woocommerce|meta.other", "x")


def test_an_entry_that_leaves_one_of_the_parts_that_have_it_is_found_still(indexed: Store) -> None:
    vat = entry(SHOP, "meta._vat_number", "SE556")
    note = {"customerNote": "a"}
    write(indexed, incoming(order("1", customData=vat, rows=[row(1, customData=vat)], **note)))
    write(indexed, incoming(order("1", customData=vat, rows=[row(1)], **note)))
    assert found(indexed, f"{SHOP}|{VAT}", "SE556") == ["a"]
    write(indexed, incoming(order("1", rows=[row(1)], **note)))
    assert found(indexed, f"{SHOP}|{VAT}", "SE556") == []
    assert rows_of_index(indexed) == 0


def test_several_entries_must_all_be_there(indexed: Store) -> None:
    put(indexed, "both", customData=tier("string", "gold") | tier("integer", "1", key="rank"))
    put(indexed, "one", customData=tier("string", "gold"))
    wanted = (INDEX.filter(TIER, "gold"), INDEX.filter(f"{ERP}|x-crm|rank", "1"))
    page = indexed.feed.page(Wanted("order", entries=wanted))
    assert [one["customerNote"] for one in page.records] == ["both"]


@pytest.mark.parametrize(
    ("produced", "wanted"),
    [
        (order(), False),
        (order(customData=Stash(SHOP, "connector.woocommerce", {"meta.other": "x"})), False),
        (order(customData=Stash(SHOP, "connector.woocommerce", {"meta._vat_number": "x"})), True),
        (order(rows=[row(1, customData=Stash(SHOP, "connector.woocommerce", {"meta._vat_number": "x"}))]), True),
        (order(customData=entry(SHOP, "k", "v", module="x-crm")), True),
        (order(customData=entry(SHOP, "k", "v")), False),
    ],
)
def test_an_import_is_asked_only_for_what_can_be_searched(produced: Working, wanted: bool) -> None:
    assert INDEX.wants("order", produced, carried_by(produced)) is wanted


def test_another_declaration_builds_the_index_anew(url: str) -> None:
    stash = Stash(SHOP, "connector.woocommerce", {"meta._vat_number": "SE556"})
    with Store.open(url, followers=(EntryIndex(),)) as store:
        assert store.refresh_index()  # the first time
        write(store, incoming(order("1", customerNote="a", customData=stash)))
        put(store, "b", customData=tier("string", "gold"))
        assert not store.refresh_index()
    with Store.open(url, followers=(INDEX,)) as store:
        assert store.refresh_index()
        assert found(store, f"{SHOP}|{VAT}", "SE556") == ["a"]
        assert found(store, TIER, "gold") == ["b"]
        assert not store.refresh_index()
    with Store.open(url, followers=(EntryIndex(),)) as store:
        assert store.refresh_index()
        assert rows_of_index(store) == 1  # that of the module x-crm


def test_building_anew_takes_more_than_one_batch(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("crossdock.store.reads.search._BATCH", 2)
    with Store.open(url) as store:
        for number in range(5):
            put(store, str(number), customData=tier("integer", str(number)))
    with Store.open(url, followers=(INDEX,)) as store:
        assert store.refresh_index()
        assert [found(store, TIER, str(number)) for number in range(5)] == [[str(number)] for number in range(5)]


def test_building_anew_forgets_what_no_record_of_a_type_stands_behind(url: str) -> None:
    with Store.open(url, followers=(EntryIndex(),)) as store:
        with store._database.write() as connection:
            connection.execute(insert(entry_index).values(digest=b"left over", record_type="product", local_id="gone"))
        assert store.refresh_index()
        assert rows_of_index(store) == 0


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("ab", max_size=2), inner, max_size=3),
    max_leaves=5,
)


@given(value=JSON)
def test_any_json_value_is_found_by_its_text(slate: Slate, value: Any) -> None:
    with slate.store(followers=(INDEX,)) as store:
        store.write_record(ERP_API, "order", None, {"customerNote": "it", "customData": tier("json", value)})
        assert found(store, TIER, json.dumps(value)) == ["it"]
