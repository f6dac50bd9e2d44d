"""``add-discount-row`` shows hidden discounts as rows without changing what the rows add up to."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from crossdock.plugins.manipulator import Fail

from .bench import OWN, after, run
from .orders import totals
from .test_row_filter import row

SUMMED = ("totalExclVat", "vatAmount", "totalInclVat")


def discounted(excl: str, vat: str, discount: str, rate: str | None = "25", **more: Any) -> dict[str, Any]:
    return row("product", excl, vat, discountAmount=Decimal(discount), **more) | (
        {"vatRatePercent": Decimal(rate)} if rate is not None else {}
    )


def sums(record: Any) -> list[Decimal]:
    return [totals(record["rows"])[name] for name in SUMMED]


def test_one_row_for_each_vat_rate() -> None:
    before = {
        "rows": [
            discounted("80", "20", "20"),
            discounted("40", "10", "10"),
            discounted("90", "5.40", "10", "6"),
        ]
    }
    outcome: Any = after("add-discount-row", "", before)
    new = outcome["rows"][3:]
    assert [(row["vatRatePercent"], row["totalExclVat"], row["vatAmount"]) for row in new] == [
        (25, Decimal(-30), Decimal("-7.50")),
        (6, Decimal(-10), Decimal("-0.60")),
    ]
    assert sums(outcome) == sums(before)
    assert len({row["rowId"] for row in new}) == 2
    assert not any("discountAmount" in row for row in outcome["rows"])


@pytest.mark.parametrize(
    ("excl", "vat", "discount", "rate", "vat_of_discount"),
    [
        ("80", "20", "20", "25", "5.00"),
        ("80", "20", "20", None, "5.00"),  # no rate: the proportion of the amounts
        ("80", "0", "20", "25", "0.00"),  # no VAT is charged whatever the rate says
        ("0", "0", "20", "25", "5.00"),  # everything was given away
        ("0", "0", "20", None, "0.00"),  # and nobody knows the rate
        ("80", "20.1234", "0.33", "25", "0.0825"),  # as many decimals as the row's own VAT
    ],
)
def test_the_vat_of_a_discount(excl: str, vat: str, discount: str, rate: str | None, vat_of_discount: str) -> None:
    outcome: Any = after("add-discount-row", "", {"rows": [discounted(excl, vat, discount, rate)]})
    given = -outcome["rows"][1]["vatAmount"]
    assert (given, str(abs(given))) == (Decimal(vat_of_discount), vat_of_discount)
    assert outcome["rows"][0]["vatAmount"] == Decimal(vat) + given


def test_the_unit_price_follows() -> None:
    before = {"rows": [discounted("80", "20", "20", quantity=Decimal(3), pricePerUnitExclVat=Decimal("26.666667"))]}
    outcome: Any = after("add-discount-row", "", before)
    assert str(outcome["rows"][0]["pricePerUnitExclVat"]) == "33.333333"


def test_a_unit_price_without_a_quantity_goes() -> None:
    before = {"rows": [discounted("80", "20", "20", pricePerUnitExclVat=Decimal(80))]}
    outcome: Any = after("add-discount-row", "", before)
    assert "pricePerUnitExclVat" not in outcome["rows"][0]


@pytest.mark.parametrize("kind", ["shipping", "giftCard", "discount", "rounding"])
def test_only_products_and_fees_are_raised(kind: str) -> None:
    before = {"rows": [row(kind, "80", "20", discountAmount=Decimal(20))]}
    assert after("add-discount-row", "", before) == before


def test_a_second_time_changes_nothing() -> None:
    once: Any = after("add-discount-row", "", {"rows": [discounted("80", "20", "20")]})
    assert after("add-discount-row", "", once) == once


def test_the_id_is_stable_for_an_order_and_differs_between_orders() -> None:
    def new_id(remote_id: str, *rows: dict[str, Any]) -> str:
        before = {"remoteIdMap": {OWN: remote_id}, "rows": [discounted("80", "20", "20"), *rows]}
        outcome: Any = after("add-discount-row", "", before)
        found: str = outcome["rows"][-1]["rowId"]
        return found

    assert new_id("17") == new_id("17", row("fee", "5"))
    assert new_id("17") != new_id("18")
    assert new_id("17", row("fee", rowId=new_id("17"))) != new_id("17")


def test_a_row_whose_price_is_unknown_fails_the_order() -> None:
    before = {"rows": [{"type": "product", "discountAmount": Decimal(5), "totalInclVat": Decimal(5)}]}
    assert after("add-discount-row", "", before) == Fail(
        "row 1 (product) has a discount but no totalExclVat; its price without it is unknown", "rows[0].totalExclVat"
    )


def test_a_discount_that_only_the_totals_know_is_warned_about() -> None:
    before = {"rows": [row("product", "80", "20")], "totals": {"discountExclVat": Decimal("20.00")}}
    outcome = run("add-discount-row", "", before)
    assert outcome.result == before
    assert "a discount of 20.00, but no row" in outcome.warnings[0]
