"""A change of entries is the write of the whole record that it stands for, without looking at the rest of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest
from hypothesis import given, settings, strategies as st

from crossdock.errors import OwnershipError
from crossdock.records import Working
from crossdock.store import InvalidRecordError, Store, VersionConflictError
from crossdock.store.writes.entry_change import EntryChange
from tests.databases import Slate
from tests.store.shop import ERP, ERP_API, SHOP, entry, incoming, local_id, order, row, stored, write

MODULE = "x-erp"
HOLDERS: Mapping[str, Callable[[Working], Working]] = {
    "record": lambda record: record,
    "first row": lambda record: record["rows"][0],
    "second row": lambda record: record["rows"][1],
}
# Numbers as they come and as they are written, so that both must be brought into the one form that is stored.
VALUES = st.sampled_from([("string", ""), ("bool", False), ("integer", 7), ("integer", "-0"), ("decimal", "+1.50")]) | (
    st.tuples(st.just("json"), st.recursive(st.none() | st.text(), lambda inner: st.lists(inner, max_size=2)))
)
CHANGES = st.lists(
    st.tuples(st.sampled_from(sorted(HOLDERS)), st.sampled_from("abc"), st.none() | VALUES), min_size=1, max_size=6
)


def own(key: str, kind: str = "string", value: Any = "") -> Working:
    return {"connectionId": ERP, "moduleId": MODULE, "key": key, "type": kind, "value": value}


def imported(store: Store, remote_id: str) -> str:
    """An order with somebody else's entries everywhere, and a row without any."""
    rows = [row(1, customData=entry(SHOP, "weight", "3")), row(2), row(3, customData=entry(SHOP, "colour", [1]))]
    write(store, incoming(order(remote_id, channel="web", rows=rows, customData=entry(SHOP, "meta.x", "1"))))
    return local_id(store, remote_id)


def change_of(key: str, value: tuple[str, Any] | None) -> Callable[[Mapping[str, Working]], dict[str, Working]]:
    name = f"{ERP}|{MODULE}|{key}"

    def make(entries: Mapping[str, Working]) -> dict[str, Working]:
        rest = {each: one for each, one in entries.items() if each != name}
        return rest if value is None else {**rest, name: own(key, *value)}

    return make


def put_in(holder: Callable[[Working], Working], make: Callable[..., Working]) -> Callable[[Working], Working]:
    def after(record: Working) -> Working:
        found = holder(record)
        found["customData"] = make(found.get("customData", {}))
        return record

    return after


@settings(max_examples=40)
@given(steps=CHANGES)
def test_a_change_of_entries_leaves_what_the_whole_record_would(
    slate: Slate, steps: list[tuple[str, str, Any]]
) -> None:
    with slate.store() as store:
        one, other = imported(store, "1"), imported(store, "2")
        for place, key, value in steps:
            holder, make = HOLDERS[place], change_of(key, value)
            short = store.write_record(ERP_API, "order", one, EntryChange(holder, make))
            whole = store.write_record(ERP_API, "order", other, put_in(holder, make))
            assert (short.changed, short.version) == (whole.changed, whole.version)
            assert content(short.record) == content(whole.record)
            assert short.record == store.record("order", one)
        lines = [
            [(line.path, line.old, line.new) for line in store.history("order", local_id)] for local_id in (one, other)
        ]
        assert lines[0] == lines[1]


def content(record: Working) -> Working:
    return {name: record[name] for name in ("channel", "rows", "customData")}


def test_only_what_others_own_is_refused(store: Store) -> None:
    changed = imported(store, "138")
    theirs = entry(SHOP, "weight", "4")
    with pytest.raises(OwnershipError, match="weight"):
        store.write_record(
            ERP_API, "order", changed, EntryChange(HOLDERS["first row"], lambda entries: {**entries, **theirs})
        )
    with pytest.raises(OwnershipError, match=r"meta\.x"):
        store.write_record(ERP_API, "order", changed, EntryChange(HOLDERS["record"], lambda _entries: {}))
    assert stored(store)["version"] == 1


@pytest.mark.parametrize(
    ("place", "given", "pointer"),
    [
        ("record", own("k", "bool", "yes"), f"/customData/{ERP}|{MODULE}|k/value"),
        ("second row", own("k", "integer", 1.0), f"/rows/1/customData/{ERP}|{MODULE}|k/value"),
        ("second row", own("another"), "/rows/1/customData"),  # the key says k
        ("record", own("k") | {"more": 1}, f"/customData/{ERP}|{MODULE}|k/more"),
    ],
)
def test_what_is_no_valid_entry_is_refused_with_its_place(
    store: Store, place: str, given: Working, pointer: str
) -> None:
    changed = imported(store, "138")
    change = EntryChange(HOLDERS[place], lambda entries: {**entries, f"{ERP}|{MODULE}|k": given})
    with pytest.raises(InvalidRecordError) as refusal:
        store.write_record(ERP_API, "order", changed, change)
    assert refusal.value.pointer == pointer
    assert stored(store)["version"] == 1


def test_the_version_can_be_insisted_on(store: Store) -> None:
    changed = imported(store, "138")
    with pytest.raises(VersionConflictError):
        store.write_record(
            ERP_API, "order", changed, EntryChange(HOLDERS["record"], change_of("a", None)), expected_version=2
        )


def test_an_import_still_knows_what_it_produced(store: Store) -> None:
    """What was there before is written down for the import when somebody else changes the record."""
    changed = imported(store, "138")
    store.write_record(ERP_API, "order", changed, EntryChange(HOLDERS["record"], change_of("a", ("string", "mine"))))
    write(store, incoming(order("138", channel="web", rows=[row(1)])))
    left = stored(store)
    assert list(left["customData"]) == [f"{ERP}|{MODULE}|a"]
    assert [each.get("customData") for each in left["rows"]] == [None]
