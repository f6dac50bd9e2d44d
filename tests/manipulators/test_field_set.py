"""``field-set`` gives a field a fixed value that the field takes."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from .bench import SPECS, after, refusal


@pytest.mark.parametrize(
    ("toml", "path", "value"),
    [
        ('field = "orderStatus"\nvalue = "onHold"', ["orderStatus"], "onHold"),
        ('field = "shippingAddress.countryCode"\nvalue = "SE"', ["shippingAddress", "countryCode"], "SE"),
        ('field = "pricesIncludeVat"\nvalue = false', ["pricesIncludeVat"], False),
        ('field = "placedAt"\nvalue = 2024-03-03T15:09:27+01:00', ["placedAt"], "2024-03-03T14:09:27Z"),
        ('field = "placedAt"\nvalue = "2024-03-03T15:09:27+01:00"', ["placedAt"], "2024-03-03T14:09:27Z"),
        ('field = "displayId"\nvalue = 5', ["displayId"], "5"),
        ('field = "discountCodes"\nvalue = ["A", "B"]', ["discountCodes"], ["A", "B"]),
    ],
)
def test_the_value_stands_in_the_working_form_of_its_field(toml: str, path: list[str], value: object) -> None:
    record: Any = after("field-set", toml, {})
    for name in path:
        record = record[name]
    assert record == value
    assert type(record) is type(value)


def test_an_amount_keeps_its_digits() -> None:
    outcome: Any = after("field-set", 'field = "weight"\nvalue = 1.10', {}, record_type="product")
    assert str(outcome["weight"]) == "1.10"


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("orderStatus", '"shipped"', "one of draft, pending, processing"),
        ("shippingAddress.countryCode", '"UK"', "ISO 3166"),
        ("currency", '"EURO"', "ISO 4217"),
        ("placedAt", '"yesterday"', "2024-03-03T14:09:27Z"),
        ("placedAt", "2024-03-03T14:09:27", "2024-03-03T14:09:27Z"),  # no zone: nobody knows when
        ("pricesIncludeVat", '"yes"', "'yes'"),
        ("channel", "true", "True"),
        ("rows[].discountAmount", '"25 %"', "decimal"),
        ("discountCodes", '"A"', "'A'"),
    ],
)
def test_a_value_that_the_field_refuses_is_a_wrong_setting(field: str, value: str, said: str) -> None:
    error = refusal("field-set", f'field = "{field}"\nvalue = {value}')
    assert error.setting == "value"
    assert said in str(error)


@pytest.mark.parametrize("empty", [{}, {"channel": ""}])
def test_without_overwrite_only_what_is_empty_is_filled(empty: dict[str, Any]) -> None:
    toml = 'field = "channel"\nvalue = "web"\noverwrite = false'
    assert after("field-set", toml, empty) == {"channel": "web"}
    assert after("field-set", toml, {"channel": "pos"}) == {"channel": "pos"}


def test_false_is_a_value_that_overwrite_respects() -> None:
    toml = 'field = "pricesIncludeVat"\nvalue = true\noverwrite = false'
    assert after("field-set", toml, {"pricesIncludeVat": False}) == {"pricesIncludeVat": False}


def test_several_fields_get_the_same_value() -> None:
    assert after("field-set", 'field = ["channel", "customerNote"]\nvalue = "x"', {}) == {
        "channel": "x",
        "customerNote": "x",
    }


def test_no_row_is_invented() -> None:
    assert after("field-set", 'field = "rows[].unit"\nvalue = "pcs"', {}) == {}


def test_two_records_never_share_a_list() -> None:
    toml = 'field = "tags"\nvalue = ["new"]'
    first: Any = after("field-set", toml, {}, record_type="product")
    first["tags"].append("mine")
    assert after("field-set", toml, {}, record_type="product") == {"tags": ["new"]}


def test_it_works_on_every_record_type() -> None:
    assert SPECS["field-set"].record_types is None
    assert after("field-set", 'field = "customerGroup"\nvalue = "vip"', {}, record_type="customer") == {
        "customerGroup": "vip"
    }
    assert Decimal("2.5") == after("field-set", 'field = "price"\nvalue = 2.5', {}, record_type="product")["price"]  # type: ignore[index]  # a record
