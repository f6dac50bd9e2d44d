"""``crossdock log``: what went wrong, here and in the systems of outside programs."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from crossdock.cli.moment import parse_since
from crossdock.cli.options import AsJson, ConnectionName
from crossdock.plural import counted

if TYPE_CHECKING:
    from collections.abc import Mapping

    from crossdock.cli.place import Place
    from crossdock.store.events.journal import Entry

app = typer.Typer(help="See what went wrong, here and in outside systems.", no_args_is_help=True)

_SHORT = 8
_UNOWNED = "(unowned)"  # an entry that belongs to no connection did not flow


class Severity(StrEnum):
    """How bad something is."""

    info = "info"
    warning = "warning"
    error = "error"
    critical = "critical"


@app.command("list")
def list_(
    context: typer.Context,
    since: Annotated[
        datetime | None,
        typer.Option(parser=parse_since, metavar="TIME", help="What came since; 2024-03-01, 2024-03-01T12:00Z or 2h."),
    ] = None,
    connection: ConnectionName = None,
    severity: Annotated[Severity, typer.Option("--severity", help="What is at least that bad.")] = Severity.info,
    limit: Annotated[int, typer.Option("--limit", min=1, metavar="N", help="The last N lines.")] = 50,
    as_json: AsJson = False,
) -> None:
    """List what went wrong, what became known last first.

    What outside programs tell through the API stands beside our own: runs that failed, payloads in quarantine. Shown is
    when it happened. crossdock report groups it, and says what to do.
    """
    from crossdock.cli.output import print_json, print_line

    place: Place = context.obj
    wanted = None if connection is None else place.config.connection(connection).id
    with place.store(create=False) as store:
        found = store.journal.entries(since=since, connection_id=wanted, least=severity.value, limit=limit)
    if as_json:
        print_json([_as_wire(one, place.names) for one in found], place.redact)
    elif found:
        _show(place, found)
    else:
        print_line("nothing went wrong" + ("" if since is None else " since then"))


def _show(place: Place, entries: list[Entry]) -> None:
    from crossdock.cli.output import print_folded, print_line, shortened

    for one in entries:
        name = place.names.get(one.connection_id, one.connection_id) or _UNOWNED
        hint = f" (crossdock runs show {one.run_id[:_SHORT]})" if one.run_id else ""
        late = f" (told {_moment(one.told)})" if one.told is not None and one.told[:16] > one.time[:16] else ""
        line = f"{_moment(one.time)}  {one.severity:8}  {name}: {shortened(one.summary, 300)}{late}{hint}"
        print_folded(line, place.redact)
        for detail in one.details[:5]:
            print_folded(f"    {shortened(detail, 300)}", place.redact)
        if len(one.details) > 5:
            print_line(f"    ... and {counted(len(one.details) - 5, 'more line')}; --json has them all")


def _moment(time: str) -> str:
    return time[:19].replace("T", " ")


def _as_wire(entry: Entry, names: Mapping[str, str]) -> dict[str, Any]:
    return {
        "time": entry.time,
        "told": entry.told,
        "source": entry.source,
        "severity": entry.severity,
        "connection": names.get(entry.connection_id),
        "connectionId": entry.connection_id,
        "recordType": entry.record_type,
        "direction": entry.direction,
        "summary": entry.summary,
        "details": list(entry.details),
        "runId": entry.run_id,
    }
