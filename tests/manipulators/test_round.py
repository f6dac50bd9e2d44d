"""``round`` rounds an order's amounts so that rows and totals agree, or says why it cannot."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import assume, given, strategies as st

from crossdock.plugins.manipulator import Fail
from crossdock_manipulators.spread import spread

from .bench import after, refusal
from .orders import amounts, orders
from .test_row_filter import row


def order(*rows: dict[str, Any], **totals: str) -> dict[str, Any]:
    return {"rows": list(rows), "totals": {name: Decimal(amount) for name, amount in totals.items()}}


@given(st.lists(amounts(), max_size=8), st.integers(0, 4))
def test_spread_amounts_add_up_and_stay_near(listed: list[Decimal], places: int) -> None:
    assume(any(listed))
    unit = Decimal(1).scaleb(-places)
    target = sum(listed, Decimal(0)).quantize(unit)
    result = spread(listed, target, places)
    assert sum(result) == target
    assert all(abs(new - old) <= unit * Decimal("1.5") for new, old in zip(result, listed, strict=True))
    assert all(new == 0 for new, old in zip(result, listed, strict=True) if old == 0)


def test_zeros_cannot_add_up_to_something() -> None:
    with pytest.raises(ValueError, match=r"amounts of zero cannot add up to 0\.01"):
        spread([Decimal(0)], Decimal("0.01"), 2)


@given(orders(), st.integers(0, 3))
def test_what_the_customer_pays_is_its_own_rounding(before: dict[str, Any], decimals: int) -> None:
    assume("totals" in before)
    outcome: Any = after("round", f"decimals = {decimals}", before)
    unit = Decimal(1).scaleb(-decimals)
    assert abs(outcome["totals"]["totalInclVat"] - before["totals"]["totalInclVat"]) <= unit / 2
    assert abs(outcome["totals"]["vatAmount"] - before["totals"]["vatAmount"]) <= unit / 2
    for each in outcome.get("rows", []):
        assert all(
            each[name].as_tuple().exponent == -decimals for name in ("totalExclVat", "vatAmount", "totalInclVat")
        )


def test_nothing_that_is_rounded_away_keeps_a_sign() -> None:
    outcome: Any = after("round", "", {"rows": [row("discount", "-0.001")]})
    assert str(outcome["rows"][0]["totalExclVat"]) == "0.00"


def test_small_disagreements_that_rounding_explains_are_settled() -> None:
    before = order(row("product", "33.333", "0"), row("product", "33.333", "0"), row("product", "33.333", "0"),
                   totalExclVat="100.00", vatAmount="0", totalInclVat="100.00")  # fmt: skip
    outcome: Any = after("round", "", before)
    assert [str(row["totalExclVat"]) for row in outcome["rows"]] == ["33.34", "33.33", "33.33"]


def test_the_unit_price_follows_only_where_the_row_changed() -> None:
    price: dict[str, Any] = {"quantity": Decimal(3), "pricePerUnitExclVat": Decimal("3.3")}
    outcome: Any = after("round", "", {"rows": [row("product", "10.004", **price), row("product", "10.00", **price)]})
    assert [str(row["pricePerUnitExclVat"]) for row in outcome["rows"]] == ["3.333333", "3.3"]


def test_shipping_and_discounts_in_the_totals_are_rounded_too() -> None:
    stated = {"totalExclVat": "9.996", "vatAmount": "2.499", "totalInclVat": "12.495"}
    parts = {"shippingExclVat": "9.996", "shippingVat": "2.499", "discountExclVat": "1.005", "discountVat": "0.25"}
    before = order(row("shipping", "9.996", "2.499"), **stated, **parts)
    outcome: Any = after("round", "", before)
    assert {name: str(amount) for name, amount in outcome["totals"].items()} == {
        "totalExclVat": "10.00", "vatAmount": "2.50", "totalInclVat": "12.50",
        "shippingExclVat": "10.00", "shippingVat": "2.50", "discountExclVat": "1.01", "discountVat": "0.25",
    }  # fmt: skip


def test_rows_that_vanished_remotely_are_rounded_by_themselves() -> None:
    before = order(row("fee", "1.006", "0.25", removed=True), row("fee"), totalInclVat="0")
    outcome: Any = after("round", "", before)
    assert [str(row["totalInclVat"]) for row in outcome["rows"]] == ["1.26", "0.00"]
    assert str(outcome["totals"]["totalInclVat"]) == "0.00"


@pytest.mark.parametrize(
    ("before", "said", "field"),
    [
        (
            order(row("fee", "5", "1"), totalInclVat="7"),
            "totalInclVat of the rows adds up to 6, but the totals say 7",
            "totals.totalInclVat",
        ),
        (
            order(totalInclVat="7"),
            "totalInclVat of the rows adds up to 0, but the totals say 7",
            "totals.totalInclVat",
        ),
        (
            {"rows": [{"type": "fee", "totalInclVat": Decimal(5)}]},
            "row 1 (fee) has no totalExclVat",
            "rows[0].totalExclVat",
        ),
        (
            {"rows": [row("fee", "5", "1", name="Wrap") | {"totalInclVat": Decimal(9)}]},
            "row 1 (fee 'Wrap'): totalExclVat 5 and vatAmount 1 are 6, but totalInclVat is 9",
            "rows[0].totalInclVat",
        ),
        (
            order(row("fee", "5", "1"), totalExclVat="5", vatAmount="1", totalInclVat="6.5"),
            "the totals: totalExclVat 5 and vatAmount 1 are 6, but totalInclVat is 6.5",
            "totals.totalInclVat",
        ),
    ],
)
def test_an_order_that_does_not_add_up_says_with_which_figures(before: dict[str, Any], said: str, field: str) -> None:
    outcome = after("round", "", before)
    assert isinstance(outcome, Fail)
    assert said in outcome.reason
    assert outcome.field == field


def test_amounts_that_stand_alone_are_rounded_by_name() -> None:
    before = {"payments": [{"amount": Decimal("10.005")}], "rows": [{"discountAmount": Decimal("1.999")}]}
    outcome = after("round", 'field = ["payments[].amount", "rows[].discountAmount"]', before)
    assert outcome == {"payments": [{"amount": Decimal("10.01")}], "rows": [{"discountAmount": Decimal("2.00")}]}


def test_products_have_their_prices_rounded() -> None:
    before = {"price": Decimal("9.995"), "salePrice": Decimal(5), "weight": Decimal("0.1234")}
    outcome: Any = after("round", "", before, record_type="product")
    assert {name: str(amount) for name, amount in outcome.items()} == {
        "price": "10.00", "salePrice": "5.00", "weight": "0.1234"
    }  # fmt: skip


@pytest.mark.parametrize(
    ("field", "said"),
    [
        ("rows[].totalExclVat", "leave out 'field'"),
        ("rows[].quantity", "leave out 'field'"),
        ("totals.vatAmount", "leave out 'field'"),
        ("channel", "is no amount, but string"),
        ("rows[].discontAmount", "did you mean 'discountAmount'?"),
    ],
)
def test_which_amounts_do_not_stand_alone(field: str, said: str) -> None:
    assert said in str(refusal("round", f'field = "{field}"'))
