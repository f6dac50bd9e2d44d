"""``value-map``: values are translated by a table."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any, Literal, TypeAlias

from pydantic import Field

from crossdock import (
    Context,
    Example,
    Fail,
    Manipulate,
    ManipulatorSettings,
    ManipulatorSpec,
    RecordField,
    SettingError,
    Setup,
    Working,
    required,
    writable_field,
)
from crossdock_manipulators.access import constant, holders, leaf_steps, names_of, places, shown, updater
from crossdock_manipulators.sequence import in_turn
from crossdock_manipulators.settings import FIELD, WHERE, FieldNames
from crossdock_manipulators.table_file import read_table

Otherwise: TypeAlias = Literal["keep", "warn", "clear", "fail"]
Result: TypeAlias = str | bool | int | Decimal


class ValueMap(ManipulatorSettings):
    """Settings of ``value-map``."""

    field: FieldNames = Field(description=FIELD)
    table: dict[str, Result] = Field(default={}, description="what each value becomes, written into plugins.toml")
    file: str | None = Field(
        default=None,
        description="a CSV file instead of `table`, by its path from the folder of plugins.toml; UTF-8, with a header",
    )
    columns: list[str] | None = Field(
        default=None,
        min_length=2,
        max_length=2,
        description="of the file: names of the columns with the old and the new value (the first two)",
    )
    separator: str = Field(default=",", min_length=1, max_length=1, description="of the file: what parts the columns")
    ignore_case: bool = Field(default=False, description="find `uk` under `UK` too")
    otherwise: Otherwise = Field(
        default="keep",
        description="where the table has no such value: keep it, keep it and warn, clear the field, or fail the record",
    )
    default: Result | None = Field(default=None, description="where the table has no such value: this one instead")
    where: str | None = Field(default=None, description=WHERE)


def files(settings: ValueMap) -> tuple[str, ...]:
    """Name the file that the step reads, so that a change in it counts as a change of configuration."""
    return (settings.file,) if settings.file is not None else ()


def build(settings: ValueMap, setup: Setup) -> Manipulate:
    """Make the step; a new value that the field does not take is a wrong setting, with its key."""
    if settings.default is not None and "otherwise" in settings.model_fields_set:
        raise SettingError("otherwise", "contradicts 'default'; leave one of them out")
    setting, table = _table(settings, setup)
    steps = []
    for place, name in names_of(settings.field):
        field = writable_field(setup, place, name, elements=True)
        if settings.otherwise == "clear" and required(field):
            raise SettingError("otherwise", f"{name!r} cannot be cleared; use 'keep', 'warn' or 'fail'")
        steps.append(_translate(field, _fitting(field, setting, table, settings), settings))
    return in_turn(steps)


def _table(settings: ValueMap, setup: Setup) -> tuple[str, dict[str, Any]]:
    if settings.file is not None:
        if settings.table:
            raise SettingError("table", "contradicts 'file'; leave one of them out")
        return "file", dict(read_table(setup.folder, settings.file, settings.columns, settings.separator))
    if settings.columns is not None:
        raise SettingError("columns", "belongs to 'file', which is missing")
    if not settings.table:
        raise SettingError("table", "is missing or empty; write the values here, or name a CSV file with 'file'")
    return "table", dict(settings.table)


def _fitting(field: RecordField, setting: str, table: dict[str, Any], settings: ValueMap) -> dict[str, Any]:
    fitting: dict[str, Any] = {}
    for key, value in table.items():
        found = _folded(key) if settings.ignore_case else key
        place = f"table.{key}" if setting == "table" else setting
        new = constant(field, place, value)
        if fitting.get(found, new) != new:
            raise SettingError(place, f"{key!r} stands twice, apart from case, with different values")
        fitting[found] = new
    return fitting


def _folded(text: str) -> str:
    return text.strip().casefold()


def _key(value: object) -> str:
    if type(value) is bool:
        return "true" if value else "false"
    return f"{value:f}" if type(value) is Decimal else str(value)


def _translate(field: RecordField, table: dict[str, Any], settings: ValueMap) -> Manipulate:
    update, place = updater(field, where=settings.where), _finder(field, settings.where)
    key: Callable[[Any], str] = (lambda value: _folded(_key(value))) if settings.ignore_case else _key
    default = None if settings.default is None else constant(field, "default", settings.default)
    otherwise = settings.otherwise

    def run(record: Working, context: Context) -> Working | Fail:
        unknown: list[Any] = []

        def translated(value: Any) -> Any:
            new = table.get(value if type(value) is str and not settings.ignore_case else key(value))
            if new is not None:
                return new
            if default is not None:
                return default
            unknown.append(value)
            return None if otherwise == "clear" else value

        update(record, translated)
        if unknown and otherwise in ("warn", "fail"):
            said = f"the table has nothing for {', '.join(map(shown, unknown))} in {field.text!r}"
            if otherwise == "fail":
                return Fail(f"{said}; add it, or set 'otherwise'", place(record, unknown[0]))
            context.warn(f"value-map: {said}; it stays as it was")
        return record

    return run


def _finder(field: RecordField, where: str | None) -> Callable[[Working, Any], str | None]:
    """Compile the function that says where a value stands first, among those that the step is about."""
    chosen, name = holders(field, where=where), leaf_steps(field)[-1]

    def find(record: Working, value: Any) -> str | None:
        ours = {id(holder) for holder in chosen(record)}
        there = (at for at, holder in places(field, record) if id(holder) in ours and _has(holder.get(name), value))
        return next(there, None)

    return find


def _has(found: Any, value: Any) -> bool:
    return found == value or (isinstance(found, list) and value in found)


SPEC = ManipulatorSpec(
    name="value-map",
    title="translates values by a table, inline or from a CSV file",
    settings=ValueMap,
    build=build,
    custom_data=False,
    files=files,
    examples=(
        Example(
            title="a shop that writes UK gets the ISO code",
            toml='field = ["billingAddress.countryCode", "shippingAddress.countryCode"]\ntable = { UK = "GB" }',
            before={"billingAddress": {"countryCode": "UK"}, "shippingAddress": {"countryCode": "SE"}},
            after={"billingAddress": {"countryCode": "GB"}, "shippingAddress": {"countryCode": "SE"}},
        ),
        Example(
            title="carrier names become codes, in any case; an unknown carrier stops the order",
            toml='field = "shipments[].carrier"\ntable = { PostNord = "PN", "DHL Express" = "DHL" }\n'
            'ignore_case = true\notherwise = "fail"',
            before={"shipments": [{"carrier": "postnord"}, {"carrier": "Ox cart"}]},
            after=Fail(
                "the table has nothing for 'Ox cart' in 'shipments[].carrier'; add it, or set 'otherwise'",
                "shipments[1].carrier",
            ),
        ),
        Example(
            title="SKUs of the shop become those of the warehouse",
            toml='field = "rows[].sku"\ntable = { RED-S = "100-01", RED-M = "100-02" }\notherwise = "warn"',
            before={"rows": [{"sku": "RED-S"}, {"sku": "RED-M"}]},
            after={"rows": [{"sku": "100-01"}, {"sku": "100-02"}]},
        ),
    ),
)
