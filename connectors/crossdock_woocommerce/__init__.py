"""The WooCommerce connector: reads orders, products and customers of a shop."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from crossdock import ConnectorSpec, RateHeaders, RecordTypeSpec, RemoteSession, Source, WebhookSpec, hookimpl
from crossdock_woocommerce.money import finish_order
from crossdock_woocommerce.settings import WooSettings

if TYPE_CHECKING:
    from crossdock import Delivery
    from crossdock.testing import Sandbox, SandboxOptions


def _open(settings: WooSettings, session: RemoteSession) -> Source:
    from crossdock_woocommerce.source import WooSource  # noqa: PLC0415 - only who reads a shop pays for it

    return WooSource(settings, session)


def _sandbox(options: SandboxOptions) -> Sandbox:
    from crossdock_woocommerce.sandbox import make_sandbox  # noqa: PLC0415 - only who plays shop pays for it

    return make_sandbox(options)


def _takes_webhooks(settings: WooSettings) -> bool:
    return settings.webhook_secret is not None


def _verify(settings: WooSettings, headers: Mapping[str, str], body: bytes) -> Delivery | None:
    from crossdock_woocommerce.webhook import verify  # noqa: PLC0415 - only who takes webhooks pays for it

    return verify(settings, headers, body)


def _in_bin(payload: Mapping[str, Any]) -> bool:
    return payload.get("status") == "trash"


WOOCOMMERCE = ConnectorSpec(
    name="woocommerce",
    title="WooCommerce (REST API v3)",
    settings=WooSettings,
    record_types={
        "order": RecordTypeSpec(finish=finish_order, in_bin=_in_bin),
        "product": RecordTypeSpec(in_bin=_in_bin),
        "customer": RecordTypeSpec(),
    },
    mapping=files("crossdock_woocommerce") / "mapping.toml",
    open=_open,
    sandbox=_sandbox,
    # Not WooCommerce's own; what stands before a shop may limit the rate, and most of that tells of it like this.
    rate_headers=RateHeaders(left="RateLimit-Remaining", reset="RateLimit-Reset"),
    webhook=WebhookSpec(is_set_up=_takes_webhooks, verify=_verify),
)


@hookimpl
def crossdock_connectors() -> Iterable[ConnectorSpec[Any]]:
    """Bring the connector."""
    return [WOOCOMMERCE]
