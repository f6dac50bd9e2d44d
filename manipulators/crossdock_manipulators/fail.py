"""``fail``: the record goes to quarantine."""

from __future__ import annotations

from pydantic import Field

from crossdock import Context, Example, Fail, Manipulate, ManipulatorSettings, ManipulatorSpec, Setup, Working


class FailSettings(ManipulatorSettings):
    """Settings of ``fail``."""

    reason: str = Field(min_length=1, description="why, and what a person should do about it")


def build(settings: FailSettings, _setup: Setup) -> Manipulate:
    """Make the step; which records it concerns is said by ``when``."""
    outcome = Fail(settings.reason)

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
