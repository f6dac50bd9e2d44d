"""``crossdock coverage``: what becomes of each remote path, and which mapping lines never match."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from crossdock.cli.exit_code import ExitCode
from crossdock.cli.options import AsJson, RecordType

if TYPE_CHECKING:
    from collections.abc import Iterator

    from crossdock.cli.place import Place
    from crossdock.cli.progress import Progress
    from crossdock.config import Connection
    from crossdock.mapping.coverage import Coverage
    from crossdock.store import Payload, Store

_STRIDE = 20


def command(
    context: typer.Context,
    name: Annotated[
        str | None, typer.Argument(metavar="NAME", help="The connection; all, if unsaid.", show_default=False)
    ] = None,
    record_type: RecordType = None,
    unmapped: Annotated[
        bool, typer.Option("--unmapped", help="Only paths that are kept as custom data, for want of a field.")
    ] = False,
    limit: Annotated[int | None, typer.Option("--limit", min=1, metavar="N", help="At most N payloads.")] = None,
    fail_under: Annotated[
        float | None,
        typer.Option("--fail-under", min=0, max=100, metavar="PERCENT", help="Exit with 1 if less has a field."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Show what becomes of each remote path.

    The stored payloads are mapped again with today's configuration, and nothing is written. The percentage is
    mapped / (values - empty - dropped).
    """
    from crossdock.cli.coverage_view import coverage_as_wire, show_coverage
    from crossdock.cli.finding import imports
    from crossdock.cli.output import complain, print_json, print_line

    place: Place = context.obj
    with place.store(create=False) as store:
        found = [
            (connection, _cover(store, connection, type_, limit))
            for connection, type_ in imports(place, name, record_type)
        ]
    covered = [(connection, coverage) for connection, coverage in found if coverage.payloads]
    if as_json:
        print_json([coverage_as_wire(connection, coverage) for connection, coverage in covered], place.redact)
    else:
        for connection, coverage in covered:
            show_coverage(connection.name, coverage, place.redact, unmapped=unmapped)
        if not covered:
            print_line("no payload is stored yet; crossdock import")
    below = [pair for pair in covered if fail_under is not None and pair[1].score * 100 < fail_under]
    for connection, coverage in below:
        title = f"{connection.name} {coverage.mapping.record_type}"
        complain(f"{title}: {coverage.score:.1%} of what it holds has a field, less than {fail_under:g}%")
    if below:
        raise typer.Exit(ExitCode.RECORDS_FAILED)


def _cover(store: Store, connection: Connection, record_type: str, limit: int | None) -> Coverage:
    from itertools import islice

    from crossdock.cli.progress import Progress
    from crossdock.pipeline.explaining.covering import cover
    from crossdock.pipeline.making import make_job

    known = store.count_payloads(connection.id, record_type).kept
    total = known if limit is None else min(known, limit)
    with Progress(f"{connection.name} {record_type}") as progress:
        payloads = islice(store.payloads(connection.id, record_type), limit)
        return cover(make_job(connection, record_type, None), _counted(payloads, progress, total))


def _counted(payloads: Iterator[Payload], progress: Progress, total: int) -> Iterator[Payload]:
    for done, payload in enumerate(payloads):
        if done % _STRIDE == 0:
            progress.move(done, total)
        yield payload
