"""``round``: amounts get a fixed number of decimals, and still add up."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from pydantic import Field

from crossdock import (
    Context,
    Example,
    Fail,
    Manipulate,
    ManipulatorSettings,
    ManipulatorSpec,
    RecordField,
    SettingError,
    Setup,
    Working,
    known_field,
)
from crossdock_manipulators.access import names_of, updater
from crossdock_manipulators.money import AMOUNTS, UNIT_PRICE, rounded
from crossdock_manipulators.order_rounding import round_order
from crossdock_manipulators.sequence import in_turn
from crossdock_manipulators.settings import FieldNames

_PRICES = ["price", "regularPrice", "salePrice"]
_RATE = "rows[].vatRatePercent"
_TOGETHER = frozenset({"rows[].quantity", f"rows[].{UNIT_PRICE}", *(f"rows[].{name}" for name in AMOUNTS)})


class Round(ManipulatorSettings):
    """Settings of ``round``."""

    decimals: int = Field(default=2, ge=0, le=6, description="how many decimals remain; a half is rounded up")
    field: FieldNames | None = Field(
        default=None,
        description="an amount that stands alone, such as `payments[].amount` or `weight`, or a list of them; without "
        "it, rows and totals of orders together, and the prices of products",
    )


def build(settings: Round, setup: Setup) -> Manipulate:
    """Make the step; an order whose rows and totals disagree by more than rounding explains is failed."""
    if settings.field is None and setup.record_type == "order":
        return _order_rounder(settings.decimals)
    steps = []
    for setting, name in names_of(settings.field or _PRICES):
        field = known_field(setup, setting, name)
        if field.text in _TOGETHER or field.text.startswith("totals."):
            raise SettingError(
                setting,
                f"{name!r} has to agree with the order's other amounts; leave out 'field' to round them together",
            )
        if field.text == _RATE:
            raise SettingError(setting, f"{name!r} has to agree with the VAT of its row; rounded, it no longer would")
        if field.kind != "decimal":
            raise SettingError(setting, f"{name!r} is no amount, but {field.kind}")
        steps.append(_field_rounder(field, settings.decimals))
    return in_turn(steps)


def _order_rounder(decimals: int) -> Manipulate:
    def run(record: Working, _context: Context) -> Working | Fail:
        refused = round_order(record, decimals)
        return record if refused is None else Fail(f"the order cannot be rounded: {refused.reason}", refused.field)

    return run


def _field_rounder(field: RecordField, decimals: int) -> Manipulate:
    update = updater(field)

    def change(value: Any) -> Any:
        return rounded(value, decimals)

    def run(record: Working, _context: Context) -> Working:
        update(record, change)
        return record

    return run


def _amounts(excl: str, vat: str, incl: str) -> dict[str, Decimal]:
    return {"totalExclVat": Decimal(excl), "vatAmount": Decimal(vat), "totalInclVat": Decimal(incl)}


SPEC = ManipulatorSpec(
    name="round",
    title="rounds amounts; rows and totals still add up",
    settings=Round,
    build=build,
    record_types=frozenset({"order", "product"}),
    examples=(
        Example(
            title="an ERP that books two decimals: the rows are rounded so that they add up to what was paid",
            toml="decimals = 2",
            before={
                "rows": [
                    {"type": "product", **_amounts("33.334", "8.3335", "41.6675")},
                    {"type": "product", **_amounts("33.333", "8.33325", "41.66625")},
                    {"type": "product", **_amounts("33.333", "8.33325", "41.66625")},
                ],
                "totals": _amounts("100.000", "25.000", "125.000"),
            },
            after={
                "rows": [
                    {"type": "product", **_amounts("33.34", "8.34", "41.68")},
                    {"type": "product", **_amounts("33.33", "8.33", "41.66")},
                    {"type": "product", **_amounts("33.33", "8.33", "41.66")},
                ],
                "totals": _amounts("100.00", "25.00", "125.00"),
            },
        ),
        Example(
            title="weights to the gram",
            toml='decimals = 3\nfield = "weight"',
            before={"weight": Decimal("0.45359")},
            after={"weight": Decimal("0.454")},
            record_type="product",
        ),
    ),
)
