"""``custom-data-set``: an entry of custom data of the connection's own."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from decimal import Decimal
from typing import Any, Literal, TypeAlias

from pydantic import Field, ValidationError

from crossdock import (
    ENTRY,
    Context,
    CrossdockError,
    Example,
    Manipulate,
    ManipulatorSettings,
    ManipulatorSpec,
    Search,
    SettingError,
    Setup,
    Working,
    compiled,
    dictionary_key,
    entry_of,
    known_field,
)
from crossdock_manipulators.access import shown
from crossdock_manipulators.part import parts_of

EntryType: TypeAlias = Literal["string", "bool", "integer", "decimal", "json"]
EntryConstant: TypeAlias = str | bool | int | Decimal | list[Any] | dict[str, Any]

DEFAULT_MODULE = "x-manipulators"


class CustomDataSet(ManipulatorSettings):
    """Settings of ``custom-data-set``."""

    key: str = Field(min_length=1, description="key of the entry; `|` is not allowed")
    module: str = Field(
        default=DEFAULT_MODULE, description="module id of the entry; begins with `x-` (`connector.*` is the mapping's)"
    )
    value: EntryConstant | None = Field(default=None, description="what it gets; either this or `expression`")
    expression: str | None = Field(
        default=None,
        description="JMESPath over the record, or over each part with `on`; where it gives null, nothing is written",
    )
    type: EntryType | None = Field(default=None, description="type of the entry; without it, the value's own")
    on: str | None = Field(default=None, description="parts that get the entry instead of the record, such as `rows[]`")


def build(settings: CustomDataSet, setup: Setup) -> Manipulate:
    """Make the step; where a computed value does not fit the type, the entry is left out with a warning."""
    _check_names(settings)
    if (settings.value is None) is (settings.expression is None):
        raise SettingError("value", "is needed, or 'expression' instead; exactly one of them")
    parts = parts_of(setup, "on", settings.on)
    key = dictionary_key(setup.connection_id, settings.module, settings.key)
    make = _maker(settings, setup)
    if settings.value is not None:
        try:
            make(settings.value)
        except ValueError as error:
            raise SettingError("value", str(error)) from error
    search = _searched(settings, setup)

    def run(record: Working, context: Context) -> Working:
        for part in parts(record):
            try:
                value = search(part)
                if value is not None:
                    part.setdefault("customData", {})[key] = make(value)
            except (ValueError, CrossdockError) as error:
                context.warn(f"custom-data-set: {settings.key!r} is left out: {error}")
        return record

    return run


def _searched(settings: CustomDataSet, setup: Setup) -> Search:
    if settings.expression is None:
        return lambda _: settings.value
    at = () if settings.on is None else known_field(setup, "on", settings.on).steps
    return compiled("expression", settings.expression, record_type=setup.record_type, at=at)


def _check_names(settings: CustomDataSet) -> None:
    if settings.module.startswith("connector."):
        raise SettingError("module", f"{settings.module!r} is written by the mapping only; use one that begins with x-")
    if not settings.module.startswith("x-") or len(settings.module) == 2 or "|" in settings.module:
        raise SettingError("module", f"{settings.module!r} is no module id of yours; write 'x-' and a name without '|'")
    if "|" in settings.key:
        raise SettingError("key", f"{settings.key!r} contains '|'; write it as %7C", settings.key.index("|"))


def _maker(settings: CustomDataSet, setup: Setup) -> Callable[[Any], dict[str, Any]]:
    """Compile the function that makes a fresh entry from a value; it raises ``ValueError`` if the type refuses it."""
    kind = settings.type

    def make(value: Any) -> dict[str, Any]:
        if type(value) in (list, dict):
            value = deepcopy(value)  # an entry shares nothing with the record or with the next record's entry
        entry: dict[str, Any] = entry_of(setup.connection_id, settings.module, settings.key, value)
        if kind is not None and kind != entry["type"]:
            entry["type"], entry["value"] = kind, _converted(kind, value)
        return entry

    return make


def _converted(kind: EntryType, value: Any) -> Any:
    if kind == "json":
        return value
    if kind == "string" and type(value) in (int, Decimal):
        return f"{value:f}" if type(value) is Decimal else str(value)
    if kind == "integer" and type(value) is Decimal and value == value.to_integral_value():
        return int(value)
    try:
        return ENTRY.validate_python({"moduleId": "x-any", "key": "any", "type": kind, "value": value}).value
    except ValidationError as error:
        raise ValueError(f"{shown(value)} is no {kind}") from error


SPEC = ManipulatorSpec(
    name="custom-data-set",
    title="writes an entry of custom data, owned by the connection",
    settings=CustomDataSet,
    build=build,
    examples=(
        Example(
            title="large orders are marked for a manual check",
            toml='when = "totals.totalInclVat >= `10000`"\nmodule = "x-acme"\nkey = "check"\nvalue = true',
            before={"totals": {"totalInclVat": Decimal("12500.00")}},
            after={
                "totals": {"totalInclVat": Decimal("12500.00")},
                "customData": {
                    "5377568eb7e165e3b38af6eece4a0001|x-acme|check": {
                        "connectionId": "5377568eb7e165e3b38af6eece4a0001",
                        "moduleId": "x-acme",
                        "key": "check",
                        "type": "bool",
                        "value": True,
                    }
                },
            },
        ),
        Example(
            title="each row remembers the name it came with",
            toml='on = "rows[]"\nmodule = "x-acme"\nkey = "original-name"\nexpression = "name"',
            before={"rows": [{"name": "Red scarf"}]},
            after={
                "rows": [
                    {
                        "name": "Red scarf",
                        "customData": {
                            "5377568eb7e165e3b38af6eece4a0001|x-acme|original-name": {
                                "connectionId": "5377568eb7e165e3b38af6eece4a0001",
                                "moduleId": "x-acme",
                                "key": "original-name",
                                "type": "string",
                                "value": "Red scarf",
                            }
                        },
                    }
                ]
            },
        ),
    ),
)
