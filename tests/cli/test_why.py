"""``crossdock why``: a value, the remote value it came from, what changed it on the way, and who wrote it since."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from tests.cli.program import ERP_ID, SHOP, SHOP_ID, Program
from tests.databases import run_sql


@pytest.fixture
def order(shop: Program) -> dict[str, Any]:
    """A stored order with a row that has a SKU, a text of the shop's own, and a meta of a key of its own."""
    orders = shop.fine("records", "list", "--json").json
    with_sku = [one for one in orders if one.get("rows") and one["rows"][0].get("sku")]
    found: dict[str, Any] = next(one for one in with_sku if texts_of(one) and single_metas_of(one))
    return found


def single_metas_of(order: dict[str, Any]) -> list[dict[str, Any]]:
    """The entries of metas with an underscore in front, of each of which there is one."""
    return [one for one in order["customData"].values() if one["key"].startswith("meta._") and "#" not in one["key"]]


def texts_of(order: dict[str, Any]) -> list[dict[str, Any]]:
    """The texts that the shop keeps under a plain key."""
    metas = [one for one in order["customData"].values() if re.fullmatch(r"meta\.[a-z_]+", one["key"])]
    return [one for one in metas if one["type"] == "string" and one["value"]]


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


def test_what_a_connector_works_out_leads_to_the_remote_values_it_depends_on(
    shop: Program, order: dict[str, Any]
) -> None:
    origin = why(shop, order, "totals.totalExclVat")["origins"][0]
    assert [step["stage"] for step in origin["steps"]] == ["connector woocommerce"]
    assert [leaf["pointer"] for leaf in origin["leaves"]] == ["/total", "/total_tax"]
    assert origin["wholePayloadTried"]
    price = why(shop, order, "rows[0].pricePerUnitExclVat")["origins"][0]
    assert [leaf["pointer"] for leaf in price["leaves"]] == ["/line_items/0/quantity", "/line_items/0/total"]


def test_an_entry_is_meant_by_its_key(shop: Program, order: dict[str, Any]) -> None:
    key, entry = next((k, e) for k, e in order["customData"].items() if e["key"].startswith("meta."))
    by_key = why(shop, order, entry["key"])
    assert by_key == why(shop, order, f"customData[{key}]")
    assert by_key == why(shop, order, f"customData[{entry['key']}]")
    assert any(leaf["pointer"].startswith("/meta_data/") for leaf in by_key["origins"][0]["leaves"])
    misspelt = shop.refused("why", f"order/{order['localId']}", f"customData[{entry['key']}x]")
    assert f"names no entry; did you mean {entry['key']!r}?" in misspelt


def test_what_a_line_only_looks_at_leads_to_the_remote_value(shop: Program) -> None:
    orders = shop.fine("records", "list", "--json").json
    translated = next(one for one in orders if one.get("orderStatus") == "onHold")
    [origin] = why(shop, translated, "orderStatus")["origins"]
    assert origin["leaves"] == [{"pointer": "/status", "value": "on-hold", "fate": "stashed"}]
    refunded = next(one for one in orders if one.get("refunds"))
    [origin] = why(shop, refunded, "refunds[0].amount")["origins"]
    assert [leaf["pointer"] for leaf in origin["leaves"]] == ["/refunds/0/total"]


def test_a_field_that_stays_empty_leads_to_the_value_it_could_not_take(shop: Program, tmp_path: Path) -> None:
    orders = shop.fine("records", "list", "--json").json
    [origin] = why(shop, next(one for one in orders if not one.get("orderStatus")), "orderStatus")["origins"]
    assert [(leaf["pointer"], leaf["value"]) for leaf in origin["leaves"]] == [("/status", "shipped")]
    reconfigure(shop, ("[connection.import.order]", UNFIT))
    shop.fine("replay", "--type", "order", "--apply")
    paid = next(one for one in orders if any("methodTitle" in payment for payment in one.get("payments", ())))
    [origin] = why(shop, paid, "shippingAddress.countryCode")["origins"]
    assert [leaf["pointer"] for leaf in origin["leaves"]] == ["/payment_method_title"]
    assert "is not an ISO 3166-1 alpha-2 country code" in origin["warnings"][0]
    text = shop.fine("why", f"order/{paid['localId']}", "shippingAddress.countryCode").out
    assert "warning: shippingAddress.countryCode:" in text
    assert "nothing of this payload reaches it" not in text


UNFIT = """\
[connection.import.order.mapping]
"shippingAddress.countryCode" = "payment_method_title"

[connection.import.order]"""


def test_a_whole_part_leads_to_everything_in_it(shop: Program, order: dict[str, Any]) -> None:
    [origin] = why(shop, order, "billingAddress")["origins"]
    assert {leaf["pointer"].split("/")[1] for leaf in origin["leaves"]} == {"billing"}
    assert {line["name"].split(".")[0] for line in origin["lines"]} == {"billingAddress"}
    assert len(origin["leaves"]) == len(order["billingAddress"])


def test_where_today_would_fail_the_record_that_is_said(shop: Program, order: dict[str, Any]) -> None:
    step = '{ use = "field-set", field = "channel", value = "x", when = "length(pricesIncludeVat)" }'
    reconfigure(shop, ('value = "web" }', f'value = "web" }}, {step}'))
    [origin] = why(shop, order, "channel")["origins"]
    assert origin["given"] == "web"
    assert "manipulator 'field-set', step 2 of 2" in origin["today"]["error"]
    text = shop.fine("why", f"order/{order['localId']}", "channel").out
    told = "quarantine: the condition of manipulator 'field-set', step 2 of 2"
    assert f"today's configuration would keep the record in {told}" in text
    assert "would give" not in text


def test_what_a_limit_refuses_is_told_so(shop: Program, order: dict[str, Any]) -> None:
    key = next(key for key, entry in order["customData"].items() if entry["key"] == "parent_id")
    limits = f'[[limits]]\nconnection = "demo-shop"\ntypes = ["string"]\n\n{SHOP}'
    (shop.folder / "plugins.toml").write_text(limits, "utf-8")
    shop.fine("import", "--full", "--type", "order")
    text = shop.fine("why", f"order/{order['localId']}", f"customData[{key}]").out
    assert re.search(r"^  remote +/parent_id +0$", text, re.MULTILINE)
    assert "a limit of custom data refuses it, so it is not kept" in text
    assert "not what is stored" not in text


def test_what_waits_in_quarantine_of_the_same_record_is_named(shop: Program, order: dict[str, Any]) -> None:
    reconfigure(shop, ('value = "web" }', 'value = "web" }, { use = "fail", reason = "not today" }'))
    assert shop("replay", "--type", "order", "--apply").code == 1
    remote_id = order["remoteIdMap"][SHOP_ID]
    entries = shop.fine("quarantine", "list", "--json").json
    [entry] = [one["quarantineId"] for one in entries if one["remoteId"] == remote_id]
    assert why(shop, order, "channel")["waiting"] == [entry]
    text = shop.fine("why", f"order/{order['localId']}", "channel").out
    assert f"waits in quarantine, so this may be out of date: crossdock quarantine show {entry}\n" in text


def test_an_entry_that_is_not_there_is_guessed(shop: Program, order: dict[str, Any]) -> None:
    [entry, *_others] = single_metas_of(order)
    result = shop("why", f"order/{order['localId']}", f"{entry['key']}x")
    assert f"there is an entry '{entry['key']}'; was that meant?" in result.err


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
    assert re.search(r"demo-shop \(cli\) +- +gold\n.* +gold +silver$", text, re.MULTILINE)
    assert "Written since" in text


def test_what_an_import_has_written_is_not_told_as_a_write_since(shop: Program, order: dict[str, Any]) -> None:
    reference = f"order/{order['localId']}"
    reconfigure(shop, ('value = "web"', 'value = "app"'))
    shop.fine("replay", "--type", "order", "--apply")
    found = why(shop, order, "channel")
    assert [(one["through"], one["new"]) for one in found["earlierWrites"]] == [("replay", found["value"])]
    assert found["writes"] == []
    text = shop.fine("why", reference, "channel").out
    assert "Written until the last import of it" in text
    assert "Written since" not in text


def reconfigure(shop: Program, *changes: tuple[str, str]) -> None:
    """Replace text in plugins.toml."""
    file = shop.folder / "plugins.toml"
    text = file.read_text("utf-8")
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    file.write_text(text, "utf-8")


def test_a_value_is_explained_by_the_configuration_that_made_it(shop: Program, order: dict[str, Any]) -> None:
    before = why(shop, order, "channel")["origins"][0]
    reconfigure(shop, ("[[connection]]", "# a new line\n[[connection]]"), ('value = "web"', 'value = "app"'))
    found = why(shop, order, "channel")
    [origin] = found["origins"]
    assert (found["value"], origin["given"]) == ("web", "web")
    assert [(step["stage"], step["after"]) for step in origin["steps"]] == [
        ("mapping", origin["leaves"][0]["value"]),
        ("field-set", "web"),
    ]
    assert (origin["sameConfiguration"], origin["rebuiltConfiguration"], origin["notes"]) == (False, True, [])
    assert (origin["today"]["given"], origin["today"]["steps"][-1]["after"]) == ("app", "app")
    assert line_of(origin) == line_of(before)
    assert line_of(origin["today"]) == line_of(before) + 1
    text = shop.fine("why", f"order/{order['localId']}", "channel").out
    assert "this is how the configuration of the last import made it; today's is another one" in text
    assert "today's configuration would give app:" in text


def line_of(made: dict[str, Any]) -> int:
    """In which line of plugins.toml the last manipulator stands."""
    found = re.fullmatch(r".*plugins\.toml:(\d+):\d+", made["steps"][-1]["place"])
    assert found
    return int(found[1])


def test_a_mapping_line_that_is_gone_is_shown_where_it_stood(shop: Program, order: dict[str, Any]) -> None:
    reconfigure(shop, ("[connection.import.customer]", '[connection.import.order.mapping]\nchannel = "currency"'))
    reconfigure(shop, ('manipulators = [{ use = "field-set", field = "channel", value = "web" }]', ""))
    shop.fine("import", "--full", "--type", "order")
    reconfigure(shop, ('channel = "currency"', "channel = false"))
    [origin] = why(shop, order, "channel")["origins"]
    [line] = origin["lines"]
    assert (line["expression"], line["name"]) == ("currency", "channel")
    assert line["place"] == "plugins.toml:13:11"
    assert origin["leaves"][0]["pointer"] == "/currency"
    assert (origin["today"]["given"], origin["today"]["lines"]) == (None, [])


def test_an_entry_that_todays_mapping_takes_away_is_explained_too(shop: Program, order: dict[str, Any]) -> None:
    entry = single_metas_of(order)[0]
    name = entry["key"].removeprefix("meta.")
    shop_drop = f'[connection.import.order.drop]\n"meta.{name}" = "not needed"\n\n[connection.import.customer]'
    reconfigure(shop, ("[connection.import.customer]", shop_drop))
    [origin] = why(shop, order, entry["key"])["origins"]
    assert origin["given"] == entry["value"]
    assert origin["leaves"][0]["fate"] == "stashed"
    assert (origin["today"]["given"], origin["rebuiltConfiguration"]) == (None, True)


def test_a_table_that_was_changed_since_is_read_as_it_was(shop: Program, order: dict[str, Any]) -> None:
    (shop.folder / "tables").mkdir()
    table = shop.folder / "tables" / "channels.csv"
    table.write_text("old,new\nweb,Web shop\n", "utf-8")
    step = '{ use = "value-map", field = "channel", file = "tables/channels.csv" }'
    reconfigure(shop, ('value = "web" }]', f'value = "web" }}, {step}]'))
    shop.fine("import", "--full", "--type", "order")
    table.write_text("old,new\nweb,Something else\n", "utf-8")
    found = why(shop, order, "channel")
    [origin] = found["origins"]
    assert (found["value"], origin["given"], origin["today"]["given"]) == ("Web shop", "Web shop", "Something else")
    assert origin["rebuiltConfiguration"]


PLUGIN = """
from crossdock import ManipulatorSettings, ManipulatorSpec, hookimpl

class Settings(ManipulatorSettings):
    pass

def build(settings, setup):
    def run(record, context):
        record["channel"] = "{channel}"
        return record
    return run

@hookimpl
def crossdock_manipulators():
    return [ManipulatorSpec(name="own-channel", title="sets it", settings=Settings, build=build)]
"""


@pytest.fixture
def plugin(shop: Program) -> Path:
    """A plugin in a file of its own that sets the channel; the orders are imported with it."""
    (shop.folder / "plugins").mkdir()
    file = shop.folder / "plugins" / "own.py"
    file.write_text(PLUGIN.format(channel="phone"), "utf-8")
    head = '[plugins]\npaths = ["plugins"]\n\n[[connection]]'
    reconfigure(shop, ("[[connection]]", head), ('"field-set", field = "channel", value = "web"', '"own-channel"'))
    shop.fine("import", "--full", "--type", "order")
    return file


def test_code_that_was_changed_since_is_told(shop: Program, order: dict[str, Any], plugin: Path) -> None:
    plugin.write_text(PLUGIN.format(channel="fax"), "utf-8")
    found = why(shop, order, "channel")
    [origin] = found["origins"]
    assert (found["value"], origin["given"], origin["rebuiltConfiguration"]) == ("phone", "fax", True)
    [note] = origin["notes"]
    assert note.startswith("the plugin of 'own-channel' was sha256:")
    assert "so it may have been made otherwise" in shop.fine("why", f"order/{order['localId']}", "channel").out


def test_a_plugin_that_is_gone_is_told_and_todays_configuration_shown(
    shop: Program, order: dict[str, Any], plugin: Path
) -> None:
    plugin.unlink()
    reconfigure(shop, ('"own-channel"', '"field-set", field = "channel", value = "app"'))
    found = why(shop, order, "channel")
    [origin] = found["origins"]
    assert (found["value"], origin["given"], origin["rebuiltConfiguration"]) == ("phone", "app", False)
    [note] = origin["notes"]
    assert "there is no manipulator 'own-channel'" in note
    text = shop.fine("why", f"order/{order['localId']}", "channel").out
    assert "the last import had another configuration, but there is no manipulator 'own-channel'" in text
    assert "so this is what today's configuration makes" in text


def test_a_store_of_an_older_program_has_not_kept_enough(shop: Program, order: dict[str, Any]) -> None:
    run_sql(f"sqlite:///{shop.folder / 'crossdock.db'}", "UPDATE configurations SET sources = NULL")
    reconfigure(shop, ('value = "web"', 'value = "app"'))
    [origin] = why(shop, order, "channel")["origins"]
    assert (origin["given"], origin["notes"]) == ("app", ["the store has not kept what it was read from"])


def test_a_payload_that_is_kept_no_longer_is_told(shop: Program, order: dict[str, Any]) -> None:
    run_sql(f"sqlite:///{shop.folder / 'crossdock.db'}", "UPDATE imports SET payload = NULL")
    found = why(shop, order, "channel")
    [remote_id] = order["remoteIdMap"].values()
    assert (found["origins"], found["unkept"]) == ([], [{"connection": "demo-shop", "remoteId": remote_id}])
    text = shop.fine("why", f"order/{order['localId']}", "channel").out
    assert f"no payload of demo-shop {remote_id} is kept" in text


def test_a_connection_that_is_configured_no_longer_is_named(shop: Program, order: dict[str, Any]) -> None:
    (shop.folder / "plugins.toml").write_text(SHOP.replace(SHOP_ID, ERP_ID), "utf-8")
    assert why(shop, order, "channel")["unconfigured"] == [SHOP_ID]


@pytest.mark.parametrize(
    ("field", "told"),
    [
        ("chanel", "did you mean 'channel'?"),
        ("rows[123456].sku", "none with the number 123456"),
        ("rows[zz].sku", "has an id that begins with 'zz'"),
        ("rows[0]", "say one field of one of the rows: rows[0].FIELD"),
        ("rows[].sku", "say one field of one of the rows: rows[0].FIELD"),
        ("rows[0].skuu", "neither a field nor an entry"),
    ],
)
def test_a_field_that_there_is_not_is_told(shop: Program, order: dict[str, Any], field: str, told: str) -> None:
    result = shop("why", f"order/{order['localId']}", field)
    assert result.code == 2
    assert told in result.err
