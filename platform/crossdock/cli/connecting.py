"""Opens configured connections: the real remote system, or its sandbox started for the run."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from crossdock.config import Connection, Step as ConfiguredStep
from crossdock.errors import ConfigError
from crossdock.mapping.mapper import Mapper
from crossdock.pipeline.chain import Step
from crossdock.pipeline.job import ImportJob
from crossdock.plugins.connector import Source
from crossdock.remote import Session
from crossdock.testing.sandbox import SandboxOptions, SandboxServer

DEMO_RECORDS = 250


@contextmanager
def connect(connection: Connection) -> Iterator[Source]:
    """Open the source of a connection; a sandbox runs on a loopback port as long as the context does.

    Raises:
        ConfigError: a setting or secret of this connection is missing.
    """
    connector = connection.connector
    with ExitStack() as stack:
        settings = connection.ready() if not connection.sandbox else None
        if settings is None:
            if connector.sandbox is None:
                raise ConfigError(
                    f"connector {connector.name!r} has no sandbox; connection {connection.name!r} needs a url"
                )
            sandbox = connector.sandbox(SandboxOptions(records=DEMO_RECORDS))
            server = stack.enter_context(SandboxServer(sandbox))
            settings = connection.settings_with({"url": server.url, **sandbox.settings})
        session = stack.enter_context(Session(connection.remote, agent=connector.module_id))
        yield connector.open(settings, session)


def make_job(connection: Connection, record_type: str, source: Source | None) -> ImportJob:
    """Make the job of one connection and record type.

    Raises:
        ConfigError: the connection does not import that type.
    """
    configured = connection.imports.get(record_type)
    if configured is None:
        known = ", ".join(connection.imports) or "nothing"
        raise ConfigError(
            f"connection {connection.name!r} imports no {record_type!r} (only {known}); "
            f"add a table [connection.import.{record_type}] to it"
        )
    return ImportJob(
        connection_id=connection.id,
        connection=connection.name,
        connector=connection.connector.name,
        record_type=record_type,
        mapper=Mapper(configured.mapping, connection.id),
        config_hash=bytes.fromhex(configured.hash),
        config_snapshot=configured.snapshot,
        lookback_seconds=configured.lookback.total_seconds(),
        page_size=configured.page_size,
        steps=[_chain_step(step) for step in configured.manipulators],
        finish=connection.connector.record_types[record_type].finish,
        source=source,
    )


# A condition that names custom data, or that could take the whole record (@, *), needs the entries written out.
_SEES_ENTRIES = re.compile(r"customData|@|\*|to_string|values")


def _chain_step(step: ConfiguredStep) -> Step:
    condition = step.condition.text if step.condition is not None else ""
    custom_data = step.spec.custom_data or _SEES_ENTRIES.search(condition) is not None
    return Step(step.name, step.apply, step.when, str(step.place), custom_data)
