"""The arithmetic of WooCommerce orders: what a mapping cannot say because it takes several places to know.

Row totals come from the shop as they are. From them follow the paid unit price, the discount, the VAT rate and the
order's total without VAT; and the rows must add up to what the shop says the order's total is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, NamedTuple, TypeAlias

from crossdock import RecordError

Working: TypeAlias = dict[str, Any]

_SIX_PLACES = Decimal("0.000001")
_FOUR_PLACES = Decimal("0.0001")
_ONE = Decimal(1)
_ZERO = Decimal(0)
_PENNY = Decimal("0.01")
_LISTS = ("line_items", "shipping_lines", "fee_lines")
_KNOWN_STATUSES = frozenset(
    {"pending", "processing", "on-hold", "completed", "refunded", "cancelled", "failed", "checkout-draft", "auto-draft",
     "trash"}
)  # fmt: skip


class Rate(NamedTuple):
    """One tax rate of an order; a compound one is levied on the other taxes too."""

    percent: Decimal | None
    compound: bool


def finish_order(record: Working, payload: Working, warn: Callable[[str], None]) -> None:
    """Complete a mapped order: unit prices, VAT rates, totals, payment status; and check that the money adds up.

    Raises:
        RecordError: the rows do not add up to the shop's ``total`` and ``total_tax``, with the figures.
    """
    status = payload.get("status")
    if isinstance(status, str) and status not in _KNOWN_STATUSES:
        warn(
            f"status {status!r} is none of WooCommerce's own; orderStatus stays empty, the word is kept as custom data"
        )
    rates = {
        line["rate_id"]: Rate(_number(line.get("rate_percent")), bool(line.get("compound")))
        for line in _objects(payload.get("tax_lines"))
        if "rate_id" in line
    }
    # The shop numbers all lines of an order, whatever their kind, in one sequence.
    lines = {str(line.get("id")): line for name in _LISTS for line in _objects(payload.get(name))}
    net_of_rows = tax_of_rows = _ZERO
    rows = record.get("rows", [])
    for row in rows:
        net, tax = row.get("totalExclVat"), row.get("vatAmount")
        if net is not None:
            net_of_rows += net
            for remote_id in row.get("remoteIdMap", {}).values():
                _finish_row(row, net, tax, lines[remote_id], rates)
        if tax is not None:
            tax_of_rows += tax
    _check_totals(record, rows, net_of_rows, tax_of_rows, payload)
    record["paymentStatus"] = _payment_status(record, payload)


def _objects(value: object) -> list[Working]:
    return [item for item in value if type(item) is dict] if type(value) is list and value else []


def _finish_row(row: Working, net: Decimal, tax: Decimal | None, line: Working, rates: dict[Any, Rate]) -> None:
    row["totalInclVat"] = net if tax is None else net + tax
    if quantity := row.get("quantity"):
        price = net if quantity == _ONE else net / quantity
        row["pricePerUnitExclVat"] = price.quantize(_SIX_PLACES, ROUND_HALF_UP)
    if (before := _number(line.get("subtotal"))) is not None and before != net:
        row["discountAmount"] = before - net
    percent = _percent_of(line, rates, net, tax)
    if percent is not None:
        row["vatRatePercent"] = percent


def _percent_of(line: Working, rates: dict[Any, Rate], net: Decimal, tax: Decimal | None) -> Decimal | None:
    """The VAT rate of a row: that of its tax, or of several together; a compound one is levied on the others too."""
    levied = line.get("taxes")
    if not levied:
        return _ZERO
    used = [rate for one in levied if (rate := rates.get(one.get("id"))) is not None and one.get("total") != ""]
    if len(used) < 2:
        return used[0].percent if used else _ZERO
    if any(rate.percent is None for rate in used):
        return None
    plain = sum((rate.percent for rate in used if rate.percent is not None and not rate.compound), _ZERO)
    factor = _ONE + plain / 100
    for rate in used:
        if rate.compound and rate.percent is not None:
            factor *= _ONE + rate.percent / 100
    percent = (factor - _ONE) * 100
    if net and tax is not None and abs(net * percent / 100 - tax) > _PENNY:
        # A fee over a basket of mixed rates is taxed in shares; the sum of the rates says nothing then.
        return (tax / net * 100).quantize(_FOUR_PLACES, ROUND_HALF_UP)
    return percent


def _check_totals(
    record: Working, rows: list[Working], net_of_rows: Decimal, tax_of_rows: Decimal, payload: Working
) -> None:
    totals = record.get("totals", {})
    total, tax = totals.get("totalInclVat"), totals.get("vatAmount")
    if total is None or tax is None:
        return
    totals["totalExclVat"] = total - tax
    net_gap, tax_gap = totals["totalExclVat"] - net_of_rows, tax - tax_of_rows
    if not net_gap and not tax_gap:
        return
    if max(abs(net_gap), abs(tax_gap)) > _PENNY * len(rows):
        raise RecordError(
            f"order {payload.get('number')!r}: the rows add up to {net_of_rows} + {tax_of_rows} VAT, the shop says "
            f"{total - tax} + {tax} VAT (total {total}); nothing is guessed. Correct the order in the shop, or map "
            "what is missing to a row",
            stage="map",
            pointer="/total",
        )
    rows.append(_rounding_row(record, net_gap, tax_gap))


def _rounding_row(record: Working, net: Decimal, tax: Decimal) -> Working:
    first = record["rows"][0]["rowId"]
    return {
        "rowId": f"{int(first, 16) ^ 1:032x}",  # follows from the order alone, and differs from every row's own
        "type": "rounding",
        "name": "Rounding",
        "quantity": _ONE,
        "totalExclVat": net,
        "vatAmount": tax,
        "totalInclVat": net + tax,
    }


def _payment_status(record: Working, payload: Working) -> str:
    refunded = _sum(record.get("refunds", ()), "amount")
    total = record.get("totals", {}).get("totalInclVat") or _ZERO
    if payload.get("status") == "refunded" or (refunded and refunded >= total):
        return "refunded"
    if refunded:
        return "partiallyRefunded"
    return "paid" if payload.get("date_paid_gmt") or payload.get("date_paid") else "unpaid"


def _sum(parts: Iterable[Working], name: str) -> Decimal:
    total = _ZERO
    for part in parts:
        number = part.get(name)
        if number is not None:
            total += number
    return total


def _number(value: object) -> Decimal | None:
    kind = type(value)
    if kind is Decimal or (kind is str and value) or kind is int:
        try:
            return Decimal(value)  # type: ignore[arg-type]  # its type was just looked at
        except ArithmeticError:
            return None
    return None
