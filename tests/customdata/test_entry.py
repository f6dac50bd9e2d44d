"""Custom data entries: five types, each with exact rules."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, strategies as st
from pydantic import ValidationError

from crossdock.customdata import dictionary_key, entry_of, escape_key, split_dictionary_key
from crossdock.customdata.entry import ENTRY, TYPE_OF
from crossdock.records.customer import Customer

OWNER = "5377568eb7e165e3b38af6eece4a0001"
HUGE = 10**40


def valid(**fields: Any) -> bool:
    """Whether the model takes an entry with these fields."""
    entry = {"moduleId": "x-crm", "key": "k"} | fields
    try:
        ENTRY.validate_python(entry)
    except ValidationError:
        return False
    return True


@pytest.mark.parametrize(
    ("kind", "good", "bad"),
    [
        # a string is a string, whatever it looks like
        ("string", ["", "1", "true", "\x00", "å"], [1, True, None, Decimal(1), ["a"], b"a"]),
        # a bool is no number, and a number is no bool
        ("bool", [True, False], [0, 1, "true", None, Decimal(1)]),
        # an integer has any size, in digits or as itself; no bool, no decimal, no other spelling
        (
            "integer",
            [0, -1, HUGE, "0", "-12", str(HUGE)],
            [True, "01", "+1", "1.0", "", "1 ", "x", Decimal(1), 1.0, None],
        ),
        # a decimal is finite, and never a float
        (
            "decimal",
            [Decimal("1.10"), 1, "1.10", "-0.5", "1E+2", ".5"],
            [1.1, True, Decimal("NaN"), Decimal("Infinity"), "NaN", "inf", "", "1,5", "1_0", "٣", None, b"1"],
        ),
        # json is any JSON value as the parser gives it: with exact numbers
        (
            "json",
            [None, {}, [], {"a": [None, Decimal("1.10")]}, "text", 1, True],
            [1.5, {"a": [1.5]}, [Decimal("NaN")], {1: "a"}, b"a", (1,), object()],
        ),
        # there is no sixth type
        ("float", [], [1.0, "1.0", 1]),
        (None, [], ["a"]),
    ],
)
def test_the_value_agrees_with_the_type(kind: str | None, good: list[object], bad: list[object]) -> None:
    assert [value for value in good if not valid(type=kind, value=value)] == []
    assert [value for value in bad if valid(type=kind, value=value)] == []


@pytest.mark.parametrize(
    ("fields", "accepted"),
    [
        ({"connectionId": OWNER}, True),
        ({"connectionId": None}, True),  # unowned
        ({"connectionId": ""}, False),
        ({"connectionId": OWNER.upper()}, False),  # case matters
        ({"connectionId": OWNER[:-1]}, False),
        ({"connectionId": OWNER + "\n"}, False),
        ({"moduleId": "connector.woocommerce"}, True),
        ({"moduleId": "connector.Woo"}, False),
        ({"moduleId": "Connector.woo"}, False),
        ({"moduleId": "x-"}, False),
        ({"moduleId": "crm"}, False),
        ({"moduleId": "x-a|b"}, False),
        ({"key": "a|b"}, False),
        ({"key": ""}, True),
        ({"note": "unknown"}, False),
    ],
)
def test_the_parts_of_an_entry_are_exact(fields: dict[str, Any], accepted: bool) -> None:
    assert valid(type="string", value="v", **fields) is accepted


@pytest.mark.parametrize("missing", ["moduleId", "key", "type", "value"])
def test_every_part_but_the_owner_is_needed(missing: str) -> None:
    entry = {"moduleId": "x-crm", "key": "k", "type": "json", "value": None}
    ENTRY.validate_python(entry)
    del entry[missing]
    with pytest.raises(ValidationError):
        ENTRY.validate_python(entry)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.decimals(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=6,
)


@given(JSON)
def test_the_type_follows_from_the_payloads_value(value: object) -> None:
    entry = entry_of(OWNER, "connector.woocommerce", "k", value)
    model = ENTRY.validate_python(entry)
    assert model.value == value
    assert type(model.value) is type(value)
    assert entry["type"] == TYPE_OF.get(type(value), "json")


@given(st.sampled_from([OWNER, None]), st.sampled_from(["x-crm", "connector.erp"]), st.text().map(escape_key))
def test_a_dictionary_key_reads_back(owner: str | None, module: str, key: str) -> None:
    assert split_dictionary_key(dictionary_key(owner, module, key)) == (owner, module, key)
    assert valid(moduleId=module, key=key, type="bool", value=True)


@given(st.text(), st.text())
def test_different_names_are_different_keys(one: str, other: str) -> None:
    assert (escape_key(one) == escape_key(other)) == (one == other)


@pytest.mark.parametrize("text", ["", "k", "a|b", "a|b|c|d"])
def test_a_dictionary_key_has_three_parts(text: str) -> None:
    with pytest.raises(ValueError, match=r"connectionId\|moduleId\|key"):
        split_dictionary_key(text)


@pytest.mark.parametrize("key", ["|x-crm|other", f"{OWNER}|x-crm|k", "|x-CRM|k", "k", "||"])
def test_a_key_that_disagrees_with_its_entry_is_an_error(key: str) -> None:
    entry = {"moduleId": "x-crm", "key": "k", "type": "bool", "value": True}
    Customer.model_validate({"customData": {"|x-crm|k": entry}})
    with pytest.raises(ValidationError, match="key and entry must agree"):
        Customer.model_validate({"customData": {key: entry}})
