"""``field-clear`` removes values and whole parts, but nothing that a record cannot be without."""

from __future__ import annotations

from typing import Any

import pytest

from .bench import after, refusal


@pytest.mark.parametrize(
    ("field", "before", "expected"),
    [
        ("channel", {"channel": "web"}, {}),
        ("channel", {}, {}),
        ("billingAddress.city", {}, {}),
        ("billingAddress", {"billingAddress": {"city": "Lund"}}, {}),
        ("discountCodes", {"discountCodes": ["A"]}, {}),
        ("discountCodes[]", {"discountCodes": ["A"]}, {}),
        ("rows[].name", {"rows": [{"name": "a", "sku": "1"}, {}]}, {"rows": [{"sku": "1"}, {}]}),
        ("rows[].discountAmount", {"rows": [{"discountAmount": 1}]}, {"rows": [{}]}),
    ],
)
def test_what_is_cleared(field: str, before: dict[str, Any], expected: dict[str, Any]) -> None:
    assert after("field-clear", f'field = "{field}"', before) == expected


def test_where_chooses_the_rows() -> None:
    toml = 'field = "rows[].sku"\nwhere = "type == \'fee\'"'
    before = {"rows": [{"type": "fee", "sku": "1"}, {"type": "product", "sku": "2"}]}
    assert after("field-clear", toml, before) == {"rows": [{"type": "fee"}, {"type": "product", "sku": "2"}]}


@pytest.mark.parametrize(
    ("field", "said"),
    [
        ("rows", "name one of its parts"),
        ("totals", "use 'round'"),
        ("totals.vatAmount", "use 'round'"),
        ("rows[].pricePerUnitExclVat", "use 'round'"),
        ("remoteIdMap", "ids by connection"),
        ("customData", "custom data"),
        ("rows[].removed", "row-filter"),
        ("lastModified", "platform alone"),
    ],
)
def test_what_must_stay_says_why(field: str, said: str) -> None:
    assert said in str(refusal("field-clear", f'field = "{field}"'))


def test_what_a_part_cannot_be_without_must_stay() -> None:
    assert "cannot be cleared" in str(refusal("field-clear", 'field = "rows[].type"', record_type="invoice"))


def test_a_variant_option_keeps_its_name() -> None:
    error = refusal("field-clear", 'field = "variantOptions[].name"', record_type="product")
    assert "cannot be cleared" in str(error)
