"""``crossdock replay``: what today's configuration would make of the payloads that are stored, and making it so."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from crossdock.cli.exit_code import ExitCode
from crossdock.cli.options import AsJson, RecordType

if TYPE_CHECKING:
    from crossdock.cli.place import Place
    from crossdock.pipeline.job import ImportJob
    from crossdock.pipeline.repairing.replay import Replay


def command(
    context: typer.Context,
    names: Annotated[
        list[str] | None, typer.Argument(metavar="NAME", help="Connections to replay; all if none is named.")
    ] = None,
    record_type: RecordType = None,
    apply: Annotated[bool, typer.Option("--apply/--diff", help="Write what changes, or only show it.")] = False,
    as_json: AsJson = False,
) -> None:
    """Map the stored payloads again, as is configured today.

    Today's mapping and manipulators work on what the last imports kept; the remote system is not asked. --diff shows
    how many records would change, in which fields and entries of custom data, what of others stays, and what would
    fail. --apply writes it, a page a transaction; if it is interrupted, the next one goes on from there.
    """
    from crossdock.cli.importing import chosen_imports
    from crossdock.cli.replay_view import replay_as_wire, show_replays
    from crossdock.cli.results import show_reports
    from crossdock.pipeline.making import make_job

    place: Place = context.obj
    chosen = chosen_imports(place.config, names or [], record_type)
    jobs = [make_job(connection, one, None) for connection, types in chosen for one in types]
    replays, stopped = _replay(place, jobs, apply=apply)
    reports = [replay.report for replay in replays]
    if apply:
        show_reports(reports, as_json=as_json)
    elif as_json:
        from crossdock.cli.output import print_json

        print_json([replay_as_wire(replay) for replay in replays], place.redact)
    else:
        show_replays(replays, place.names, place.redact)
    if stopped or any(report.outcome != "succeeded" for report in reports):
        raise typer.Exit(ExitCode.UNFINISHED)
    if any(report.tally.counts["failed"] for report in reports):
        raise typer.Exit(ExitCode.RECORDS_FAILED)


def _replay(place: Place, jobs: list[ImportJob], *, apply: bool) -> tuple[list[Replay], bool]:
    """Replay one job after the other, and say whether that was stopped before the end."""
    from crossdock.cli.interrupt import stopping
    from crossdock.cli.observing import observing
    from crossdock.cli.progress import Progress
    from crossdock.pipeline.importing import Importer
    from crossdock.pipeline.repairing.replay import replay

    replays: list[Replay] = []
    with place.store(create=False) as store, stopping() as stop, observing(place, store) as observers:
        for job in jobs:
            if stop.is_set():
                return replays, True
            with Progress(f"{job.connection} {job.record_type}") as progress:
                importer = Importer(store, stop, place.redact, progress, observers=observers)
                replays.append(replay(importer, job, apply=apply))
    return replays, False
