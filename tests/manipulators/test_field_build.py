"""``field-build`` writes what an expression gives."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from .bench import after, refusal, run


@pytest.mark.parametrize(
    ("toml", "before", "expected"),
    [
        ('field = "channel"\nexpression = "customerNote"', {}, {}),
        ('field = "channel"\nexpression = "customerNote"', {"channel": "a"}, {"channel": "a"}),
        ('field = "channel"\nexpression = "customerNote"\nwhen_null = "clear"', {"channel": "a"}, {}),
        ('field = "channel"\nexpression = "\'x\'"\noverwrite = false', {"channel": "a"}, {"channel": "a"}),
        ('field = "customer.company"\nexpression = "customerNote"\nwhen_null = "clear"', {}, {}),
        ("field = \"discountCodes\"\nexpression = \"['A', 'B']\"", {}, {"discountCodes": ["A", "B"]}),
        # a number becomes text with its digits
        (
            'field = "rows[].unit"\nexpression = "quantity"',
            {"rows": [{"quantity": Decimal("1.50")}, {}]},
            {"rows": [{"quantity": Decimal("1.50"), "unit": "1.50"}, {}]},
        ),
        # one row is chosen for a field of the record
        (
            'field = "channel"\nexpression = "rows[0].sku"',
            {"rows": [{"sku": "A"}]},
            {"rows": [{"sku": "A"}], "channel": "A"},
        ),
    ],
)
def test_what_is_built(toml: str, before: dict[str, Any], expected: dict[str, Any]) -> None:
    assert after("field-build", toml, before) == expected


@pytest.mark.parametrize(
    ("expression", "said"),
    [
        ("rows", "does not take [{'sku': 'A'}]"),  # not the shape of the field
        ("length(channel)", "length() takes"),  # the function refuses
        ("`true`", "does not take True"),
    ],
)
def test_a_value_that_does_not_fit_leaves_the_field_and_warns(expression: str, said: str) -> None:
    before = {"customerNote": "old", "rows": [{"sku": "A"}]}
    outcome = run("field-build", f'field = "customerNote"\nexpression = "{expression}"', before)
    assert outcome.result == before
    assert said in outcome.warnings[0]
    assert "stays as it was" in outcome.warnings[0]


def test_a_built_list_is_not_shared() -> None:
    outcome: Any = after(
        "field-build", 'field = "tags"\nexpression = "categories"', {"categories": ["a"]}, record_type="product"
    )
    assert outcome["tags"] is not outcome["categories"]


@pytest.mark.parametrize(
    ("toml", "setting", "said"),
    [
        ('field = "chanel"\nexpression = "a"', "field", "did you mean"),
        ('field = "channel"\nexpression = "a."', "expression", "in the expression 'a.'"),
        ('field = "rows[].vatAmount"\nexpression = "a"', "field", "use 'round'"),
        ('field = "channel"\nexpression = "a"\nwhere = "b"', "where", "use 'when'"),
    ],
)
def test_wrong_settings_are_named(toml: str, setting: str, said: str) -> None:
    error = refusal("field-build", toml)
    assert error.setting == setting
    assert said in str(error)


def test_a_field_that_its_part_cannot_be_without_is_not_cleared() -> None:
    error = refusal(
        "field-build", 'field = "rows[].type"\nexpression = "name"\nwhen_null = "clear"', record_type="invoice"
    )
    assert (error.setting, "cannot be cleared" in str(error)) == ("when_null", True)
