"""A shop that misbehaves, as a connection of a ``Program``."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from crossdock.config.annotation import field_named, is_secret
from crossdock.plugins import load_plugins
from crossdock.testing import Faults, parse_faults
from crossdock.testing.sandbox import SandboxOptions, SandboxServer

from .program import SHOP_ID, Program

TABLE = f"""\
[[connection]]
id = "{SHOP_ID}"
name = "shop"
connector = "woocommerce"
"""


@contextmanager
def faulty_shop(program: Program, faults: str = "", more: str = "", records: int = 30) -> Iterator[SandboxServer]:
    """Write a plugins.toml with one connection, ``shop``, whose sandbox does what the faults say; ``more`` follows."""
    connector = load_plugins().connectors["woocommerce"]
    assert connector.sandbox is not None
    sandbox = connector.sandbox(SandboxOptions(records=records))
    with SandboxServer(sandbox) as server:
        if faults:
            server.hooks.append(Faults(server.sandbox, parse_faults(faults)))
        lines = [f'url = "{server.url}"']
        for name, value in sandbox.settings.items():
            info = field_named(connector.settings, name)
            if info is not None and is_secret(info):
                program.monkeypatch.setenv(f"FAULTY_{name.upper()}", value)
                lines.append(f'{name} = {{ env = "FAULTY_{name.upper()}" }}')
            else:
                lines.append(f'{name} = "{value}"')
        text = "\n".join([TABLE, "[connection.settings]", *lines, more, ""])
        (program.folder / "plugins.toml").write_text(text, "utf-8")
        yield server
