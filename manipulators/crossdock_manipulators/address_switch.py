"""``address-switch``: invoice and delivery address change places, or one is taken for the other."""

from __future__ import annotations

from typing import Any, Literal, TypeAlias

from pydantic import Field

from crossdock import Context, Example, Manipulate, ManipulatorSettings, ManipulatorSpec, Setup, Working

Mode: TypeAlias = Literal["swap", "billing-to-shipping", "shipping-to-billing", "fill-empty"]

BILLING, SHIPPING = "billingAddress", "shippingAddress"


class AddressSwitch(ManipulatorSettings):
    """Settings of ``address-switch``."""

    mode: Mode = Field(
        description="`swap` lets them change places; the two copies replace one by the other; `fill-empty` takes the "
        "other one where one is absent or has no values"
    )


def build(settings: AddressSwitch, _setup: Setup) -> Manipulate:
    """Make the step."""
    mode = settings.mode

    def run(record: Working, _context: Context) -> Working:
        billing, shipping = record.get(BILLING), record.get(SHIPPING)
        if mode == "swap":
            _put(record, BILLING, shipping)
            _put(record, SHIPPING, billing)
        elif mode == "billing-to-shipping" or (mode == "fill-empty" and not _filled(shipping)):
            _copy(record, SHIPPING, billing)
        elif mode == "shipping-to-billing" or not _filled(billing):
            _copy(record, BILLING, shipping)
        return record

    return run


def _filled(address: dict[str, Any] | None) -> bool:
    return address is not None and any(value != "" for value in address.values())


def _copy(record: Working, name: str, address: dict[str, Any] | None) -> None:
    if _filled(address):  # nothing is no address to copy: what is there stays
        record[name] = dict(address or {})


def _put(record: Working, name: str, address: dict[str, Any] | None) -> None:
    if address is None:
        record.pop(name, None)
    else:
        record[name] = address


SPEC = ManipulatorSpec(
    name="address-switch",
    title="swaps invoice and delivery address, or takes one for the other",
    settings=AddressSwitch,
    build=build,
    custom_data=False,
    record_types=frozenset({"order", "customer"}),
    examples=(
        Example(
            title="goods go to the invoice address where the shop leaves the other one empty",
            toml='mode = "fill-empty"',
            before={"billingAddress": {"city": "Lund"}, "shippingAddress": {"city": ""}},
            after={"billingAddress": {"city": "Lund"}, "shippingAddress": {"city": "Lund"}},
        ),
        Example(
            title="a marketplace that has them the wrong way round",
            toml='mode = "swap"',
            before={"billingAddress": {"city": "Lund"}, "shippingAddress": {"city": "Oslo"}},
            after={"billingAddress": {"city": "Oslo"}, "shippingAddress": {"city": "Lund"}},
        ),
    ),
)
