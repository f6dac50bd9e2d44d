"""Meta data of the sandbox: text, limits and ids as measured."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, strategies as st

from crossdock_woocommerce.sandbox import meta
from crossdock_woocommerce.sandbox.store import Ids

from .shop_client import Shop, running


@pytest.fixture
def shop() -> Iterator[Shop]:
    with running() as found:
        yield found


def new_order(shop: Shop, *metas: dict[str, Any]) -> dict[str, Any]:
    answer = shop.post("/orders", {"meta_data": list(metas)})
    assert answer.status_code == 201, answer.text
    order: dict[str, Any] = answer.json()
    return order


def metas(order: dict[str, Any]) -> list[tuple[str, Any]]:
    return [(entry["key"], entry["value"]) for entry in order["meta_data"]]


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("text", "text"),
        ("", ""),
        (" x ", " x "),
        (42, "42"),
        (-7, "-7"),
        (0, "0"),
        (True, "1"),
        (False, ""),
        (1.0, "1"),
        (0.1, "0.1"),
        (1 / 7, "0.14285714285714"),
        (9007199254740993, "9.007199254741E+15"),
        (12345678901234567890123, "1.2345678901235E+22"),
        (1.5e300, "1.5E+300"),
        (1e25, "1.0E+25"),
        ("9007199254740993", "9007199254740993"),
        ([], []),
        ({}, []),
        ([1, 2, "3"], [1, 2, "3"]),
        ({"0": "a", "1": "b"}, ["a", "b"]),
        ({"1": "a", "2": "b"}, {"1": "a", "2": "b"}),
        ({"a": 1, "b": None, "c": True, "d": 1.0, "e": ""}, {"a": 1, "b": None, "c": True, "d": 1, "e": ""}),
        ({"x": {"y": [1, 2, {"z": None}]}, "empty": {}}, {"x": {"y": [1, 2, {"z": None}]}, "empty": []}),
        ({"price": 9.5}, {"price": 9.5}),
        ("👍🏽", "👍🏽"),
        ("a\x00b", "a\x00b"),
    ],
)
def test_scalars_become_text_and_types_live_on_inside_lists_and_objects(shop: Shop, sent: Any, kept: Any) -> None:
    order = new_order(shop, {"key": "k", "value": sent})
    assert metas(order) == [("k", kept)]  # the answer to the POST shows it already
    assert shop.get(f"/orders/{order['id']}").json()["meta_data"] == order["meta_data"]


def test_null_is_not_kept(shop: Shop) -> None:
    assert metas(new_order(shop, {"key": "k", "value": None}, {"key": "without a value"})) == []


def test_entries_come_by_key_and_value_and_not_by_id(shop: Shop) -> None:
    keys = ["zebra", "a|b", "Apple", "_private", "123", "b", "", " lead", "apple"]
    order = new_order(shop, *({"key": key, "value": "v"} for key in keys))
    assert [key for key, _ in metas(order)] == ["", " lead", "_private", "123", "a|b", "Apple", "apple", "b", "zebra"]
    ids = [entry["id"] for entry in order["meta_data"]]
    assert ids != sorted(ids)


@pytest.mark.parametrize("key", ["a|b", "a.b", "a b", 'it\'s "q"', "100%", "a[0]", " a ", "A", "", "日本", "a/b"])
def test_any_key_is_kept_as_it_is(shop: Shop, key: str) -> None:
    order = new_order(shop, {"key": key, "value": "v"}, {"key": "a", "value": "other"})
    assert (key, "v") in metas(order)
    assert len(order["meta_data"]) == 2


class TestSilentLimits:
    @pytest.mark.parametrize(
        ("value", "kept"),
        [
            ("x" * 65_535, True),
            ("x" * 65_536, False),
            ("å" * 32_767, True),  # bytes, not characters
            ("å" * 32_768, False),
            (["x" * 65_514], True),  # a:1:{i:0;s:65514:"...";} has 21 bytes around the text
            (["x" * 65_515], False),
        ],
        ids=lambda value: "" if isinstance(value, bool) else type(value).__name__,
    )
    def test_a_value_beyond_64_kilobytes_vanishes(self, shop: Shop, value: Any, kept: bool) -> None:
        order = new_order(shop, {"key": "k", "value": value}, {"key": "other", "value": "v"})
        assert [key for key, _ in metas(order)] == (["k", "other"] if kept else ["other"])

    def test_a_key_beyond_255_characters_vanishes(self, shop: Shop) -> None:
        order = new_order(shop, {"key": "ö" * 255, "value": "v"}, {"key": "ö" * 256, "value": "v"})
        assert [len(key) for key, _ in metas(order)] == [255]

    def test_too_long_a_change_leaves_what_was(self, shop: Shop) -> None:
        order = new_order(shop, {"key": "k", "value": "v"})
        answer = shop.put(f"/orders/{order['id']}", {"meta_data": [{"key": "k", "value": "x" * 70_000}]})
        assert answer.status_code == 200
        assert metas(answer.json()) == [("k", "v")]

    def test_a_line_keeps_a_hundred_kilobytes(self, shop: Shop) -> None:
        line = {"product_id": 10, "meta_data": [{"key": "k", "value": "x" * 100_000}]}
        order = shop.post("/orders", {"line_items": [line]}).json()
        entry = order["line_items"][0]["meta_data"][0]
        assert len(entry["value"]) == 100_000
        assert entry["display_key"] == "k"


class TestKeysThatAreFields:
    def test_a_field_is_set_instead(self, shop: Shop) -> None:
        sent = {"_billing_email": "new@example.test", "_payment_method": "swish", "_shipping_city": "Lund"}
        order = new_order(shop, *({"key": key, "value": value} for key, value in sent.items()))
        assert order["billing"]["email"] == "new@example.test"
        assert order["payment_method"] == "swish"
        assert order["shipping"]["city"] == "Lund"
        assert metas(order) == []

    def test_an_invalid_address_is_refused(self, shop: Shop) -> None:
        answer = shop.post("/orders", {"meta_data": [{"key": "_billing_email", "value": "nonsense"}]})
        assert answer.status_code == 400

    def test_some_are_swallowed(self, shop: Shop) -> None:
        sent = ("_customer_user", "_order_total", "_edit_lock")
        order = new_order(shop, *({"key": key, "value": "7"} for key in sent))
        assert metas(order) == []
        assert (order["customer_id"], order["total"]) == (0, "0.00")


class TestChanging:
    def change(self, shop: Shop, order: dict[str, Any], *changes: dict[str, Any]) -> dict[str, Any]:
        answer = shop.put(f"/orders/{order['id']}", {"meta_data": list(changes)})
        assert answer.status_code == 200
        changed: dict[str, Any] = answer.json()
        return changed

    def doubled(self, shop: Shop) -> dict[str, Any]:
        """Return an order that has a key twice, as plugins make them; REST cannot."""
        orders = shop.get("/orders", per_page=100).json()
        return next(o for o in orders if [entry["key"] for entry in o["meta_data"]].count("dubbel") == 2)

    def test_by_key_changes_the_row_or_adds_one(self, shop: Shop) -> None:
        order = new_order(shop, {"key": "k", "value": "1"})
        after = self.change(shop, order, {"key": "k", "value": "2"}, {"key": "n", "value": "new"})
        assert metas(after) == [("k", "2"), ("n", "new")]
        assert after["meta_data"][0]["id"] == order["meta_data"][0]["id"]

    def test_by_key_leaves_one_row_where_there_were_two(self, shop: Shop) -> None:
        order = self.doubled(shop)
        rows = [entry for entry in order["meta_data"] if entry["key"] == "dubbel"]
        after = self.change(shop, order, {"key": "dubbel", "value": "ny"})
        assert [entry for entry in after["meta_data"] if entry["key"] == "dubbel"] == [
            {"id": rows[0]["id"], "key": "dubbel", "value": "ny"}
        ]
        assert len(after["meta_data"]) == len(order["meta_data"]) - 1

    def test_by_id_leaves_the_other_row_alone(self, shop: Shop) -> None:
        order = self.doubled(shop)
        first, second = (entry for entry in order["meta_data"] if entry["key"] == "dubbel")
        after = self.change(shop, order, {"id": first["id"], "key": "dubbel", "value": "ny"})
        found = sorted(entry["value"] for entry in after["meta_data"] if entry["key"] == "dubbel")
        assert found == sorted([second["value"], "ny"])

    def test_the_same_key_twice_in_one_request_is_one_row_and_the_last_wins(self, shop: Shop) -> None:
        assert metas(new_order(shop, {"key": "k", "value": "1"}, {"key": "k", "value": "2"})) == [("k", "2")]

    def test_an_id_can_rename_the_key(self, shop: Shop) -> None:
        order = new_order(shop, {"key": "old", "value": "1"})
        row = order["meta_data"][0]["id"]
        after = self.change(shop, order, {"id": row, "key": "new", "value": "2"})
        assert after["meta_data"] == [{"id": row, "key": "new", "value": "2"}]

    def test_an_id_without_a_key_does_nothing(self, shop: Shop) -> None:
        order = new_order(shop, {"key": "k", "value": "1"})
        after = self.change(shop, order, {"id": order["meta_data"][0]["id"], "value": "2"})
        assert after["meta_data"] == order["meta_data"]

    def test_a_stale_id_replaces_the_row_under_a_new_id(self, shop: Shop) -> None:
        foreign = new_order(shop, {"key": "k", "value": "foreign"})
        order = new_order(shop, {"key": "k", "value": "mine"})
        stale = foreign["meta_data"][0]["id"]
        after = self.change(shop, order, {"id": stale, "key": "k", "value": "new"})
        assert metas(after) == [("k", "new")]
        assert after["meta_data"][0]["id"] not in {stale, order["meta_data"][0]["id"]}
        assert shop.get(f"/orders/{foreign['id']}").json()["meta_data"] == foreign["meta_data"]

    def test_null_deletes_by_id_that_row_and_by_key_all(self, shop: Shop) -> None:
        order = self.doubled(shop)
        first, second = (entry for entry in order["meta_data"] if entry["key"] == "dubbel")
        after = self.change(shop, order, {"id": first["id"], "key": "dubbel", "value": None})
        assert [entry for entry in after["meta_data"] if entry["key"] == "dubbel"] == [second]
        after = self.change(shop, order, {"key": "dubbel", "value": None})
        assert "dubbel" not in dict(metas(after))

    def test_null_by_key_deletes_every_row(self, shop: Shop) -> None:
        after = self.change(shop, self.doubled(shop), {"key": "dubbel", "value": None})
        assert "dubbel" not in dict(metas(after))

    def test_an_empty_list_changes_nothing(self, shop: Shop) -> None:
        order = new_order(shop, {"key": "k", "value": "1"})
        assert self.change(shop, order)["meta_data"] == order["meta_data"]


def test_a_private_key_shows_on_orders_and_not_on_customers(shop: Shop) -> None:
    entry = {"key": "_secret", "value": "v"}
    assert metas(new_order(shop, entry)) == [("_secret", "v")]
    customer = shop.ids("/customers")[0]
    answer = shop.put(f"/customers/{customer}", {"meta_data": [entry, {"key": "open", "value": 1}]}).json()
    assert ("open", "1") in metas(answer)
    assert "_secret" not in dict(metas(answer))


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=6,
)
CHANGES = st.lists(
    st.fixed_dictionaries(
        {"key": st.sampled_from("abc"), "value": VALUES}, optional={"id": st.integers(min_value=0, max_value=12)}
    ),
    max_size=6,
)


@given(st.lists(CHANGES, max_size=3))
def test_rows_keep_distinct_ids_and_kept_values_are_stable(rounds: list[list[dict[str, Any]]]) -> None:
    ids = Ids(0)
    entries: list[dict[str, Any]] = []
    for changes in rounds:
        entries = meta.merge(entries, changes, ids, meta.fits)
        assert len({entry["id"] for entry in entries}) == len(entries)
        assert all(entry["value"] is not None for entry in entries)
        assert meta.merge(entries, [], ids, meta.fits) == entries
        resent = meta.merge(entries, [{**entry} for entry in entries], ids, meta.fits)
        assert resent == entries  # what is read can be sent back unchanged
