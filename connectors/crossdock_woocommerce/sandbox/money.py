"""Money of invented orders, in whole cents, taxed and rounded as WooCommerce does line by line."""

from __future__ import annotations

from collections.abc import Sequence

from .people import Rate

UNIT = 100_000  # 100 % in the units of `Rate.share`


def text(cents: int) -> str:
    """Write cents as the shop writes money: two decimals, whatever the currency."""
    sign = "-" if cents < 0 else ""
    return f"{sign}{abs(cents) // 100}.{abs(cents) % 100:02d}"


def cents(money: str) -> int:
    """Read what `text` wrote."""
    return int(money.replace(".", ""))


def split(amount: int, rates: Sequence[Rate], *, inclusive: bool) -> tuple[int, list[int], float]:
    """Split an amount into net and the tax of each rate; also return the net that rounding has not touched.

    Net and taxes add up to the amount when it is inclusive.
    """
    bases, whole = _bases(rates)
    if inclusive:
        taxes = [_divide(amount * base * rate.share, whole) for base, rate in zip(bases, rates, strict=True)]
        return amount - sum(taxes), taxes, amount * UNIT ** len(rates) / whole
    scale = UNIT ** len(rates)
    taxes = [_divide(amount * base * rate.share, scale) for base, rate in zip(bases, rates, strict=True)]
    return amount, taxes, float(amount)


def _bases(rates: Sequence[Rate]) -> tuple[list[int], int]:
    """Return what each rate is applied to, and the gross, of a net of `UNIT ** len(rates)`."""
    scale = UNIT ** len(rates)
    bases: list[int] = []
    gross = scale
    for rate in rates:
        base = gross if rate.compound else scale
        gross += base * rate.share // UNIT
        bases.append(base // UNIT)
    return bases, gross


def _divide(numerator: int, denominator: int) -> int:
    """Divide, rounding halves away from zero."""
    size = (2 * abs(numerator) + denominator) // (2 * denominator)
    return -size if numerator < 0 else size
