"""``field-copy``: a field gets the value of another one."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from crossdock import (
    ELEMENT,
    Context,
    Example,
    Manipulate,
    ManipulatorSettings,
    ManipulatorSpec,
    RecordField,
    SettingError,
    Setup,
    Working,
    readable_field,
    writable_field,
)
from crossdock_manipulators.access import Fit, Holders, MisfitError, fitter, holders, is_empty
from crossdock_manipulators.element import elements_of, inside, list_steps
from crossdock_manipulators.settings import NO_MONEY, OVERWRITE, WHERE


class FieldCopy(ManipulatorSettings):
    """Settings of ``field-copy``."""

    source: str = Field(alias="from", description="the field to read; where it has no value, nothing is changed")
    target: str = Field(
        alias="to",
        description="the field to write; from `rows[].x` only to `rows[].y` of the same row, "
        f"from a field of the record also to every row{NO_MONEY}",
    )
    overwrite: bool = Field(default=True, description=OVERWRITE)
    where: str | None = Field(default=None, description=WHERE)


def build(settings: FieldCopy, setup: Setup) -> Manipulate:
    """Make the step; a value that the target does not take is left out with a warning, never the record."""
    source = readable_field(setup, "from", settings.source)
    target = writable_field(setup, "to", settings.target)
    elements, read, write = _places(source, target, settings.where)
    fit: Fit = _same if source.annotation == target.annotation else fitter(target)
    from_name, to_name, overwrite = source.steps[-1], target.steps[-1], settings.overwrite

    def copy(record: Working, context: Context) -> Working:
        for element in elements(record):
            for parent in read(element):
                value = parent.get(from_name)
                if value is None:
                    continue
                try:
                    fitting = fit(value)
                except MisfitError as error:
                    context.warn(f"field-copy: {error}; it stays as it was")
                    continue
                for holder in write(element):
                    if overwrite or is_empty(holder.get(to_name)):
                        holder[to_name] = fitting
        return record

    return copy


def _same(value: Any) -> Any:
    return value.copy() if type(value) is list else value


def _places(source: RecordField, target: RecordField, where: str | None) -> tuple[Holders, Holders, Holders]:
    """Compile where to copy: the elements to copy within, and inside each the holders of source and of target."""
    head = list_steps(source)
    if source.steps[-1] == ELEMENT:
        raise SettingError("from", "copies whole lists only; leave out the last '[]'")
    if not head:
        return elements_of(source), holders(source), holders(target, where=where, create=True)
    if list_steps(target) != head:
        text = source.text.rpartition(f"{ELEMENT}.")[0]
        raise SettingError(
            "to",
            f"{source.text!r} has one value per element, so it can only be copied to a field of the same element, "
            f"{text}[]; use 'field-build' with an expression such as {text}[0] to choose one",
        )
    return elements_of(source, where=where), holders(inside(source)), holders(inside(target), create=True)


SPEC = ManipulatorSpec(
    name="field-copy",
    title="copies one field to another",
    settings=FieldCopy,
    build=build,
    custom_data=False,
    examples=(
        Example(
            title="the customer's e-mail is taken from the invoice address where the shop has none",
            toml='from = "billingAddress.email"\nto = "customer.email"\noverwrite = false',
            before={"billingAddress": {"email": "ada@example.com"}},
            after={"billingAddress": {"email": "ada@example.com"}, "customer": {"email": "ada@example.com"}},
        ),
        Example(
            title="rows are known by their GTIN",
            toml='from = "rows[].gtin"\nto = "rows[].sku"',
            before={"rows": [{"gtin": "7350012345678", "sku": "old"}, {"sku": "stays"}]},
            after={"rows": [{"gtin": "7350012345678", "sku": "7350012345678"}, {"sku": "stays"}]},
        ),
    ),
)
