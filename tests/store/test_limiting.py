"""A direct write that breaks a limit is undone, whoever writes; an import and what stood before are left alone."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from crossdock.errors import OwnershipError
from crossdock.limits.error import LimitError
from crossdock.limits.limits import Limits
from crossdock.limits.rule import LimitRule
from crossdock.records import Working
from crossdock.store import Actor, Store
from crossdock.store.writes.limiting import LimitKeeper
from tests.store.shop import ERP, ERP_API, LATER, OPERATOR, SHOP, entry, incoming, order, row, stored, write

RULES = (
    LimitRule("short", Limits(max_value=5, max_entries=2), connection_id=ERP),
    LimitRule("products", Limits(max_value=1), record_types=frozenset({"product"})),
)


@pytest.fixture
def limited(url: str) -> Iterator[Store]:
    with Store.open(url, followers=(LimitKeeper(RULES),)) as store:
        yield store


def erps(key: str, value: str) -> dict[str, Any]:
    return entry(ERP, key, value, module="x-erp")


def test_a_write_over_a_limit_is_refused_whole_and_says_by_how_much(limited: Store) -> None:
    created = limited.write_record(OPERATOR, "order", None, {"channel": "web"})
    with pytest.raises(LimitError) as caught:
        limited.write_record(
            ERP_API,
            "order",
            created.local_id,
            lambda now: now | {"channel": "app", "customData": erps("k", "too long")},
        )
    (refused,) = caught.value.refused
    assert (refused.excess.limit, refused.excess.rule, refused.excess.by) == ("short", "max_value", 3)
    assert refused.pointer == f"/customData/{ERP}|x-erp|k"
    assert limited.record("order", created.local_id) == created.record


def test_the_operator_is_held_to_it_too_and_rows_have_their_own_account(limited: Store) -> None:
    rows = [row(1), row(2, customData=erps("a", "1") | erps("b", "2"))]
    kept = {"customData": erps("a", "1") | erps("b", "2"), "rows": rows}
    created = limited.write_record(OPERATOR, "order", None, kept)
    with pytest.raises(LimitError) as caught:
        limited.write_record(
            OPERATOR, "order", created.local_id, lambda now: kept | {"rows": [row(1), row(2, customData=many())]}
        )
    (refused,) = caught.value.refused
    assert (refused.excess.rule, refused.pointer) == ("max_entries", f"/rows/1/customData/{ERP}|x-erp|c~1d")


def many() -> dict[str, Any]:
    return erps("a", "1") | erps("b", "2") | erps("c/d", "3")


def test_what_an_import_brought_and_a_limit_of_later_are_no_fault_of_the_next_writer(url: str) -> None:
    with Store.open(url) as store:
        write(store, incoming(order()))
        local_id = stored(store)["localId"]
        store.write_record(ERP_API, "order", local_id, lambda now: now | {"customData": own(now) | erps("k", "x" * 9)})
    with Store.open(url, followers=(LimitKeeper(RULES),)) as store:
        written = store.write_record(
            ERP_API, "order", local_id, lambda now: now | {"customData": now["customData"] | erps("l", "short")}
        )
        assert written.changed


def own(record: Working) -> dict[str, Any]:
    found: dict[str, Any] = record.get("customData", {})
    return found


def test_a_rule_for_one_record_type_leaves_the_others_alone(limited: Store) -> None:
    long = {"customData": entry(None, "k", "long", module="x-crm")}
    limited.write_record(OPERATOR, "order", None, long)
    with pytest.raises(LimitError):
        limited.write_record(OPERATOR, "product", None, long)


def test_who_may_not_write_at_all_is_told_that_first(limited: Store) -> None:
    other = Actor("connection", "c" * 32, "other", "api")
    with pytest.raises(OwnershipError):
        limited.write_record(other, "order", None, {"customData": erps("k", "too long")})


def test_an_import_is_left_to_the_pipeline(url: str) -> None:
    rules = [LimitRule("none", Limits(max_entries=0))]
    with Store.open(url, followers=(LimitKeeper(rules),)) as store:
        write(store, incoming(order(customData=entry(SHOP, "k", "v"))))
        write(store, incoming(order(customData=entry(SHOP, "k", "changed")), LATER))
        assert stored(store)["customData"] == entry(SHOP, "k", "changed")
