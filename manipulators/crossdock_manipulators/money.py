"""The money of an order: three amounts a row, their sums in the totals, all exact."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any, TypeAlias

from crossdock.mapping.arithmetic import add, as_decimal, divide, round_half_up, subtract, total
from crossdock.records import Working

Row: TypeAlias = dict[str, Any]

EXCL, VAT, INCL = "totalExclVat", "vatAmount", "totalInclVat"
AMOUNTS = (EXCL, VAT, INCL)
SHIPPING = {EXCL: "shippingExclVat", VAT: "shippingVat"}
UNIT_PRICE = "pricePerUnitExclVat"
_UNIT_PRICE_PLACES = 6


def live_rows(record: Working) -> list[Row]:
    """The rows that count: those that have not vanished remotely."""
    return [row for row in record.get("rows", ()) if not row.get("removed")]


def label(record: Working, row: Row) -> str:
    """Name a row for a person: its number, type and what it is called."""
    number = next(index for index, other in enumerate(record["rows"], 1) if other is row)
    called = row.get("name") or row.get("sku")
    return f"row {number} ({row['type']}{f' {called!r}' if called else ''})"


def is_free(row: Row) -> bool:
    """Tell whether a row amounts to nothing, so that the totals do without it."""
    return not any(row.get(name) for name in AMOUNTS)


def missing_amount(row: Row) -> str | None:
    """Name the first of its three amounts that a row lacks."""
    return next((name for name in AMOUNTS if row.get(name) is None), None)


def exact_sum(amounts: Iterable[Decimal | int]) -> Decimal:
    """Add amounts up without losing a digit."""
    return as_decimal(total(amounts))


def rounded(amount: Decimal | int, places: int) -> Decimal:
    """Round half up to a number of decimals; what becomes nothing has no sign."""
    result = round_half_up(amount, places)
    return result or result.copy_abs()


def negative(amount: Decimal) -> Decimal:
    """Turn an amount round, exactly; nothing stays nothing, without a sign."""
    return as_decimal(subtract(0, amount))


def distance(one: Decimal | int, other: Decimal | int) -> Decimal:
    """How far two amounts are apart."""
    return as_decimal(subtract(one, other)).copy_abs()


def set_amounts(row: Row, excl: Decimal, vat: Decimal) -> None:
    """Give a row new amounts; the one including VAT and the unit price follow from them."""
    changed = row.get(EXCL) != excl
    row[EXCL], row[VAT], row[INCL] = excl, vat, as_decimal(add(excl, vat))
    if changed and UNIT_PRICE in row:
        price = unit_price(excl, row.get("quantity"))
        if price is None:
            del row[UNIT_PRICE]
        else:
            row[UNIT_PRICE] = price


def unit_price(excl: Decimal, quantity: Decimal | None) -> Decimal | None:
    """The paid price of one unit, with six decimals; ``None`` where there is no quantity."""
    return divide(excl, quantity, _UNIT_PRICE_PLACES) if quantity else None
