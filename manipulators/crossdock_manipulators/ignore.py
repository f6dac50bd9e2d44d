"""``ignore``: the record is left out."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from crossdock import Context, Example, Ignore, Manipulate, ManipulatorSettings, ManipulatorSpec, Setup, Working


class IgnoreSettings(ManipulatorSettings):
    """Settings of ``ignore``."""

    reason: str = Field(min_length=1, description="why, for the transfer report")
    applies_to: Literal["new", "all"] = Field(
        default="new",
        description="`new` keeps out what is not stored yet, and what is stored goes on being updated; "
        "`all` also stops updating what is stored",
    )


def build(settings: IgnoreSettings, _setup: Setup) -> Manipulate:
    """Make the step; which records it concerns is said by ``when``."""
    outcome = Ignore(settings.reason, settings.applies_to)

    def run(_record: Working, _context: Context) -> Ignore:
        return outcome

    return run


SPEC = ManipulatorSpec(
    name="ignore",
    title="leaves records out, with a reason; use it with `when`",
    settings=IgnoreSettings,
    build=build,
    custom_data=False,
    examples=(
        Example(
            title="drafts stay in the shop",
            toml='when = "orderStatus == \'draft\'"\nreason = "a draft is no order yet"',
            before={"orderStatus": "draft"},
            after=Ignore("a draft is no order yet"),
        ),
        Example(
            title="other orders go on",
            toml='when = "orderStatus == \'draft\'"\nreason = "a draft is no order yet"',
            before={"orderStatus": "processing"},
            after={"orderStatus": "processing"},
        ),
    ),
)
