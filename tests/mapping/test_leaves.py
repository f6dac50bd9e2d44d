"""Leaves are counted as they are listed."""

import pytest
from hypothesis import given

from crossdock.mapping.leaves import DEEPEST, count_leaves, list_leaves
from tests.mapping.mappings import payloads


@given(payloads())
def test_counting_and_listing_agree(payload: dict[str, object]) -> None:
    leaves = [value for _path, value in list_leaves(payload)]
    empty = [value for value in leaves if value in (None, "", [], {})]
    assert count_leaves(payload) == (len(leaves), len(empty))


def test_many_lists_side_by_side_are_not_deep() -> None:
    assert count_leaves([["x"], []] * DEEPEST) == (2 * DEEPEST, DEEPEST)


def test_what_is_nested_too_deep_is_refused() -> None:
    deep: list[object] = []
    for _ in range(DEEPEST):
        deep = [deep]
    with pytest.raises(RecursionError):
        count_leaves(deep)
