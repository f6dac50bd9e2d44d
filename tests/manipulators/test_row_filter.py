"""``row-filter`` drops rows, and refuses to make rows and totals disagree."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from crossdock.plugins.manipulator import Fail

from .bench import after, refusal


def row(kind: str, excl: str = "0", vat: str = "0", **more: Any) -> dict[str, Any]:
    return {
        "type": kind,
        "totalExclVat": Decimal(excl),
        "vatAmount": Decimal(vat),
        "totalInclVat": Decimal(excl) + Decimal(vat),
        **more,
    }


def test_rows_without_an_amount_go_freely() -> None:
    assert after("row-filter", 'types = ["fee"]', {"rows": [row("fee"), row("product", "5")]}) == {
        "rows": [row("product", "5")]
    }


def test_a_row_that_vanished_remotely_is_outside_the_totals_anyway() -> None:
    assert after("row-filter", 'types = ["fee"]', {"rows": [row("fee", "5", removed=True)]}) == {"rows": []}


def test_a_row_with_an_amount_is_not_dropped_silently() -> None:
    outcome = after("row-filter", "drop = \"sku == 'X'\"", {"rows": [row("product", "4", "1", sku="X")]})
    assert outcome == Fail(
        "dropping row 1 (product 'X') of 5 including VAT would make rows and totals disagree; "
        "set 'adjust_totals = true' to lower the totals too",
        "rows[0].totalInclVat",
    )


def test_totals_and_their_shipping_part_are_lowered() -> None:
    totals = {"totalExclVat": 30, "vatAmount": 6, "totalInclVat": 36, "shippingExclVat": 10, "shippingVat": 2}
    before = {
        "rows": [row("product", "20", "4"), row("shipping", "10", "2")],
        "totals": {name: Decimal(amount) for name, amount in totals.items()},
    }
    outcome: Any = after("row-filter", 'types = ["shipping"]\nadjust_totals = true', before)
    assert outcome["totals"] == {
        "totalExclVat": 20, "vatAmount": 4, "totalInclVat": 24, "shippingExclVat": 0, "shippingVat": 0
    }  # fmt: skip


def test_an_order_without_totals_has_nothing_to_adjust() -> None:
    before = {"rows": [row("fee", "5"), row("product", "1")]}
    assert after("row-filter", 'types = ["fee"]\nadjust_totals = true', before) == {"rows": [row("product", "1")]}


def test_an_unknown_amount_cannot_be_taken_out() -> None:
    before = {"rows": [{"type": "fee", "totalInclVat": Decimal(5)}], "totals": {"totalInclVat": Decimal(5)}}
    outcome = after("row-filter", 'types = ["fee"]\nadjust_totals = true', before)
    assert outcome == Fail(
        "row 1 (fee) has no totalExclVat, so nobody knows by how much to lower the totals", "rows[0].totalExclVat"
    )


def test_a_condition_that_fails_on_a_row_fails_the_record() -> None:
    outcome = after("row-filter", 'drop = "length(sku) > `3`"', {"rows": [row("fee")]})
    assert isinstance(outcome, Fail)
    assert "length()" in outcome.reason


@pytest.mark.parametrize(
    ("toml", "setting", "said"),
    [
        ("adjust_totals = true", "drop", "no row would ever be dropped"),
        ('drop = "type =="', "drop", "in the expression 'type =='"),
    ],
)
def test_wrong_settings_are_named(toml: str, setting: str, said: str) -> None:
    error = refusal("row-filter", toml)
    assert error.setting == setting
    assert said in str(error)
