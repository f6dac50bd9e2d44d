"""``field-build``: a field gets what an expression over the record gives."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from crossdock import (
    Context,
    CrossdockError,
    Example,
    Manipulate,
    ManipulatorSettings,
    ManipulatorSpec,
    RecordField,
    SettingError,
    Setup,
    Working,
    compiled,
    required,
    writable_field,
)
from crossdock_manipulators.access import Holders, MisfitError, fitter, holders, is_empty
from crossdock_manipulators.element import elements_of, inside, list_steps
from crossdock_manipulators.settings import NO_MONEY, OVERWRITE, WHERE


class FieldBuild(ManipulatorSettings):
    """Settings of ``field-build``."""

    field: str = Field(description=f"the field to write, by its dotted wire name{NO_MONEY}")
    expression: str = Field(
        description="JMESPath over the record; for `rows[].x` and its kind over one element at a time"
    )
    when_null: Literal["keep", "clear"] = Field(
        default="keep", description="where the expression gives null: leave the field as it is, or clear it"
    )
    overwrite: bool = Field(default=True, description=OVERWRITE)
    where: str | None = Field(default=None, description=WHERE)


def build(settings: FieldBuild, setup: Setup) -> Manipulate:
    """Make the step; a value that the field does not take is left out with a warning, never the record."""
    field = writable_field(setup, "field", settings.field)
    clears = settings.when_null == "clear"
    if clears and required(field):
        raise SettingError("when_null", f"{field.text!r} cannot be cleared; use 'keep'")
    elements, read, write = elements_of(field, where=settings.where), *_places(field)
    search = compiled("expression", settings.expression, record_type=setup.record_type, at=list_steps(field))
    fit = fitter(field)
    name, overwrite = field.steps[-1], settings.overwrite

    def run(record: Working, context: Context) -> Working:
        for element in elements(record):
            try:
                value = search(element)
                fitting = None if value is None else fit(value)
            except (MisfitError, CrossdockError) as error:
                context.warn(f"field-build: {error}; {field.text!r} stays as it was")
                continue
            if fitting is None and not clears:
                continue
            for holder in read(element) if fitting is None else write(element):
                if fitting is None:
                    holder.pop(name, None)
                elif overwrite or is_empty(holder.get(name)):
                    holder[name] = fitting
        return record

    return run


def _places(field: RecordField) -> tuple[Holders, Holders]:
    relative = inside(field)
    return holders(relative), holders(relative, create=True)


SPEC = ManipulatorSpec(
    name="field-build",
    title="builds a field from an expression over the record",
    settings=FieldBuild,
    build=build,
    examples=(
        Example(
            title="the warehouse wants the company, or else the full name, in one line",
            toml='field = "shippingAddress.company"\n'
            "expression = \"shippingAddress.company || join(' ', [shippingAddress.firstName, "
            'shippingAddress.lastName])"',
            before={"shippingAddress": {"firstName": "Ada", "lastName": "Lovelace"}},
            after={"shippingAddress": {"firstName": "Ada", "lastName": "Lovelace", "company": "Ada Lovelace"}},
        ),
        Example(
            title="each row shows its SKU in front of its name",
            toml='field = "rows[].name"\nexpression = "join(\' \', [sku, name])"\nwhere = "sku && name"',
            before={"rows": [{"sku": "A1", "name": "Scarf"}, {"name": "Parcel"}]},
            after={"rows": [{"sku": "A1", "name": "A1 Scarf"}, {"name": "Parcel"}]},
        ),
    ),
)
