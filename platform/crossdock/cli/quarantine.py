"""``crossdock quarantine``: what could not be processed, why, and what to do about it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from crossdock.cli.exit_code import ExitCode
from crossdock.cli.options import AsJson, ConnectionName, RecordType, Yes, known_type
from crossdock.cli.output import print_json, print_line
from crossdock.errors import ConfigError
from crossdock.plural import counted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from crossdock.cli.place import Place
    from crossdock.config import Connection
    from crossdock.pipeline.explaining.blame import Blame
    from crossdock.pipeline.reporting.report import TransferReport
    from crossdock.store import QuarantineEntry, Store

app = typer.Typer(help="See payloads that failed, and retry or drop them.", no_args_is_help=True)

Ids = Annotated[list[int] | None, typer.Argument(metavar="ID", help="Entries, by the number that list shows.")]
All = Annotated[bool, typer.Option("--all", help="Every entry, or every one of --connection and --type.")]
Cause = Annotated[int | None, typer.Option("--cause", metavar="ID", help="Every entry that failed as this one did.")]


@app.command("list")
def list_(
    context: typer.Context,
    connection: ConnectionName = None,
    record_type: RecordType = None,
    each: Annotated[bool, typer.Option("--all", help="A line an entry, instead of a line a cause.")] = False,
    as_json: AsJson = False,
) -> None:
    """List what waits in quarantine, grouped by cause."""
    from crossdock.cli.quarantine_view import entry_as_wire, show_causes, show_each

    place: Place = context.obj
    with place.store(create=False) as store:
        entries = _entries(place, store, connection, record_type)
    if as_json:
        print_json([entry_as_wire(entry, place.names) for entry in entries], place.redact)
    elif each:
        show_each(entries, place.names, place.redact)
    else:
        show_causes(entries, place.names, place.redact)


@app.command()
def show(
    context: typer.Context,
    quarantine_id: Annotated[int, typer.Argument(metavar="ID", help="The entry, by the number that list shows.")],
    as_json: AsJson = False,
) -> None:
    """Show one entry: error, what it is about, payload, and how to go on."""
    from crossdock.cli.quarantine_view import blame_as_wire, entry_as_wire, readable_payload, show_entry

    place: Place = context.obj
    with place.store(create=False) as store:
        found = store.quarantine_show(quarantine_id)
        if found is None:
            raise ConfigError(f"there is no entry {quarantine_id} in quarantine; crossdock quarantine list shows them")
        entry, payload = found
        blamed = _blame(place, store, entry, payload)
    if as_json:
        wire = {**entry_as_wire(entry, place.names), **blame_as_wire(blamed), "payload": readable_payload(payload)}
        print_json(wire, place.redact)
    else:
        show_entry(entry, payload, blamed, place.names, place.redact)


@app.command()
def retry(
    context: typer.Context,
    ids: Ids = None,
    cause: Cause = None,
    every: All = False,
    connection: ConnectionName = None,
    record_type: RecordType = None,
    as_json: AsJson = False,
) -> None:
    """Process entries again with today's configuration.

    What succeeds leaves the quarantine; what fails stays there, with its new error. The remote system is not asked.
    """
    from crossdock.cli.results import show_reports

    place: Place = context.obj
    with place.store(create=False) as store:
        chosen = _chosen(_entries(place, store, connection, record_type), ids, cause, every=every)
        reports = _retry(place, store, chosen)
    show_reports(reports, as_json=as_json)
    if not chosen and not as_json:
        print_line("nothing waits in quarantine")
    if any(report.outcome != "succeeded" for report in reports):
        raise typer.Exit(ExitCode.UNFINISHED)
    if any(report.tally.counts["failed"] for report in reports):
        raise typer.Exit(ExitCode.RECORDS_FAILED)


@app.command()
def drop(
    context: typer.Context,
    ids: Ids = None,
    cause: Cause = None,
    every: All = False,
    connection: ConnectionName = None,
    record_type: RecordType = None,
    yes: Yes = False,
) -> None:
    """Forget entries and their payloads.

    The records are read again when they change in the remote system, or by crossdock import --id.
    """
    from crossdock.cli.confirmation import confirm

    place: Place = context.obj
    with place.store(create=False) as store:
        chosen = _chosen(_entries(place, store, connection, record_type), ids, cause, every=every)
        if chosen:
            count = len(chosen)
            confirm(f"Drop {counted(count, 'entry')} for good?", yes=yes)
        dropped = store.quarantine_drop([entry.quarantine_id for entry in chosen])
    print_line(f"dropped {counted(dropped, 'entry')}")


def _entries(place: Place, store: Store, connection: str | None, record_type: str | None) -> list[QuarantineEntry]:
    wanted = None if connection is None else place.config.connection(connection).id
    return store.quarantine_list(wanted, None if record_type is None else known_type(record_type))


def _chosen(
    entries: Sequence[QuarantineEntry], ids: list[int] | None, cause: int | None, *, every: bool
) -> list[QuarantineEntry]:
    """Pick the entries that are meant.

    Raises:
        ConfigError: not exactly one of ids, --cause and --all was given, or an id is not there.
    """
    from crossdock.cli.quarantine_view import cause_of

    if [bool(ids), cause is not None, every].count(True) != 1:
        raise ConfigError(
            "say which entries: their numbers, --cause with the number of one, or --all; crossdock quarantine list "
            "shows them"
        )
    if every:
        return list(entries)
    wanted = [*(ids or ()), *([] if cause is None else [cause])]
    known = {entry.quarantine_id: entry for entry in entries}
    missing = [str(one) for one in wanted if one not in known]
    if missing:
        raise ConfigError(
            f"there is no entry {', '.join(missing)} in quarantine; crossdock quarantine list --all shows them"
        )
    if cause is not None:
        return [entry for entry in entries if cause_of(entry) == cause_of(known[cause])]
    return [known[one] for one in dict.fromkeys(wanted)]


def _retry(place: Place, store: Store, entries: Sequence[QuarantineEntry]) -> list[TransferReport]:
    from crossdock.cli.interrupt import stopping
    from crossdock.cli.observing import observing
    from crossdock.cli.progress import Progress
    from crossdock.pipeline.importing import Importer
    from crossdock.pipeline.making import make_job
    from crossdock.pipeline.repairing.retry import retry as retry_entries

    groups: dict[tuple[str, str], list[int]] = {}
    for entry in entries:
        groups.setdefault((entry.connection_id, entry.record_type), []).append(entry.quarantine_id)
    jobs = [(make_job(_connection(place, key[0]), key[1], None), chosen) for key, chosen in groups.items()]
    reports = []
    with stopping() as stop, observing(place, store) as observers:
        for job, chosen in jobs:
            if stop.is_set():
                break
            with Progress(job.connection) as progress:
                importer = Importer(store, stop, place.redact, progress, observers=observers)
                reports.append(retry_entries(importer, job, chosen))
    return reports


def _blame(place: Place, store: Store, entry: QuarantineEntry, payload: bytes) -> Blame | None:
    """Find what an entry is about, if its connection still imports such records."""
    from crossdock.pipeline.explaining.blame import blame
    from crossdock.pipeline.making import make_job

    if entry.connection_id not in place.names:
        return None
    connection = _connection(place, entry.connection_id)
    if entry.record_type not in connection.imports:
        return None
    return blame(store, make_job(connection, entry.record_type, None), entry, payload, place.redact)


def _connection(place: Place, connection_id: str) -> Connection:
    if connection_id not in place.names:
        raise ConfigError(
            f"entries of connection {connection_id!r} cannot be retried, because {place.file} has it no longer; "
            "put it back, or drop them"
        )
    return place.config.connection(connection_id)
