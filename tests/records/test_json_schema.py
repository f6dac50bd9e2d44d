"""The JSON Schemas say what the models say: whatever is a record fits its schema, and what may be written is told."""

from __future__ import annotations

import json
from typing import Any

import jsonschema_rs
import pytest
from hypothesis import given

from crossdock.records import RECORD_TYPES, Working, encode_record
from crossdock.records.json_schema import component_schemas, custom_data_schema, record_schema
from tests.records.working import any_working_record, decimal_fields

PLATFORM = {
    "localId": "a" * 32,
    "created": "2024-03-03T14:09:27Z",
    "lastModified": "2024-03-03T14:09:27.000001Z",
    "version": 1,
}
READ = {name: jsonschema_rs.Draft202012Validator(record_schema(name)) for name in RECORD_TYPES}
ENTRIES = jsonschema_rs.Draft202012Validator(custom_data_schema())


def written(name: str) -> jsonschema_rs.Draft202012Validator:
    schemas = component_schemas(name, "#/$defs/{model}")
    return jsonschema_rs.Draft202012Validator({"$ref": f"#/$defs/{RECORD_TYPES[name].__name__}Input", "$defs": schemas})


WRITTEN = {name: written(name) for name in RECORD_TYPES}


def wire(record: Working) -> Any:
    return json.loads(encode_record({**record, **PLATFORM}))


@given(any_working_record())
def test_every_record_fits_its_schemas(made: tuple[str, Working]) -> None:
    record_type, record = made
    document = wire(record)
    READ[record_type].validate(document)
    WRITTEN[record_type].validate(document)
    ENTRIES.validate(document.get("customData", {}))


@pytest.mark.parametrize("field", decimal_fields(), ids=lambda field: f"{field.record_type}.{field.text}")
def test_an_amount_is_a_string_and_no_number(field: Any) -> None:
    outer, _dot, name = field.text.rpartition(".")
    for value, fits in (("12.50", True), (12.5, False), ("1,5", False)):
        holder: Any = {name: value}
        if outer.endswith("[]"):
            holder = {outer[:-2]: [holder]}
        elif outer:
            holder = {outer: holder}
        assert WRITTEN[field.record_type].is_valid(holder) is fits


@pytest.mark.parametrize("record_type", RECORD_TYPES)
def test_anything_may_be_absent_or_null_when_it_is_written(record_type: str) -> None:
    properties = record_schema(record_type)["properties"]
    WRITTEN[record_type].validate({})
    WRITTEN[record_type].validate(dict.fromkeys(properties))
    assert not WRITTEN[record_type].is_valid({"nonsense": None})
    assert not READ[record_type].is_valid({})


def test_schemas_of_several_types_agree_where_they_share_a_name() -> None:
    found: dict[str, Any] = {}
    for record_type in RECORD_TYPES:
        for name, schema in component_schemas(record_type).items():
            assert found.setdefault(name, schema) == schema, name


@pytest.mark.parametrize(
    "entries",
    [
        {"no key": {"moduleId": "x-a", "key": "k", "type": "string", "value": "v"}},
        {"|x-a|k": {"moduleId": "x-a", "key": "k", "type": "string", "value": 5}},
        {"|x-a|k": {"moduleId": "x-a", "key": "k", "type": "integer", "value": 5}},
        {"|x-a|k": {"moduleId": "a", "key": "k", "type": "bool", "value": True}},
        {"|x-a|k": {"moduleId": "x-a", "key": "k", "type": "bool"}},
    ],
)
def test_what_is_no_entry_does_not_fit(entries: Working) -> None:
    assert not ENTRIES.is_valid(entries)
