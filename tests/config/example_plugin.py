"""A plugin for the tests of the configuration: two connectors and two manipulators."""

from pathlib import Path
from typing import Any, Literal

from pydantic import Field, SecretStr, field_validator

from crossdock.plugins import (
    ConnectorSettings,
    ConnectorSpec,
    Context,
    Manipulate,
    ManipulatorSettings,
    ManipulatorSpec,
    RecordTypeSpec,
    RemoteSession,
    SettingError,
    Setup,
    Source,
    hookimpl,
)
from crossdock.records.fields import UnknownFieldError, find_field
from crossdock.testing.sandbox import Sandbox, SandboxOptions


class ShopSettings(ConnectorSettings):
    url: str = Field(description="address of the shop, such as https://shop.example")
    consumer_key: SecretStr = Field(description="the key that the shop shows once")
    consumer_secret: SecretStr = Field(description="the secret that the shop shows once")
    port: int = Field(default=443, ge=1, le=65535, description="where it listens")
    version: Literal["wc/v2", "wc/v3"] = Field(default="wc/v3", description="of its interface")
    statuses: tuple[str, ...] = Field(default=(), description="statuses to read")

    @field_validator("consumer_key")
    @classmethod
    def _key(cls, key: SecretStr) -> SecretStr:
        if not key.get_secret_value().startswith("ck_"):
            message = f"{key.get_secret_value()} is no key; it begins with ck_"
            raise ValueError(message)
        return key


class MailSettings(ConnectorSettings):
    url: str


class SetTextSettings(ManipulatorSettings):
    field: str = Field(description="the field")
    value: str = Field(description="the text")
    others: tuple[str, ...] = Field(default=(), description="more fields")
    by_type: dict[Literal["product", "shipping"], str] = Field(default={}, description="by type of row")


class PlainSettings(ManipulatorSettings):
    file: str | None = None


def open_source(settings: ConnectorSettings, session: RemoteSession) -> Source:
    raise NotImplementedError


def make_sandbox(options: SandboxOptions) -> Sandbox:
    raise NotImplementedError


def same(record: dict[str, Any], context: Context, /) -> dict[str, Any]:
    return record


def build_set_text(settings: SetTextSettings, setup: Setup) -> Manipulate:
    named = [("field", settings.field)]
    named += [(f"others[{position}]", name) for position, name in enumerate(settings.others)]
    for setting, name in named:
        try:
            find_field(setup.record_type, name)
        except UnknownFieldError as error:
            raise SettingError(setting, str(error), error.offset) from error
    return same


def build_plain(settings: PlainSettings, setup: Setup) -> Manipulate:
    return same


def build_broken(settings: PlainSettings, setup: Setup) -> Manipulate:
    raise KeyError("oops")


@hookimpl
def crossdock_connectors() -> list[ConnectorSpec[Any]]:
    mapping = Path(__file__).with_name("example_mapping.toml")
    types = {"order": RecordTypeSpec(), "product": RecordTypeSpec()}
    return [
        ConnectorSpec("shop", "A shop", ShopSettings, types, mapping, open_source, make_sandbox),
        ConnectorSpec("mail", "Mail", MailSettings, {"customer": RecordTypeSpec()}, mapping, open_source),
    ]


@hookimpl
def crossdock_manipulators() -> list[ManipulatorSpec[Any]]:
    return [
        ManipulatorSpec("set-text", "Sets", SetTextSettings, build_set_text),
        ManipulatorSpec("orders-only", "Orders", PlainSettings, build_plain, record_types=frozenset({"order"})),
        ManipulatorSpec("send-only", "Export", PlainSettings, build_plain, directions=frozenset({"export"})),
        ManipulatorSpec("broken", "Breaks", PlainSettings, build_broken),
        ManipulatorSpec(
            "reads",
            "Reads",
            PlainSettings,
            build_plain,
            files=lambda settings: (settings.file,) if settings.file else (),
        ),
    ]
