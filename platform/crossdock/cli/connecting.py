"""Opens configured connections: the real remote system, or its sandbox started for the run."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from crossdock.config import Connection
from crossdock.errors import ConfigError
from crossdock.plugins.connector import Source
from crossdock.plugins.guarded import blaming, open_source
from crossdock.remote import Session, Traffic

DEMO_RECORDS = 250


@contextmanager
def connect(connection: Connection, traffic: Traffic | None = None) -> Iterator[Source]:
    """Open the source of a connection; a sandbox runs on a loopback port as long as the context does.

    ``traffic`` counts what is asked.

    Raises:
        ConfigError: a setting or secret of this connection is missing.
        PermanentError: the connector or its sandbox fails.
    """
    connector = connection.connector
    with ExitStack() as stack:
        settings = connection.ready() if not connection.sandbox else None
        if settings is None:
            from crossdock.testing.sandbox import SandboxOptions, SandboxServer

            if connector.sandbox is None:
                raise ConfigError(
                    f"connector {connector.name!r} has no sandbox; connection {connection.name!r} needs a url"
                )
            with blaming(connector, "sandbox"):
                sandbox = connector.sandbox(SandboxOptions(records=DEMO_RECORDS))
            server = stack.enter_context(SandboxServer(sandbox))
            with blaming(connector, "sandbox"):
                settings = connection.settings_with({"url": server.url, **sandbox.settings})
        session = Session(
            connection.remote, agent=connector.module_id, traffic=traffic, rate_headers=connector.rate_headers
        )
        stack.enter_context(session)
        yield open_source(connector, settings, session)
