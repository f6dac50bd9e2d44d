"""``crossdock preview``: what an import would make of one remote record, stage by stage."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from crossdock.cli.exit_code import ExitCode
from crossdock.cli.options import AsJson, RecordType

if TYPE_CHECKING:
    from crossdock.cli.place import Place
    from crossdock.config import Connection
    from crossdock.pipeline.job import ImportJob
    from crossdock.plugins.connector import RemoteItem
    from crossdock.store import Store


def command(
    context: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME", help="The connection.", show_default=False)],
    what: Annotated[
        str,
        typer.Argument(
            metavar="REMOTE-ID|FILE", help="The record's id there, or a file with its JSON.", show_default=False
        ),
    ],
    record_type: RecordType = None,
    as_json: AsJson = False,
) -> None:
    """Show what an import would make of one record.

    The record is fetched (or read from a file) and goes through mapping, connector and manipulators; each stage shows
    what it changes, and at the end stands what the store would do. Nothing is written.
    """
    from crossdock.cli.output import print_json
    from crossdock.cli.preview_view import preview_as_wire, show_preview
    from crossdock.pipeline.drifting import judging
    from crossdock.pipeline.explaining.preview import preview
    from crossdock.pipeline.making import make_job

    place: Place = context.obj
    connection = place.config.connection(name)
    chosen = record_type or next(iter(connection.imports), "order")
    job = make_job(connection, chosen, None)
    item = _item(connection, job, what)
    with _store(place) as store:
        found = preview(store, job, item, judging(store, job, place.redact))
    if as_json:
        print_json(preview_as_wire(connection.name, chosen, found), place.redact)
    else:
        show_preview(f"{connection.name} {chosen}", found, place.redact)
    if found.error is not None:
        raise typer.Exit(ExitCode.RECORDS_FAILED)


def _item(connection: Connection, job: ImportJob, what: str) -> RemoteItem:
    """Read the payload: from a file of that name, else from the remote system.

    Raises:
        ConfigError: neither has it.
    """
    from crossdock.cli.connecting import connect
    from crossdock.errors import ConfigError, RecordError

    file = Path(what)
    if file.is_file():
        return _read(job, file)
    if what.endswith(".json") or ("/" in what and file.parent.is_dir()):  # an id may have a / as well
        raise ConfigError(f"there is no file {what!r}; name one with the record's JSON, or the record's id there")
    try:
        with connect(connection) as source:
            return source.fetch(job.record_type, what)
    except RecordError as error:
        raise ConfigError(f"{error}; or name a file with its JSON") from error


def _read(job: ImportJob, file: Path) -> RemoteItem:
    """Read a payload from a file.

    Raises:
        ConfigError: there is no JSON in it, or none of such a record.
    """
    import json

    from crossdock.errors import ConfigError
    from crossdock.pipeline.repairing.retry import identified

    raw = file.read_bytes()
    try:
        json.loads(raw)  # unlike other readers, it says in which line the error is
    except (ValueError, RecursionError) as error:
        raise ConfigError(f"{str(file)!r} is no JSON: {error}") from error
    item = identified(job, raw)
    if item is None:
        raise ConfigError(
            f"{str(file)!r} holds no {job.record_type} as {job.connection!r} would send it: one JSON object"
        )
    return item


def _store(place: Place) -> Store:
    """Open the store, or an empty one where there is none yet."""
    from crossdock.errors import ConfigError
    from crossdock.store import Store

    try:
        return place.store(create=False)
    except ConfigError:
        return Store.open("sqlite://")
