"""A local stand-in of a WooCommerce shop, with the quirks of a real one."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from crossdock.testing import SandboxOptions

from .app import WooSandbox
from .auth import Key
from .shop import Shop

__all__ = ["KEYS", "make_sandbox"]

KEYS = (
    Key("ck_sandbox_read_write", "cs_sandbox_read_write", "read_write"),
    Key("ck_sandbox_read", "cs_sandbox_read", "read"),
    Key("ck_sandbox_write", "cs_sandbox_write", "write"),
)


def make_sandbox(options: SandboxOptions, now: Callable[[], datetime] | None = None) -> WooSandbox:
    """Open a shop with invented orders, or with those of `options.payloads`; `now` replaces its clock."""
    if options.payloads is not None:
        shop = Shop.of_payloads(options.payloads, now)
    else:
        shop = Shop.invented(options.seed, options.records, now)
    return WooSandbox(shop, KEYS)
