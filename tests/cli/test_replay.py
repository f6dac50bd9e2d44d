"""``crossdock replay``: stored payloads under today's configuration, shown before they are written."""

from __future__ import annotations

from datetime import timedelta

import pytest

from crossdock.config import RetentionConfig
from crossdock.store import Actor, Store

from .program import ERP_ID, SHOP, SHOP_ID, Program

CHANGED = SHOP.replace('value = "web"', 'value = "shop"')
MAPPED = SHOP.replace(
    "[connection.import.customer]",
    """[connection.import.order.mapping]
channel = "meta_data[?key=='_fortnox_order_number'].value | [0]"

[connection.import.customer]""",
)
FAILING = SHOP.replace(
    "manipulators = [", 'manipulators = [{ use = "fail", when = "currency == \'SEK\'", reason = "no crowns" }, '
)


def configure(program: Program, text: str) -> None:
    (program.folder / "plugins.toml").write_text(text, "utf-8")


def documents(program: Program) -> str:
    return program.fine("records", "export", "--format", "jsonl").out


def test_nothing_is_mapped_again_while_the_configuration_is_the_same(shop: Program) -> None:
    [order, customer] = shop.fine("replay", "--json").json
    assert (order["considered"], order["unchanged"], order["fields"]) == (250, 250, [])
    assert customer["recordType"] == "customer"
    assert "250 stay as they are" in shop.fine("replay", "demo-shop", "--type", "order").out


def test_the_diff_shows_how_many_records_and_which_fields_and_writes_nothing(shop: Program) -> None:
    before = documents(shop)
    configure(shop, CHANGED)
    [found] = shop.fine("replay", "demo-shop", "--type", "order", "--json").json
    assert (found["considered"], found["updated"], found["failed"]) == (250, 250, 0)
    [channel] = found["fields"]
    assert (channel["name"], channel["records"], channel["appear"], channel["go"], channel["change"]) == (
        "channel", 250, 0, 0, 250,
    )  # fmt: skip
    assert [(one["old"], one["new"]) for one in channel["examples"]] == [("web", "shop")] * 3
    assert found["customData"] == []
    text = shop.fine("replay", "demo-shop", "--type", "order", "--diff").out
    assert "250 would change" in text
    assert "'web' becomes 'shop'" in text
    assert "nothing was written" in text
    assert documents(shop) == before
    assert len(shop.fine("runs", "list", "--json").json) == 2


def test_entries_of_custom_data_that_go_and_come_back_are_listed(shop: Program) -> None:
    name = "customData[connector.woocommerce|meta._fortnox_order_number]"
    configure(shop, MAPPED)
    [found] = shop.fine("replay", "--type", "order", "--json").json
    entries = {one["name"]: one for one in found["customData"]}
    gone = entries.pop(name)
    assert gone["go"] == gone["records"] > gone["appear"] == 0
    # What the connector's own line took so far is left over now.
    assert {(one, entry["go"]) for one, entry in entries.items()} == {
        ("customData[connector.woocommerce|created_via]", 0)
    }
    assert gone["examples"][0]["old"]["value"]
    assert "[connector.woocommerce|meta._fortnox_order_number]" in shop.fine("replay", "--type", "order").out
    shop.fine("replay", "--type", "order", "--apply")
    configure(shop, SHOP)
    back = {one["name"]: one for one in shop.fine("replay", "--type", "order", "--json").json[0]["customData"]}
    assert (back[name]["appear"], back[name]["go"]) == (gone["go"], 0)


def test_what_would_fail_is_grouped_by_cause_and_nothing_is_quarantined(shop: Program) -> None:
    configure(shop, FAILING)
    result = shop("replay", "--type", "order", "--json")
    assert result.code == 1
    [failing] = result.json[0]["failing"]
    assert failing["stage"] == "manipulate"
    assert failing["records"] == result.json[0]["failed"] > 3
    assert len(failing["examples"]) == 3
    told = shop("replay", "--type", "order").out
    assert "Would fail" in told
    assert "no crowns" in told
    assert shop.fine("quarantine", "list").out == "nothing waits in quarantine\n"


def test_applying_writes_what_the_diff_showed_and_the_next_import_finds_nothing_new(shop: Program) -> None:
    configure(shop, CHANGED)
    [report] = shop.fine("replay", "--type", "order", "--apply", "--json").json
    assert (report["considered"], report["updated"], report["outcome"]) == (250, 250, "succeeded")
    assert documents(shop).count('"channel":"shop"') == 250
    cursor = shop.fine("cursor", "show", "--json").json
    [again] = shop.fine("replay", "--type", "order", "--apply", "--json").json
    assert (again["unchanged"], again["updated"]) == (250, 0)
    assert shop.fine("cursor", "show", "--json").json == cursor
    [imported] = shop.fine("import", "--type", "order", "--full", "--json").json
    assert (imported["unchanged"], imported["updated"]) == (imported["considered"], 0)


def test_a_replay_is_called_so_in_the_list_of_runs_and_in_the_history_of_what_it_changed(shop: Program) -> None:
    configure(shop, CHANGED)
    shop.fine("replay", "--type", "order", "--apply")
    [run] = shop.fine("runs", "list", "--limit", "1", "--json").json
    assert (run["kind"], run["direction"]) == ("replay", "import")
    with shop.store() as store:
        record = next(store.records("order"))
        assert {one.through for one in store.history("order", record["localId"])} == {"replay"}
        page = store.entry_history.page("order", record["localId"])
    assert page is not None
    assert page.changes[0].through == "import"  # it was made by the first one


def test_what_others_made_stays_and_is_counted(shop: Program) -> None:
    erp = Actor("connection", ERP_ID, "erp", "api", "woocommerce")
    with shop.store() as store:
        local_id = next(store.records("order"))["localId"]
        wire = {"connectionId": ERP_ID, "moduleId": "x-erp", "key": "tier", "type": "string", "value": "gold"}

        def add(record: dict[str, object]) -> dict[str, object]:
            held = record.get("customData")
            assert isinstance(held, dict)
            return {**record, "shippingStatus": "returned", "customData": {**held, f"{ERP_ID}|x-erp|tier": wire}}

        store.write_record(erp, "order", local_id, add)
    configure(shop, CHANGED)
    [found] = shop.fine("replay", "--type", "order", "--json").json
    assert {one["name"]: one["values"] for one in found["untouched"]} == {
        f"customData[{ERP_ID}|x-erp|tier]": 1,
        "shippingStatus": 1,
    }
    shop.fine("replay", "--type", "order", "--apply")
    with shop.store() as store:
        record = store.record("order", local_id)
    assert record is not None
    assert (record["channel"], record["shippingStatus"]) == ("shop", "returned")
    assert record["customData"][f"{ERP_ID}|x-erp|tier"]["value"] == "gold"


def test_records_whose_payload_is_forgotten_are_counted(shop: Program) -> None:
    with shop.store() as store:
        store.retention.apply(RetentionConfig(payloads=timedelta(seconds=-60)))
    told = shop.fine("replay", "--type", "order", "--json").json[0]
    assert (told["considered"], told["payloadsForgotten"]) == (0, 250)
    assert "250 more records whose payload is not kept" in shop.fine("replay", "--type", "order").out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [(("shop",), "no connection 'shop'"), (("--type", "product"), "imports no 'product'")],
)
def test_mistakes_are_told(shop: Program, arguments: tuple[str, ...], message: str) -> None:
    assert message in shop.refused("replay", *arguments)


def test_applying_while_an_import_runs_is_refused(shop: Program) -> None:
    with Store.open(f"sqlite:///{shop.folder / 'crossdock.db'}") as store:
        run = store.start_run(SHOP_ID, "order", b"")
        result = shop("replay", "--type", "order", "--apply")
        store.finish_run(run, {}, "succeeded")
    assert result.code == 3
    assert "is going on already" in result.err
