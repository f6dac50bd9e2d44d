"""Makes jobs of what is configured."""

from __future__ import annotations

import re

from crossdock.config import Connection, Step as ConfiguredStep
from crossdock.errors import ConfigError
from crossdock.mapping.mapper import Mapper
from crossdock.pipeline.chain import Step
from crossdock.pipeline.job import ImportJob
from crossdock.plugins.connector import Source


class NoImportError(ConfigError):
    """A connection does not import what was asked for, or nothing at all."""

    def __init__(self, connection: Connection, record_type: str | None = None) -> None:
        whose, connector = f"connection {connection.name!r}", connection.connector
        if not connector.record_types:
            message = f"{whose} is an outside program: it writes through the API by itself"
        elif record_type not in connector.record_types:
            offered = ", ".join(connector.record_types)
            message = f"{whose} imports no {record_type!r}: connector {connector.name!r} reads {offered}"
        else:
            known = ", ".join(connection.imports)
            message = (
                f"{whose} imports no {record_type!r} (only {known}); "
                f"add a table [connection.import.{record_type}] to it"
            )
        super().__init__(message)


def make_job(connection: Connection, record_type: str, source: Source | None) -> ImportJob:
    """Make the job of one connection and record type.

    Raises:
        NoImportError: the connection does not import that type.
    """
    configured = connection.imports.get(record_type)
    if configured is None:
        raise NoImportError(connection, record_type)
    return ImportJob(
        connection_id=connection.id,
        connection=connection.name,
        connector=connection.connector.name,
        record_type=record_type,
        mapper=Mapper(configured.mapping, connection.id),
        config_hash=bytes.fromhex(configured.hash),
        config_snapshot=configured.snapshot,
        config_sources=configured.sources,
        lookback_seconds=configured.lookback.total_seconds(),
        page_size=configured.page_size,
        steps=[_chain_step(step) for step in configured.manipulators],
        finish=connection.connector.record_types[record_type].finish,
        source=source,
        limits=configured.limits,
        max_failed=configured.max_failed,
        drift=configured.drift,
        deleted=configured.deleted,
        in_bin=connection.connector.record_types[record_type].in_bin,
    )


# A condition that names custom data, or that could take the whole record (@, *), needs the entries written out.
_SEES_ENTRIES = re.compile(r"customData|@|\*|to_string|values")


def _chain_step(step: ConfiguredStep) -> Step:
    condition = step.condition.text if step.condition is not None else ""
    custom_data = step.spec.custom_data or _SEES_ENTRIES.search(condition) is not None
    return Step(step.name, step.apply, step.when, str(step.place), custom_data)
