"""Brings back the job that an earlier configuration made, from what the store has kept of it."""

from __future__ import annotations

from dataclasses import replace

from msgspec import Struct

from crossdock.config import Config
from crossdock.config.rebuild import RebuildError, rebuild
from crossdock.pipeline.job import ImportJob
from crossdock.pipeline.making import make_job
from crossdock.store import Store


class Recalled(Struct, frozen=True):
    """The job of an earlier configuration, or ``None``; ``notes`` say why there is none, or what is not as it was."""

    job: ImportJob | None
    notes: tuple[str, ...] = ()


def recall(store: Store, config: Config, record_type: str, connection_id: str, config_hash: bytes) -> Recalled:
    """Build the configuration again that a connection's import had.

    Args:
        store: that has kept it.
        config: today's; the code of plugins comes from there.
        record_type: of the import.
        connection_id: of a connection that imports that type today.
        config_hash: of then.
    """
    kept = store.configuration(config_hash)
    if kept is None or kept.sources is None:
        return Recalled(None, ("the store has not kept what it was read from",))
    connection = config.connection(connection_id)
    try:
        rebuilt = rebuild(connection, record_type, config.plugins, kept.snapshot, kept.sources)
    except RebuildError as error:
        return Recalled(None, (str(error),))
    then = replace(connection, imports={record_type: rebuilt.config})
    return Recalled(make_job(then, record_type, None), rebuilt.caveats)
