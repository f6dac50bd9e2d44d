"""The WooCommerce connector: reads orders, products and customers of a shop."""

from __future__ import annotations

from collections.abc import Iterable
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from crossdock import ConnectorSpec, RecordTypeSpec, RemoteSession, Source, hookimpl
from crossdock_woocommerce.money import finish_order
from crossdock_woocommerce.settings import WooSettings

if TYPE_CHECKING:
    from crossdock.testing import Sandbox, SandboxOptions


def _open(settings: WooSettings, session: RemoteSession) -> Source:
    from crossdock_woocommerce.source import WooSource  # noqa: PLC0415 - only who reads a shop pays for it

    return WooSource(settings, session)


def _sandbox(options: SandboxOptions) -> Sandbox:
    from crossdock_woocommerce.sandbox import make_sandbox  # noqa: PLC0415 - only who plays shop pays for it

    return make_sandbox(options)


WOOCOMMERCE = ConnectorSpec(
    name="woocommerce",
    title="WooCommerce (REST API v3)",
    settings=WooSettings,
    record_types={
        "order": RecordTypeSpec(finish=finish_order),
        "product": RecordTypeSpec(),
        "customer": RecordTypeSpec(),
    },
    mapping=files("crossdock_woocommerce") / "mapping.toml",
    open=_open,
    sandbox=_sandbox,
)


@hookimpl
def crossdock_connectors() -> Iterable[ConnectorSpec[Any]]:
    """Bring the connector."""
    return [WOOCOMMERCE]
