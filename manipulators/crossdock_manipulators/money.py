"""The money of an order: three amounts a row, their sums in the totals, all exact."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import MAX_EMAX, MIN_EMIN, ROUND_HALF_UP, Context, Decimal, Inexact, InvalidOperation
from functools import reduce
from typing import Any, TypeAlias

from crossdock import Working, divide

Row: TypeAlias = dict[str, Any]

EXCL, VAT, INCL = "totalExclVat", "vatAmount", "totalInclVat"
AMOUNTS = (EXCL, VAT, INCL)
SHIPPING = {EXCL: "shippingExclVat", VAT: "shippingVat"}
UNIT_PRICE = "pricePerUnitExclVat"
_UNIT_PRICE_PLACES = 6

# Wide enough for any amount; a digit that would be lost raises instead.
_EXACT = Context(prec=4096, Emax=MAX_EMAX, Emin=MIN_EMIN, traps=[Inexact, InvalidOperation])
_ROUNDING = Context(prec=4096, Emax=MAX_EMAX, Emin=MIN_EMIN, rounding=ROUND_HALF_UP, traps=[InvalidOperation])

plus = _EXACT.add
"""One amount and another, exactly."""
minus = _EXACT.subtract
"""One amount without another, exactly."""
times = _EXACT.multiply
"""One amount times another, exactly."""


def live_rows(record: Working) -> list[Row]:
    """The rows that count: those that have not vanished remotely."""
    return [row for row in record.get("rows", ()) if not row.get("removed")]


def place(record: Working, row: Row, name: str) -> str:
    """Say where an amount of a row stands: ``rows[2].vatAmount``."""
    return f"rows[{next(index for index, other in enumerate(record['rows']) if other is row)}].{name}"


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


def exact_sum(amounts: Iterable[Decimal]) -> Decimal:
    """Add amounts up without losing a digit."""
    return reduce(plus, amounts, Decimal(0))


def rounded(amount: Decimal, places: int) -> Decimal:
    """Round half up to a number of decimals; what becomes nothing has no sign."""
    result = amount.quantize(unit_of(places), context=_ROUNDING)
    return result or result.copy_abs()


def unit_of(places: int) -> Decimal:
    """The smallest amount with so many decimals: 0.01 for two."""
    return Decimal((0, (1,), -places))


def negative(amount: Decimal) -> Decimal:
    """Turn an amount round, exactly; nothing stays nothing, without a sign."""
    return minus(Decimal(0), amount)


def distance(one: Decimal, other: Decimal) -> Decimal:
    """How far two amounts are apart."""
    return minus(one, other).copy_abs()


def set_amounts(row: Row, excl: Decimal, vat: Decimal) -> None:
    """Give a row new amounts; the one including VAT and the unit price follow from them."""
    changed = row.get(EXCL) != excl
    row[EXCL], row[VAT], row[INCL] = excl, vat, plus(excl, vat)
    if changed and UNIT_PRICE in row:
        price = unit_price(excl, row.get("quantity"))
        if price is None:
            del row[UNIT_PRICE]
        else:
            row[UNIT_PRICE] = price


def unit_price(excl: Decimal, quantity: Decimal | None) -> Decimal | None:
    """The paid price of one unit, with six decimals; ``None`` where there is no quantity."""
    return divide(excl, quantity, _UNIT_PRICE_PLACES) if quantity else None
