"""The one validation of a record on its way into the store, in working form."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from pydantic import ValidationError
from pydantic_core import PydanticCustomError, SchemaValidator
from pydantic_core.core_schema import no_info_plain_validator_function

from crossdock.customdata.entry import ENTRY, exact_json
from crossdock.records.packed import Stash
from crossdock.records.registry import RECORD_TYPES
from crossdock.records.wire import Working

_PLAIN: dict[type, str] = {str: "string", bool: "bool", int: "integer"}


class RecordCheck:
    """Validates working records of one type.

    Fields are checked by the model's own schema, told to build no objects: that halves the time. A stash is a mapper's
    own work and right by construction. Of entries, the usual ones are recognised as right here, in a fifth of the time.
    As soon as something is not, the model judges it all, so that what passes is what the model lets pass.
    """

    def __init__(self, record_type: str) -> None:
        model = RECORD_TYPES[record_type]
        model.model_rebuild()  # it is built when it is first needed
        self._quick = SchemaValidator(_as_dicts(model.__pydantic_core_schema__, self._recognise)).validate_python
        self._judge = model.__pydantic_validator__.validate_python
        self._leads: set[tuple[Any, Any]] = set()

    def __call__(self, record: Working) -> None:
        """Validate a record; it is not changed.

        Raises:
            pydantic.ValidationError: names every value that is not valid.
        """
        try:
            self._quick(record)
        except ValidationError:
            self._judge(_with_entries(record))  # the model says it in its own words

    def _recognise(self, entries: Any) -> Any:
        if type(entries) is Stash:
            return entries
        if type(entries) is not dict or not all(self._is_right(name, entry) for name, entry in entries.items()):
            raise PydanticCustomError("unusual", "not recognised")
        return entries

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


def _as_dicts(schema: Any, recognise: Callable[[Any], Any]) -> Any:
    """Rewrite a model's core schema so that each model is checked as a dict with the same fields."""
    if isinstance(schema, list):
        return [_as_dicts(item, recognise) for item in schema]
    if not isinstance(schema, dict):
        return schema
    if schema.get("type") == "model":
        fields = _as_dicts(schema["schema"], recognise)
        return fields | {"ref": schema["ref"]} if "ref" in schema else fields
    if schema.get("type") == "model-fields":
        fields = {field["validation_alias"]: field["schema"] for field in schema["fields"].values()}
        fields = {name: _as_dict_field(name, field, recognise) for name, field in fields.items()}
        return {"type": "typed-dict", "fields": fields, "extra_behavior": "forbid", "config": {"strict": True}}
    if schema.get("custom_error_type") == "decimal":
        return schema["choices"][0]  # what working form has; anything else is rare enough for the model
    return {name: value if name in _OPAQUE else _as_dicts(value, recognise) for name, value in schema.items()}


_OPAQUE = frozenset({"metadata", "serialization", "function"})


def _as_dict_field(name: str, schema: Any, recognise: Callable[[Any], Any]) -> dict[str, Any]:
    required = schema["type"] != "default"
    if name == "customData":
        inner: Any = no_info_plain_validator_function(recognise)
    else:
        inner = _as_dicts(schema if required else schema["schema"], recognise)
    return {"type": "typed-dict-field", "schema": inner, "required": required}


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
