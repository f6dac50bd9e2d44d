"""Whether two JSON values are the same, which Python's ``==`` does not say: to it, ``true`` is 1, and 1.00 is 1."""

from __future__ import annotations

from typing import Any

import msgspec

_encode = msgspec.json.Encoder(decimal_format="number").encode


def same(one: Any, other: Any) -> bool:
    """Say whether two parsed JSON values are the same, digit by digit; the order of names in objects means nothing."""
    if one is other:
        return True
    if one != other:
        return False
    if type(one) is str:
        return True
    return _encode(one) == _encode(other) or _alike(one, other)


def _alike(one: Any, other: Any) -> bool:
    """Compare values that Python takes for equal."""
    if isinstance(one, dict):
        return all(_alike(value, other[name]) for name, value in one.items())
    if isinstance(one, list | tuple):
        return all(map(_alike, one, other))
    return type(one) is type(other) and str(one) == str(other)
