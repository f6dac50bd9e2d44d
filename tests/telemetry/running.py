"""An import from a real shop over HTTP that answers badly at first, with somebody who looks on."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from crossdock.config import load_config
from crossdock.pipeline.importing import Importer, ImportOptions
from crossdock.pipeline.making import make_job
from crossdock.pipeline.observer import Observer
from crossdock.pipeline.reporting.report import TransferReport
from crossdock.remote import Session, Traffic
from crossdock.remote.pace import Timing
from crossdock.store import Store
from crossdock.testing import Faults, parse_faults
from crossdock.testing.sandbox import SandboxOptions, SandboxServer

SHOP_ID = "5377568eb7e165e3b38af6eece4a0001"
NAMES = {SHOP_ID: "demo-shop"}
CONFIG = f"""
[[connection]]
id = "{SHOP_ID}"
name = "demo-shop"
connector = "woocommerce"
settings = {{ url = "sandbox:" }}
[connection.import.order]
page_size = 10
"""


def run_import(
    folder: Path,
    store: Store,
    observers: Sequence[Observer],
    faults: str = "",
    *,
    dry_run: bool = False,
) -> TransferReport:
    """Import 30 orders, ten a page; nobody waits between repetitions."""
    file = folder / "plugins.toml"
    file.write_text(CONFIG, "utf-8")
    [connection] = load_config(file, {}).connections
    connector = connection.connector
    assert connector.sandbox is not None
    sandbox = connector.sandbox(SandboxOptions(records=30))
    traffic = Traffic()
    with SandboxServer(sandbox) as server, Session(timing=Timing(sleep=lambda _: None), traffic=traffic) as session:
        if faults:
            server.hooks.append(Faults(server.sandbox, parse_faults(faults)))
        source = connector.open(connection.settings_with({"url": server.url, **sandbox.settings}), session)
        importer = Importer(store, traffic=traffic, observers=observers)
        return importer.run(make_job(connection, "order", source), ImportOptions(dry_run=dry_run))
