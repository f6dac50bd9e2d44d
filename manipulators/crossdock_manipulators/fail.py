"""``fail``: the record goes to quarantine."""

from __future__ import annotations

from pydantic import Field

from crossdock import (
    Context,
    Example,
    Fail,
    Manipulate,
    ManipulatorSettings,
    ManipulatorSpec,
    Setup,
    Working,
    known_field,
)


class FailSettings(ManipulatorSettings):
    """Settings of ``fail``."""

    reason: str = Field(min_length=1, description="why, and what a person should do about it")
    field: str | None = Field(
        default=None, description="the field it is about, whose value and mapping line are then shown with the failure"
    )


def build(settings: FailSettings, setup: Setup) -> Manipulate:
    """Make the step; which records it concerns is said by ``when``."""
    if settings.field is not None:
        known_field(setup, "field", settings.field)
    outcome = Fail(settings.reason, settings.field)

    def run(_record: Working, _context: Context) -> Fail:
        return outcome

    return run


SPEC = ManipulatorSpec(
    name="fail",
    title="sends records to quarantine, with a reason; use it with `when`",
    settings=FailSettings,
    build=build,
    custom_data=False,
    examples=(
        Example(
            title="no order without a country to deliver to",
            toml='when = "!(shippingAddress.countryCode)"\nreason = "no country to deliver to; add it in the shop"',
            before={"shippingAddress": {"city": "Lund"}},
            after=Fail("no country to deliver to; add it in the shop"),
        ),
    ),
)
