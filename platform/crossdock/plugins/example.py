"""Running the documented examples of a manipulator, for tests and for authors."""

from __future__ import annotations

import tomllib
from copy import deepcopy
from decimal import Decimal
from pathlib import Path
from typing import Any

from msgspec import Struct

from crossdock.plugins.manipulator import Context, Example, Fail, Ignore, ManipulatorSettings, ManipulatorSpec, Setup
from crossdock.plugins.setting import condition

CONNECTION_ID = "5377568eb7e165e3b38af6eece4a0001"
"""The connection that examples run for, as in the documentation."""


class Outcome(Struct, frozen=True):
    """What an example gave: the record, ``Ignore`` or ``Fail``, and the warnings on the way."""

    result: dict[str, Any] | Ignore | Fail
    warnings: tuple[str, ...]


def read_example(example: Example) -> dict[str, Any]:
    """Read the settings of an example as ``plugins.toml`` would, ``when`` included, with exact numbers."""
    return tomllib.loads(example.toml, parse_float=Decimal)


def run_example(spec: ManipulatorSpec[Any], example: Example, folder: Path | None = None) -> Outcome:
    """Build a manipulator from an example's settings and run it on a copy of the record before.

    Args:
        spec: the manipulator.
        example: one of its examples, or one of your own.
        folder: where files that the settings name are looked for, as beside ``plugins.toml``.

    Raises:
        SettingError: a setting is wrong.
        pydantic.ValidationError: the settings do not fit the model.
    """
    settings = read_example(example)
    when = condition("when", settings.pop("when", "`true`"))
    model: ManipulatorSettings = spec.settings.model_validate(settings)
    setup = Setup(example.record_type, "import", CONNECTION_ID, "woocommerce", folder or Path())
    step = spec.build(model, setup)
    warnings: list[str] = []
    context = Context(CONNECTION_ID, "demo-shop", example.record_type, "import", warnings.append)
    record = deepcopy(example.before)
    result = step(record, context) if when(record) else record
    return Outcome(result, tuple(warnings))
