"""What is about a person is marked where the field is declared; a field that sounds like it and is not fails here."""

from __future__ import annotations

import re

import pytest

from crossdock.records import RECORD_TYPES
from crossdock.records.fields import all_fields, find_field

_SOUNDS_PERSONAL = re.compile(
    r"(email|phone|(?:first|last)Name|company|vatNumber|address\d|city|postalCode|note|message|reason|Url|\burl|tracking\w+)$",
    re.IGNORECASE,
)
# They are of goods, and lead to pages that are open to everybody.
_OF_GOODS = {("product", "url")}


@pytest.mark.parametrize("record_type", sorted(RECORD_TYPES))
def test_a_field_that_sounds_personal_is_marked(record_type: str) -> None:
    sounding = {field.text for field in all_fields(record_type) if _SOUNDS_PERSONAL.search(field.text)}
    marked = {field.text for field in all_fields(record_type) if field.personal}
    assert {text for text in sounding - marked if (record_type, text) not in _OF_GOODS} == set()


@pytest.mark.parametrize("record_type", sorted(RECORD_TYPES))
def test_no_amount_time_status_or_identity_is_marked(record_type: str) -> None:
    assert {field.kind for field in all_fields(record_type) if field.personal} <= {"string", "map"}
    assert not any(field.personal for field in all_fields(record_type) if field.text in ("localId", "remoteIdMap"))


def test_the_mark_says_what_kind_of_value_it_is() -> None:
    assert find_field("order", "billingAddress.email").personal == "email"
    assert find_field("order", "customer.firstName").personal == "firstName"
    assert find_field("order", "shipments[].trackingUrl").personal == "text"
    assert find_field("customer", "remoteRefMap").personal == "text"
    assert find_field("order", "remoteRefMap").personal is None
    assert find_field("order", "totals.totalInclVat").personal is None
    assert find_field("order", "billingAddress.countryCode").personal is None
