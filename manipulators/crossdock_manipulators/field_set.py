"""``field-set``: a field gets a fixed value."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from crossdock import (
    Context,
    Example,
    Manipulate,
    ManipulatorSettings,
    ManipulatorSpec,
    RecordField,
    Setup,
    Working,
    writable_field,
)
from crossdock_manipulators.access import constant, holders, is_empty, names_of
from crossdock_manipulators.sequence import in_turn
from crossdock_manipulators.settings import FIELD, OVERWRITE, WHERE, Constant, FieldNames


class FieldSet(ManipulatorSettings):
    """Settings of ``field-set``."""

    field: FieldNames = Field(description=FIELD)
    value: Constant = Field(description="what it gets")
    overwrite: bool = Field(default=True, description=OVERWRITE)
    where: str | None = Field(default=None, description=WHERE)


def build(settings: FieldSet, setup: Setup) -> Manipulate:
    """Make the step; a value that the field does not take is a wrong setting."""
    steps = []
    for setting, name in names_of(settings.field):
        field = writable_field(setup, setting, name)
        steps.append(_setter(field, constant(field, "value", settings.value), settings))
    return in_turn(steps)


def _setter(field: RecordField, value: Any, settings: FieldSet) -> Manipulate:
    name, overwrite, is_list = field.steps[-1], settings.overwrite, type(value) is list
    if field.steps == (name,) and overwrite and not is_list and settings.where is None:

        def set_directly(record: Working, _: Context) -> Working:
            record[name] = value
            return record

        return set_directly
    find = holders(field, where=settings.where, create=True)

    def set_each(record: Working, _: Context) -> Working:
        for holder in find(record):
            if overwrite or is_empty(holder.get(name)):
                holder[name] = value.copy() if is_list else value
        return record

    return set_each


SPEC = ManipulatorSpec(
    name="field-set",
    title="sets a field to a fixed value",
    settings=FieldSet,
    build=build,
    custom_data=False,
    examples=(
        Example(
            title="every order of this connection comes from the web shop",
            toml='field = "channel"\nvalue = "web"',
            before={"displayId": "1001"},
            after={"displayId": "1001", "channel": "web"},
        ),
        Example(
            title="product rows without a unit are counted in pieces",
            toml='field = "rows[].unit"\nvalue = "pcs"\noverwrite = false\nwhere = "type == \'product\'"',
            before={"rows": [{"type": "product"}, {"type": "product", "unit": "kg"}, {"type": "shipping"}]},
            after={
                "rows": [{"type": "product", "unit": "pcs"}, {"type": "product", "unit": "kg"}, {"type": "shipping"}]
            },
        ),
    ),
)
