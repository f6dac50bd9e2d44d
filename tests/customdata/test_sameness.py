"""Two values are the same if their JSON is, whatever Python thinks of ``True == 1 == Decimal('1.00')``."""

from __future__ import annotations

from decimal import Decimal
from itertools import combinations
from typing import Any

import pytest
from hypothesis import given, strategies as st

from crossdock.customdata.sameness import same
from crossdock.records.wire import dump_stored

SCALARS = st.none() | st.booleans() | st.sampled_from([0, 1, Decimal("0.0"), Decimal("1.0"), Decimal("1.00"), "1", ""])
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from("ab"), inner, max_size=2)
)


@pytest.mark.parametrize(("one", "other"), [*combinations([1, True, Decimal("1.0"), Decimal("1.00")], 2)])
@pytest.mark.parametrize("inside", [lambda value: value, lambda value: {"b": 0, "a": [value]}])
def test_what_python_takes_for_equal_is_not_the_same(one: object, other: object, inside: Any) -> None:
    assert inside(one) == inside(other)
    assert not same(inside(one), inside(other))


@given(VALUES, VALUES)
def test_values_are_the_same_if_their_json_is(one: Any, other: Any) -> None:
    assert same(one, other) == (in_order(one) == in_order(other))


def in_order(value: Any) -> bytes:
    """The JSON of a value, names in order."""
    return dump_stored(_sorted(value))


def _sorted(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _sorted(value[name]) for name in sorted(value)}
    return list(map(_sorted, value)) if isinstance(value, list) else value
