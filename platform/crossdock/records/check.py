"""The one validation of a record on its way into the store, in working form."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from pydantic import ValidationError
from pydantic_core import PydanticCustomError, SchemaValidator

from crossdock.customdata.entry import ENTRY, exact_json
from crossdock.records.packed import Stash
from crossdock.records.registry import RECORD_TYPES, SUB_RECORDS
from crossdock.records.wire import Working

_PLAIN: dict[type, str] = {str: "string", bool: "bool", int: "integer"}


class RecordCheck:
    """Validates working records of one type.

    Fields are checked by the model's own schema, told to build no objects: that halves the time. A stash is a mapper's
    own work and right by construction. Of entries, the usual ones are recognised as right here, in a fifth of the time;
    as soon as one is not, the model judges them all, so that what passes is what the model lets pass.
    """

    def __init__(self, record_type: str) -> None:
        model = RECORD_TYPES[record_type]
        self._quick = SchemaValidator(_as_dicts(model.__pydantic_core_schema__)).validate_python
        self._judge = model.__pydantic_validator__.validate_python
        self._lists = tuple(SUB_RECORDS[record_type])
        self._leads: set[tuple[Any, Any]] = set()

    def __call__(self, record: Working) -> None:
        """Validate a record; it is not changed.

        Raises:
            pydantic.ValidationError: names every value that is not valid.
        """
        bare = {name: value for name, value in record.items() if name != "customData"}
        right = self._are_right(record)
        for name in self._lists:
            parts = record.get(name)
            if type(parts) is list:
                right = right and all(type(part) is dict and self._are_right(part) for part in parts)
                bare[name] = [_without_entries(part) for part in parts]
        try:
            if right:
                self._quick(bare)
                return
        except ValidationError:
            pass  # the model says the same in its own words
        self._judge(_with_entries(record))

    def _are_right(self, holder: Working) -> bool:
        entries = holder.get("customData")
        if entries is None or type(entries) is Stash:
            return "customData" not in holder or entries is not None
        if type(entries) is not dict:
            return False
        return all(self._is_right(name, entry) for name, entry in entries.items())

    def _is_right(self, name: str, entry: Any) -> bool:
        if type(entry) is not dict or len(entry) != 5 or "value" not in entry:
            return False
        owner, module, key = entry.get("connectionId"), entry.get("moduleId"), entry.get("key")
        if type(owner) is not str or type(module) is not str or type(key) is not str or "|" in key:
            return False
        if (owner, module) not in self._leads and not self._learn(owner, module):
            return False
        return name == f"{owner}|{module}|{key}" and _is_of_type(entry["value"], entry.get("type"))

    def _learn(self, owner: str, module: str) -> bool:
        """Remember an owner and module that the entry model accepts."""
        try:
            ENTRY.validate_python({"connectionId": owner, "moduleId": module, "key": "", "type": "bool", "value": True})
        except ValueError:
            return False
        self._leads.add((owner, module))
        return True


def _is_of_type(value: Any, kind: object) -> bool:
    plain = _PLAIN.get(type(value))
    if plain is not None:
        return kind == plain
    if type(value) is Decimal:
        return kind == "decimal" and value.is_finite()
    try:
        return kind == "json" and exact_json(value) is value
    except PydanticCustomError:
        return False


def _as_dicts(schema: Any) -> Any:
    """Rewrite a model's core schema so that each model is checked as a dict with the same fields."""
    if isinstance(schema, list):
        return [_as_dicts(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    if schema.get("type") == "model":
        fields = _as_dicts(schema["schema"])
        return fields | {"ref": schema["ref"]} if "ref" in schema else fields
    if schema.get("type") == "model-fields":
        fields = {field["validation_alias"]: _as_dict_field(field["schema"]) for field in schema["fields"].values()}
        return {"type": "typed-dict", "fields": fields, "extra_behavior": "forbid", "config": {"strict": True}}
    return {name: value if name in _OPAQUE else _as_dicts(value) for name, value in schema.items()}


_OPAQUE = frozenset({"metadata", "serialization", "function"})


def _as_dict_field(schema: Any) -> dict[str, Any]:
    required = schema["type"] != "default"
    return {
        "type": "typed-dict-field",
        "schema": _as_dicts(schema if required else schema["schema"]),
        "required": required,
    }


def _without_entries(part: Any) -> Any:
    return {name: value for name, value in part.items() if name != "customData"} if type(part) is dict else part


def _with_entries(record: Working) -> Working:
    """A copy whose stashes are written out, for the model to judge."""
    copy = {
        name: [_written(part) for part in value] if type(value) is list else value for name, value in record.items()
    }
    written: Working = _written(copy)
    return written


def _written(holder: Any) -> Any:
    if type(holder) is dict and type(stash := holder.get("customData")) is Stash:
        return {**holder, "customData": stash.expand()}
    return holder
