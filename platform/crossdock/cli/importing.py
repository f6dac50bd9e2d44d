"""``crossdock import``: every connection, or those named, one run a record type."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

from crossdock.cli.exit_code import ExitCode
from crossdock.cli.moment import parse_since
from crossdock.cli.output import complain

if TYPE_CHECKING:
    from crossdock.cli.place import Place
    from crossdock.config import Connection
    from crossdock.pipeline.importing import Importer, ImportOptions
    from crossdock.pipeline.report import TransferReport


def command(
    context: typer.Context,
    names: Annotated[
        list[str] | None, typer.Argument(metavar="NAME", help="Connections to import; all if none is named.")
    ] = None,
    record_type: Annotated[str | None, typer.Option("--type", help="Only this record type.")] = None,
    full: Annotated[bool, typer.Option("--full", help="Read everything, not only what changed.")] = False,
    since: Annotated[
        datetime | None,
        typer.Option(
            parser=parse_since, metavar="TIME", help="Read what changed since; 2024-03-01, 2024-03-01T12:00Z or 2h."
        ),
    ] = None,
    limit: Annotated[int | None, typer.Option(min=1, metavar="N", help="Stop after N records.")] = None,
    ids: Annotated[
        list[str] | None, typer.Option("--id", metavar="REMOTE-ID", help="Only this record; may be repeated.")
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Do everything but write, and show what would be.")
    ] = False,
    prove: Annotated[
        bool, typer.Option("--prove", help="Rebuild every payload from its record and custom data, and compare.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print an array of transfer reports.")] = False,
) -> None:
    """Import orders, products and customers.

    Each connection is asked for its records; they are mapped, pass the chain of manipulators, and are stored. After
    the first time only what has changed is read. --since, --limit and --id leave the cursor where it is.
    """
    from crossdock.cli.results import show_reports
    from crossdock.pipeline.importing import ImportOptions

    options = ImportOptions(full, since, limit, tuple(ids or ()), dry_run, prove)
    place: Place = context.obj
    reports, problems = _import_all(place, names or [], record_type, options)
    show_reports(reports, as_json=as_json)
    for problem in problems:
        complain(problem)
    raise typer.Exit(_exit_code(reports, problems))


def _import_all(
    place: Place, names: list[str], record_type: str | None, options: ImportOptions
) -> tuple[list[TransferReport], list[str]]:
    from crossdock.cli.interrupt import stopping
    from crossdock.cli.progress import Progress
    from crossdock.errors import ConfigError
    from crossdock.pipeline.importing import Importer

    config = place.config
    connections = [config.connection(name) for name in names] or list(config.connections)
    if not connections:
        raise ConfigError(f"{config.file}: there is no [[connection]] to import; crossdock init writes an example")
    reports: list[TransferReport] = []
    problems: list[str] = []
    with place.store() as store, stopping() as stop:
        for connection in connections:
            with Progress(connection.name) as progress:
                importer = Importer(store, stop, place.redact, progress)
                _import_one(connection, importer, record_type, options, reports, problems)
            if stop.is_set():
                break
    return reports, problems


def _import_one(
    connection: Connection,
    importer: Importer,
    record_type: str | None,
    options: ImportOptions,
    reports: list[TransferReport],
    problems: list[str],
) -> None:
    """Import one connection; one that cannot start, for want of a secret, does not keep the others from running."""
    from crossdock.cli.connecting import connect, make_job
    from crossdock.errors import ConfigError

    if record_type is not None and record_type not in connection.imports:
        make_job(connection, record_type, None)  # raises, and says what there is
    try:
        with connect(connection) as source:
            reports.extend(
                importer.run(make_job(connection, name, source), options)
                for name in ([record_type] if record_type else connection.imports)
                if not importer.stop.is_set()
            )
    except ConfigError as error:
        problems.append(importer.redact(f"connection {connection.name!r} was not imported: {error}"))


def _exit_code(reports: list[TransferReport], problems: list[str]) -> ExitCode:
    if any(report.outcome != "succeeded" for report in reports):
        return ExitCode.UNFINISHED
    if problems:
        return ExitCode.CONFIGURATION
    return ExitCode.RECORDS_FAILED if any(report.tally.counts["failed"] for report in reports) else ExitCode.FINE
