"""``custom-data-to-field``: an entry of custom data finds a home in a field."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

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
    dictionary_key,
    writable_field,
)
from crossdock_manipulators.access import MisfitError, fitter, holders, is_empty
from crossdock_manipulators.element import elements_of, inside
from crossdock_manipulators.settings import NO_MONEY, OVERWRITE, WHERE

Entries: TypeAlias = dict[str, dict[str, Any]]
Lookup: TypeAlias = Callable[[Entries], str | None]

_HEX = frozenset("0123456789abcdef")


class CustomDataToField(ManipulatorSettings):
    """Settings of ``custom-data-to-field``."""

    key: str = Field(min_length=1, description="key of the entry, such as `meta._vat_number`")
    field: str = Field(
        description="the field to write; for `rows[].x` and its kind the entry is looked up in the same element"
        f"{NO_MONEY}"
    )
    module: str | None = Field(
        default=None, description="module id of the entry; without it, the one under which the connector stashes"
    )
    connection: str = Field(
        default="own",
        description="whose entry: `own`, `none` (an unowned one), `any` (the connection's own first, then an unowned "
        "one, then the others by their id), or a connection's id",
    )
    keep: bool = Field(
        default=True,
        description="leave the entry where it is; `false` takes it away once the field has its value, and only if it "
        "is the connection's own",
    )
    overwrite: bool = Field(default=True, description=OVERWRITE)
    where: str | None = Field(default=None, description=WHERE)


def build(settings: CustomDataToField, setup: Setup) -> Manipulate:
    """Make the step; a value that the field does not take stays in its entry, with a warning.

    By default the entry is kept: a mapping line that takes a value accounts for it in the ledger, a manipulator runs
    when the ledger is closed.
    """
    field = writable_field(setup, "field", settings.field)
    elements, write = elements_of(field, where=settings.where), holders(inside(field), create=True)
    lookup, fit, name = _lookup(settings, setup), fitter(field), field.steps[-1]
    overwrite, keep, own = settings.overwrite, settings.keep, f"{setup.connection_id}|"

    def run(record: Working, context: Context) -> Working:
        for element in elements(record):
            entries: Entries = element.get("customData", {})
            key = lookup(entries)
            if key is None or (value := entries[key]["value"]) is None:
                continue
            try:
                fitting = fit(value)
            except MisfitError as error:
                context.warn(f"custom-data-to-field: {error}; it stays in its entry {settings.key!r}")
                continue
            for holder in write(element):
                if overwrite or is_empty(holder.get(name)):
                    holder[name] = fitting
                    if not keep and key.startswith(own):
                        _take(element, key)
        return record

    return run


def _take(element: Working, key: str) -> None:
    del element["customData"][key]
    if not element["customData"]:
        del element["customData"]


def _lookup(settings: CustomDataToField, setup: Setup) -> Lookup:
    module = settings.module if settings.module is not None else f"connector.{setup.connector}"
    connection = settings.connection
    for setting, text in (("module", module), ("key", settings.key)):
        if "|" in text:
            raise SettingError(setting, f"{text!r} contains '|'; a key has it as %7C", text.index("|"))
    if connection == "any":
        return _any(f"|{module}|{settings.key}", setup.connection_id)
    if connection not in ("own", "none") and not (len(connection) == 32 and _HEX.issuperset(connection)):
        raise SettingError("connection", f"{connection!r} is none of 'own', 'none', 'any' or an id of 32 hex digits")
    owner = {"own": setup.connection_id, "none": None}.get(connection, connection)
    key = dictionary_key(owner, module, settings.key)
    return lambda entries: key if key in entries else None


def _any(tail: str, own: str) -> Lookup:
    def lookup(entries: Entries) -> str | None:
        found = [key for key in entries if key.endswith(tail) and len(key) - len(tail) in (0, 32)]
        # The own one first; the rest by id, and an unowned one has an empty id.
        return min(found, key=lambda key: (not key.startswith(own), key[: -len(tail)]), default=None)

    return lookup


_OWN = "5377568eb7e165e3b38af6eece4a0001|connector.woocommerce|meta._vat_number"
_ENTRY = {
    "connectionId": "5377568eb7e165e3b38af6eece4a0001",
    "moduleId": "connector.woocommerce",
    "key": "meta._vat_number",
    "type": "string",
    "value": "SE556677889901",
}

SPEC = ManipulatorSpec(
    name="custom-data-to-field",
    title="puts an entry of custom data into a field",
    settings=CustomDataToField,
    build=build,
    examples=(
        Example(
            title="the VAT number that a shop's plugin keeps in its own place",
            toml='key = "meta._vat_number"\nfield = "billingAddress.vatNumber"',
            before={"customData": {_OWN: _ENTRY}},
            after={"customData": {_OWN: _ENTRY}, "billingAddress": {"vatNumber": "SE556677889901"}},
        ),
    ),
)
