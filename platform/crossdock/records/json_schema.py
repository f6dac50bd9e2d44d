"""JSON Schemas (2020-12) of the wire format, made from the models: what is read, and what may be written."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import cache
from types import MappingProxyType
from typing import Any, TypeAlias

from pydantic import TypeAdapter
from pydantic.json_schema import GenerateJsonSchema

from crossdock.customdata.entry import DECIMAL, INTEGER
from crossdock.pattern import ENTRY_KEY, HEX_ID, MODULE_ID
from crossdock.records.base import CustomData
from crossdock.records.registry import RECORD_TYPES, SUB_RECORDS

Schema: TypeAlias = dict[str, Any]

DIALECT = "https://json-schema.org/draft/2020-12/schema"
ENTRY_NAMES = r"^([0-9a-f]{32})?\|(connector\.[a-z0-9_-]+|x-[^|]+)\|[^|]*$"
ENTRY_VALUES: Mapping[str, Schema] = MappingProxyType(
    {
        "string": {"type": "string"},
        "bool": {"type": "boolean"},
        "integer": {
            "type": "string",
            "pattern": INTEGER,
            "description": "digits in a string, so that no reader rounds it",
        },
        "decimal": {"type": "string", "pattern": DECIMAL},
        "json": {"description": "any JSON value; null is one"},
    }
)
_SHORT = (
    "A value and its type; what the path or the name of the object says of the key may be left out, and must agree."
)
_PLATFORM_FIELDS = ("localId", "created", "lastModified", "version")
GIVEN = "Input"


@cache
def record_schema(record_type: str) -> Schema:
    """Make the schema of records of a type as the platform gives them, complete in itself."""
    return {"$schema": DIALECT, **_of(record_type, "#/$defs/{model}")}


@cache
def custom_data_schema() -> Schema:
    """Make the schema of ``customData``, complete in itself."""
    schema = TypeAdapter(CustomData).json_schema(schema_generator=_Wire, ref_template="#/$defs/{model}")
    return {"$schema": DIALECT, "title": "CustomData", **schema}


def component_schemas(record_type: str, template: str = "#/components/schemas/{model}") -> dict[str, Schema]:
    """Make the schemas of a record type by name, each referring to the others by a template.

    ``Order`` is what is read; ``OrderInput`` and its parts are what may be written: nothing is required, and ``null``
    clears a value.
    """
    schema = _of(record_type, template)
    read: dict[str, Schema] = {**schema.pop("$defs", {}), schema["title"]: schema}
    names = {name for name in read if not name.endswith("Entry")}
    parts = SUB_RECORDS[record_type]
    optional: dict[str, Collection[str]] = {schema["title"]: _PLATFORM_FIELDS}
    for name, id_field in parts.items():
        optional[schema["properties"][name]["items"]["$ref"].rpartition("/")[2]] = (id_field,)
    given = {name + GIVEN: _as_given(read[name], names, optional.get(name)) for name in names}
    return read | given | {"EntryInput": {"title": "EntryInput", "description": _SHORT, "oneOf": entry_kinds()}}


def entry_kinds(*required: str) -> list[Schema]:
    """Make the schemas of entries of each type as they may be given; ``required``: besides type and value."""
    return [
        {
            "type": "object",
            "required": [*required, "type", "value"],
            "additionalProperties": False,
            "properties": {
                "connectionId": {"type": "string", "pattern": HEX_ID, "description": "absent: unowned"},
                "moduleId": {"type": "string", "pattern": MODULE_ID},
                "key": {"type": "string", "pattern": ENTRY_KEY},
                "type": {"const": kind},
                "value": value,
            },
        }
        for kind, value in ENTRY_VALUES.items()
    ]


def _of(record_type: str, template: str) -> Schema:
    schema = RECORD_TYPES[record_type].model_json_schema(schema_generator=_Wire, ref_template=template)
    for name in _PLATFORM_FIELDS:
        schema["properties"][name]["readOnly"] = True
    schema["required"] = list(_PLATFORM_FIELDS)
    return schema


class _Wire(GenerateJsonSchema):
    """The wire has no nulls: an absent value is left out."""

    schema_dialect = DIALECT

    def nullable_schema(self, schema: Any) -> Schema:
        """Leave the null out."""
        return self.generate_inner(schema["schema"])

    def default_schema(self, schema: Any) -> Schema:
        """Leave the default out: it is absent on the wire."""
        return self.generate_inner(schema["schema"])

    def tagged_union_schema(self, schema: Any) -> Schema:
        """Name the kinds of an entry without OpenAPI's own keyword."""
        made = super().tagged_union_schema(schema)
        made.pop("discriminator", None)
        return made

    def dict_schema(self, schema: Any) -> Schema:
        """Say what names an object may have, in the words that every validator knows."""
        made = super().dict_schema(schema)
        if "patternProperties" in made:
            [(names, values)] = made.pop("patternProperties").items()
            return {**made, "propertyNames": {"pattern": names}, "additionalProperties": values}
        return {**made, "propertyNames": {"pattern": ENTRY_NAMES}}

    def get_title_from_name(self, name: str) -> str:  # noqa: ARG002 - pydantic's
        """Leave titles of fields out: they say what the names say."""
        return ""

    def field_title_should_be_set(self, schema: Any) -> bool:  # noqa: ARG002 - pydantic's
        """Leave titles of fields out."""
        return False


def _as_given(schema: Schema, names: Collection[str], optional: Collection[str] | None) -> Schema:
    """Rewrite the schema of a model into that of what may be written: anything may be absent or null.

    Values of plain lists are written whole, so there ``optional`` is ``None``. What a part of a record cannot be
    without may be absent, and what is in ``optional`` may be null as well.
    """
    required = schema.get("required", ())
    properties = {}
    for name, one in schema["properties"].items():
        made = _writable(one, names)
        if name not in required or name in (optional or ()):
            made = {"anyOf": [made, {"type": "null"}]}
        properties[name] = {**made, "readOnly": True} if one.get("readOnly") else made
    made = {**schema, "title": schema["title"] + GIVEN, "properties": properties}
    made.pop("required", None)
    return made | ({"required": list(required)} if required and optional is None else {})


def _writable(schema: Schema, names: Collection[str]) -> Schema:
    if "$ref" in schema:
        lead, _slash, name = schema["$ref"].rpartition("/")
        return {**schema, "$ref": f"{lead}/{name}{GIVEN}"} if name in names else schema
    if "items" in schema:
        return {**schema, "items": _writable(schema["items"], names)}
    if schema.get("propertyNames") == {"pattern": ENTRY_NAMES}:
        lead = schema["additionalProperties"]["oneOf"][0]["$ref"].rpartition("/")[0]
        return {**schema, "additionalProperties": {"anyOf": [{"$ref": f"{lead}/EntryInput"}, {"type": "null"}]}}
    if "propertyNames" in schema:
        return {**schema, "additionalProperties": {"anyOf": [schema["additionalProperties"], {"type": "null"}]}}
    return schema
