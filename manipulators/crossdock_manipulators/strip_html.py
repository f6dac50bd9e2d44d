"""``strip-html``: markup is removed, the text stays."""

from __future__ import annotations

from typing import Any

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
    writable_field,
)
from crossdock_manipulators.access import names_of, updater
from crossdock_manipulators.markup import text_of
from crossdock_manipulators.sequence import in_turn
from crossdock_manipulators.settings import FIELD, WHERE, FieldNames


class StripHtml(ManipulatorSettings):
    """Settings of ``strip-html``."""

    field: FieldNames = Field(description=FIELD)
    keep_lines: bool = Field(
        default=True, description="a break or the end of a paragraph begins a new line; `false` makes it a blank"
    )
    where: str | None = Field(default=None, description=WHERE)


def build(settings: StripHtml, setup: Setup) -> Manipulate:
    """Make the step; it takes text fields only."""
    steps = []
    for setting, name in names_of(settings.field):
        field = writable_field(setup, setting, name, elements=True)
        if field.kind != "string":
            raise SettingError(setting, f"{name!r} holds no free text, but {field.kind}; there is no markup in it")
        steps.append(_stripper(updater(field, where=settings.where), "\n" if settings.keep_lines else " "))
    return in_turn(steps)


def _stripper(update: Any, line_break: str) -> Manipulate:
    def stripped(value: Any) -> Any:
        return text_of(value, line_break) if type(value) is str and ("<" in value or "&" in value) else value

    def run(record: Working, _context: Context) -> Working:
        update(record, stripped)
        return record

    return run


SPEC = ManipulatorSpec(
    name="strip-html",
    title="removes HTML markup and keeps the text",
    settings=StripHtml,
    build=build,
    custom_data=False,
    examples=(
        Example(
            title="row names that carry markup from the shop",
            toml='field = "rows[].name"',
            before={"rows": [{"name": "Scarf <small>(red &amp; white)</small>"}, {"name": "size < 40"}]},
            after={"rows": [{"name": "Scarf (red & white)"}, {"name": "size < 40"}]},
        ),
        Example(
            title="a product's description as plain text",
            toml='field = ["description", "shortDescription"]',
            before={"description": "<p>Warm.</p><p>Hand<b>made</b>.</p>", "shortDescription": "Warm<br>wool"},
            after={"description": "Warm.\nHandmade.", "shortDescription": "Warm\nwool"},
            record_type="product",
        ),
    ),
)
