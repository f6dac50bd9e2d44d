"""``crossdock import``: every connection, or those named, one run a record type."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

from crossdock.cli.exit_code import ExitCode
from crossdock.cli.moment import parse_since
from crossdock.cli.output import complain
from crossdock.cli.stdout import silence_stdout, stdout

if TYPE_CHECKING:
    from crossdock.cli.place import Place
    from crossdock.config import Config, Connection
    from crossdock.errors import CrossdockError
    from crossdock.pipeline.importing import Importer, ImportOptions
    from crossdock.pipeline.reporting.report import TransferReport
    from crossdock.store import Store


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
    from crossdock.cli.logs import leave_out
    from crossdock.pipeline.importing import ImportOptions

    options = ImportOptions(full, since, limit, tuple(dict.fromkeys(ids or ())), dry_run, prove)
    place: Place = context.obj
    chosen = chosen_imports(place.config, names or [], record_type)
    _check_options(options, chosen)
    if not (as_json or place.json_logs):
        leave_out("crossdock.drift")
    work = _Work(place, options)
    work.run(chosen)
    code = _show(work, as_json=as_json, dry_run=dry_run)
    for problem in work.problems:
        complain(place.redact(problem))
    raise typer.Exit(code)


def _show(work: _Work, *, as_json: bool, dry_run: bool) -> ExitCode:
    """Show the reports, and give the code to end with; what was imported stays, also if nobody can be told."""
    from crossdock.cli.results import show_reports

    try:
        show_reports(work.reports, as_json=as_json)
        stdout().flush()
    except BrokenPipeError:  # whoever reads has seen enough, and the code says how the runs went all the same
        silence_stdout()
    except OSError as error:
        silence_stdout()
        stored = "" if dry_run else ". What was imported is stored; crossdock runs show tells it"
        complain(f"the report cannot be written: {error.strerror}{stored}")
        return ExitCode.UNFINISHED
    return work.exit_code


def chosen_imports(config: Config, names: list[str], record_type: str | None) -> list[tuple[Connection, list[str]]]:
    """Pick what to import: record types by connection.

    Raises:
        ConfigError: there is no such connection, or none that imports this type.
    """
    from crossdock.cli.options import known_type
    from crossdock.errors import ConfigError
    from crossdock.pipeline.making import NoImportError

    connections = [config.connection(name) for name in dict.fromkeys(names)]
    for idle in (connection for connection in connections if not connection.imports):
        raise NoImportError(idle, record_type)
    connections = connections or [connection for connection in config.connections if connection.imports]
    if not connections:
        raise ConfigError(f"{config.file}: there is no [[connection]] to import; crossdock init writes an example")
    if record_type is None:
        return [(connection, list(connection.imports)) for connection in connections]
    known_type(record_type)
    chosen = [(connection, [record_type]) for connection in connections if record_type in connection.imports]
    if not chosen or (names and len(chosen) < len(connections)):
        lacking = next(connection for connection in connections if record_type not in connection.imports)
        raise NoImportError(lacking, record_type)
    return chosen


def _check_options(options: ImportOptions, chosen: list[tuple[Connection, list[str]]]) -> None:
    """Refuse what contradicts itself.

    Raises:
        ConfigError: says what to leave out.
    """
    from crossdock.errors import ConfigError

    if options.full and options.since is not None:
        raise ConfigError("--full reads everything and --since only what changed since; leave one of them out")
    if options.ids and (options.full or options.since is not None or options.limit is not None):
        raise ConfigError("--id picks single records; leave --full, --since and --limit out")
    if options.ids and (len(chosen) > 1 or len(chosen[0][1]) > 1):
        offered = ", ".join(f"{connection.name} --type {one}" for connection, types in chosen for one in types)
        raise ConfigError(f"--id needs one connection and one record type, since each has ids of its own: {offered}")


class _Work:
    """One import command: what it did, and what kept it from doing more."""

    def __init__(self, place: Place, options: ImportOptions) -> None:
        self.reports: list[TransferReport] = []
        self.problems: list[str] = []
        self._place = place
        self._options = options
        self._stopped_short = False

    def run(self, chosen: list[tuple[Connection, list[str]]]) -> None:
        """Import one after the other; one that cannot start does not keep the others from running."""
        from crossdock.cli.interrupt import stopping
        from crossdock.cli.observing import observing
        from crossdock.pipeline.importing import Importer

        with self._store() as store, stopping() as stop, observing(self._place, store) as observers:
            for connection, record_types in chosen:
                importer = Importer(store, stop, self._place.redact, observers=observers)
                self._import_one(connection, record_types, importer)
                if stop.is_set():
                    self._stopped_short = True
                    return
            self._retain(store)

    @property
    def exit_code(self) -> ExitCode:
        """What the program ends with; the worst of what happened."""
        if self._stopped_short or any(report.outcome != "succeeded" for report in self.reports):
            return ExitCode.UNFINISHED
        if self.problems:
            return ExitCode.CONFIGURATION
        failed = any(report.tally.counts["failed"] for report in self.reports)
        return ExitCode.RECORDS_FAILED if failed else ExitCode.FINE

    def _store(self) -> Store:
        from crossdock.store import NoStoreError, Store

        try:
            return self._place.patient_store(create=not self._options.dry_run)
        except NoStoreError:  # a dry run compares with an empty one that nobody else sees
            return Store.open("sqlite://")

    def _import_one(self, connection: Connection, record_types: list[str], importer: Importer) -> None:
        from crossdock.cli.connecting import connect
        from crossdock.cli.progress import Progress
        from crossdock.errors import CrossdockError
        from crossdock.pipeline.making import make_job

        try:
            with connect(connection, importer.traffic) as source:
                for name in record_types:
                    if importer.stop.is_set():
                        return
                    try:
                        with Progress(f"{connection.name} {name}") as importer.listener:
                            self.reports.append(importer.run(make_job(connection, name, source), self._options))
                    except CrossdockError as error:
                        self._add_problem(f"{name} of connection {connection.name!r}", error)
        except CrossdockError as error:
            self._add_problem(f"connection {connection.name!r}", error)

    def _retain(self, store: Store) -> None:
        from crossdock.errors import CrossdockError

        if self._options.dry_run:
            return
        try:
            store.retention.apply(self._place.config.retention)
        except CrossdockError as error:
            self._stopped_short = True
            self.problems.append(f"what is too old is still there: {error}")

    def _add_problem(self, what: str, error: CrossdockError) -> None:
        from crossdock.errors import ConfigError

        self._stopped_short |= not isinstance(error, ConfigError)
        lines = str(error).splitlines()
        told = f" {lines[0]}" if len(lines) == 1 else "".join(f"\n  {line}" for line in lines)
        self.problems.append(f"{what} was not imported:{told}")
