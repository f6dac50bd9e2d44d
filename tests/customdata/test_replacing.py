"""Giving custom data anew replaces the writer's own entries and nothing else."""

from typing import Any

from hypothesis import given, strategies as st

from crossdock.customdata import dictionary_key
from crossdock.customdata.replacing import replace_own

SHOP, ERP = "a" * 32, "b" * 32


def entry(owner: str | None, module: str, key: str, value: str = "") -> dict[str, dict[str, Any]]:
    made: dict[str, Any] = {"connectionId": owner} if owner else {}
    made |= {"moduleId": module, "key": key, "type": "string", "value": value}
    return {dictionary_key(owner, module, key): made}


def test_what_the_writer_owns_and_did_not_give_is_gone() -> None:
    before = entry(ERP, "x-erp", "old") | entry(ERP, "x-other", "older")
    assert replace_own(before, entry(ERP, "x-erp", "new"), ERP) == entry(ERP, "x-erp", "new")


def test_what_others_own_stays() -> None:
    others = entry(SHOP, "x-shop", "a") | entry(None, "x-shop", "b") | entry(SHOP, "connector.woocommerce", "c")
    assert replace_own(others, {}, ERP) == others


def test_what_its_own_connector_stashed_stays() -> None:
    stashed = entry(ERP, "connector.erp", "a")
    assert replace_own(stashed | entry(ERP, "x-erp", "b"), {}, ERP) == stashed


def test_what_a_flow_brought_stays_unless_it_is_given() -> None:
    copied, anew = entry(ERP, "x-erp", "a"), entry(ERP, "x-erp", "a", "anew")
    assert replace_own(copied, {}, ERP, set(copied)) == copied
    assert replace_own(copied, anew, ERP, set(copied)) == anew


def test_none_takes_an_entry_out_and_an_empty_value_does_not() -> None:
    before = entry(ERP, "x-erp", "a") | entry(ERP, "x-erp", "b")
    empty = entry(ERP, "x-erp", "b", "")
    assert replace_own(before, {**dict.fromkeys(before), **empty}, ERP) == empty


def test_none_for_all_takes_out_the_writers_own() -> None:
    others = entry(SHOP, "x-shop", "a")
    assert replace_own(others | entry(ERP, "x-erp", "b"), None, ERP) == others


def test_an_operators_own_are_the_unowned_entries() -> None:
    others = entry(SHOP, "x-shop", "a")
    assert replace_own(others | entry(None, "x-crm", "b"), {}, None) == others


def test_nothing_before_is_what_is_given() -> None:
    assert replace_own(None, entry(ERP, "x-erp", "a"), ERP) == entry(ERP, "x-erp", "a")


owners = st.sampled_from([SHOP, ERP, None])
modules = st.sampled_from(["x-a", "x-b", "connector.woocommerce"])
keys = st.text(alphabet="abc%é", max_size=2)


@st.composite
def some_entries(draw: st.DrawFn) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    for parts in draw(st.lists(st.tuples(owners, modules, keys, keys), max_size=8)):
        found |= entry(*parts)
    return found


@given(some_entries(), some_entries())
def test_others_entries_that_are_not_given_are_never_touched(
    before: dict[str, dict[str, Any]], anew: dict[str, dict[str, Any]]
) -> None:
    after = replace_own(before, anew, ERP)
    for key in before.keys() - anew.keys():
        assert (after.get(key) == before[key]) != key.startswith(f"{ERP}|x-")
    assert {key: after[key] for key in anew} == anew
    assert after.keys() <= before.keys() | anew.keys()


@given(some_entries())
def test_an_echo_changes_nothing(before: dict[str, dict[str, Any]]) -> None:
    assert replace_own(before, before, ERP) == before


@given(some_entries(), some_entries())
def test_giving_the_same_twice_is_giving_it_once(
    before: dict[str, dict[str, Any]], anew: dict[str, dict[str, Any]]
) -> None:
    once = replace_own(before, anew, ERP)
    assert replace_own(once, anew, ERP) == once
