"""The arithmetic of WooCommerce orders: what a mapping cannot say because it takes several places to know.

Row totals come from the shop as they are. From them follow the paid unit price, the discount, the VAT rate and the
order's total without VAT; and the rows must add up to what the shop says the order's total is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, TypeAlias

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
    rates = {line["rate_id"]: line for line in _objects(payload.get("tax_lines")) if "rate_id" in line}
    # The shop numbers all lines of an order, whatever their kind, in one sequence.
    lines = {str(line.get("id")): line for name in _LISTS for line in _objects(payload.get(name))}
    rows = record.get("rows", [])
    for row in rows:
        for remote_id in row.get("remoteIdMap", {}).values():
            _finish_row(row, lines[remote_id], rates)
    _check_totals(record, rows, payload)
    record["paymentStatus"] = _payment_status(record, payload)


def _objects(value: object) -> list[Working]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _finish_row(row: Working, line: Working, rates: dict[Any, Working]) -> None:
    net, tax, quantity = row.get("totalExclVat"), row.get("vatAmount"), row.get("quantity")
    if net is None:
        return
    row["totalInclVat"] = net + (tax or _ZERO)
    if quantity:
        row["pricePerUnitExclVat"] = (net / quantity).quantize(_SIX_PLACES, ROUND_HALF_UP)
    if (before := _number(line.get("subtotal"))) is not None and before != net:
        row["discountAmount"] = before - net
    if (rate := _rate_percent(line, rates)) is not None:
        # A fee over a basket of mixed rates is taxed in shares; only then does the sum of rates say nothing.
        mixed = net and tax is not None and abs(net * rate / 100 - tax) > _PENNY and len(line["taxes"]) > 1
        row["vatRatePercent"] = (tax / net * 100).quantize(_FOUR_PLACES, ROUND_HALF_UP) if mixed else rate
    variation = line.get("variation_id")
    if variation and isinstance(variation, int):
        row["productRemoteIdMap"] = dict.fromkeys(row.get("productRemoteIdMap", ()), str(variation))


def _rate_percent(line: Working, rates: dict[Any, Working]) -> Decimal | None:
    """The VAT rate of a row: that of its tax, or of several together; a compound one is levied on the others too."""
    used = [
        rates[tax["id"]] for tax in _objects(line.get("taxes")) if tax.get("id") in rates and tax.get("total") != ""
    ]
    if not used:
        return _ZERO
    percents = [_number(rate.get("rate_percent")) for rate in used]
    if None in percents:
        return None
    plain = _sum(percent for rate, percent in zip(used, percents, strict=True) if percent and not rate.get("compound"))
    factor = _ONE + plain / 100
    for rate, percent in zip(used, percents, strict=True):
        if percent and rate.get("compound"):
            factor *= _ONE + percent / 100
    return plain if factor == _ONE + plain / 100 else (factor - _ONE) * 100


def _check_totals(record: Working, rows: list[Working], payload: Working) -> None:
    totals = record.get("totals", {})
    total, tax = totals.get("totalInclVat"), totals.get("vatAmount")
    if total is None or tax is None:
        return
    totals["totalExclVat"] = total - tax
    net_of_rows = _sum(row.get("totalExclVat") for row in rows)
    tax_of_rows = _sum(row.get("vatAmount") for row in rows)
    net_gap, tax_gap = total - tax - net_of_rows, tax - tax_of_rows
    if not net_gap and not tax_gap:
        return
    if max(abs(net_gap), abs(tax_gap)) > _PENNY * len(rows):
        raise RecordError(
            f"order {payload.get('number')!r}: the rows add up to {net_of_rows} + {tax_of_rows} VAT, the shop says "
            f"{total - tax} + {tax} VAT (total {total}); nothing is guessed. Correct the order in the shop, or map what "
            "is missing to a row",
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
    refunded = _sum(refund.get("amount") for refund in record.get("refunds", ()))
    total = record.get("totals", {}).get("totalInclVat") or _ZERO
    if payload.get("status") == "refunded" or (refunded and refunded >= total):
        return "refunded"
    if refunded:
        return "partiallyRefunded"
    return "paid" if payload.get("date_paid_gmt") or payload.get("date_paid") else "unpaid"


def _sum(numbers: Iterable[Decimal | None]) -> Decimal:
    return sum((number for number in numbers if number is not None), _ZERO)


def _number(value: object) -> Decimal | None:
    if isinstance(value, Decimal):
        return value
    if isinstance(value, int) and not isinstance(value, bool):
        return Decimal(value)
    if isinstance(value, str) and value:
        try:
            return Decimal(value)
        except ArithmeticError:
            return None
    return None
