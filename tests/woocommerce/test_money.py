"""The connector's own step over mapped orders: the money is right, and nothing that was mapped is lost."""

from __future__ import annotations

import os
from collections.abc import Iterator
from copy import deepcopy
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from crossdock.errors import RecordError
from crossdock.records import Working, parse_json
from crossdock.store.writes.changes import changes
from crossdock_woocommerce.sandbox import wire
from crossdock_woocommerce.sandbox.invent import Inventor
from tests.pipeline.making import SHOP, job_of, order

PAYLOADS = Path(os.environ.get("CROSSDOCK_PAYLOADS", Path(__file__).parents[3] / "shared" / "payloads"))


def real_orders() -> Iterator[Working]:
    folder = PAYLOADS / "woocommerce-11"
    if not folder.is_dir():
        pytest.skip("the payloads of a real shop are not here; name their folder in CROSSDOCK_PAYLOADS")
    for name in ("orders", "orders_hidden"):
        yield from map(parse_json, (folder / f"{name}.jsonl").read_bytes().splitlines())


def invented_orders() -> Iterator[Working]:
    inventor = Inventor(seed=1)
    yield from (parse_json(wire.encode(inventor.order(index))) for index in range(150))


every_source = pytest.mark.parametrize("source", [real_orders, invented_orders])


def entries(part: dict[str, Any]) -> dict[str, Any]:
    return {entry["key"]: entry["value"] for entry in part.get("customData", {}).values()}


@every_source
def test_what_the_mapping_put_into_an_order_stands_there_when_it_is_finished(source: Any) -> None:
    job, finish = job_of(), job_of().finish
    assert finish is not None
    for payload in source():
        mapped = job.mapper.map(payload)
        before = deepcopy(mapped.record)
        finish(mapped.record, payload, lambda _: None)
        lost = [change for change in changes("order", before, mapped.record) if change.old is not None]
        assert lost == []


@every_source
def test_a_row_is_linked_to_the_variation_and_keeps_the_product_that_it_varies(source: Any) -> None:
    job, seen = job_of(), set()
    for payload in source():
        lines = {str(line["id"]): line for line in payload["line_items"]}
        for row in job.mapper.map(payload).record.get("rows", []):
            line = lines.get(row["remoteIdMap"][SHOP])
            if line is None:
                continue
            product, variation = line["product_id"], line["variation_id"]
            link = row.get("productRemoteIdMap", {}).get(SHOP)
            assert link == (str(variation or product) if variation or product else None)
            kept = {name: entries(row).get(name) for name in ("product_id", "variation_id")}
            assert kept == {
                "product_id": product if variation or not product else None,
                "variation_id": None if variation else 0,
            }
            seen.add((bool(product), bool(variation)))
    assert seen >= {(True, True), (True, False)}


# -- odd payloads ------------------------------------------------------------------------------------------------------

RATES = [{"id": 90, "rate_id": 1, "rate_percent": 25}, {"id": 91, "rate_id": 2, "rate_percent": "6.0"}]
LINE = {
    "id": 1, "name": "Mug", "quantity": 2, "subtotal": "12.00", "total": "10.00", "total_tax": "2.50",
    "taxes": [{"id": 1, "total": "2.50", "subtotal": "3.00"}],
}  # fmt: skip
NO_RATE = (
    "rows[].vatRatePercent stays empty where none of the order's tax_lines says a rate that explains the row's VAT"
)


def finished(added: str = "", **fields: Any) -> tuple[Working, list[str]]:
    """Map and finish an order of one line; ``...`` takes a field out, and a warning is cut at its first semicolon."""
    told: list[str] = []
    job = job_of(added)
    assert job.finish is not None
    fields = {"line_items": [LINE], "tax_lines": RATES, "total": "12.50", "total_tax": "2.50", **fields}
    absent = [name for name, value in fields.items() if value is ...]
    payload = parse_json(order(7, **{name: None if name in absent else value for name, value in fields.items()}))
    for name in absent:
        del payload[name]
    mapped = job.mapper.map(payload)
    job.finish(mapped.record, payload, told.append)
    return mapped.record, [warning.partition(";")[0] for warning in told]


def row_of(**line: Any) -> tuple[dict[str, Any], list[str]]:
    record, told = finished(line_items=[{**LINE, **line}])
    [row] = record["rows"]
    return row, told


def figures(row: dict[str, Any]) -> dict[str, str]:
    names = ("totalInclVat", "pricePerUnitExclVat", "discountAmount", "vatRatePercent")
    return {name: str(row[name]) for name in names if name in row}


def test_a_usual_line_has_all_its_figures() -> None:
    row, told = row_of()
    assert told == []
    assert figures(row) == {
        "totalInclVat": "12.50",
        "pricePerUnitExclVat": "5.000000",
        "discountAmount": "2.00",
        "vatRatePercent": "25",
    }


@pytest.mark.parametrize("identity", [None, "", True, {"a": 1}])
def test_a_line_without_a_usable_id_is_a_row_with_amounts_but_without_a_guessed_rate(identity: object) -> None:
    row, told = row_of(id=identity)
    assert figures(row) == {"totalInclVat": "12.50", "pricePerUnitExclVat": "5.000000"}
    assert told == [NO_RATE]


def test_of_lines_with_the_same_id_none_lends_its_rate_to_the_other() -> None:
    other = {**LINE, "total": "100.00", "total_tax": "6.00", "taxes": [{"id": 2, "total": "6.00"}]}
    record, told = finished(line_items=[LINE, other], total="118.50", total_tax="8.50")
    assert [figures(row) for row in record["rows"]] == [
        {"totalInclVat": "12.50", "pricePerUnitExclVat": "5.000000"},
        {"totalInclVat": "106.00", "pricePerUnitExclVat": "50.000000"},
    ]
    assert told == [NO_RATE, NO_RATE]


@pytest.mark.parametrize(
    "taxes",
    [
        [],
        None,
        [{"id": 7, "total": "2.50"}],
        [{"id": 7, "total": ""}],
        [{"id": 1, "total": "1.25"}, {"id": 7, "total": "1.25"}],
        {"1": {"id": 1, "total": "2.50"}},
        ["2.50"],
    ],
)
def test_vat_whose_rate_the_order_does_not_say_leaves_the_rate_empty(taxes: object) -> None:
    row, told = row_of(taxes=taxes)
    assert ("vatRatePercent" in row, told) == (False, [NO_RATE])


def test_a_rate_that_the_order_does_not_list_says_nothing_where_it_took_nothing() -> None:
    row, told = row_of(taxes=[*LINE["taxes"], {"id": 7, "total": "0.00"}])  # type: ignore[misc]
    assert (figures(row)["vatRatePercent"], told) == ("25", [])


def test_a_row_without_vat_has_the_rate_nought() -> None:
    line = {**LINE, "total_tax": "0.00", "taxes": []}
    record, told = finished(line_items=[line], total="10.00", total_tax="0.00")
    assert (figures(record["rows"][0])["vatRatePercent"], told) == ("0", [])


@pytest.mark.parametrize("percent", [25, "25", "25.0", "8.875", Decimal("8.875"), 0.5])
def test_a_rate_is_taken_as_it_is_written(percent: object) -> None:
    record, told = finished(tax_lines=[{"rate_id": 1, "rate_percent": percent}])
    assert (figures(record["rows"][0])["vatRatePercent"], told) == (str(percent), [])


@pytest.mark.parametrize(
    "percent", ["1_000", " 25 ", "25\n", "٢٥", "-0", "-25", -25, "1E+5", "+25", "25 %", "NaN", "", None, True, 0, "0"]
)
def test_what_is_no_rate_is_not_taken_for_one(percent: object) -> None:
    record, told = finished(tax_lines=[{"rate_id": 1, "rate_percent": percent}])
    assert ("vatRatePercent" in record["rows"][0], told) == (False, [NO_RATE])


ODD = [..., None, "", "a lot", {"a": 1}, True]


@pytest.mark.parametrize("value", ODD, ids=repr)
@pytest.mark.parametrize(("name", "field"), [("total", "totalInclVat"), ("total_tax", "vatAmount")])
def test_an_order_without_one_of_its_sums_says_so_and_agrees_with_the_other(
    name: str, field: str, value: object
) -> None:
    record, told = finished("", **{name: value})
    assert field not in record["totals"]
    assert "totalExclVat" not in record["totals"]
    assert told == [f"totals.{field} stays empty: the shop's total or total_tax is missing or no amount"]
    wrong = {"total": "99.00", "total_tax": "9.00", name: value}
    with pytest.raises(RecordError, match=r"the rows add up to 10.00 \+ 2.50 VAT, the shop says .*9.00.*, and no tota"):
        finished("", **wrong)


def test_an_order_without_any_sum_says_so() -> None:
    record, told = finished(total=..., total_tax=...)
    assert ("totals" in record, figures(record["rows"][0])["totalInclVat"]) == (False, "12.50")
    assert told == [
        "totals.totalInclVat and totals.vatAmount stay empty: the shop's total or total_tax is missing or no amount"
    ]


def test_a_refund_of_an_order_without_total_is_compared_with_its_rows() -> None:
    record, _told = finished(total=None, refunds=[{"id": 5, "total": "-1.00"}])
    assert record["paymentStatus"] == "partiallyRefunded"


OWN = """
[connection.import.order.mapping]
paymentStatus = "translate(status, `{\\"processing\\": \\"authorized\\"}`)"
"totals.totalExclVat" = "net"
"rows.product.vatRatePercent" = "rate"
"rows.product.discountAmount" = "rebate"
"rows.product.pricePerUnitExclVat" = "each"
"rows.product.totalInclVat" = "gross"
"""


def test_what_a_line_of_the_connection_gives_is_not_worked_out_over_it() -> None:
    line = {**LINE, "rate": "24", "rebate": "1.00", "each": "5", "gross": "12.5"}
    record, told = finished(OWN, line_items=[line], net="10", status="processing")
    assert figures(record["rows"][0]) == {
        "totalInclVat": "12.5", "pricePerUnitExclVat": "5", "discountAmount": "1.00", "vatRatePercent": "24",
    }  # fmt: skip
    assert (record["paymentStatus"], str(record["totals"]["totalExclVat"]), told) == ("authorized", "10", [])


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"net": "11"}, "a mapping line gives totals.totalExclVat 11, but the other amounts say 12.50 - 2.50 VAT"),
        ({"rate": "0"}, "a mapping line gives rows[].vatRatePercent 0, but the other amounts say 10.00 + 2.50 VAT"),
        ({"gross": "11"}, "a mapping line gives rows[].totalInclVat 11, but the other amounts say 10.00 + 2.50 VAT"),
    ],
)
def test_an_amount_of_a_connections_line_that_contradicts_the_others_is_told(wrong: dict[str, str], said: str) -> None:
    with pytest.raises(RecordError) as told:
        finished(OWN, line_items=[{**LINE, **wrong}], **wrong)
    assert said in str(told.value)
