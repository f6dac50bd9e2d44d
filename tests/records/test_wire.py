"""The wire format: what is written reads back as exactly the same record, and no decimal ever becomes a float."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, strategies as st
from pydantic import ValidationError

from crossdock.records import (
    RECORD_TYPES,
    Order,
    Working,
    decode_record,
    dump_json,
    encode_record,
    pack_record,
    parse_json,
    to_wire,
    unpack_beside,
    unpack_differing,
    unpack_field,
    unpack_record,
)
from crossdock.records.fields import RecordField
from tests.records.working import JSON, any_working_record, decimal_fields

RECORDS = any_working_record()


def inside(value: Any) -> Iterator[Any]:
    yield value
    children = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    for child in children:
        yield from inside(child)


@given(RECORDS)
def test_a_record_reads_back_from_the_wire_as_the_same_record(given_record: tuple[str, Working]) -> None:
    record_type, working = given_record
    model = RECORD_TYPES[record_type].model_validate(working)
    assert RECORD_TYPES[record_type].model_validate(decode_record(encode_record(working))) == model
    assert RECORD_TYPES[record_type].model_validate(decode_record(to_wire(model))) == model


@given(RECORDS)
def test_the_same_record_is_the_same_bytes(given_record: tuple[str, Working]) -> None:
    record_type, working = given_record
    text = encode_record(working)
    assert encode_record(decode_record(text)) == text
    written = to_wire(RECORD_TYPES[record_type].model_validate(working))
    assert to_wire(RECORD_TYPES[record_type].model_validate(decode_record(written))) == written


@given(RECORDS)
def test_every_digit_survives_the_model(given_record: tuple[str, Working]) -> None:
    """Working form and model are written alike, apart from what is a default."""
    record_type, working = given_record
    written = decode_record(to_wire(RECORD_TYPES[record_type].model_validate(working)))
    assert _without_defaults(written) == _without_defaults(decode_record(encode_record(working)))


def _without_defaults(record: Working) -> Working:
    deep = {name: _deeper(name, value) for name, value in record.items()}
    return {
        name: value for name, value in deep.items() if value not in ({}, []) and (name, value) != ("removed", False)
    }


def _deeper(name: str, value: Any) -> Any:
    if isinstance(value, dict) and name != "customData":
        return _without_defaults(value)
    if isinstance(value, list):
        return [_without_defaults(part) if isinstance(part, dict) else part for part in value]
    return value


@given(RECORDS)
def test_the_packed_form_says_the_same_as_the_wire(given_record: tuple[str, Working]) -> None:
    _record_type, working = given_record
    wire = decode_record(encode_record(working))
    assert unpack_record(pack_record(working)) == wire
    assert unpack_record(pack_record(wire)) == wire


@given(RECORDS, RECORDS, st.data(), st.booleans())
def test_what_two_packed_records_have_in_common_is_one_object_and_all_reads_as_it_does_alone(
    one: tuple[str, Working], other: tuple[str, Working], data: st.DataObject, as_text: bool
) -> None:
    kept = data.draw(st.sets(st.sampled_from(sorted(one[1])))) if one[1] else set()
    mixed = {**{name: value for name, value in one[1].items() if name in kept}, **other[1]}
    packed, beside = pack_record(one[1]), pack_record({**mixed, "localId": "0" * 32})
    there = unpack_record(beside)
    read = unpack_beside(packed, beside.decode() if as_text else beside, there)
    alone = unpack_record(packed)
    assert (read, list(read), pack_record(read)) == (alone, list(alone), pack_record(alone))
    assert all(read[name] is there[name] for name in kept - {*other[1], "localId"})


@given(RECORDS, RECORDS, st.data())
def test_what_differs_in_two_packed_records_is_all_that_differs(
    one: tuple[str, Working], other: tuple[str, Working], data: st.DataObject
) -> None:
    kept = data.draw(st.sets(st.sampled_from(sorted(one[1])))) if one[1] else set()
    packed = pack_record(one[1]), pack_record({**{name: one[1][name] for name in kept}, **other[1]})
    whole = [unpack_record(document) for document in packed]
    read = unpack_differing(*packed)
    for (all_of_it, found), (beside, _found) in itertools.permutations(zip(whole, read, strict=True)):
        for name, value in all_of_it.items():
            if name == "customData":
                left_out = value.keys() - found.get(name, {}).keys()
                assert all(value[key] == beside[name][key] for key in left_out)
                assert all(value[key] == entry for key, entry in found.get(name, {}).items())
            else:
                assert value == found.get(name, beside.get(name))
        assert list(found) == [name for name in all_of_it if name in found]


@given(RECORDS)
def test_a_field_of_a_packed_record_can_be_read_alone(given_record: tuple[str, Working]) -> None:
    _record_type, working = given_record
    packed = pack_record(working)
    whole = unpack_record(packed)
    assert {name: unpack_field(packed, name) for name in whole} == whole
    assert unpack_field(packed, "nowhere") is None


@given(RECORDS)
def test_no_float_is_ever_met(given_record: tuple[str, Working]) -> None:
    record_type, working = given_record
    model = RECORD_TYPES[record_type].model_validate(working)
    for text in (encode_record(working), to_wire(model), pack_record(working)):
        assert not any(isinstance(value, float) for value in inside(decode_record(text)))
    assert not any(isinstance(value, float) for value in inside(model.model_dump()))


@pytest.mark.parametrize("field", decimal_fields(), ids=lambda field: f"{field.record_type}.{field.text}")
def test_no_amount_takes_a_float_or_what_is_no_number(field: RecordField) -> None:
    assert field.problem(Decimal("1.10")) is None
    assert field.problem("1.10") is None
    for wrong in (1.1, True, "NaN", "Infinity", Decimal("NaN"), "1,10", "", "٣"):
        assert field.problem(wrong) is not None, wrong


NUMERALS = st.from_regex(r"-?(0|[1-9][0-9]{0,25})(\.[0-9]{1,20})?([eE][+-]?[0-9]{1,2})?", fullmatch=True)


@given(NUMERALS)
def test_every_digit_of_a_number_survives_parsing_and_writing(numeral: str) -> None:
    number = parse_json(f"[{numeral}]")[0]
    assert not isinstance(number, float)
    assert Decimal(number) == Decimal(numeral)
    if "." in numeral:
        assert str(number) == str(Decimal(numeral))
    assert parse_json(dump_json([number]))[0] == number


@given(JSON)
def test_any_json_value_is_written_and_read_as_it_is(value: object) -> None:
    read = parse_json(dump_json(value))
    assert read == value
    assert repr(read) == repr(_whole(value))


def _whole(value: Any) -> Any:
    """JSON has one zero of whole numbers, and a decimal without point or exponent is a whole number."""
    if isinstance(value, Decimal):
        return int(value) if str(value).lstrip("-").isdigit() else value
    if isinstance(value, list):
        return [_whole(item) for item in value]
    return {name: _whole(item) for name, item in value.items()} if isinstance(value, dict) else value


def test_decimals_and_entry_integers_are_strings_on_the_wire_but_not_inside_json() -> None:
    entries = {
        f"|x-a|{key}": {"moduleId": "x-a", "key": key, "type": kind, "value": value}
        for key, kind, value in (
            ("i", "integer", 12),
            ("d", "decimal", Decimal("1.10")),
            ("j", "json", {"price": Decimal("1.10"), "count": 3, "none": None}),
            ("n", "json", None),
        )
    }
    record = {"totals": {"totalInclVat": Decimal("1.10")}, "customData": entries}
    expected = (
        b'{"totals":{"totalInclVat":"1.10"},"customData":{'
        b'"|x-a|i":{"moduleId":"x-a","key":"i","type":"integer","value":"12"},'
        b'"|x-a|d":{"moduleId":"x-a","key":"d","type":"decimal","value":"1.10"},'
        b'"|x-a|j":{"moduleId":"x-a","key":"j","type":"json","value":{"price":1.10,"count":3,"none":null}},'
        b'"|x-a|n":{"moduleId":"x-a","key":"n","type":"json","value":null}}}'
    )
    assert encode_record(record) == expected
    assert decode_record(to_wire(Order.model_validate(record))) == decode_record(expected)


@pytest.mark.parametrize(
    "record",
    [
        {"chanel": "web"},
        {"order_status": "unheard"},
        {"orderStatus": "shipped"},
        {"currency": "SKR"},
        {"currency": "sek"},
        {"billingAddress": {"countryCode": "UK"}},
        {"placedAt": "2024-03-03T14:09:27"},  # no zone
        {"placedAt": "2024-03-03T15:09:27+01:00"},  # another spelling of a moment
        {"placedAt": "2024-03-03T14:09:27.5Z"},
        {"placedAt": "2024-02-30T14:09:27Z"},
        {"placedAt": 1709474967},
        {"remoteIdMap": {"shop": "1"}},
        {"remoteIdMap": {"5377568eb7e165e3b38af6eece4a0001": 1}},
        {"pricesIncludeVat": 1},
        {"channel": 1},
        {"rows": [{"rowId": "1", "type": "product"}]},
        {"rows": [{"type": "product"}]},
        {"rows": {}},
        {"version": 0},
    ],
    ids=str,
)
def test_nothing_is_converted_and_nothing_unknown_is_taken(record: Working) -> None:
    with pytest.raises(ValidationError):
        Order.model_validate(record)


def test_absent_and_empty_are_two_things() -> None:
    assert to_wire(Order.model_validate({})) == b"{}"
    assert to_wire(Order.model_validate({"channel": ""})) == b'{"channel":""}'
    assert to_wire(Order.model_validate({"channel": None})) == b"{}"
