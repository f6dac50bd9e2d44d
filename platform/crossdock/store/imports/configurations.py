"""Configurations that imports had: by their hash, with what it takes to build them again."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import Connection, select
from zstandard import ZstdCompressor, ZstdDecompressor

from crossdock.store.sql.portable import insert
from crossdock.store.sql.tables import configurations


class Configuration(NamedTuple):
    """A configuration of the past: since when it is known, what it was, and what it was read from, if that is kept."""

    remembered: str
    snapshot: str
    sources: str | None


def remember(connection: Connection, config_hash: bytes, configuration: Configuration) -> None:
    """Keep a configuration; of one that is kept already, only the sources are added if they are missing."""
    sources = configuration.sources
    packed = None if sources is None else ZstdCompressor().compress(sources.encode())
    row = insert(configurations).values(
        config_hash=config_hash,
        remembered=configuration.remembered,
        snapshot=configuration.snapshot,
        sources=packed,
    )
    connection.execute(
        row.on_conflict_do_update(
            index_elements=["config_hash"],
            set_={"sources": row.excluded.sources},
            where=configurations.c.sources.is_(None) & row.excluded.sources.is_not(None),
        )
    )


def read(connection: Connection, config_hash: bytes) -> Configuration | None:
    """Read a configuration."""
    columns = configurations.c
    query = select(columns.remembered, columns.snapshot, columns.sources).where(columns.config_hash == config_hash)
    row = connection.execute(query).first()
    if row is None:
        return None
    sources = None if row.sources is None else ZstdDecompressor().decompress(row.sources).decode()
    return Configuration(row.remembered, row.snapshot, sources)
