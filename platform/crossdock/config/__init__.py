"""The configuration: plugins.toml, read and validated whole before anything runs."""

from crossdock.config.chain import Step
from crossdock.config.connection import Connection
from crossdock.config.flows import DEFAULT_FLOWS, Flows
from crossdock.config.imports import ImportConfig
from crossdock.config.load import Config, load_config
from crossdock.config.remote import RemoteConfig
from crossdock.config.retention import RetentionConfig
from crossdock.config.secret import Redactor
from crossdock.config.serve import ServeConfig
from crossdock.config.tables import StoreConfig

__all__ = [
    "DEFAULT_FLOWS",
    "Config",
    "Connection",
    "Flows",
    "ImportConfig",
    "Redactor",
    "RemoteConfig",
    "RetentionConfig",
    "ServeConfig",
    "Step",
    "StoreConfig",
    "load_config",
]
