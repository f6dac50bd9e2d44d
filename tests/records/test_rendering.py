"""The quick way to the wire gives what the long way gives, byte for byte."""

from __future__ import annotations

import json

from hypothesis import given

from crossdock.records import Working, decode_record, encode_record, pack_record, unpack_record
from crossdock.records.rendering import render_record
from tests.records.working import any_working_record


@given(any_working_record())
def test_any_record_is_rendered_as_unpacked_and_encoded(given_record: tuple[str, Working]) -> None:
    packed = pack_record(given_record[1])
    assert render_record(packed) == encode_record(unpack_record(packed))
    assert render_record(packed.decode()) == render_record(packed)


def test_each_type_of_entry_is_told_by_its_first_byte() -> None:
    owner = "5377568eb7e165e3b38af6eece4a0001"
    values = {
        "text": ("string", "a \\ud83d half, and {"),
        "yes": ("bool", True),
        "no": ("bool", False),
        "below": ("integer", "-12"),
        "price": ("decimal", "1.10"),
        "tree": ("json", {"d": [1, "}"], "customData": {}}),
        "nothing": ("json", None),
        'quo"ted': ("string", ""),
    }
    entries = {
        f"{owner}|x-erp|{key}": {"connectionId": owner, "moduleId": "x-erp", "key": key, "type": kind, "value": value}
        for key, (kind, value) in values.items()
    }
    unowned = {"|x-crm|tier": {"moduleId": "x-crm", "key": "tier", "type": "string", "value": "gold"}}
    record = {"channel": '"customData":', "customData": entries | unowned, "discountCodes": []}
    row = {"rowId": "0" * 32, "type": "product", "customData": entries}
    wire = encode_record(record | {"rows": [row, {"rowId": "1" * 32, "type": "fee"}]})
    assert json.loads(render_record(pack_record(decode_record(wire)))) == json.loads(wire)
