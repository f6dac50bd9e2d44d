"""``customdata``: everybody reads, owners write their own, the operator repairs anything."""

from __future__ import annotations

from typing import Any

import pytest

from .program import ERP, ERP_ID, OPERATOR, SHOP, SHOP_ID, Program


@pytest.fixture
def order(shop: Program) -> dict[str, Any]:
    (shop.folder / "plugins.toml").write_text(SHOP + ERP, "utf-8")
    found: list[dict[str, Any]] = shop.fine("records", "list", "--json").json
    return next(one for one in found if [row["type"] for row in one["rows"]].count("product") > 1)


@pytest.fixture
def ref(order: dict[str, Any]) -> str:
    return f"order/{order['displayId']}"


def entry(shop: Program, ref: str, key: str, *more: str) -> dict[str, Any]:
    found: dict[str, Any] = shop.fine("customdata", "get", ref, key, "--json", *more).json
    return found


def test_the_list_names_the_owners(shop: Program, ref: str) -> None:
    lines = shop.fine("customdata", "list", ref).lines
    assert lines[0].split() == ["owner", "module", "key", "type", "value"]
    parts = {line.removeprefix("Custom data of ") for line in lines if line.startswith("Custom data of ")}
    listed = shop.fine("customdata", "list", ref, "--json").json
    assert parts == {one["part"] for one in listed} - {None}
    assert sum(line.startswith("demo-shop  connector.woocommerce  ") for line in lines) == len(listed)


def test_the_list_as_json_has_every_entry_of_record_and_rows(shop: Program, ref: str, order: dict[str, Any]) -> None:
    found = shop.fine("customdata", "list", ref, "--json").json
    holders = [order, *(part for name in ("rows", "payments", "refunds") for part in order.get(name, ()))]
    keys = [key for holder in holders for key in holder.get("customData", {})]
    assert sorted(one["dictionaryKey"] for one in found) == sorted(keys)
    assert {one["part"] for one in found} >= {None, f"rows[{order['rows'][0]['rowId']}]"}


@pytest.mark.parametrize(
    ("type_", "text", "value"),
    [
        ("string", "5", "5"),
        ("string", "", ""),
        ("bool", "true", True),
        ("integer", "123456789012345678901234567890", "123456789012345678901234567890"),
        ("decimal", "1.10", "1.10"),
        ("json", '{"a": [1, null]}', {"a": [1, None]}),
        ("json", "null", None),
    ],
)
def test_the_operator_writes_an_unowned_entry(shop: Program, ref: str, type_: str, text: str, value: object) -> None:
    shop.fine("customdata", "set", ref, "|x-crm|tier", "--type", type_, text)
    assert entry(shop, ref, "|x-crm|tier") == {
        "part": None,
        "dictionaryKey": "|x-crm|tier",
        "owner": "(unowned)",
        "moduleId": "x-crm",
        "key": "tier",
        "type": type_,
        "value": value,
    }


def test_numbers_in_json_keep_their_digits(shop: Program, ref: str) -> None:
    shop.fine("customdata", "set", ref, "|x-crm|price", "--type", "json", "[1.10, 12.335999999999999999]")
    assert shop.fine("customdata", "get", ref, "price").out == "[1.10,12.335999999999999999]\n"
    assert "12.335999999999999999" in shop.fine("customdata", "get", ref, "price", "--json").out


def test_a_connection_writes_its_own_entry(shop: Program, ref: str) -> None:
    shop.fine("customdata", "set", ref, "x-erp|number", "A-1", "--as", "erp")
    assert entry(shop, ref, "number")["dictionaryKey"] == f"{ERP_ID}|x-erp|number"
    assert entry(shop, ref, "x-erp|number", "--as", "erp")["owner"] == "erp"
    assert entry(shop, ref, "erp|x-erp|number")["value"] == "A-1"


def test_setting_what_is_there_already_changes_nothing(shop: Program, ref: str) -> None:
    assert "(version 2)" in shop.fine("customdata", "set", ref, "|x-crm|tier", "gold").out
    assert "(it was like that already)" in shop.fine("customdata", "set", ref, "|x-crm|tier", "gold").out


def test_an_entry_of_a_row(shop: Program, ref: str, order: dict[str, Any]) -> None:
    row = order["rows"][0]["rowId"]
    shop.fine("customdata", "set", ref, "x-erp|shelf", "B 7", "--as", "erp", "--row", row)
    assert entry(shop, ref, "shelf")["part"] == f"rows[{row}]"
    assert entry(shop, ref, "shelf", "--row", row)["value"] == "B 7"
    shop.fine("customdata", "delete", ref, "shelf", "--row", row, "--as", "erp")
    assert "there is no entry 'shelf'" in shop.refused("customdata", "get", ref, "shelf")


def test_who_wrote_is_recorded(shop: Program, ref: str, order: dict[str, Any]) -> None:
    shop.fine("customdata", "set", ref, "x-erp|number", "A-1", "--as", "erp")
    with shop.store() as store:
        last = store.history("order", order["localId"])[-1]
    assert (last.actor_kind, last.actor_name, last.connection_id, last.through) == ("connection", "erp", ERP_ID, "cli")


@pytest.mark.parametrize(
    ("key", "owner"),
    [
        ("|x-crm|tier", "create customData[|x-crm|tier] (unowned: only the operator writes it)"),
        (
            "demo-shop|x-own|note",
            f"create customData[{SHOP_ID}|x-own|note] (owned by connection 'demo-shop')",
        ),
        (
            "connector.woocommerce|status",
            f"create, outside its connector's mapping, customData[{ERP_ID}|connector.woocommerce|status]",
        ),
    ],
)
def test_what_a_connection_does_not_own_it_cannot_write(shop: Program, ref: str, key: str, owner: str) -> None:
    before = shop.fine("records", "show", ref, "--json").out
    refused = shop("customdata", "set", ref, key, "x", "--as", "erp")
    assert (refused.code, refused.out) == (4, "")
    assert "connection 'erp' may not" in refused.err
    assert owner in refused.err
    assert shop.fine("records", "show", ref, "--json").out == before


def test_who_owns_an_entry_that_a_mapping_makes_is_not_sent_to_its_owner(shop: Program, ref: str) -> None:
    err = shop("customdata", "set", ref, "connector.woocommerce|status", "x", "--as", "demo-shop").err
    assert "give it a module of your own, such as 'x-crm', or let an operator do it" in err
    assert "let its owner write it" not in err


@pytest.mark.parametrize("key", ["|connector.bogus|k", "|connector.woocommerce|k"])
def test_the_operator_makes_no_unowned_entry_of_a_connector(shop: Program, ref: str, key: str) -> None:
    refused = shop("customdata", "set", ref, key, "x")
    assert (refused.code, refused.out) == (4, "")
    assert f"create customData[{key}] (nobody's: only connections have entries of connectors)" in refused.err
    assert "name the connection whose it is, or give it a module of your own, such as 'x-crm'" in refused.err
    assert "there is no entry" in shop.refused("customdata", "get", ref, key)


def test_the_operator_puts_back_what_a_mapping_made(shop: Program, ref: str) -> None:
    key = "demo-shop|connector.woocommerce|status"
    value = entry(shop, ref, key)["value"]
    shop.fine("customdata", "delete", ref, key)
    shop.fine("customdata", "set", ref, key, value)
    assert entry(shop, ref, key)["value"] == value


def test_an_entry_with_the_empty_name_is_one_like_others(shop: Program, ref: str) -> None:
    key = "demo-shop|connector.woocommerce|"
    shop.fine("customdata", "set", ref, key, "nameless")
    assert entry(shop, ref, key)["value"] == "nameless"
    assert entry(shop, ref, "connector.woocommerce|", "--as", "demo-shop")["key"] == ""
    assert len(shop.fine("customdata", "history", ref, key, "--json").json) == 2  # the import of the order, and this
    shop.fine("customdata", "delete", ref, key)
    assert "there is no entry" in shop.refused("customdata", "get", ref, key)
    assert "is no key of an entry" in shop.refused("customdata", "get", ref, "demo-shop||k")


def test_what_a_connection_does_not_own_it_cannot_delete(shop: Program, ref: str) -> None:
    key = f"{SHOP_ID}|connector.woocommerce|status"
    refused = shop("customdata", "delete", ref, key, "--as", "erp")
    assert refused.code == 4
    assert f"delete customData[{key}] (owned by connection 'demo-shop')" in refused.err
    assert "deleted" in shop.fine("customdata", "delete", ref, key).out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("set", "|x-crm|t", "yes", "--type", "bool"), "'yes' is no value of type bool; write true or false"),
        (("set", "|x-crm|t", "1.5", "--type", "integer"), "write a whole number"),
        (("set", "|x-crm|t", "NaN", "--type", "decimal"), "write a number such as 12.50"),
        (("set", "|x-crm|t", "{a}", "--type", "json"), "'{a}' is no JSON"),
        (("set", "|x-crm|t", "[" * 10_000, "--type", "json"), "[...' is no JSON: "),
        (
            ("set", "|x-crm|t", '[{"a": 1, "b": {"c": 1, "c": 2}, "a": 2}]', "--type", "json"),
            "has 'c', 'a' twice in one object; write each name once",
        ),
        (("set", "|x-crm|t", "x", "--type", "text"), "or 'json', not 'text'"),
        (("set", "|crm|t", "x"), "'crm' is no module; one of your own begins with 'x-'"),
        (("set", "elsewhere|x-crm|t", "x"), "'elsewhere' is no connection"),
        (("set", "x-crm|t", "x"), "is no key of an entry; write 'CONNECTION|MODULE|KEY'"),
        (("set", "t", "x"), "'t' is no key of an entry"),
        (("set", "|x-crm|t", "x", "--row", "17"), "has no part '17'; it has "),
        (("set", "|x-crm|t", "x", "--as", "er"), "no connection 'er'; did you mean 'erp'?"),
        (("get", "statuss"), "there is no entry 'statuss' here; did you mean 'status'?"),
        (("get", "|x-crm|none"), "there is no entry '|x-crm|none' here"),
        (("delete", "nothing-like-it"), "crossdock customdata list shows what there is"),
    ],
)
def test_mistakes_are_told_with_the_remedy(shop: Program, ref: str, arguments: tuple[str, ...], message: str) -> None:
    command, *rest = arguments
    assert message in shop.refused("customdata", command, ref, *rest)


def test_a_name_that_several_entries_have_is_not_guessed(shop: Program, ref: str) -> None:
    shop.fine("customdata", "set", ref, "|x-crm|tier", "gold")
    shop.fine("customdata", "set", ref, "x-crm|tier", "A", "--as", "erp")
    told = shop.refused("customdata", "get", ref, "tier")
    assert "'|x-crm|tier'" in told
    assert f"'{ERP_ID}|x-crm|tier'" in told


def test_a_record_without_custom_data(shop: Program) -> None:
    with shop.store() as store:
        store.write_record(OPERATOR, "order", None, {"displayId": "bare"})
    assert shop.fine("customdata", "list", "order/bare").out == "order/bare has no custom data\n"
    assert shop.fine("customdata", "list", "order/bare", "--json").json == []


# History


def test_the_history_begins_with_the_import_and_its_run(shop: Program, ref: str) -> None:
    (line,) = shop.fine("customdata", "history", ref, "--json").json
    run = shop.fine("runs", "list", "--json").json
    assert (line["event"], line["through"], line["actorName"]) == ("created", "import", "demo-shop")
    assert line["runId"] in {one["runId"] for one in run}
    assert f"import, run {line['runId'][:8]}" in shop.fine("customdata", "history", ref).out


def test_every_change_of_an_entry_is_told(shop: Program, ref: str) -> None:
    shop.fine("customdata", "set", ref, "x-erp|number", "A-1", "--as", "erp")
    shop.fine("customdata", "set", ref, "x-erp|other", "B", "--as", "erp")
    shop.fine("customdata", "set", ref, "erp|x-erp|number", "A-2")
    shop.fine("customdata", "delete", ref, "erp|x-erp|number")
    for key in ("number", "erp|x-erp|number", f"{ERP_ID}|x-erp|number"):
        _created, *changes = shop.fine("customdata", "history", ref, key, "--json").json
        values = [(one.get("old", {}).get("value"), one.get("new", {}).get("value")) for one in changes]
        assert values == [(None, "A-1"), ("A-1", "A-2"), ("A-2", None)]
        assert [one["actor"] for one in changes] == ["connection", "operator", "operator"]
    lines = shop.fine("customdata", "history", ref).lines
    assert lines[0].split() == ["when", "who", "through", "entry", "old", "new"]
    assert len(lines) == 1 + 1 + 4
    assert "erp|x-erp|number" in lines[2]


def test_an_empty_text_is_a_value_in_the_history(shop: Program, ref: str) -> None:
    shop.fine("customdata", "set", ref, "x-erp|number", "", "--as", "erp")
    shop.fine("customdata", "delete", ref, "erp|x-erp|number")
    _titles, _created, came, went = shop.fine("customdata", "history", ref, "number").lines
    assert came.endswith('  ""')
    assert went.endswith('  ""')
    assert came.index('""') > went.index('""')


def test_an_entry_that_never_was_has_no_history(shop: Program, ref: str) -> None:
    assert len(shop.fine("customdata", "history", ref, "status").lines) == 2  # it came with the record
    assert len(shop.fine("customdata", "history", ref, "subtotal").lines) == 2  # of several rows
    told = shop.refused("customdata", "history", ref, "staus")
    assert "there is no entry 'staus' here; did you mean 'status'?" in told


def test_the_history_of_a_part_says_which(shop: Program, ref: str, order: dict[str, Any]) -> None:
    row = order["rows"][0]["rowId"]
    shop.fine("customdata", "set", ref, "|x-crm|note", "fragile", "--row", row)
    assert f"(unowned)|x-crm|note of rows[{row}]" in shop.fine("customdata", "history", ref, "note").out
