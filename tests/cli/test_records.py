"""``records``: listing, showing, exporting and deleting what the store holds."""

from __future__ import annotations

import json
from typing import Any

import pytest

from crossdock.records import RECORD_TYPES, decode_record
from crossdock.store import Store
from crossdock.store.flows.links import LinkFollower

from .program import ERP, ERP_ID, NEEDS_KEYS, OPERATOR, SHOP, SHOP_ID, Program


def first_order(program: Program) -> dict[str, Any]:
    found: list[dict[str, Any]] = program.fine("records", "list", "--json", "--limit", "1").json
    return found[0]


def test_a_list_has_a_line_a_record_and_says_when_there_are_more(shop: Program) -> None:
    lines = shop.fine("records", "list", "--limit", "5").lines
    assert lines[0].split()[:4] == ["order", "placed", "status", "payment"]
    assert len(lines) == 7
    assert lines[-1].startswith("the first 5 of 250;")


def test_a_table_is_no_longer_than_a_screen_or_two_unless_asked(shop: Program) -> None:
    assert len(shop.fine("records", "list").lines) == 52
    assert len(shop.fine("records", "list", "--limit", "1000").lines) == 251


@pytest.mark.parametrize(("record_type", "title"), [("order", "order"), ("customer", "customer")])
def test_each_record_type_has_columns_of_its_own(shop: Program, record_type: str, title: str) -> None:
    assert shop.fine("records", "list", "--type", record_type).lines[0].split()[0] == title


def test_a_list_as_json_holds_whole_records(shop: Program) -> None:
    found = shop.fine("records", "list", "--type", "customer", "--json").json
    assert [record["localId"] for record in found] == sorted(record["localId"] for record in found)
    assert len(found) > 20
    assert all(record["remoteIdMap"][SHOP_ID] for record in found)


def test_the_formats_of_a_list_agree(shop: Program) -> None:
    as_json = shop.fine("records", "list", "--format", "json", "--limit", "4").json
    as_lines = [json.loads(line) for line in shop.fine("records", "list", "--format", "jsonl", "--limit", "4").lines]
    assert as_json == as_lines


def test_an_export_is_each_record_as_the_store_has_it(shop: Program) -> None:
    lines = shop.fine("records", "export", "--type", "order").lines
    with shop.store() as store:
        assert lines == list(store.documents("order"))
    assert len(lines) == 250


def test_an_export_as_one_array(shop: Program) -> None:
    assert len(shop.fine("records", "export", "--format", "json", "--limit", "7").json) == 7
    assert shop.fine("records", "export", "--type", "product", "--format", "json").json == []


def test_an_export_reads_no_more_than_it_writes(shop: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    documents = (f'{{"localId":"{number}"}}' for number in range(1_000_000))
    monkeypatch.setattr(Store, "documents", lambda *_: documents)
    assert len(shop.fine("records", "export", "--limit", "3").lines) == 3
    assert next(documents) == '{"localId":"3"}'


def test_a_secret_in_a_record_is_not_printed_and_the_rest_is(shop: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    order = next(one for one in shop.fine("records", "list", "--json").json if one["customer"].get("email"))
    (shop.folder / "plugins.toml").write_text(SHOP + NEEDS_KEYS, "utf-8")
    monkeypatch.setenv("NO_SUCH_KEY", order["customer"]["email"])
    monkeypatch.setenv("NO_SUCH_SECRET", "5377")
    for command in (("export",), ("list", "--json"), ("show", f"order/{order['localId']}", "--json")):
        assert order["customer"]["email"] not in shop.fine("records", *command).out
    exported = map(json.loads, shop.fine("records", "export").lines)
    found = next(one for one in exported if one["localId"] == order["localId"])
    assert found["customer"]["email"] == "[redacted]"
    assert found["totals"] == order["totals"]


def test_only_the_records_that_a_connection_knows(shop: Program) -> None:
    (shop.folder / "plugins.toml").write_text(SHOP + ERP, "utf-8")
    order = first_order(shop)
    with shop.store() as store:
        ids = order["remoteIdMap"] | {ERP_ID: "A-1"}
        store.write_record(OPERATOR, "order", order["localId"], lambda now: now | {"remoteIdMap": ids})
    found = shop.fine("records", "list", "--json", "--connection", "erp").json
    assert [record["localId"] for record in found] == [order["localId"]]
    assert "demo-shop, erp" in shop.fine("records", "list", "--connection", "erp").out


def test_a_record_is_shown_with_fields_rows_and_owners(shop: Program) -> None:
    order = first_order(shop)
    text = shop.fine("records", "show", f"order/{order['displayId']}").out
    for heading in ("Fields", "Rows", "Custom data"):
        assert f"\n{heading}\n" in text
    assert f"localId       {order['localId']}" in text
    assert "in demo-shop  id " in text
    assert "channel" in text
    assert "demo-shop  connector.woocommerce  status" in text
    assert SHOP_ID not in text


def test_a_record_shown_as_json_is_its_wire_form(shop: Program) -> None:
    order = first_order(shop)
    with shop.store() as store:
        assert decode_record(shop.fine("records", "show", f"order/{order['localId']}", "--json").out) == store.record(
            "order", order["localId"]
        )


def test_a_number_that_two_shops_share_is_named_with_its_connection(shop: Program) -> None:
    (shop.folder / "plugins.toml").write_text(SHOP + ERP, "utf-8")
    order = first_order(shop)
    number = order["displayId"]
    with shop.store() as store:
        other = store.write_record(OPERATOR, "order", None, {"displayId": number, "remoteIdMap": {ERP_ID: "A-1"}})
    told = shop.refused("records", "show", f"order/{number}")
    assert f"order/demo-shop:{number}" in told
    assert f"order/erp:{number}" in told
    assert shop.fine("records", "show", f"order/erp:{number}", "--json").json["localId"] == other.local_id


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("show", "1001"), "'1001' names no record; write order/LOCAL-ID, order/NUMBER"),
        (("show", "order/"), "'order/' names no record"),
        (("show", "ordr/1"), "no record type 'ordr'; did you mean 'order'?"),
        (("show", "order/none"), "there is no order 'none'"),
        (("list", "--type", "orders"), "no record type 'orders'; did you mean 'order'?"),
        (("export", "--type", "orders"), "no record type 'orders'"),
        (("list", "--connection", "demo-shp"), "no connection 'demo-shp'; did you mean 'demo-shop'?"),
        (("list", "--format", "xml"), "must be 'table', 'json' or 'jsonl', not 'xml'"),
        (("list", "--limit", "0"), "Invalid value for '--limit'"),
    ],
)
def test_mistakes_are_told_with_the_remedy(shop: Program, arguments: tuple[str, ...], message: str) -> None:
    assert message in shop.refused("records", *arguments)


def test_an_empty_store_says_how_to_fill_it(program: Program) -> None:
    (program.folder / "plugins.toml").write_text(SHOP, "utf-8")
    assert "there is no store" in program.refused("records", "list")
    assert not (program.folder / "crossdock.db").exists()


def test_a_type_of_which_nothing_is_stored(program: Program) -> None:
    (program.folder / "plugins.toml").write_text(SHOP, "utf-8")
    program.fine("migrate")
    assert program.fine("records", "list").out == "no order is stored; crossdock import\n"
    assert program.fine("records", "list", "--type", "product").out == "no product is stored\n"  # nor imported


def test_a_record_with_entries_of_connections_is_deleted_only_by_force(shop: Program) -> None:
    order = first_order(shop)
    reference = f"order/{order['localId']}"
    kept = shop("records", "delete", reference, "--yes")
    assert kept.code == 4
    assert "of demo-shop), which would be deleted with it; say --force" in kept.err
    shop.fine("records", "delete", reference, "--yes", "--force")
    assert "there is no order" in shop.refused("records", "show", reference)


def test_a_record_without_entries_is_deleted_and_stays_in_the_history(shop: Program) -> None:
    with shop.store() as store:
        local_id = store.write_record(OPERATOR, "order", None, {"displayId": "mine"}).local_id
    assert shop.fine("records", "delete", "order/mine", "--yes").out == f"deleted order/mine ({local_id})\n"
    with shop.store() as store:
        last = store.history("order", local_id)[-1]
    assert (last.actor_kind, last.through, last.new) == ("operator", "cli", None)


def test_nothing_is_deleted_when_there_is_nobody_to_ask(shop: Program) -> None:
    with shop.store() as store:
        store.write_record(OPERATOR, "order", None, {"displayId": "mine"})
    assert "say --yes, or nothing is done" in shop.refused("records", "delete", "order/mine")
    shop.fine("records", "show", "order/mine")


@pytest.mark.parametrize("record_type", RECORD_TYPES)
def test_records_of_every_type_are_listed_and_shown(shop: Program, record_type: str) -> None:
    with shop.store() as store:
        status = {"orderStatus": "completed"} if record_type == "order" else {}
        links = [{"recordType": "order", "localId": "1" * 32}]
        content = {"displayId": "A-1", "remoteIdMap": {SHOP_ID: "a1"}, "links": links, **status}
        store.write_record(OPERATOR, record_type, None, content)
    titles, *lines = shop.fine("records", "list", "--type", record_type, "--limit", "9999").lines
    assert titles.startswith(record_type)
    assert titles.endswith("connections")
    [listed] = [line for line in lines if line.startswith("A-1 ")]
    assert listed.endswith("demo-shop")
    shown = shop.fine("records", "show", f"{record_type}/A-1").out
    assert shown.startswith(f"{record_type} A-1")
    assert '"recordType":"order"' in shown


def test_a_record_is_shown_with_what_it_is_linked_with(program: Program) -> None:
    (program.folder / "plugins.toml").write_text(SHOP, "utf-8")
    with Store.open(f"sqlite:///{program.folder / 'crossdock.db'}", followers=(LinkFollower(),)) as store:
        order = store.write_record(OPERATOR, "order", None, {"displayId": "O-1"}).local_id
        links = [{"recordType": "order", "localId": order}]
        shipment = store.write_record(OPERATOR, "shipment", None, {"displayId": "S-1", "links": links}).local_id
    assert f"shipment/{shipment}  names this one" in program.fine("records", "show", "order/O-1").out
    assert f"order/{order}  named here" in program.fine("records", "show", "shipment/S-1").out
