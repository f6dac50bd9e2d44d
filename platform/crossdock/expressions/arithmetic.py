"""Exact arithmetic on JSON numbers: never a float, and an error rather than a digit lost without a word.

Whole numbers stay ints. A `ValueError` says why a result cannot be given.
"""

import decimal
from collections.abc import Callable, Iterable
from decimal import ROUND_05UP, ROUND_HALF_UP, Decimal
from typing import TypeAlias

Number: TypeAlias = int | Decimal

MOST_PLACES = 100
"""How many decimal places may be asked for."""

_DIGITS = 4096


def _context(digits: int, rounding: str, *traps: type[decimal.DecimalException]) -> decimal.Context:
    """An arithmetic of so many digits, with every exponent there is."""
    return decimal.Context(
        prec=digits,
        rounding=rounding,
        Emax=decimal.MAX_EMAX,
        Emin=decimal.MIN_EMIN,
        traps=[decimal.InvalidOperation, *traps],
    )


_EXACT = _context(_DIGITS, ROUND_HALF_UP, decimal.Inexact)
_ROUNDING = _context(_DIGITS, ROUND_HALF_UP)
# 28 significant digits: what a quotient that does not come out even is rounded to.
_QUOTIENT = _context(28, ROUND_HALF_UP)


def add(left: Number, right: Number) -> Number:
    """Left plus right, exactly."""
    return left + right if type(left) is type(right) is int else _exactly(_EXACT.add, left, right)


def subtract(left: Number, right: Number) -> Number:
    """Left minus right, exactly."""
    return left - right if type(left) is type(right) is int else _exactly(_EXACT.subtract, left, right)


def multiply(left: Number, right: Number) -> Number:
    """Left times right, exactly."""
    return left * right if type(left) is type(right) is int else _exactly(_EXACT.multiply, left, right)


def total(numbers: Iterable[Number]) -> Number:
    """The sum, exactly; 0 of nothing."""
    result: Number = 0
    for number in numbers:
        result = add(result, number)
    return result


def average(numbers: list[Number]) -> Number | None:
    """The mean, to 28 significant digits; None of nothing."""
    return divide(total(numbers), len(numbers)) if numbers else None


def divide(dividend: Number, divisor: Number, places: Number | None = None) -> Decimal | None:
    """The quotient, to a number of decimal places (half up) or 28 significant digits; None if the divisor is 0."""
    if divisor == 0:
        return None
    left, right = as_decimal(dividend), as_decimal(divisor)
    if places is None:
        return _QUOTIENT.divide(left, right)
    digits = max(left.adjusted() - right.adjusted() + _whole_places(places) + 3, 1)
    if digits > _DIGITS:
        raise ValueError(f"the result needs more than {_DIGITS} digits")
    # 05UP cuts off, but marks that something was cut: rounding the outcome again rounds the true quotient.
    cut = _context(digits, ROUND_05UP)
    return round_half_up(cut.divide(left, right), places)


def round_half_up(number: Number, places: Number) -> Decimal:
    """The number with exactly that many decimal places, a half rounded away from zero."""
    unit = Decimal(1).scaleb(-_whole_places(places))
    try:
        return as_decimal(number).quantize(unit, context=_ROUNDING)
    except decimal.DecimalException as error:
        raise ValueError(f"the result needs more than {_DIGITS} digits") from error


def as_decimal(number: Number | float) -> Decimal:
    """The number as a decimal; a float that strayed in counts as the digits it shows."""
    return Decimal(repr(number)) if isinstance(number, float) else Decimal(number)


def _exactly(operation: Callable[[Decimal, Decimal], Decimal], left: Number, right: Number) -> Decimal:
    try:
        return operation(as_decimal(left), as_decimal(right))
    except decimal.DecimalException as error:
        raise ValueError(f"the exact result needs more than {_DIGITS} digits") from error


def _whole_places(places: Number) -> int:
    if 0 <= places <= MOST_PLACES and places == int(places):
        return int(places)
    raise ValueError(f"the number of decimal places is a whole one from 0 to {MOST_PLACES}, got {places}")
