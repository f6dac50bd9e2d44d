"""What holds for every built-in over every order: it is pure, the order stays valid, the money stays right."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest
from hypothesis import given, settings, strategies as st

from crossdock.plugins.example import Outcome, run_example
from crossdock.plugins.manipulator import Example
from crossdock.records import RECORD_TYPES, Order, encode_record

from .bench import OTHER, OWN, SPECS
from .orders import assert_money_is_right, custom_data, orders, texts

# Beside the examples: settings that reach the other branches.
MORE = [
    ("field-set", 'field = ["channel", "rows[].unit"]\nvalue = "x"'),
    ("field-set", 'field = "discountCodes"\nvalue = ["A"]'),
    ("field-copy", 'from = "channel"\nto = "rows[].name"\noverwrite = false'),
    ("field-copy", 'from = "billingAddress.city"\nto = "shippingAddress.countryCode"'),
    ("field-copy", 'from = "totals.totalInclVat"\nto = "customerNote"'),
    ("field-build", 'field = "rows[].discountAmount"\nexpression = "sku"\nwhen_null = "clear"'),
    ("field-build", 'field = "placedAt"\nexpression = "customerNote"'),
    ("field-build", 'field = "discountCodes"\nexpression = "rows[].sku"'),
    ("field-clear", 'field = ["customer", "rows[].discountAmount", "rows[].unit"]'),
    (
        "search-replace",
        'field = ["customerNote", "rows[].name", "currency"]\nsearch = "(.)"\nreplace = "<\\\\1>"\nregex = true',
    ),
    ("strip-html", 'field = ["customerNote", "rows[].name", "discountCodes[]"]'),
    ("value-map", 'field = "orderStatus"\ntable = { draft = "pending" }\notherwise = "clear"'),
    ("value-map", 'field = "rows[].sku"\ntable = { A = "B" }\notherwise = "fail"'),
    ("address-switch", 'mode = "billing-to-shipping"'),
    ("address-switch", 'mode = "shipping-to-billing"'),
    ("email-set", 'expression = "customerNote"\nreplace = "all"'),
    ("row-sku", 'skus = { product = "P", shipping = "S" }\noverwrite = true'),
    ("row-filter", 'drop = "vatRatePercent == `0`"\nadjust_totals = true'),
    ("row-filter", 'types = ["product", "shipping"]\nadjust_totals = true'),
    ("row-filter", 'types = ["product", "shipping"]'),
    ("add-discount-row", 'sku = "D"'),
    ("round", "decimals = 0"),
    ("round", "decimals = 1"),
    ("round", "decimals = 4"),
    ("round", 'decimals = 0\nfield = ["rows[].discountAmount", "payments[].amount"]'),
    ("custom-data-set", 'key = "k"\nexpression = "@"'),
    ("custom-data-set", 'key = "k"\non = "rows[]"\nexpression = "sku"\ntype = "integer"'),
    ("custom-data-to-field", 'key = "k"\nmodule = "x-acme"\nconnection = "any"\nfield = "channel"\nkeep = false'),
    (
        "custom-data-to-field",
        f'key = "k"\nmodule = "x-acme"\nconnection = "{OTHER}"\nfield = "rows[].sku"\nkeep = false',
    ),
]
CASES = [
    *(
        (name, example.toml)
        for name, spec in SPECS.items()
        for example in spec.examples
        if example.record_type == "order"
    ),
    *MORE,
]


def bytes_of(outcome: Outcome) -> bytes:
    result = outcome.result
    return (encode_record(result) if isinstance(result, dict) else repr(result).encode()) + repr(
        outcome.warnings
    ).encode()


def others(record: dict[str, Any]) -> list[tuple[str, object]]:
    """Every custom data entry of another owner, wherever it stands."""
    carriers = [record, *record.get("rows", ())]
    entries = [item for carrier in carriers for item in carrier.get("customData", {}).items()]
    return [(key, entry) for key, entry in entries if not key.startswith(OWN)]


@pytest.mark.parametrize("name", SPECS)
@settings(max_examples=30, deadline=None)
@given(order=orders())
def test_every_manipulator_is_pure_and_keeps_orders_valid(name: str, order: dict[str, Any]) -> None:
    for toml in [toml for case, toml in CASES if case == name]:
        outcome = run_example(SPECS[name], Example("any order", toml, order, {}))
        again = run_example(SPECS[name], Example("the same order", toml, deepcopy(order), {}))
        assert bytes_of(outcome) == bytes_of(again)
        if isinstance(outcome.result, dict):
            Order.model_validate(outcome.result)
            assert_money_is_right(outcome.result)
            if name != "row-filter":
                assert others(outcome.result) == others(order)


@settings(max_examples=50, deadline=None)
@given(order=orders())
def test_the_orders_of_these_tests_are_valid_themselves(order: dict[str, Any]) -> None:
    Order.model_validate(order)
    assert_money_is_right(order)


OTHER_TYPES = [
    ("field-set", 'field = "{field}"\nvalue = "x"'),
    ("field-copy", 'from = "{field}"\nto = "displayId"'),
    ("field-build", 'field = "{field}"\nexpression = "displayId"\nwhen_null = "clear"'),
    ("field-clear", 'field = "{field}"'),
    ("search-replace", 'field = "{field}"\nsearch = "[^a]"\nreplace = ""\nregex = true'),
    ("strip-html", 'field = "{field}"'),
    ("value-map", 'field = "{field}"\ntable = {{ a = "b" }}\ndefault = "c"'),
    ("custom-data-set", 'key = "k"\nexpression = "{field}"'),
    ("custom-data-to-field", 'key = "k"\nmodule = "x-acme"\nconnection = "any"\nfield = "{field}"'),
]


@pytest.mark.parametrize(("record_type", "field"), [("product", "description"), ("customer", "company")])
@settings(max_examples=50, deadline=None)
@given(data=st.data())
def test_products_and_customers_stay_valid_too(record_type: str, field: str, data: st.DataObject) -> None:
    own = st.fixed_dictionaries({}, optional={field: texts, "displayId": texts, "customData": custom_data()})
    record = data.draw(own)
    for name, toml in OTHER_TYPES:
        example = Example("any record", toml.format(field=field), record, {}, record_type)
        outcome = run_example(SPECS[name], example)
        assert bytes_of(outcome) == bytes_of(run_example(SPECS[name], example))
        RECORD_TYPES[record_type].model_validate(outcome.result)


def test_every_built_in_is_among_the_cases() -> None:
    assert {name for name, _ in CASES} == set(SPECS)
