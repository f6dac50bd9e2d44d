"""``address-switch`` swaps addresses or takes one for the other; it never copies nothing over something."""

from __future__ import annotations

from typing import Any

import pytest

from .bench import SPECS, after

LUND, OSLO = {"city": "Lund"}, {"city": "Oslo"}


@pytest.mark.parametrize(
    ("mode", "billing", "shipping", "expected"),
    [
        ("swap", LUND, OSLO, (OSLO, LUND)),
        ("swap", LUND, None, (None, LUND)),
        ("swap", None, None, (None, None)),
        ("billing-to-shipping", LUND, OSLO, (LUND, LUND)),
        ("billing-to-shipping", None, OSLO, (None, OSLO)),
        ("billing-to-shipping", {"city": ""}, OSLO, ({"city": ""}, OSLO)),
        ("shipping-to-billing", LUND, OSLO, (OSLO, OSLO)),
        ("fill-empty", LUND, OSLO, (LUND, OSLO)),
        ("fill-empty", LUND, None, (LUND, LUND)),
        ("fill-empty", {}, OSLO, (OSLO, OSLO)),
        ("fill-empty", None, {"city": ""}, (None, {"city": ""})),
    ],
)
def test_modes(mode: str, billing: Any, shipping: Any, expected: Any) -> None:
    before = {k: v for k, v in (("billingAddress", billing), ("shippingAddress", shipping)) if v is not None}
    outcome: Any = after("address-switch", f'mode = "{mode}"', before)
    assert (outcome.get("billingAddress"), outcome.get("shippingAddress")) == expected


def test_a_copy_is_not_shared() -> None:
    outcome: Any = after("address-switch", 'mode = "billing-to-shipping"', {"billingAddress": LUND})
    assert outcome["billingAddress"] is not outcome["shippingAddress"]


def test_products_have_no_addresses() -> None:
    assert SPECS["address-switch"].record_types == frozenset({"order", "customer"})
    assert after("address-switch", 'mode = "swap"', {"billingAddress": LUND}, record_type="customer") == {
        "shippingAddress": LUND
    }
