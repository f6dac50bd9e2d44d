"""A sandbox shop over real HTTP, and a source that reads it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from crossdock.config.remote import RemoteConfig
from crossdock.plugins.connector import Page, RemoteItem
from crossdock.remote import Session
from crossdock.remote.pace import Timing
from crossdock.testing.sandbox import SandboxOptions, SandboxServer
from crossdock_woocommerce.sandbox import make_sandbox
from crossdock_woocommerce.sandbox.app import WooSandbox
from crossdock_woocommerce.sandbox.auth import Gate
from crossdock_woocommerce.sandbox.shop import Shop
from crossdock_woocommerce.settings import WooSettings
from crossdock_woocommerce.source import WooSource


@dataclass(frozen=True, slots=True)
class OpenShop:
    """A running shop and a source that reads it."""

    server: SandboxServer
    shop: Shop
    source: WooSource
    session: Session

    def read(self, record_type: str = "order", since: str | None = None) -> list[Page]:
        """Read everything, in pages."""
        return list(self.source.read(record_type, moment(since) if since else None))

    def reading(self, **settings: object) -> WooSource:
        """Open another source on the same shop, with other settings."""
        return WooSource(settings_for(self.server, **settings), self.session)


def settings_for(server: SandboxServer, **settings: object) -> WooSettings:
    return WooSettings.model_validate({"url": server.url, **server.sandbox.settings, **settings})


def impatient() -> Timing:
    """Waits that take no time."""
    return Timing(sleep=lambda _: None, chance=lambda: 0.0)


@contextmanager
def open_shop(
    *,
    records: int = 50,
    payloads: Path | None = None,
    page_size: int = 20,
    now: Callable[[], datetime] | None = None,
    remote: Mapping[str, object] | None = None,
    **settings: object,
) -> Iterator[OpenShop]:
    sandbox: WooSandbox = make_sandbox(SandboxOptions(records=records, payloads=payloads), now)
    sandbox._gate = Gate(sandbox.keys, time.time)  # signatures bear the real time, whatever the shop's clock shows
    config = RemoteConfig.model_validate({"retries": 2, **(remote or {})})
    with (
        SandboxServer(sandbox) as server,
        Session(config, agent="connector.woocommerce", timing=impatient()) as session,
    ):
        found = settings_for(server, page_size=page_size, **settings)
        yield OpenShop(server, sandbox.shop, WooSource(found, session), session)
        assert server.errors == []


def items_of(pages: Sequence[Page]) -> list[RemoteItem]:
    return [item for page in pages for item in page.items]


def ids_of(pages: Sequence[Page]) -> list[str]:
    return [item.remote_id for item in items_of(pages)]


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)
