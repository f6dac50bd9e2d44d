"""Rounding the money of a whole order: rows, totals, and what each says about the other."""

from __future__ import annotations

from decimal import Decimal

from crossdock import Fail, Working
from crossdock_manipulators.money import (
    AMOUNTS,
    EXCL,
    INCL,
    SHIPPING,
    VAT,
    Row,
    distance,
    exact_sum,
    is_free,
    label,
    live_rows,
    minus,
    missing_amount,
    place,
    plus,
    rounded,
    set_amounts,
    unit_of,
)
from crossdock_manipulators.spread import spread

_DISCOUNTS = ("discountExclVat", "discountVat")


def round_order(record: Working, places: int) -> Fail | None:
    """Round an order's rows and totals so that they agree exactly; say why not if that cannot be done.

    What a customer pays and the VAT in it decide: both totals are rounded half up, and the rows are rounded so that
    they add up to them. A row ends at most a unit or two of the last decimal away from its own amount.
    """
    rows = [row for row in live_rows(record) if any(name in row for name in AMOUNTS)]
    totals: Working = record.get("totals", {})
    refused = _disagreement(record, rows, totals, places)
    if refused is not None:
        return refused
    shipping = {name: _shipping_agrees(rows, totals, name, places) for name in SHIPPING}
    incl, vat = (rounded(totals.get(name, _sum(rows, name)), places) for name in (INCL, VAT))
    wanted = {EXCL: minus(incl, vat), VAT: vat, INCL: incl}
    try:
        excls, vats = (spread([row[name] for row in rows], wanted[name], places) for name in (EXCL, VAT))
    except ValueError as error:
        return Fail(str(error), f"totals.{INCL}")
    for row, row_excl, row_vat in zip(rows, excls, vats, strict=True):
        set_amounts(row, row_excl, row_vat)
    _round_removed(record, places)
    totals.update({name: amount for name, amount in wanted.items() if name in totals})
    _round_parts(rows, totals, shipping, places)
    return None


def _sum(rows: list[Row], name: str) -> Decimal:
    return exact_sum(row[name] for row in rows)


def _disagreement(record: Working, rows: list[Row], totals: Working, places: int) -> Fail | None:
    """Say what does not add up by more than rounding explains."""
    unit = unit_of(places)
    for row in rows:
        if (name := missing_amount(row)) is not None:
            said = f"{label(record, row)} has no {name}, so nobody knows what its amounts add up to"
            return Fail(said, place(record, row, name))
        if (parts := _parts(row, unit)) is not None:
            return Fail(f"{label(record, row)}: {parts}", place(record, row, INCL))
    if missing_amount(totals) is None and (parts := _parts(totals, unit)) is not None:
        return Fail(f"the totals: {parts}", f"totals.{INCL}")
    for name in AMOUNTS:
        if name in totals and distance(_sum(rows, name), totals[name]) > unit / 2 * len(rows):
            said = f"{name} of the rows adds up to {_sum(rows, name)}, but the totals say {totals[name]}"
            return Fail(said, f"totals.{name}")
    return None


def _parts(amounts: Row, unit: Decimal) -> str | None:
    parts = plus(amounts[EXCL], amounts[VAT])
    if distance(parts, amounts[INCL]) > unit:
        return f"{EXCL} {amounts[EXCL]} and {VAT} {amounts[VAT]} are {parts}, but {INCL} is {amounts[INCL]}"
    return None


def _shipping_agrees(rows: list[Row], totals: Working, name: str, places: int) -> bool:
    """Tell whether the totals' amount of shipping is that of the shipping rows, as far as rounding goes."""
    shipping = [row for row in rows if row["type"] == "shipping"]
    stated = totals.get(SHIPPING[name])
    return stated is not None and distance(_sum(shipping, name), stated) <= unit_of(places)


def _round_parts(rows: list[Row], totals: Working, shipping: dict[str, bool], places: int) -> None:
    for name in (*SHIPPING.values(), *_DISCOUNTS):
        if name in totals:
            totals[name] = rounded(totals[name], places)
    for name, agrees in shipping.items():
        if agrees:
            totals[SHIPPING[name]] = _sum([row for row in rows if row["type"] == "shipping"], name)


def _round_removed(record: Working, places: int) -> None:
    """Round rows that vanished remotely each by itself: they are outside all totals."""
    for row in record.get("rows", ()):
        if row.get("removed") and not is_free(row) and missing_amount(row) is None:
            set_amounts(row, rounded(row[EXCL], places), rounded(row[VAT], places))
