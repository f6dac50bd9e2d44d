"""``crossdock audit``: what is not the same in the remote system and in the store, and mending it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

from crossdock.cli.exit_code import ExitCode
from crossdock.cli.moment import parse_since
from crossdock.cli.options import AsJson, RecordType
from crossdock.cli.output import complain

if TYPE_CHECKING:
    from crossdock.cli.place import Place
    from crossdock.config import Connection
    from crossdock.errors import CrossdockError
    from crossdock.pipeline.importing import Importer
    from crossdock.pipeline.repairing.audit import Audit
    from crossdock.pipeline.repairing.repair import Repair
    from crossdock.plugins.connector import Source


def command(
    context: typer.Context,
    names: Annotated[
        list[str] | None, typer.Argument(metavar="NAME", help="Connections to audit; all if none is named.")
    ] = None,
    record_type: RecordType = None,
    since: Annotated[
        datetime | None,
        typer.Option(
            parser=parse_since, metavar="TIME", help="Look at what changed since; 2024-03-01, 2024-03-01T12:00Z or 2h."
        ),
    ] = None,
    repair: Annotated[
        bool, typer.Option("--repair", help="Fetch what is missing or stale, and do with deletions what is configured.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Compare the remote system with the store.

    Ids and modification times of all records are listed and compared: what is missing here, what is older here, what
    the remote system has no longer. A record counts as deleted only if the listing was complete and the remote system,
    asked for that very record, says so. --repair imports what is missing or stale, and does with deleted records what
    `deleted` in [connection.import.TYPE] says. Exit code 1: there are differences left; 3: not everything could be
    compared.
    """
    from crossdock.cli.importing import chosen_imports

    place: Place = context.obj
    work = _Work(place, since, repair=repair, as_json=as_json)
    for connection, types in chosen_imports(place.config, names or [], record_type):
        work.audit(connection, types)
    raise typer.Exit(work.end())


@dataclass
class _Work:
    """One audit command: what it found, and what it ends with."""

    place: Place
    since: datetime | None
    repair: bool
    as_json: bool
    wires: list[object] = field(default_factory=list)
    codes: set[ExitCode] = field(default_factory=set)
    stopped: bool = False

    def audit(self, connection: Connection, record_types: list[str]) -> None:
        """Audit one connection; one that cannot be asked does not keep the others from it."""
        from crossdock.cli.connecting import connect
        from crossdock.cli.interrupt import stopping
        from crossdock.cli.observing import observing
        from crossdock.errors import CrossdockError
        from crossdock.pipeline.importing import Importer

        if self.stopped:
            self.codes.add(ExitCode.UNFINISHED)
            return
        with (
            self.place.store(create=False) as store,
            stopping() as stop,
            observing(self.place, store) as observers,
        ):
            importer = Importer(store, stop, self.place.redact, observers=observers)
            try:
                with connect(connection, importer.traffic) as source:
                    for record_type in record_types:
                        self._audit_one(importer, connection, record_type, source)
            except CrossdockError as error:
                self._complain(f"connection {connection.name!r} was not audited to the end", error)
            self.stopped = stop.is_set()

    def end(self) -> ExitCode:
        """Print what is for programs, and tell the exit code: the worst of what happened."""
        from crossdock.cli.output import print_json

        if self.as_json:
            print_json(self.wires, self.place.redact)
        worst = (ExitCode.UNFINISHED, ExitCode.CONFIGURATION, ExitCode.RECORDS_FAILED)
        return next((code for code in worst if code in self.codes), ExitCode.FINE)

    def _audit_one(self, importer: Importer, connection: Connection, record_type: str, source: Source) -> None:
        from crossdock.cli.audit_view import audit_as_wire, show_audit, show_repair
        from crossdock.cli.progress import Progress
        from crossdock.pipeline.making import make_job
        from crossdock.pipeline.repairing.audit import audit
        from crossdock.pipeline.repairing.sheet import Sheet

        job = make_job(connection, record_type, source)
        with Sheet() as sheet:
            with Progress(f"{connection.name} {record_type}") as progress:
                found = audit(importer, job, self.since, sheet, progress.move)
            if not self.as_json:
                show_audit(found, self.place.redact, repairing=self.repair)
            mended = self._mend(importer, found) if self.repair and not importer.stop.is_set() else None
            self.codes.add(_code(found, mended))
            if self.as_json:
                self.wires.append(audit_as_wire(found, mended))
            elif mended is not None:
                show_repair(mended, self.place.redact)

    def _mend(self, importer: Importer, found: Audit) -> Repair | None:
        """Repair; where that cannot begin, what was found is shown all the same."""
        from crossdock.cli.progress import Progress
        from crossdock.errors import CrossdockError
        from crossdock.pipeline.repairing.repair import repair

        what = f"{found.job.connection} {found.job.record_type}"
        try:
            with Progress(what) as importer.listener:
                return repair(importer, found)
        except CrossdockError as error:
            self._complain(f"{what} was not repaired", error)
            return None

    def _complain(self, what: str, error: CrossdockError) -> None:
        from crossdock.errors import ConfigError

        complain(self.place.redact(f"{what}: {error}"))
        self.codes.add(ExitCode.CONFIGURATION if isinstance(error, ConfigError) else ExitCode.UNFINISHED)


def _code(found: Audit, mended: Repair | None) -> ExitCode:
    if found.trouble or found.unjudged or (mended is not None and mended.report.outcome != "succeeded"):
        return ExitCode.UNFINISHED
    if mended is None:
        return ExitCode.RECORDS_FAILED if found.differs else ExitCode.FINE
    left = mended.unread or mended.report.tally.counts["failed"] or found.count("quarantined", "unproved")
    return ExitCode.RECORDS_FAILED if left else ExitCode.FINE
