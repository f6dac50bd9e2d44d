"""The arithmetic of WooCommerce orders: what a mapping cannot say because it takes several places to know.

Row totals come from the shop as they are. From them follow the paid unit price, the discount, the VAT rate and the
order's total without VAT; and the rows must add up to what the shop says the order's total is. What a mapping line has
already given stays as it is.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, NamedTuple, TypeAlias

from crossdock import RecordError

Working: TypeAlias = dict[str, Any]
Warn: TypeAlias = Callable[[str], None]

_SIX_PLACES = Decimal("0.000001")
_FOUR_PLACES = Decimal("0.0001")
_ONE = Decimal(1)
_ZERO = Decimal(0)
_PENNY = Decimal("0.01")
_PLAIN = re.compile(r"-?[0-9]+(\.[0-9]+)?")
_UNKNOWN: Working = {}
_LISTS = ("line_items", "shipping_lines", "fee_lines")
_KNOWN_STATUSES = frozenset(
    {"pending", "processing", "on-hold", "completed", "refunded", "cancelled", "failed", "checkout-draft", "auto-draft",
     "trash"}
)  # fmt: skip
_NO_RATE = (
    "rows[].vatRatePercent stays empty where none of the order's tax_lines says a rate that explains the row's VAT; "
    "nothing is guessed"
)


class Rate(NamedTuple):
    """One tax rate of an order; a compound one is levied on the other taxes too.

    ``percent`` is ``None`` where the shop gives none that can be read.
    """

    percent: Decimal | None
    compound: bool


def finish_order(record: Working, payload: Working, warn: Warn) -> None:
    """Complete a mapped order: unit prices, VAT rates, totals, payment status; and check that the money adds up.

    Raises:
        RecordError: the amounts do not add up to the shop's ``total`` and ``total_tax``, with the figures.
    """
    status = payload.get("status")
    if isinstance(status, str) and status not in _KNOWN_STATUSES:
        warn(
            f"status {status!r} is none of WooCommerce's own; orderStatus stays empty, the word is kept as custom data"
        )
    rates = {
        line["rate_id"]: Rate(_percent(line.get("rate_percent")), bool(line.get("compound")))
        for line in _objects(payload.get("tax_lines"))
        if "rate_id" in line
    }
    lines = _lines(payload)
    net_of_rows = tax_of_rows = _ZERO
    rows = record.get("rows", [])
    for row in rows:
        net, tax = row.get("totalExclVat"), row.get("vatAmount")
        if net is not None:
            net_of_rows += net
            line = _UNKNOWN
            for remote_id in row.get("remoteIdMap", _UNKNOWN).values():
                line = lines.get(remote_id, _UNKNOWN)
            _finish_row(row, net, tax, line, rates, warn)
        if tax is not None:
            tax_of_rows += tax
    _check_totals(record, rows, net_of_rows, tax_of_rows, payload, warn)
    if "paymentStatus" not in record:
        record["paymentStatus"] = _payment_status(record, payload, net_of_rows + tax_of_rows)


def _objects(value: object) -> list[Working]:
    return [item for item in value if type(item) is dict] if type(value) is list and value else []


def _lines(payload: Working) -> dict[str, Working]:
    """The lines of an order by id: the shop numbers all of them, whatever their kind, in one sequence.

    Of lines with the same id nobody can tell which is meant, so nothing is known of them.
    """
    lines: dict[str, Working] = {}
    for name in _LISTS:
        for line in _objects(payload.get(name)):
            known_as = str(line.get("id"))
            lines[known_as] = _UNKNOWN if known_as in lines else line
    return lines


def _finish_row(
    row: Working, net: Decimal, tax: Decimal | None, line: Working, rates: dict[Any, Rate], warn: Warn
) -> None:
    incl = net if tax is None else net + tax
    if row.setdefault("totalInclVat", incl) != incl:
        raise _contradiction("rows[].totalInclVat", row["totalInclVat"], f"{net} + {tax or _ZERO} VAT")
    if (quantity := row.get("quantity")) and "pricePerUnitExclVat" not in row:
        price = net if quantity == _ONE else net / quantity
        row["pricePerUnitExclVat"] = price.quantize(_SIX_PLACES, ROUND_HALF_UP)
    if (before := _number(line.get("subtotal"))) is not None and before != net:
        row.setdefault("discountAmount", before - net)
    if "vatRatePercent" not in row:
        percent = _percent_of(line, rates, net, tax)
        if percent is None or (tax and not percent):
            warn(_NO_RATE)
        else:
            row["vatRatePercent"] = percent
    elif tax and not row["vatRatePercent"]:
        raise _contradiction("rows[].vatRatePercent", row["vatRatePercent"], f"{net} + {tax} VAT")


def _percent_of(line: Working, rates: dict[Any, Rate], net: Decimal, tax: Decimal | None) -> Decimal | None:
    """The VAT rate of a row: that of its tax, or of several together; a compound one is levied on the others too.

    ``None`` if a rate that was levied is not known.
    """
    levied = line.get("taxes")
    if not levied:
        return _ZERO
    used: list[Rate] = []
    for one in _objects(levied):
        if (amount := one.get("total")) != "":
            rate = rates.get(one.get("id"))
            if rate is not None:
                used.append(rate)
            elif _number(amount):
                return None
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
    record: Working, rows: list[Working], net_of_rows: Decimal, tax_of_rows: Decimal, payload: Working, warn: Warn
) -> None:
    totals = record.get("totals", {})
    total, tax = totals.get("totalInclVat"), totals.get("vatAmount")
    if total is None or tax is None:
        _check_what_is_there(total, tax, net_of_rows, tax_of_rows, len(rows), payload)
        absent = [f"totals.{name}" for name, amount in (("totalInclVat", total), ("vatAmount", tax)) if amount is None]
        warn(
            f"{' and '.join(absent)} {'stays' if len(absent) == 1 else 'stay'} empty: the shop's total or total_tax is "
            "missing or no amount; whether the rows add up to it could not be checked"
        )
        return
    net = total - tax
    if totals.setdefault("totalExclVat", net) != net:
        raise _contradiction("totals.totalExclVat", totals["totalExclVat"], f"{total} - {tax} VAT")
    net_gap, tax_gap = net - net_of_rows, tax - tax_of_rows
    if not net_gap and not tax_gap:
        return
    if max(abs(net_gap), abs(tax_gap)) > _PENNY * len(rows):
        raise _disagreement(payload, net_of_rows, tax_of_rows, f"{net} + {tax} VAT (total {total})")
    rows.append(_rounding_row(record, net_gap, tax_gap))


def _check_what_is_there(
    total: Decimal | None, tax: Decimal | None, net_of_rows: Decimal, tax_of_rows: Decimal, rows: int, payload: Working
) -> None:
    """Where the shop gives only one of its two sums, the rows have to agree with that one all the same."""
    if total is not None and abs(total - net_of_rows - tax_of_rows) > _PENNY * rows:
        raise _disagreement(payload, net_of_rows, tax_of_rows, f"a total of {total}, and no total_tax")
    if tax is not None and abs(tax - tax_of_rows) > _PENNY * rows:
        raise _disagreement(payload, net_of_rows, tax_of_rows, f"{tax} VAT, and no total")


def _disagreement(payload: Working, net: Decimal, tax: Decimal, said: str) -> RecordError:
    return RecordError(
        f"order {payload.get('number')!r}: the rows add up to {net} + {tax} VAT, the shop says {said}; nothing is "
        "guessed. Correct the order in the shop, or map what is missing to a row",
        stage="map",
        pointer="/total",
    )


def _contradiction(field: str, given: Decimal, other: str) -> RecordError:
    return RecordError(
        f"a mapping line gives {field} {given}, but the other amounts say {other}; correct the line, or leave it out: "
        "the amount follows from the others",
        stage="map",
    )


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


def _payment_status(record: Working, payload: Working, sum_of_rows: Decimal) -> str:
    refunded = _sum(record.get("refunds", ()), "amount")
    total = record.get("totals", {}).get("totalInclVat", sum_of_rows)
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


def _percent(value: object) -> Decimal | None:
    percent = _number(value)
    return None if percent is None or percent.is_signed() else percent


def _number(value: object) -> Decimal | None:
    """Read an amount: a number of the JSON, or a text of plain digits."""
    kind = type(value)
    if kind is str:
        return Decimal(value) if _PLAIN.fullmatch(value) else None  # type: ignore[arg-type, call-overload]
    if kind is int:
        return Decimal(value)  # type: ignore[arg-type]
    return value if kind is Decimal else None  # type: ignore[return-value]
