"""Built-in manipulators."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from crossdock.plugins.hookspecs import hookimpl
from crossdock.plugins.manipulator import ManipulatorSpec
from crossdock_manipulators import custom_data_set, field_copy, field_set, value_map


@hookimpl
def crossdock_manipulators() -> Iterable[ManipulatorSpec[Any]]:
    """Return the built-in manipulators."""
    return (
        field_set.SPEC,
        field_copy.SPEC,
        value_map.SPEC,
        custom_data_set.SPEC,
    )
