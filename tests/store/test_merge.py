"""The three-way merge: the rules of "who wins", for any previous, produced and stored record."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, TypeAlias

import pytest
from hypothesis import given, strategies as st

from crossdock.errors import RecordError
from crossdock.records import SUB_RECORDS, Working
from crossdock.store.writes.merge import check_identities, merge
from tests.store.orders import contents, entries, id_maps, of_anybody, of_connection
from tests.store.shop import ERP, SHOP, entry, row

MINE = of_connection(SHOP, "connector.woocommerce")
Leaf: TypeAlias = tuple[str, ...]


def leaves(value: Any, path: Leaf = ()) -> Iterator[tuple[Leaf, Any]]:
    """Every single value of a part or record; an entry and a plain list are one value."""
    if isinstance(value, dict) and path[-2:-1] != ("customData",):
        for name, inner in value.items():
            if name not in SUB_RECORDS["order"]:
                yield from leaves(inner, (*path, name))
    else:
        yield path, value


def parts(record: Working) -> dict[str, Working]:
    return {one["rowId"]: one for one in record.get("rows", [])}


def follows_the_rule(previous: Working, produced: Working, stored: Working, merged: Working) -> bool:
    """Each value is the stored one where production did not change, else the produced one."""
    was, now, there, got = (dict(leaves(one)) for one in (previous, produced, stored, merged))
    return all(
        got.get(place) == (there.get(place) if was.get(place) == now.get(place) else now.get(place))
        for place in was | now | there | got
    )


@given(MINE, MINE, of_anybody())
def test_only_values_whose_production_changed_are_written(
    previous: Working, produced: Working, stored: Working
) -> None:
    assert follows_the_rule(previous, produced, stored, merge("order", previous, produced, stored))


@given(MINE, MINE, of_anybody())
def test_the_same_holds_inside_each_row_that_all_know(previous: Working, produced: Working, stored: Working) -> None:
    merged = parts(merge("order", previous, produced, stored))
    for part_id in parts(previous).keys() & parts(produced).keys() & parts(stored).keys():
        three = (parts(previous)[part_id], parts(produced)[part_id], parts(stored)[part_id])
        assert follows_the_rule(*three, merged[part_id])


@given(MINE, of_anybody())
def test_an_unchanged_production_changes_nothing(produced: Working, stored: Working) -> None:
    merged = merge("order", produced, produced, stored)
    assert merged == stored
    assert [*merged] == [*stored]


@given(MINE, MINE)
def test_without_edits_the_record_is_what_is_produced(previous: Working, produced: Working) -> None:
    assert merge("order", previous, produced, previous) == produced


@given(MINE, MINE, of_anybody())
def test_merging_twice_is_merging_once(previous: Working, produced: Working, stored: Working) -> None:
    merged = merge("order", previous, produced, stored)
    assert merge("order", produced, produced, merged) == merged


@given(MINE, MINE, of_anybody())
def test_nothing_that_was_handed_in_is_changed(previous: Working, produced: Working, stored: Working) -> None:
    before = repr((previous, produced, stored))
    merge("order", previous, produced, stored)
    assert repr((previous, produced, stored)) == before


@given(MINE, MINE, of_anybody())
def test_a_row_that_the_connection_never_produced_stays(previous: Working, produced: Working, stored: Working) -> None:
    merged = parts(merge("order", previous, produced, stored))
    for part_id, part in parts(stored).items():
        if part_id not in parts(previous) and part_id not in parts(produced):
            assert merged[part_id] == part


@given(MINE, MINE, of_anybody())
def test_a_vanished_row_stays_only_for_what_others_put_there(
    previous: Working, produced: Working, stored: Working
) -> None:
    merged = parts(merge("order", previous, produced, stored))
    for part_id in parts(stored).keys() & (parts(previous).keys() - parts(produced).keys()):
        part, mine = parts(stored)[part_id], parts(previous)[part_id]
        others = {
            (name, key): value
            for name, value_map in part.items()
            if isinstance(value_map, dict)
            for key, value in value_map.items()
            if key not in mine.get(name, {})
        }
        if not others:
            assert part_id not in merged
            continue
        kept = merged[part_id]
        assert kept["removed"] is True
        maps = {name: value for name, value in kept.items() if isinstance(value, dict)}
        assert {(name, key): value for name, inner in maps.items() for key, value in inner.items()} == others


@given(MINE, MINE, of_anybody())
def test_a_produced_row_is_missing_only_if_others_deleted_it(
    previous: Working, produced: Working, stored: Working
) -> None:
    merged = parts(merge("order", previous, produced, stored))
    for part_id, part in parts(produced).items():
        deleted = part_id in parts(previous) and part_id not in parts(stored)
        if deleted and parts(previous)[part_id] == part:
            assert part_id not in merged
        elif part_id not in parts(stored):
            assert merged[part_id] == part
        else:
            assert part_id in merged


@given(MINE, MINE, of_anybody())
def test_produced_rows_stand_in_the_order_of_the_remote_when_it_changes(
    previous: Working, produced: Working, stored: Working
) -> None:
    merged = merge("order", previous, produced, stored)
    if [*parts(previous)] != [*parts(produced)]:
        order = [part_id for part_id in parts(merged) if part_id in parts(produced)]
        assert order == [part_id for part_id in parts(produced) if part_id in parts(merged)]


def test_a_row_that_reappears_is_no_longer_removed() -> None:
    mine = {"rows": [row(1, sku="a", customData=entry(SHOP, "k", "1"))]}
    theirs = entry(ERP, "k", "2", module="connector.erp")
    stored = {"rows": [row(1, sku="a", customData=entry(SHOP, "k", "1") | theirs)]}
    gone = merge("order", mine, {}, stored)
    assert gone == {"rows": [row(1, sku="a", customData=theirs, removed=True)]}
    back = merge("order", {}, {"rows": [row(1, sku="b")]}, gone)
    assert back == {"rows": [row(1, sku="b", customData=theirs)]}


def test_a_row_that_an_operator_marked_stays_marked_while_the_remote_leaves_it() -> None:
    mine = {"rows": [row(1, sku="a")]}
    stored = {"rows": [row(1, sku="a", removed=True)]}
    assert merge("order", mine, mine, stored) == stored
    assert merge("order", mine, {"rows": [row(1, sku="b")]}, stored) == {"rows": [row(1, sku="b", removed=True)]}


def test_a_row_that_others_deleted_comes_back_whole_when_the_remote_changes_it() -> None:
    was, now = {"rows": [row(1, sku="a", name="n")]}, {"rows": [row(1, sku="b", name="n")]}
    assert merge("order", was, was, {}) == {}
    assert merge("order", was, now, {}) == now


def test_rows_of_others_stay_behind_the_row_they_stood_behind() -> None:
    stored = {"rows": [row(1), row(9), row(2)]}
    merged = merge("order", {"rows": [row(1), row(2)]}, {"rows": [row(2), row(3), row(1)]}, stored)
    assert merged == {"rows": [row(2), row(3), row(1), row(9)]}


def test_an_entry_is_one_value() -> None:
    was, now = {"customData": entry(SHOP, "k", "1")}, {"customData": entry(SHOP, "k", value=True)}
    assert merge("order", was, now, {"customData": entry(SHOP, "k", "edited")}) == now


@pytest.mark.parametrize("known", [{}, {"rows": [row(1)]}])
def test_two_rows_with_one_id_are_refused(known: Working) -> None:
    twice = {"rows": [row(1, sku="a"), row(1, sku="b")]}
    with pytest.raises(RecordError, match=r"two rows have the rowId '0+1'"):
        merge("order", known, twice, known)
    with pytest.raises(RecordError, match=r"two rows have the rowId '0+1'"):
        check_identities("order", twice)


@given(st.data())
def test_two_connections_that_produce_different_things_do_not_disturb_each_other(data: st.DataObject) -> None:
    """Whoever imports last, each finds its own entries as produced and the other's untouched."""
    erp = contents(entries(ERP, "connector.erp"), id_maps(ERP))
    first, second = data.draw(MINE), data.draw(erp)
    both = merge("order", {}, second, first)
    again = merge("order", first, data.draw(MINE), both)
    assert _of(ERP, again) >= _of(ERP, second)


def _of(owner: str, record: Working) -> set[str]:
    return {key for key in record.get("customData", {}) if key.startswith(owner)}
