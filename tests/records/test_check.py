"""The one validation on the way into the store lets pass exactly what the model lets pass."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, strategies as st
from pydantic import ValidationError

from crossdock.records import RECORD_TYPES, Stash, Working, decode_record, encode_record, pack_record, unpack_record
from crossdock.records.check import RecordCheck
from crossdock.records.packed import expand_in_place
from tests.records.working import JSON, TEXT, any_working_record

OWNER = "5377568eb7e165e3b38af6eece4a0001"
CHECKS = {record_type: RecordCheck(record_type) for record_type in RECORD_TYPES}
WRONG: tuple[Any, ...] = (None, 1.5, "", "x", 7, True, [], {}, [None], {"a": 1}, Decimal("NaN"))


def passes(record_type: str, record: Working) -> bool:
    try:
        CHECKS[record_type](record)
    except ValidationError:
        return False
    return True


def is_valid(record_type: str, record: Working) -> bool:
    try:
        RECORD_TYPES[record_type].model_validate(record)
    except ValidationError:
        return False
    return True


@given(any_working_record())
def test_what_is_valid_passes_unchanged(given_record: tuple[str, Working]) -> None:
    record_type, record = given_record
    before = repr(record)
    assert passes(record_type, record)
    assert repr(record) == before


@given(any_working_record(), st.data())
def test_one_wrong_value_anywhere_is_judged_as_the_model_does(
    given_record: tuple[str, Working], data: st.DataObject
) -> None:
    record_type, record = given_record
    places = list(_places(record))
    if not places:
        return
    holder, name = data.draw(st.sampled_from(places))
    holder[name] = data.draw(st.sampled_from(WRONG))
    assert passes(record_type, record) == is_valid(record_type, record)


@given(any_working_record(), st.data())
def test_one_missing_or_unknown_value_anywhere_is_judged_as_the_model_does(
    given_record: tuple[str, Working], data: st.DataObject
) -> None:
    record_type, record = given_record
    places = list(_places(record))
    if not places:
        return
    holder, name = data.draw(st.sampled_from(places))
    value = holder.pop(name)
    if data.draw(st.booleans()):
        holder["renamed"] = value
    assert passes(record_type, record) == is_valid(record_type, record)


def _places(value: Any) -> Any:
    if isinstance(value, dict):
        for name, inner in value.items():
            yield value, name
            yield from _places(inner)
    elif isinstance(value, list):
        for item in value:
            yield from _places(item)


@st.composite
def stashes(draw: st.DrawFn) -> Stash:
    keys = TEXT.filter(lambda text: "|" not in text)
    return Stash(OWNER, "connector.woocommerce", draw(st.dictionaries(keys, JSON, max_size=4)))


@given(stashes(), stashes())
def test_a_stash_means_its_entries(stash: Stash, of_row: Stash) -> None:
    row = {"rowId": "0" * 32, "type": "product"}
    stashed = {"channel": "web", "customData": stash, "rows": [{**row, "customData": of_row}]}
    written = {
        "channel": "web",
        "customData": stash.expand(),
        "rows": [{**row, "customData": of_row.expand()}],
    }
    assert passes("order", stashed)
    assert is_valid("order", written)
    assert _thinned(unpack_record(pack_record(stashed))) == _thinned(decode_record(encode_record(written)))
    expand_in_place(stashed)
    assert stashed == written


def _thinned(record: Working) -> Working:
    """Empty custom data is none."""
    rows = [{name: value for name, value in row.items() if value != {}} for row in record["rows"]]
    return {name: value for name, value in record.items() if value != {}} | {"rows": rows}


@pytest.mark.parametrize("number", [0, -1, 2**53 - 1, 2**53, -(2**53), 10**40])
def test_whole_numbers_of_any_size_are_packed_exactly(number: int) -> None:
    stash = Stash(OWNER, "x-a", {"k": number})
    [entry] = unpack_record(pack_record({"customData": stash}))["customData"].values()
    assert (entry["type"], entry["value"]) == ("integer", str(number))
