"""``custom-data-set`` writes entries that the connection owns, in valid form."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from crossdock.records import Order

from .bench import OWN, after, refusal, run


def entry(toml: str, before: dict[str, Any] | None = None) -> tuple[str, Any]:
    record: Any = after("custom-data-set", toml, before or {})
    Order.model_validate(record)
    [found] = record["customData"].values()
    return found["type"], found["value"]


@pytest.mark.parametrize(
    ("toml", "kind", "value"),
    [
        ('value = "5"', "string", "5"),
        ("value = 5", "integer", 5),
        ("value = 5.10", "decimal", Decimal("5.10")),
        ("value = false", "bool", False),
        ("value = [1, { a = 2 }]", "json", [1, {"a": 2}]),
        ('value = "5"\ntype = "json"', "json", "5"),
        ('value = "5"\ntype = "integer"', "integer", 5),
        ('value = "5.10"\ntype = "decimal"', "decimal", Decimal("5.10")),
        ("value = 5\ntype = 'string'", "string", "5"),
        ("value = 5.0\ntype = 'integer'", "integer", 5),
        ('expression = "displayId"', "string", "1001"),
        ('expression = "rows[].sku"', "json", ["A"]),
    ],
)
def test_the_type_is_the_values_own_or_the_one_that_is_asked_for(toml: str, kind: str, value: object) -> None:
    found = entry(f'key = "k"\n{toml}', {"displayId": "1001", "rows": [{"rowId": "0" * 32, "type": "fee", "sku": "A"}]})
    assert found == (kind, value)
    assert type(found[1]) is type(value)


def test_the_entry_belongs_to_the_connection_and_to_a_module_of_its_own() -> None:
    record: Any = after("custom-data-set", 'key = "k"\nvalue = 1', {})
    assert list(record["customData"]) == [f"{OWN}|x-manipulators|k"]


def test_an_expression_that_gives_nothing_writes_nothing() -> None:
    assert after("custom-data-set", 'key = "k"\nexpression = "channel"', {}) == {}


def test_an_entry_shares_nothing_with_the_record() -> None:
    record: Any = after("custom-data-set", 'key = "k"\nexpression = "discountCodes"', {"discountCodes": ["A"]})
    record["discountCodes"].append("B")
    assert record["customData"][f"{OWN}|x-manipulators|k"]["value"] == ["A"]


def test_a_value_that_does_not_fit_is_left_out_with_a_warning() -> None:
    outcome = run("custom-data-set", 'key = "k"\nexpression = "channel"\ntype = "integer"', {"channel": "web"})
    assert outcome.result == {"channel": "web"}
    assert outcome.warnings == ("custom-data-set: 'k' is left out: 'web' is no integer",)


def test_an_expression_that_fails_leaves_the_record_alone() -> None:
    outcome = run("custom-data-set", 'key = "k"\nexpression = "length(channel)"', {})
    assert outcome.result == {}
    assert "length()" in outcome.warnings[0]


@pytest.mark.parametrize(
    ("toml", "setting", "said"),
    [
        ('key = "k"\nvalue = 1\nmodule = "connector.woocommerce"', "module", "written by the mapping only"),
        ('key = "k"\nvalue = 1\nmodule = "acme"', "module", "write 'x-'"),
        ('key = "k"\nvalue = 1\nmodule = "x-"', "module", "write 'x-'"),
        ('key = "k"\nvalue = 1\nmodule = "x-a|b"', "module", "without '|'"),
        ('key = "a|b"\nvalue = 1', "key", "%7C"),
        ('key = "k"', "value", "exactly one"),
        ('key = "k"\nvalue = 1\nexpression = "a"', "value", "exactly one"),
        ('key = "k"\nvalue = "x"\ntype = "integer"', "value", "'x' is no integer"),
        ('key = "k"\nvalue = true\ntype = "string"', "value", "True is no string"),
        ('key = "k"\nexpression = "a ="', "expression", "in the expression 'a ='"),
        ('key = "k"\nvalue = 1\non = "row[]"', "on", "rows[], payments[], shipments[], refunds[]"),
    ],
)
def test_wrong_settings_are_named(toml: str, setting: str, said: str) -> None:
    error = refusal("custom-data-set", toml)
    assert error.setting == setting
    assert said in str(error)


def test_a_product_has_no_parts() -> None:
    error = refusal("custom-data-set", 'key = "k"\nvalue = 1\non = "rows[]"', record_type="product")
    assert "a product has none" in str(error)
