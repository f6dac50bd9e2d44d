"""How the operations on records are described: parameters, answers, problems, and examples that the tests execute."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from crossdock.api.operation import Answer, Exchange, Schema, operation, ref
from crossdock.api.record_query import MOST, MOST_ENTRIES, USUAL, choices_of, status_fields
from crossdock.records import RECORD_TYPES, SUB_RECORDS, Working
from crossdock.records.json_schema import GIVEN, component_schemas

# The examples' own world: two records of each type stand there, known to the connection "erp".
ERP = "5377568eb7e165e3b38af6eece4a0002"
FIRST, SECOND = "019312d0a1b2c3d4e5f60718293a4b5c", "019312d0a1b2c3d4e5f60718293a4b5d"
_TIER: Working = {
    f"{ERP}|x-erp|tier": {"connectionId": ERP, "moduleId": "x-erp", "key": "tier", "type": "string", "value": "gold"}
}
_SAID_BY_PLATFORM: Working = {"created": "2024-03-03T14:09:27Z", "lastModified": "2024-03-03T14:09:27Z", "version": 1}
_CHANGES: Mapping[str, Working] = MappingProxyType(
    {"order": {"shippingStatus": "shipped", "customerNote": None}, "product": {"price": "12.50"}}
)

_PROBLEMS = ("not-found", "bad-parameter")
_ETAG = {"ETag": "the record's version; send it as If-Match to write to this state only"}
_KNOWN = Answer("The caller has this state already", status=304, headers=_ETAG)


def example(record_type: str, local_id: str = FIRST) -> Working:
    """Make the example record of a type, as the platform gives it."""
    return {
        "localId": local_id,
        **given_example(record_type, "4711" if local_id == FIRST else "4712"),
        **_SAID_BY_PLATFORM,
    }


def given_example(record_type: str, remote_id: str) -> Working:
    """Make what was given for the example record, with one part in each of its lists."""
    record = {"remoteIdMap": {ERP: remote_id}, "displayId": "1001", "customData": _TIER}
    lists = enumerate(SUB_RECORDS[record_type].items(), 1)
    return record | {name: [_part(record_type, name, id_name, number)] for number, (name, id_name) in lists}


def _part(record_type: str, name: str, id_name: str, number: int) -> Working:
    part: Working = {id_name: f"{number:032x}", "customData": _TIER}
    return part if name != "rows" or record_type == "shipment" else {**part, "type": "product"}


def components() -> Mapping[str, Schema]:
    """Make the schemas of every record type, by name."""
    schemas: dict[str, Schema] = {"Deletion": _DELETION}
    for record_type, model in RECORD_TYPES.items():
        schemas |= component_schemas(record_type)
        schemas[f"{model.__name__}Page"] = _page(model.__name__)
    return schemas


def changes(record_type: str) -> dict[str, Any]:
    """Describe the list of changes."""
    name = RECORD_TYPES[record_type].__name__
    page = {"records": [example(record_type)], "deleted": [], "cursor": "WzEsIm9yZGVyIiwyLDIsW11d"}
    described = operation(
        f"List changes of {_plural(record_type)}, in the order of their commits",
        Answer(
            "A page of changes; the cursor leads on from here, now or later",
            ref(f"{name}Page"),
            headers={"Link": 'the next page, `rel="next"`, if something waits there already'},
        ),
        problems=("bad-parameter",),
        name=f"list{name}",
        exchanges=[Exchange("changes", parameters={"modifiedAtOrAfter": "2024-03-03T14:09:27Z"}, answer=page)],
    )
    described["openapi_extra"]["parameters"] = _filters(record_type)
    return described


def creation(record_type: str) -> dict[str, Any]:
    """Describe the creation of a record."""
    name = RECORD_TYPES[record_type].__name__
    made = example(record_type, SECOND)
    for field in ("remoteIdMap", "customData", *SUB_RECORDS[record_type]):
        del made[field]
    return operation(
        f"Create {_one(record_type)}",
        Answer("It was created", ref(name), 201, headers={**_ETAG, "Location": "where the record is"}),
        problems=("invalid", "bad-parameter", "over-limit", "not-owned", "remote-id-taken", "key-reused"),
        body=ref(name + GIVEN),
        name=f"create{name}",
        exchanges=[Exchange("creation", 201, body={"displayId": "1001"}, answer=made)],
    )


def by_remote_id(record_type: str) -> dict[str, Any]:
    """Describe how a record is read by what a connection calls it."""
    name = RECORD_TYPES[record_type].__name__
    return operation(
        f"Read {_one(record_type)} by the caller's remote id",
        Answer("The record", ref(name), headers={**_ETAG, "Content-Location": "where the record is"}),
        _KNOWN,
        problems=_PROBLEMS,
        name=f"read{name}ByRemoteId",
        exchanges=[Exchange("by remote id", parameters={"remoteId": "4711"}, answer=example(record_type))],
    )


def reading(record_type: str) -> dict[str, Any]:
    """Describe how a record is read."""
    name = RECORD_TYPES[record_type].__name__
    return operation(
        f"Read {_one(record_type)}",
        Answer("The record", ref(name), headers=_ETAG),
        _KNOWN,
        problems=_PROBLEMS,
        name=f"read{name}",
        exchanges=[Exchange("reading", parameters={"localId": FIRST}, answer=example(record_type))],
    )


def writing(record_type: str) -> dict[str, Any]:
    """Describe how a record is changed."""
    name = RECORD_TYPES[record_type].__name__
    change = _CHANGES.get(record_type, {"displayId": "1002"})
    after = {**example(record_type), **{field: value for field, value in change.items() if value is not None}}
    return operation(
        f"Change {_one(record_type)}: absent leaves alone, null clears, a value sets",
        Answer("The record as it is now", ref(name), headers=_ETAG),
        problems=(*_PROBLEMS, "invalid", "over-limit", "not-owned", "remote-id-taken", "version-conflict"),
        body=ref(name + GIVEN),
        name=f"write{name}",
        exchanges=[Exchange("change", parameters={"localId": FIRST}, body=change, answer=after)],
    )


def deletion(record_type: str) -> dict[str, Any]:
    """Describe how a record is deleted."""
    name = RECORD_TYPES[record_type].__name__
    return operation(
        f"Delete {_one(record_type)}; for operators",
        Answer("It is gone; readers of changes are told", status=204),
        problems=("operators-only", "not-found", "bad-parameter", "entries-stand", "version-conflict"),
        name=f"delete{name}",
        exchanges=[Exchange("deletion", 204, {"localId": SECOND, "force": "true"}, caller="operator")],
    )


_DELETION: Schema = {
    "type": "object",
    "title": "Deletion",
    "description": "A record that is gone.",
    "required": ["localId", "version", "deleted", "remoteIdMap"],
    "properties": {
        "localId": {"type": "string", "pattern": "^[0-9a-f]{32}$"},
        "version": {"type": "integer", "description": "one more than the last one"},
        "deleted": {"type": "string", "description": "when"},
        "remoteIdMap": {"type": "object", "additionalProperties": {"type": "string"}},
    },
}


def _page(name: str) -> Schema:
    return {
        "type": "object",
        "title": f"{name}Page",
        "description": "A page of changes, in the order of their commits.",
        "required": ["records", "deleted", "cursor"],
        "properties": {
            "records": {"type": "array", "items": ref(name)},
            "deleted": {"type": "array", "items": ref("Deletion")},
            "cursor": {"type": "string", "description": "send it to read on from here"},
        },
    }


def _filters(record_type: str) -> list[dict[str, Any]]:
    text, texts = {"type": "string"}, {"type": "array", "items": {"type": "string"}, "maxItems": MOST_ENTRIES}
    return [
        _parameter("modifiedAtOrAfter", text, "only what changed then or later, such as 2024-03-03T14:09:27Z"),
        *(
            _parameter(name, {"type": "string", "enum": list(choices_of(record_type, name))}, "only records like that")
            for name in status_fields(record_type)
        ),
        _parameter("remoteId", text, "only the record of that remote id"),
        _parameter("connectionId", text, "whose remote id it is; the caller's own unless said, operators must say"),
        _parameter("entry", texts, "only records with this entry: connectionId|moduleId|key; may be repeated"),
        _parameter("entryValue", texts, "its value: a string as it is, anything else as JSON; one for each entry"),
        _parameter(
            "limit", {"type": "integer", "minimum": 1, "maximum": MOST, "default": USUAL}, "records a page at most"
        ),
        _parameter("cursor", text, "where to go on, from the last answer; it has the filters"),
    ]


def _parameter(name: str, schema: Schema, description: str) -> dict[str, Any]:
    return {"name": name, "in": "query", "required": False, "description": description, "schema": schema}


def _one(record_type: str) -> str:
    name = _words(record_type)
    return f"{'an' if name[0] in 'aeiou' else 'a'} {name}"


def _plural(record_type: str) -> str:
    return f"{_words(record_type)}s"


def _words(record_type: str) -> str:
    return "".join(f" {letter.lower()}" if letter.isupper() else letter for letter in record_type)
