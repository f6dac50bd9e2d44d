"""Plugins: what they return, and how they are found and loaded.

This is the name space that a plugin's author imports from.
"""

from crossdock.plugins.connector import (
    Broken,
    ConnectorSettings,
    ConnectorSpec,
    Finisher,
    Page,
    RecordTypeSpec,
    RemoteItem,
    RemoteResponse,
    RemoteSession,
    Source,
)
from crossdock.plugins.hookspecs import hookimpl
from crossdock.plugins.loader import Plugin, Plugins, load_listed_plugins, load_plugins
from crossdock.plugins.manipulator import (
    Context,
    Example,
    Fail,
    Ignore,
    Manipulate,
    ManipulatorSettings,
    ManipulatorSpec,
    SettingError,
    Setup,
)
from crossdock.plugins.origin import InstalledPlugin
from crossdock.plugins.webhook import Delivery, DeliveryRefusedError, WebhookSpec

__all__ = [
    "Broken",
    "ConnectorSettings",
    "ConnectorSpec",
    "Context",
    "Delivery",
    "DeliveryRefusedError",
    "Example",
    "Fail",
    "Finisher",
    "Ignore",
    "InstalledPlugin",
    "Manipulate",
    "ManipulatorSettings",
    "ManipulatorSpec",
    "Page",
    "Plugin",
    "Plugins",
    "RecordTypeSpec",
    "RemoteItem",
    "RemoteResponse",
    "RemoteSession",
    "SettingError",
    "Setup",
    "Source",
    "WebhookSpec",
    "hookimpl",
    "load_listed_plugins",
    "load_plugins",
]
