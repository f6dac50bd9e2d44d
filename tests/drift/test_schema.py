"""The known payloads as a type: what fits it has nothing new."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings, strategies as st

from crossdock.drift.known import ENOUGH, MOST_NAMES, Known
from crossdock.drift.look import Look
from crossdock.drift.place import Places
from crossdock.drift.schema import compile_known

from .payloads import compared, learned, mapping_of, order
from .test_detector import PAYLOADS

PLACES = Places(mapping_of())


def known_from(*payloads: dict[str, Any]) -> Known:
    """What a run knows that has had some payloads."""
    return compared(Known(), *payloads).known


def fits(known: Known, payload: dict[str, Any]) -> bool:
    return compile_known(known, PLACES)(payload)


def test_what_came_before_fits_in_any_combination() -> None:
    known = known_from(
        order(1, meta={"_a": "x", "_b": {"c": [1]}}),
        order(2, total=None, weight=Decimal("0.5"), line_items=[{"id": 1, "meta_data": [{"key": "k", "value": 1}]}]),
    )
    assert fits(known, order(3, meta={"_b": {"c": []}, "_a": "x"}, weight=1, line_items=[]))
    assert fits(known, order(3, _links={"self": 1}, order_key=7))


@pytest.mark.parametrize(
    "payload",
    [
        {"gift": 1},
        {"total": 1},
        {"meta": {"_c": "x"}},
        {"meta": {"_a": 1}},
        {"line_items": [{"id": 1, "name": "x"}]},
        {"line_items": [1]},
        {"refunds": [1]},
        {"meta_data": [{"id": 1, "key": "_a", "value": "x", "by": "me"}]},
        {"meta_data": [{"id": 1, "key": "_a"}]},
        {"meta_data": ["_a"]},
    ],
    ids=str,
)
def test_what_did_not_come_before_does_not_fit(payload: dict[str, Any]) -> None:
    known = known_from(order(1, meta={"_a": "x"}, line_items=[{"id": 1}], refunds=[]))
    assert not fits(known, order(2, **payload))


def test_a_new_value_of_an_enumeration_does_not_fit() -> None:
    known = learned(*(order(number, plan="basic") for number in range(2 * ENOUGH)))
    assert fits(known, order(1, plan="basic"))
    assert fits(known, order(1, plan=""))
    assert not fits(known, order(1, plan="gold"))


def test_where_names_are_no_longer_told_apart_any_fits() -> None:
    detector = compared(learned(order(1)), *(order(at, meta={f"k{at}": "x"}) for at in range(MOST_NAMES + 1)))
    assert fits(detector.known, order(1, meta={"another": 1}))


@settings(max_examples=60)
@given(st.lists(PAYLOADS, min_size=1, max_size=5), st.lists(PAYLOADS, min_size=1, max_size=5))
def test_what_fits_has_nothing_new_and_what_has_nothing_new_fits(before: list[Any], after: list[Any]) -> None:
    known = known_from(*before)
    compiled = compile_known(known, PLACES)
    for payload in after:
        assert not compiled(payload) or not Look(known, PLACES, learns=False).at(payload, count=False)
    unnamable = any(sign in repr(before) for sign in ('c"', "c\\"))  # such payloads are looked at one by one
    assert unnamable or all(map(compiled, before))
