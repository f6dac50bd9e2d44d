"""Rounding several amounts so that their sum is exactly what it has to be."""

from __future__ import annotations

from decimal import Decimal

from crossdock_manipulators.money import exact_sum, minus, plus, rounded, unit_of


def spread(amounts: list[Decimal], target: Decimal, places: int) -> list[Decimal]:
    """Round each amount half up, then move single units where rounding moved most, until they add up to ``target``.

    Amounts of zero stay zero. ``target`` has no more decimals than ``places``.

    Raises:
        ValueError: all amounts are zero, but the target is not.
    """
    result = [rounded(amount, places) for amount in amounts]
    unit = unit_of(places)
    rest = int(minus(target, exact_sum(result)) / unit)
    if not rest:
        return result
    step = unit if rest > 0 else -unit
    errors = [minus(amount, new) for amount, new in zip(amounts, result, strict=True)]
    # Those that rounding moved furthest from where the rest wants them; among equals the largest, then the first.
    order = sorted(
        (index for index, amount in enumerate(amounts) if amount),
        key=lambda index: (-errors[index] * step, -abs(amounts[index]), index),
    )
    if not order:
        raise ValueError(f"amounts of zero cannot add up to {target}")
    for count in range(abs(rest)):
        index = order[count % len(order)]
        result[index] = plus(result[index], step)
    return result
