"""Builds a configuration once more that an import had before the operator changed it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from crossdock.config.chain import Step, read_chain
from crossdock.config.connection import Connection
from crossdock.config.imports import ImportConfig
from crossdock.config.scope import Scope
from crossdock.config.snapshot import hash_of, take_snapshot
from crossdock.config.sources import Sources
from crossdock.errors import Problem
from crossdock.mapping.build import build_mapping
from crossdock.plugins import Plugins, Setup


class RebuildError(Exception):
    """A configuration of the past cannot be built any more; the text says why."""


class Rebuilt(Struct, frozen=True):
    """A configuration of the past, and what is not as it was then: the code that it is run by."""

    config: ImportConfig
    caveats: tuple[str, ...] = ()


def rebuild(connection: Connection, record_type: str, plugins: Plugins, snapshot: str, sources: str) -> Rebuilt:
    """Build what one import of a connection was configured as.

    Args:
        connection: as it is configured today.
        record_type: that it still imports.
        plugins: today's.
        snapshot: of then.
        sources: of then, as :meth:`Sources.write` wrote them.

    Raises:
        RebuildError: something that it takes is gone, or is not what it was.
    """
    then, before = Sources.read(sources), json.loads(snapshot)
    connector = connection.connector
    if before["connector"] != connector.name:
        raise RebuildError(f"the connection had connector {before['connector']!r} then, and has {connector.name!r} now")
    problems: list[Problem] = []
    mapping = build_mapping(record_type, connector.module_id, then.connector, then.table, (), problems)
    with TemporaryDirectory(prefix="crossdock-") as folder:
        setup = Setup(record_type, "import", connection.id, connector.name, Path(folder))
        steps = _chain(then, plugins, setup, problems)
        if problems or mapping is None:
            raise RebuildError("; ".join(problem.message for problem in problems))
        now = take_snapshot(connector.name, mapping, steps, plugins, then.limits)
    caveats = tuple(_caveats(before, json.loads(now)))
    config = replace(
        connection.imports[record_type],
        manipulators=steps,
        mapping=mapping,
        hash=hash_of(snapshot),
        snapshot=snapshot,
        limits=tuple(then.limits),
    )
    return Rebuilt(config, caveats)


def _chain(then: Sources, plugins: Plugins, setup: Setup, problems: list[Problem]) -> tuple[Step, ...]:
    for name, content in then.files.items():
        file = setup.folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
    scope = Scope(then.table, ("manipulators",), problems)
    return read_chain(scope, then.table.data.get("manipulators", []), plugins, setup)


def _caveats(before: dict[str, Any], now: dict[str, Any]) -> Iterator[str]:
    """Tell what differs in the code; whatever else differs could not be rebuilt."""
    if before["version"] != now["version"]:
        yield "Crossdock itself has come to map differently since"
    for name, version in before["plugins"].items():
        if now["plugins"].get(name) != version:
            yield f"the plugin of {name!r} was {version} then and is {now['plugins'].get(name)} now"
    code = ("version", "plugins")
    if any(before.get(key) != now.get(key) for key in {*before, *now} if key not in code):
        raise RebuildError("a file that a manipulator read then has changed since, and lies outside the folder")
