"""Which fields a manipulator may name, and what a wrong one is answered with."""

from __future__ import annotations

import pytest

from .bench import refusal

VALUE = 'value = "x"'


@pytest.mark.parametrize(
    ("field", "offset", "said"),
    [
        ("chanel", 0, "did you mean 'channel'?"),
        ("billingAddress.citty", 15, "did you mean 'city'?"),
        ("rows[].skuu", 7, "did you mean 'sku'?"),
        ("rows.sku", 5, "has no field 'rows.sku'; did you mean 'rows[].sku'?"),
        ("channel.name", 8, "has no field 'channel.name'; 'channel' has no parts"),
        ("localId", 0, "set by the platform alone"),
        ("rows[].rowId", 0, "set by the platform alone"),
        ("remoteIdMap", 0, "ids by connection"),
        ("customData", 0, "use 'custom-data-set'"),
        ("billingAddress", 0, "name one of its parts"),
        ("rows", 0, "name one of its parts"),
        ("links", 0, "no manipulator writes it"),
        ("discountCodes[]", 0, "leave out the last '[]'"),
        ("rows[].totalExclVat", 0, "'round', 'add-discount-row' or 'row-filter'"),
        ("rows[].quantity", 0, "'round', 'add-discount-row' or 'row-filter'"),
        ("totals.totalInclVat", 0, "'round', 'add-discount-row' or 'row-filter'"),
        ("refunds[].amount", 0, "'round', 'add-discount-row' or 'row-filter'"),
    ],
)
def test_a_field_that_cannot_be_set_says_why_and_where(field: str, offset: int, said: str) -> None:
    error = refusal("field-set", f'field = "{field}"\n{VALUE}')
    assert said in str(error)
    assert error.offset == offset
    assert error.setting == "field"


WRITERS = {
    "field-set": 'field = "{field}"\nvalue = "{value}"',
    "field-copy": 'from = "rows[].unit"\nto = "{field}"',
    "field-build": 'field = "{field}"\nexpression = "unit"',
    "field-clear": 'field = "{field}"',
    "search-replace": 'field = "{field}"\nsearch = "a"\nreplace = "b"',
    "strip-html": 'field = "{field}"',
    "value-map": 'field = "{field}"\ntable = {{ a = "{value}" }}',
    "custom-data-to-field": 'key = "k"\nfield = "{field}"',
    "round": 'field = "{field}"',
}


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("rows[].vatRatePercent", "0", "agree with the VAT of its row"),
        ("rows[].type", "product", "says in which of the order's totals the row counts"),
    ],
)
@pytest.mark.parametrize("name", WRITERS)
def test_no_manipulator_writes_what_says_the_meaning_of_an_orders_amounts(
    name: str, field: str, value: str, said: str
) -> None:
    error = str(refusal(name, WRITERS[name].format(field=field, value=value)))
    assert said in error or (name == "round" and "is no amount" in error)


def test_the_wrong_one_of_several_fields_is_named_by_its_index() -> None:
    assert refusal("field-set", f'field = ["channel", "chanel"]\n{VALUE}').setting == "field[1]"


def test_fields_belong_to_the_record_type() -> None:
    assert "product has no field 'channel'" in str(
        refusal("field-set", f'field = "channel"\n{VALUE}', record_type="product")
    )


@pytest.mark.parametrize(
    ("where", "said"),
    [("type == ", "ends too early"), ("typo(type)", "there is no function typo()")],
)
def test_a_wrong_expression_points_into_its_text(where: str, said: str) -> None:
    error = refusal("field-set", f'field = "rows[].unit"\n{VALUE}\nwhere = "{where}"')
    assert error.setting == "where"
    assert said in str(error)


def test_where_needs_a_field_of_list_elements() -> None:
    error = refusal("field-set", f'field = "channel"\n{VALUE}\nwhere = "type"')
    assert error.setting == "where"
    assert "use 'when'" in str(error)


@pytest.mark.parametrize(
    ("name", "toml", "setting", "offset", "said"),
    [
        ("row-filter", """drop = "typ == 'fee'" """, "drop", 0, "has no field 'rows[].typ'; did you mean 'type'?"),
        ("row-filter", """drop = 'type == "fee"' """, "drop", 9, "single quotes: 'fee'"),
        ("field-set", f"field = 'rows[].unit'\n{VALUE}\nwhere = 'skuu'", "where", 0, "did you mean 'sku'?"),
        ("field-build", "field = 'channel'\nexpression = 'chanel'", "expression", 0, "did you mean 'channel'?"),
        ("field-build", "field = 'rows[].name'\nexpression = 'channel'", "expression", 0, "field 'rows[].channel'"),
        ("email-set", "expression = 'customer.mail'", "expression", 9, "did you mean 'email'?"),
        ("custom-data-set", "key = 'k'\nexpression = 'totals.sum'", "expression", 7, "has no field 'totals.sum'"),
        ("custom-data-set", "key = 'k'\non = 'rows[]'\nexpression = 'skuu'", "expression", 0, "did you mean 'sku'?"),
    ],
)
def test_an_expression_that_asks_for_what_no_record_has_is_a_mistake(
    name: str, toml: str, setting: str, offset: int, said: str
) -> None:
    error = refusal(name, toml)
    assert said in str(error)
    assert (error.setting, error.offset) == (setting, offset)
