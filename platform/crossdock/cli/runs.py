"""``crossdock runs``: what imports, replays, retries and repairs did, one after the other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from crossdock.cli.options import AsJson, ConnectionName

if TYPE_CHECKING:
    from collections.abc import Mapping

    from crossdock.cli.place import Place
    from crossdock.store import RunEntry, Store

app = typer.Typer(help="List imports and what goes their way, and show what one did.", no_args_is_help=True)

_COUNTS = ("considered", "created", "updated", "unchanged", "ignored", "failed")
_PACE = ("retried", "seconds", "per second")
_COLUMNS = ("run", "kind", "connection", "type", "started", "outcome", *_COUNTS, *_PACE)
_SPARE = ("per second", "ignored", "unchanged", "updated", "created", "retried", "seconds", "considered", "type")
_SHORT = 8


@app.command("list")
def list_(
    context: typer.Context,
    connection: ConnectionName = None,
    limit: Annotated[int, typer.Option("--limit", min=1, metavar="N", help="The last N runs.")] = 20,
    as_json: AsJson = False,
) -> None:
    """List runs, the newest first.

    Each with its balance (considered = created + updated + unchanged + ignored + failed), how long it took, how many
    records that were a second, and how many requests had to be repeated.
    """
    from crossdock.cli.output import print_json, print_line, print_table
    from crossdock.pipeline.reporting.run_wire import run_as_wire

    place: Place = context.obj
    wanted = None if connection is None else place.config.connection(connection).id
    with place.store(create=False) as store:
        found = store.runs(connection_id=wanted, limit=limit)
    if as_json:
        print_json([run_as_wire(run, place.names) for run in found], place.redact)
    elif found:
        rows = [_row(run, place.names) for run in found]
        print_table(_COLUMNS, rows, right=(*_COUNTS, *_PACE), spare=_SPARE, redact=place.redact)
        print_line(f"crossdock runs show {found[0].run_id[:_SHORT]} tells more")
    else:
        print_line("nothing has run yet; crossdock import")


@app.command()
def show(
    context: typer.Context,
    run: Annotated[
        str | None,
        typer.Argument(metavar="RUN", help="Its id, or how that begins; the last run, if unsaid.", show_default=False),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Show what a run did, what was retried, and the records of each error."""
    from crossdock.cli.output import print_json
    from crossdock.cli.run_view import show_run
    from crossdock.pipeline.reporting.run_wire import run_as_wire

    place: Place = context.obj
    with place.store(create=False) as store:
        entry = _find(store, run)
    if as_json:
        print_json(run_as_wire(entry, place.names), place.redact)
    else:
        show_run(entry, place.names, place.redact)


def _find(store: Store, run_id: str | None) -> RunEntry:
    """Return the run that is meant.

    Raises:
        ConfigError: there is none, or several ids begin like that.
    """
    from crossdock.errors import ConfigError

    exact = store.run(run_id) if run_id else None
    if exact is not None:
        return exact
    found = store.runs(limit=1) if run_id is None else [run for run in store.runs() if run.run_id.startswith(run_id)]
    if not found:
        missing = "no run yet" if run_id is None else f"no run {run_id!r}; crossdock runs list shows them"
        raise ConfigError(f"there is {missing}")
    if len(found) > 1:
        raise ConfigError(f"several runs begin with {run_id!r}: {', '.join(run.run_id for run in found[:10])}")
    return found[0]


def _row(run: RunEntry, names: Mapping[str, str]) -> tuple[object, ...]:
    from crossdock.cli.run_view import rate, seconds

    report = run.report or {}
    return (
        run.run_id[:_SHORT],
        run.kind,
        names.get(run.connection_id, run.connection_id),
        run.record_type,
        run.started[:16].replace("T", " "),
        run.outcome,
        *(report.get(name) for name in _COUNTS),
        sum(one["count"] for one in report["retried"]) if "retried" in report else None,
        seconds(run),
        rate(run),
    )
