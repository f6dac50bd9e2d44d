"""The hooks that a plugin may implement; each is called once, when plugins are loaded."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pluggy

from crossdock.plugins.connector import ConnectorSpec
from crossdock.plugins.manipulator import ManipulatorSpec

hookspec = pluggy.HookspecMarker("crossdock")
hookimpl = pluggy.HookimplMarker("crossdock")


@hookspec
def crossdock_connectors() -> Iterable[ConnectorSpec[Any]]:  # type: ignore[empty-body]  # a hookspec has no body
    """Return the connectors that this plugin brings; the results of all plugins are collected."""


@hookspec
def crossdock_manipulators() -> Iterable[ManipulatorSpec[Any]]:  # type: ignore[empty-body]  # a hookspec has no body
    """Return the manipulators that this plugin brings; the results of all plugins are collected."""
