"""``field-copy`` copies one field to another, within a row or from the record to every row."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from .bench import after, refusal, run


@pytest.mark.parametrize(
    ("source", "target", "before", "expected"),
    [
        # a field that has no value changes nothing, and makes no empty objects
        ("channel", "billingAddress.company", {"customerNote": "n"}, {"customerNote": "n"}),
        # a number becomes the text of its digits
        ("totals.totalInclVat", "customerNote", {"totals": {"totalInclVat": Decimal("1.10")}}, "1.10"),
        # from the record to every row
        ("channel", "rows[].unit", {"channel": "w", "rows": [{}, {}]}, {"channel": "w", "rows": [{"unit": "w"}] * 2}),
        # within a row
        ("rows[].name", "rows[].sku", {"rows": [{"name": "a"}, {}]}, {"rows": [{"name": "a", "sku": "a"}, {}]}),
        # whole lists of texts
        ("discountCodes", "discountCodes", {"discountCodes": ["A"]}, {"discountCodes": ["A"]}),
    ],
)
def test_what_is_copied(source: str, target: str, before: dict[str, Any], expected: Any) -> None:
    outcome: Any = after("field-copy", f'from = "{source}"\nto = "{target}"', before)
    assert (outcome if isinstance(expected, dict) else outcome["customerNote"]) == expected


def test_where_chooses_the_rows() -> None:
    toml = 'from = "rows[].gtin"\nto = "rows[].sku"\nwhere = "type == \'product\'"'
    before = {"rows": [{"type": "product", "gtin": "1"}, {"type": "fee", "gtin": "2"}]}
    assert after("field-copy", toml, before) == {
        "rows": [{"type": "product", "gtin": "1", "sku": "1"}, {"type": "fee", "gtin": "2"}]
    }


def test_a_copied_list_is_not_shared() -> None:
    outcome: Any = after("field-copy", 'from = "categories"\nto = "tags"', {"categories": ["a"]}, record_type="product")
    assert outcome["tags"] == ["a"]
    assert outcome["tags"] is not outcome["categories"]


def test_a_value_that_the_target_refuses_is_left_out_with_a_warning() -> None:
    toml = 'from = "billingAddress.region"\nto = "shippingAddress.countryCode"'
    before = {"billingAddress": {"region": "Skåne"}, "shippingAddress": {"countryCode": "SE"}}
    outcome = run("field-copy", toml, before)
    assert outcome.result == before
    [warning] = outcome.warnings
    assert warning == (
        "field-copy: 'shippingAddress.countryCode' does not take 'Skåne': not an ISO 3166-1 alpha-2 country code; "
        "it stays as it was"
    )


def test_a_refused_value_leaves_no_empty_object_behind() -> None:
    toml = 'from = "billingAddress.region"\nto = "shippingAddress.countryCode"'
    before = {"billingAddress": {"region": "Skåne"}}
    assert run("field-copy", toml, before).result == before


@pytest.mark.parametrize(
    ("source", "target", "setting", "said"),
    [
        ("chanel", "channel", "from", "did you mean 'channel'?"),
        ("channel", "chanel", "to", "did you mean 'channel'?"),
        ("rows[].sku", "channel", "to", "one value per element"),
        ("rows[].sku", "shipments[].carrier", "to", "one value per element"),
        ("billingAddress", "shippingAddress", "from", "name one of its parts"),
        ("rows[].vatRatePercent", "rows[].vatAmount", "to", "use 'round'"),
        ("discountCodes[]", "channel", "from", "whole lists"),
    ],
)
def test_what_cannot_be_copied_says_why(source: str, target: str, setting: str, said: str) -> None:
    error = refusal("field-copy", f'from = "{source}"\nto = "{target}"')
    assert error.setting == setting
    assert said in str(error)
