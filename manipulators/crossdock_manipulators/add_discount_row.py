"""``add-discount-row``: discounts that are hidden in the rows' prices become rows of their own."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, TypeAlias

from pydantic import Field

from crossdock import (
    Context,
    Example,
    Fail,
    Manipulate,
    ManipulatorSettings,
    ManipulatorSpec,
    Setup,
    Working,
    divide,
    row_id,
)
from crossdock_manipulators.money import (
    EXCL,
    INCL,
    UNIT_PRICE,
    VAT,
    Row,
    exact_sum,
    label,
    live_rows,
    missing_amount,
    negative,
    place,
    plus,
    rounded,
    set_amounts,
    times,
)

Share: TypeAlias = tuple[Row, Decimal, Decimal]

_DISCOUNT = "discountAmount"
# A row of shipping keeps its paid price, because the totals state what shipping cost.
_RAISED = frozenset({"product", "fee"})
_RATE = "vatRatePercent"


class AddDiscountRow(ManipulatorSettings):
    """Settings of ``add-discount-row``."""

    name: str = Field(default="Discount", min_length=1, description="name of the new row")
    sku: str | None = Field(default=None, description="SKU of the new row")


def build(settings: AddDiscountRow, setup: Setup) -> Manipulate:
    """Make the step: product and fee rows rise by their discount, one new row a VAT rate takes it all away again.

    The sums of the rows, and so the totals, stay what they were to the last digit.
    """

    def run(record: Working, context: Context) -> Working | Fail:
        discounted = [row for row in live_rows(record) if row["type"] in _RAISED and (row.get(_DISCOUNT) or 0) > 0]
        if not discounted:
            _hint(record, context)
            return record
        for row in discounted:
            if (name := missing_amount(row)) is not None:
                said = f"{label(record, row)} has a discount but no {name}; its price without it is unknown"
                return Fail(said, place(record, row, name))
        groups: dict[Decimal | None, list[Share]] = {}
        for row in discounted:
            excl = row[_DISCOUNT]
            groups.setdefault(row.get(_RATE), []).append((row, excl, _vat_of(row, excl)))
        for rate, shares in groups.items():
            record["rows"].append(_discount_row(settings, setup, record, rate, shares))
        for shares in groups.values():
            for row, excl, vat in shares:
                _raise(row, excl, vat)
        return record

    return run


def _hint(record: Working, context: Context) -> None:
    hidden = record.get("totals", {}).get("discountExclVat")
    if hidden and not any(row["type"] == "discount" for row in live_rows(record)):
        context.warn(
            f"add-discount-row: the totals name a discount of {hidden}, but no row says that it has a part of it"
        )


def _vat_of(row: Row, discount: Decimal) -> Decimal:
    """The VAT on a row's discount: at the row's rate, or in the proportion of its amounts; none where none is paid."""
    places = max(2, -_exponent(row[VAT]))
    rate = row.get(_RATE)
    if not row[VAT] and row[EXCL]:
        return rounded(Decimal(0), places)
    if rate is not None:
        return rounded(times(discount, times(rate, Decimal("0.01"))), places)
    return divide(times(discount, row[VAT]), row[EXCL], places) or rounded(Decimal(0), places)


def _exponent(amount: Decimal) -> int:
    exponent = amount.as_tuple().exponent
    return exponent if isinstance(exponent, int) else 0


def _discount_row(
    settings: AddDiscountRow, setup: Setup, record: Working, rate: Decimal | None, shares: list[Share]
) -> dict[str, Any]:
    excl = negative(exact_sum(excl for _, excl, _ in shares))
    vat = negative(exact_sum(vat for _, _, vat in shares))
    row: dict[str, Any] = {
        "rowId": row_id(setup.connection_id, record, "discount" if rate is None else f"discount {rate.normalize():f}"),
        "type": "discount",
        "name": settings.name,
        "quantity": Decimal(1),
        UNIT_PRICE: rounded(excl, 6),
        VAT: vat,
        EXCL: excl,
        INCL: plus(excl, vat),
    }
    if settings.sku is not None:
        row["sku"] = settings.sku
    if rate is not None:
        row[_RATE] = rate
    return row


def _raise(row: Row, excl: Decimal, vat: Decimal) -> None:
    set_amounts(row, plus(row[EXCL], excl), plus(row[VAT], vat))
    del row[_DISCOUNT]


def _amounts(excl: str, vat: str, incl: str) -> dict[str, Decimal]:
    return {EXCL: Decimal(excl), VAT: Decimal(vat), INCL: Decimal(incl)}


SPEC = ManipulatorSpec(
    name="add-discount-row",
    title="turns discounts that are hidden in prices into rows",
    settings=AddDiscountRow,
    build=build,
    custom_data=False,
    record_types=frozenset({"order"}),
    examples=(
        Example(
            title="the ERP shows full prices and the discount on a line of its own",
            toml='name = "Voucher"',
            before={
                "remoteIdMap": {"5377568eb7e165e3b38af6eece4a0001": "17"},
                "rows": [
                    {
                        "type": "product",
                        "name": "Scarf",
                        "quantity": Decimal(2),
                        UNIT_PRICE: Decimal("90.000000"),
                        _RATE: Decimal(25),
                        _DISCOUNT: Decimal("20.00"),
                        **_amounts("180.00", "45.00", "225.00"),
                    }
                ],
                "totals": _amounts("180.00", "45.00", "225.00"),
            },
            after={
                "remoteIdMap": {"5377568eb7e165e3b38af6eece4a0001": "17"},
                "rows": [
                    {
                        "type": "product",
                        "name": "Scarf",
                        "quantity": Decimal(2),
                        UNIT_PRICE: Decimal("100.000000"),
                        _RATE: Decimal(25),
                        **_amounts("200.00", "50.00", "250.00"),
                    },
                    {
                        "rowId": "6c33f3cc9152c8ce34f5af4356ea41e7",
                        "type": "discount",
                        "name": "Voucher",
                        "quantity": Decimal(1),
                        UNIT_PRICE: Decimal("-20.000000"),
                        _RATE: Decimal(25),
                        **_amounts("-20.00", "-5.00", "-25.00"),
                    },
                ],
                "totals": _amounts("180.00", "45.00", "225.00"),
            },
        ),
    ),
)
