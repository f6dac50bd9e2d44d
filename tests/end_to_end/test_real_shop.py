"""A real shop's payloads, served by the sandbox and imported by the program: nothing lost, every cent in its place."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from .process import SHOP_ID, Ended, Folder, sandbox_process, shop

ROOT = Path(__file__).parents[2]
PAYLOADS = Path(os.environ.get("CROSSDOCK_PAYLOADS", ROOT.parent / "shared" / "payloads")) / "woocommerce-11"
IMPORTS = "[connection.import.order]\n[connection.import.product]\n[connection.import.customer]\n"


def payloads(name: str) -> list[dict[str, Any]]:
    lines = (PAYLOADS / f"{name}.jsonl").read_text("utf-8").splitlines()
    return [json.loads(line, parse_float=Decimal) for line in lines]


@pytest.fixture(scope="module")
def imported(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Folder, Ended]]:
    """The folder after the first import, which was told to prove itself, and what that printed; the shop still runs."""
    if not (PAYLOADS / "orders.jsonl").is_file():
        pytest.skip("the payloads of a real shop are not here; name their folder in CROSSDOCK_PAYLOADS")
    with sandbox_process("--port", "0", "--payloads", str(PAYLOADS / "orders.jsonl")) as (url, keys):
        folder = Folder(tmp_path_factory.mktemp("real-shop"), keys)
        folder.write(shop(url, imports=IMPORTS))
        yield folder, folder("import", "--prove", "--json")


def by_type(ended: Ended) -> dict[str, dict[str, Any]]:
    return {report["recordType"]: report for report in ended.json}


def test_all_260_orders_become_records_and_every_account_is_proved(imported: tuple[Folder, Ended]) -> None:
    _folder, first = imported
    assert (first.code, first.err) == (0, "")
    report = by_type(first)["order"]
    assert report["outcome"] == "succeeded"
    assert (report["considered"], report["created"], report["failed"], report["proved"]) == (260, 260, 0, 260)
    ledger = report["ledger"]
    assert ledger["leaves"] == sum(count for name, count in ledger.items() if name != "leaves") > 40_000


def test_products_with_their_variations_and_customers_become_records(imported: tuple[Folder, Ended]) -> None:
    folder, first = imported
    reports = by_type(first)
    products = {one["id"] for one in payloads("products")}
    # only half of the products are in the folder; a variation whose product is in the other half is on no list
    variations = [one for one in payloads("variations") if one["parent_id"] in products]
    goods, people = len(products) + len(variations), len(payloads("customers"))
    assert (goods, people) == (43, 16)
    assert (reports["product"]["created"], reports["product"]["proved"]) == (goods, goods)
    assert (reports["customer"]["created"], reports["customer"]["proved"]) == (people, people)
    grouped = [record["variantGroup"] for record in folder.records("product") if "variantGroup" in record]
    parents = sorted(group["remoteIdMap"][SHOP_ID] for group in grouped)
    assert parents == sorted(str(one["parent_id"]) for one in variations)


def test_the_rows_of_every_order_sum_to_what_the_shop_says_to_the_last_digit(imported: tuple[Folder, Ended]) -> None:
    folder, _first = imported
    shops = {str(one["id"]): one for one in payloads("orders")}
    records = folder.records()
    assert len(records) == len(shops) == 260
    for record in records:
        said = shops[record["remoteIdMap"][SHOP_ID]]
        rows = record.get("rows", [])
        assert sum(Decimal(row.get("totalInclVat", "0")) for row in rows) == Decimal(said["total"]), said["id"]
        assert sum(Decimal(row.get("vatAmount", "0")) for row in rows) == Decimal(said["total_tax"]), said["id"]
        for row in rows:
            assert row["type"] != "rounding", said["id"]
            assert Decimal(row["totalExclVat"]) + Decimal(row["vatAmount"]) == Decimal(row["totalInclVat"]), said["id"]


def test_the_money_of_the_record_is_the_money_of_the_payload(imported: tuple[Folder, Ended]) -> None:
    folder, _first = imported
    shops = {str(one["id"]): one for one in payloads("orders")}
    for record in folder.records():
        said = shops[record["remoteIdMap"][SHOP_ID]]
        assert (record["totals"]["totalInclVat"], record["totals"]["vatAmount"]) == (said["total"], said["total_tax"])
        assert record["currency"] == said["currency"]
        refunded = [Decimal(refund["amount"]) for refund in record.get("refunds", [])]
        assert refunded == [-Decimal(refund["total"]) for refund in said["refunds"]]


def test_nothing_of_a_payload_is_lost_on_the_way_to_the_record(imported: tuple[Folder, Ended]) -> None:
    folder, _first = imported
    metas = {str(one["id"]): one["meta_data"] for one in payloads("orders")}
    for record in folder.records():
        mine = [entry["key"] for entry in record.get("customData", {}).values() if entry["key"].startswith("meta.")]
        assert len(mine) >= len({meta["key"] for meta in metas[record["remoteIdMap"][SHOP_ID]]})


def test_a_second_full_import_finds_all_of_them_unchanged(imported: tuple[Folder, Ended]) -> None:
    folder, first = imported
    before = {kind: folder.records(kind) for kind in ("order", "product", "customer")}
    second = folder("import", "--full", "--json")
    assert (second.code, second.err) == (0, "")
    for kind, report in by_type(second).items():
        assert (report["considered"], report["unchanged"]) == (len(before[kind]), len(before[kind]))
        assert report["ledger"] == by_type(first)[kind]["ledger"]
        assert folder.records(kind) == before[kind]
    assert by_type(second)["order"]["unchanged"] == 260


def test_an_incremental_import_asks_for_little_and_finds_nothing_new(imported: tuple[Folder, Ended]) -> None:
    folder, _first = imported
    report = by_type(folder.fine("import", "--type", "order", "--json"))["order"]
    assert report["considered"] == report["unchanged"] < 260
