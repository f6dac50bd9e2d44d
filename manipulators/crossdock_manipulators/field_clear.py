"""``field-clear``: a field, or a whole part such as an address, is removed."""

from __future__ import annotations

from pydantic import Field

from crossdock import (
    Context,
    Example,
    Manipulate,
    ManipulatorSettings,
    ManipulatorSpec,
    SettingError,
    Setup,
    Working,
    required,
    writable_field,
)
from crossdock_manipulators.access import Holders, holders, leaf_steps, names_of
from crossdock_manipulators.sequence import in_turn
from crossdock_manipulators.settings import NO_MONEY, WHERE, FieldNames


class FieldClear(ManipulatorSettings):
    """Settings of ``field-clear``."""

    field: FieldNames = Field(
        description="the field, by its dotted wire name, a whole part such as `billingAddress`, or a list of them"
        f"{NO_MONEY}"
    )
    where: str | None = Field(default=None, description=WHERE)


def build(settings: FieldClear, setup: Setup) -> Manipulate:
    """Make the step; a field that its record cannot be without is a wrong setting."""
    steps = []
    for setting, name in names_of(settings.field):
        field = writable_field(setup, setting, name, elements=True, parts=True)
        if required(field):
            raise SettingError(setting, f"{name!r} cannot be cleared: there is no such part without it")
        steps.append(_clear(holders(field, where=settings.where), leaf_steps(field)[-1]))
    return in_turn(steps)


def _clear(find: Holders, name: str) -> Manipulate:
    def run(record: Working, _context: Context) -> Working:
        for holder in find(record):
            holder.pop(name, None)
        return record

    return run


SPEC = ManipulatorSpec(
    name="field-clear",
    title="removes the value of a field",
    settings=FieldClear,
    build=build,
    custom_data=False,
    examples=(
        Example(
            title="phone numbers stay in the shop",
            toml='field = ["customer.phone", "billingAddress.phone", "shippingAddress.phone"]',
            before={"customer": {"phone": "+46 8 123"}, "billingAddress": {"city": "Lund", "phone": "+46 8 123"}},
            after={"customer": {}, "billingAddress": {"city": "Lund"}},
        ),
        Example(
            title="orders that are fetched in the shop have no shipping address",
            toml="when = \"rows[?type == 'shipping' && name == 'Pick-up']\"\nfield = \"shippingAddress\"",
            before={"shippingAddress": {"city": "Lund"}, "rows": [{"type": "shipping", "name": "Pick-up"}]},
            after={"rows": [{"type": "shipping", "name": "Pick-up"}]},
        ),
    ),
)
