"""``crossdock log``: what went wrong, here and in the systems of outside programs."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from crossdock.cli.moment import parse_since
from crossdock.cli.options import AsJson, ConnectionName

if TYPE_CHECKING:
    from collections.abc import Mapping

    from crossdock.cli.place import Place
    from crossdock.store.journal import Balance, Entry

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
    """List what went wrong, the latest first.

    What outside programs tell through the API stands beside our own: runs that failed, payloads in quarantine.
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


@app.command()
def report(
    context: typer.Context,
    since: Annotated[
        datetime | None,
        typer.Option(parser=parse_since, metavar="TIME", help="Since when; a day ago, if unsaid.", show_default=False),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Report how each connection fares.

    Its runs, what waits in quarantine, and what outside programs told of their own systems; and events that no receiver
    would take.
    """
    from crossdock.cli.output import print_heading, print_json, print_line, print_table

    place: Place = context.obj
    begin = parse_since("1d") if since is None else since
    with place.store(create=False) as store:
        balances = {one.connection_id: one for one in store.journal.balances(begin)}
        worst = store.journal.entries(since=begin, least="error", limit=10)
        given_up = store.outbox.count(failed=True)
    told = [
        _balance(connection_id, balances, place.names) for connection_id in dict.fromkeys([*place.names, *balances])
    ]
    if as_json:
        print_json(
            {
                "since": begin.isoformat(),
                "connections": told,
                "eventsGivenUp": given_up,
                "worst": [_as_wire(one, place.names) for one in worst],
            },
            place.redact,
        )
        return
    columns = ("connection", "runs", "failed", "interrupted", "in quarantine", "log events")
    rows = ([one["connection"], *_counts(one), _by_severity(one["events"])] for one in told)
    print_table(columns, rows, right=columns[1:-1], redact=place.redact)
    if given_up:
        print_line(f"{given_up} events were given up: crossdock events list --failed")
    if worst:
        print_heading("The latest errors")
        _show(place, worst)


def _show(place: Place, entries: list[Entry]) -> None:
    from crossdock.cli.output import print_line, shortened

    for one in entries:
        name = place.names.get(one.connection_id, one.connection_id) or _UNOWNED
        hint = f" (crossdock runs show {one.run_id[:_SHORT]})" if one.run_id else ""
        line = f"{one.time[:19].replace('T', ' ')}  {one.severity:8}  {name}: {shortened(one.summary, 300)}{hint}"
        print_line(line, place.redact)
        for detail in one.details[:5]:
            print_line(f"    {shortened(detail, 300)}", place.redact)
        if len(one.details) > 5:
            print_line(f"    ... and {len(one.details) - 5} more lines; --json has them all")


def _balance(connection_id: str, balances: Mapping[str, Balance], names: Mapping[str, str]) -> dict[str, Any]:
    found = balances.get(connection_id)
    return {
        "connectionId": connection_id,
        "connection": names.get(connection_id, connection_id) or _UNOWNED,
        "runs": dict(found.runs) if found else {},
        "quarantined": found.quarantined if found else 0,
        "events": dict(found.events) if found else {},
    }


def _counts(told: Mapping[str, Any]) -> list[int]:
    runs = told["runs"]
    return [sum(runs.values()), runs.get("failed", 0), runs.get("interrupted", 0), told["quarantined"]]


def _by_severity(events: Mapping[str, int]) -> str:
    return ", ".join(f"{events[one]} {one}" for one in reversed(Severity) if one in events)


def _as_wire(entry: Entry, names: Mapping[str, str]) -> dict[str, Any]:
    return {
        "time": entry.time,
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
