"""Fields as people name them become JSON pointers."""

from __future__ import annotations

from typing import Any

import pytest

from crossdock.records.pointer import pointer_to


@pytest.mark.parametrize(
    ("field", "pointer"),
    [
        ("channel", "/channel"),
        ("billingAddress.city", "/billingAddress/city"),
        ("rows[2].sku", "/rows/2/sku"),
        ("rows[].sku", None),  # which one is not said
        ("", None),
        (None, None),
        (7, None),  # a plugin's slip costs no more than the place
    ],
)
def test_a_field_becomes_a_pointer(field: Any, pointer: str | None) -> None:
    assert pointer_to(field) == pointer
