"""``email-set``: e-mail addresses that are missing or wrong are replaced."""

from __future__ import annotations

import re
from collections.abc import Callable
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
    Search,
    SettingError,
    Setup,
    Working,
    compiled,
    writable_field,
)
from crossdock_manipulators.access import holders, names_of, shown
from crossdock_manipulators.sequence import in_turn
from crossdock_manipulators.settings import FieldNames

# What every mail system takes; stricter than the standard, which allows quotes and comments that shops refuse.
_ADDRESS = re.compile(r"[^\s@<>()\[\],;:\\\"]+@[^\s@<>()\[\],;:\\\".]+(\.[^\s@<>()\[\],;:\\\".]+)+")
_LONGEST = 254
_MAIN = {"order": "customer.email", "customer": "email"}


class EmailSet(ManipulatorSettings):
    """Settings of ``email-set``."""

    email: str | None = Field(default=None, description="the address; either this or `expression`")
    expression: str | None = Field(
        default=None, description="JMESPath over the record that gives the address; null changes nothing"
    )
    replace: Literal["missing", "invalid", "all"] = Field(
        default="missing",
        description="which addresses: those that are absent or empty, also those that are no address, or all",
    )
    field: FieldNames | None = Field(
        default=None,
        description="the field, or a list of fields; without it, `customer.email` of orders and `email` of customers",
    )


def build(settings: EmailSet, setup: Setup) -> Manipulate:
    """Make the step; a computed address that is none is left out with a warning."""
    if (settings.email is None) is (settings.expression is None):
        raise SettingError("email", "is needed, or 'expression' instead; exactly one of them")
    if settings.email is not None and not is_address(settings.email):
        raise SettingError("email", f"{settings.email!r} is no e-mail address; write it like orders@shop.example")
    steps = []
    for setting, name in names_of(settings.field or _MAIN[setup.record_type]):
        field = writable_field(setup, setting, name)
        if field.kind != "string":
            raise SettingError(setting, f"{name!r} holds no e-mail address, but {field.kind}")
        steps.append(_setter(field, settings))
    return in_turn(steps)


def is_address(text: object) -> bool:
    """Tell whether a text is an e-mail address that any mail system would take."""
    return type(text) is str and len(text) <= _LONGEST and _ADDRESS.fullmatch(text) is not None


def _setter(field: RecordField, settings: EmailSet) -> Manipulate:
    find, make, name = holders(field), holders(field, create=True), field.steps[-1]
    wanted = _REPLACES[settings.replace]
    address = _address(settings, field.record_type)

    def run(record: Working, context: Context) -> Working:
        present = [holder.get(name) for holder in find(record)]
        if present and not any(map(wanted, present)):
            return record
        try:
            new = address(record)
        except CrossdockError as error:
            context.warn(f"email-set: {error}; {field.text!r} stays as it was")
            return record
        if new is None:
            return record
        if not is_address(new):
            context.warn(f"email-set: {shown(new)} is no e-mail address; {field.text!r} stays as it was")
            return record
        for holder in make(record):
            if wanted(holder.get(name)):
                holder[name] = new
        return record

    return run


_REPLACES: dict[str, Callable[[object], bool]] = {
    "missing": lambda value: not value,
    "invalid": lambda value: not is_address(value),
    "all": lambda _: True,
}


def _address(settings: EmailSet, record_type: str) -> Search:
    if settings.expression is not None:
        return compiled("expression", settings.expression, record_type=record_type)
    return lambda _: settings.email


SPEC = ManipulatorSpec(
    name="email-set",
    title="fills or replaces e-mail addresses",
    settings=EmailSet,
    build=build,
    custom_data=False,
    record_types=frozenset({"order", "customer"}),
    examples=(
        Example(
            title="the invoicing system insists on an address, guests have none",
            toml='email = "guests@shop.example"',
            before={"customer": {"firstName": "Ada"}},
            after={"customer": {"firstName": "Ada", "email": "guests@shop.example"}},
        ),
        Example(
            title="what is no address becomes one that tells the order",
            toml='replace = "invalid"\nfield = "billingAddress.email"\n'
            "expression = \"join('', ['order-', displayId, '@shop.example'])\"",
            before={"displayId": "1001", "billingAddress": {"email": "n/a"}},
            after={"displayId": "1001", "billingAddress": {"email": "order-1001@shop.example"}},
        ),
    ),
)
