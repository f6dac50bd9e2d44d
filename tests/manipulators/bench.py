"""A bench to try manipulators on: build a step from TOML, run it, look at record and warnings."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from crossdock.plugins.example import CONNECTION_ID, Outcome, run_example
from crossdock.plugins.manipulator import Example, Fail, Ignore, ManipulatorSpec, SettingError
from crossdock_manipulators import crossdock_manipulators

SPECS: dict[str, ManipulatorSpec[Any]] = {spec.name: spec for spec in crossdock_manipulators()}
OWN = CONNECTION_ID
OTHER = "0" * 31 + "7"


def run(
    name: str, toml: str, before: dict[str, Any], *, record_type: str = "order", folder: Path | None = None
) -> Outcome:
    """Run the built-in ``name`` with these settings on a copy of ``before``."""
    return run_example(SPECS[name], Example("a test", toml, before, {}, record_type), folder)


def after(
    name: str, toml: str, before: dict[str, Any], *, record_type: str = "order"
) -> dict[str, Any] | Ignore | Fail:
    """The record that comes out, without any warning on the way."""
    outcome = run(name, toml, before, record_type=record_type)
    assert outcome.warnings == ()
    return outcome.result


def refusal(name: str, toml: str, *, record_type: str = "order", folder: Path | None = None) -> SettingError:
    """The error that building the step raises."""
    try:
        run(name, toml, {}, record_type=record_type, folder=folder)
    except SettingError as error:
        return error
    raise AssertionError(f"{name} accepted {toml!r}")
