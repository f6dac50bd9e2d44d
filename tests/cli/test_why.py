"""``crossdock why``: a value, the remote value it came from, what changed it on the way, and who wrote it since."""

from __future__ import annotations

from typing import Any

import pytest

from tests.cli.program import ERP_ID, SHOP, SHOP_ID, Program


@pytest.fixture
def order(shop: Program) -> dict[str, Any]:
    """A stored order with a row that has a SKU."""
    orders = shop.fine("records", "list", "--json").json
    found: dict[str, Any] = next(one for one in orders if one.get("rows") and one["rows"][0].get("sku"))
    return found


def why(shop: Program, order: dict[str, Any], field: str) -> dict[str, Any]:
    found: dict[str, Any] = shop.fine("why", f"order/{order['localId']}", field, "--json").json
    return found


def test_a_mapped_field_leads_to_the_remote_value_and_the_line(shop: Program, order: dict[str, Any]) -> None:
    found = why(shop, order, "currency")
    [origin] = found["origins"]
    assert found["value"] == order["currency"]
    assert origin["leaves"] == [{"pointer": "/currency", "value": order["currency"], "fate": "mapped"}]
    assert [line["name"] for line in origin["lines"]] == ["currency"]
    assert origin["lines"][0]["place"].startswith("crossdock_woocommerce/mapping.toml:")
    assert [step["stage"] for step in origin["steps"]] == ["mapping"]
    assert origin["sameConfiguration"]
    assert found["writes"] == []


def test_a_field_of_a_row_is_meant_by_the_rows_number_or_id(shop: Program, order: dict[str, Any]) -> None:
    row = order["rows"][0]
    by_number = why(shop, order, "rows[0].sku")
    assert (
        by_number == why(shop, order, f"rows[{row['rowId']}].sku") == why(shop, order, f"rows[{row['rowId'][:8]}].sku")
    )
    assert (by_number["value"], by_number["origins"][0]["leaves"][0]["pointer"]) == (row["sku"], "/line_items/0/sku")


def test_each_manipulator_shows_what_it_made_of_the_value(shop: Program, order: dict[str, Any]) -> None:
    steps = why(shop, order, "channel")["origins"][0]["steps"]
    assert (steps[-1]["stage"], steps[-1]["after"]) == ("field-set", "web")
    assert steps[-1]["place"].startswith("plugins.toml:")


def test_what_a_connector_works_out_is_said_to_come_from_it(shop: Program, order: dict[str, Any]) -> None:
    origin = why(shop, order, "totals.totalExclVat")["origins"][0]
    assert [step["stage"] for step in origin["steps"]] == ["connector woocommerce"]


def test_an_entry_is_meant_by_its_key(shop: Program, order: dict[str, Any]) -> None:
    key, entry = next((k, e) for k, e in order["customData"].items() if e["key"].startswith("meta."))
    by_key = why(shop, order, entry["key"])
    assert by_key == why(shop, order, f"customData[{key}]")
    assert any(leaf["pointer"].startswith("/meta_data/") for leaf in by_key["origins"][0]["leaves"])


def test_writes_since_are_told_and_an_edit_is_not_blamed_on_the_configuration(
    shop: Program, order: dict[str, Any]
) -> None:
    reference = f"order/{order['localId']}"
    shop.fine("customdata", "set", reference, "x-crm|tier", "gold", "--as", "demo-shop")
    shop.fine("customdata", "set", reference, "x-crm|tier", "silver", "--as", "demo-shop")
    found = why(shop, order, "tier")
    assert [(write["old"] and write["old"]["value"], write["new"]["value"]) for write in found["writes"]] == [
        (None, "gold"),
        ("gold", "silver"),
    ]
    assert {write["connection"] for write in found["writes"]} == {"demo-shop"}
    text = shop.fine("why", reference, "tier").out
    assert "nothing of this payload reaches it" in text
    assert "Written since" in text


def test_another_configuration_than_that_of_the_import_is_told(shop: Program, order: dict[str, Any]) -> None:
    (shop.folder / "plugins.toml").write_text(SHOP.replace('value = "web"', 'value = "app"'), "utf-8")
    found = why(shop, order, "channel")
    assert (found["value"], found["origins"][0]["given"], found["origins"][0]["sameConfiguration"]) == (
        "web",
        "app",
        False,
    )
    text = shop.fine("why", f"order/{order['localId']}", "channel").out
    assert "today's configuration gives app, not what is stored" in text
    assert "the last import had another configuration" in text


def test_a_connection_that_is_configured_no_longer_is_named(shop: Program, order: dict[str, Any]) -> None:
    (shop.folder / "plugins.toml").write_text(SHOP.replace(SHOP_ID, ERP_ID), "utf-8")
    assert why(shop, order, "channel")["unconfigured"] == [SHOP_ID]


@pytest.mark.parametrize(
    ("field", "told"),
    [
        ("chanel", "did you mean 'channel'?"),
        ("rows[99].sku", "none with the number 99"),
        ("rows[zz].sku", "0 of the rows have an id that begins with 'zz'"),
        ("rows[0].skuu", "neither a field nor an entry"),
    ],
)
def test_a_field_that_there_is_not_is_told(shop: Program, order: dict[str, Any], field: str, told: str) -> None:
    result = shop("why", f"order/{order['localId']}", field)
    assert result.code == 2
    assert told in result.err
