"""The entry model: five types, each with exact rules, told apart by ``type``."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    StringConstraints,
    TypeAdapter,
)
from pydantic.alias_generators import to_camel
from pydantic_core import PydanticCustomError, core_schema

from crossdock.customdata.key import dictionary_key
from crossdock.pattern import ENTRY_KEY, HEX_ID, MODULE_ID

ConnectionId: TypeAlias = Annotated[str, StringConstraints(pattern=HEX_ID)]
ModuleId: TypeAlias = Annotated[str, StringConstraints(pattern=MODULE_ID)]
EntryKey: TypeAlias = Annotated[str, StringConstraints(pattern=ENTRY_KEY)]

# How numbers are written on the wire.
INTEGER = r"^-?(0|[1-9][0-9]*)$"
DECIMAL = r"^[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]{1,4})?$"


class _ExactInteger:
    """An integer of up to 4300 digits; on the wire it is a string of digits, so that no reader rounds it."""

    @classmethod
    def __get_pydantic_core_schema__(cls, source: object, handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        digits = core_schema.str_schema(strict=True, pattern=INTEGER)
        return core_schema.union_schema(
            [core_schema.int_schema(strict=True), core_schema.no_info_after_validator_function(int, digits)],
            mode="left_to_right",
            custom_error_type="integer",
            custom_error_message="not a whole number",
        )

    @classmethod
    def __get_pydantic_json_schema__(
        cls, schema: core_schema.CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        return {"type": "string", "pattern": INTEGER, "description": "digits in a string, so that no reader rounds it"}


class _ExactDecimal:
    """A finite decimal with every digit it was given; on the wire a string."""

    @classmethod
    def __get_pydantic_core_schema__(cls, source: object, handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        return exact_decimal_schema()

    @classmethod
    def __get_pydantic_json_schema__(
        cls, schema: core_schema.CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        return {"type": "string", "pattern": DECIMAL, "examples": ["12.50"]}


def exact_decimal_schema() -> core_schema.CoreSchema:
    """Accept a ``Decimal``, an ``int`` or a string of decimal digits; never a float, never NaN or infinity."""
    text = core_schema.str_schema(strict=True, pattern=DECIMAL)
    return core_schema.union_schema(
        [
            core_schema.decimal_schema(strict=True, allow_inf_nan=False),
            core_schema.no_info_after_validator_function(Decimal, core_schema.int_schema(strict=True)),
            core_schema.no_info_after_validator_function(Decimal, text),
        ],
        mode="left_to_right",
        custom_error_type="decimal",
        custom_error_message="not a finite decimal number",
    )


def exact_json(value: Any) -> Any:
    """Let any JSON value pass as the parser gives it: no float, for it has lost digits already."""
    waiting = [value]
    while waiting:
        part = waiting.pop()
        if type(part) is list:
            waiting.extend(part)
        elif type(part) is dict and all(type(name) is str for name in part):
            waiting.extend(part.values())
        elif type(part) is Decimal and part.is_finite():
            continue
        elif part is not None and type(part) not in (str, bool, int):
            raise PydanticCustomError("json", "not a JSON value with exact numbers")
    return value


ExactInteger: TypeAlias = Annotated[int, _ExactInteger]
ExactDecimal: TypeAlias = Annotated[Decimal, _ExactDecimal]


class _Entry(BaseModel):
    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        strict=True,
        alias_generator=to_camel,
        validate_by_name=True,
        validate_by_alias=True,
    )

    connection_id: ConnectionId | None = None
    module_id: ModuleId
    key: EntryKey

    @property
    def dictionary_key(self) -> str:
        """The key under which this entry stands in ``customData``."""
        return dictionary_key(self.connection_id, self.module_id, self.key)


class StringEntry(_Entry):
    """A JSON string, whatever it looks like."""

    type: Literal["string"]
    value: str


class BoolEntry(_Entry):
    """``true`` or ``false``."""

    type: Literal["bool"]
    value: bool


class IntegerEntry(_Entry):
    """A whole number of up to 4300 digits; a bool is none."""

    type: Literal["integer"]
    value: ExactInteger


class DecimalEntry(_Entry):
    """A finite decimal number with every digit it was written with."""

    type: Literal["decimal"]
    value: ExactDecimal


class JsonEntry(_Entry):
    """Any JSON value: an object, a list, or a ``null`` that is kept."""

    type: Literal["json"]
    value: Annotated[Any, AfterValidator(exact_json)]


CustomDataEntry: TypeAlias = Annotated[
    StringEntry | BoolEntry | IntegerEntry | DecimalEntry | JsonEntry, Field(discriminator="type")
]
ENTRY: TypeAdapter[CustomDataEntry] = TypeAdapter(CustomDataEntry)

# The type of an entry follows from the parsed payload value alone.
TYPE_OF: dict[type, str] = {str: "string", bool: "bool", int: "integer", Decimal: "decimal"}


def entry_of(connection_id: str | None, module_id: str, key: str, value: object) -> dict[str, object]:
    """Build an entry in working form from a parsed JSON value; its type is the value's own."""
    entry: dict[str, object] = {"connectionId": connection_id} if connection_id else {}
    entry["moduleId"] = module_id
    entry["key"] = key
    entry["type"] = TYPE_OF.get(type(value), "json")
    entry["value"] = value
    return entry
