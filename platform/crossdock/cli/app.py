"""All commands by name. Command modules import what they need when they run, so that ``--help`` stays quick."""

from __future__ import annotations

from importlib.metadata import version
from pathlib import Path
from typing import Annotated

import typer

from crossdock.cli import (
    audit,
    backup,
    check,
    connectors,
    coverage,
    cursor,
    customdata,
    drift,
    erase,
    events,
    flow,
    importing,
    init,
    limits,
    log,
    manipulators,
    migrate,
    preview,
    quarantine,
    records,
    replay,
    report,
    retain,
    run,
    runs,
    sandbox,
    serve,
    store,
    testing,
    tokens,
    why,
)
from crossdock.cli.options import LogFormat
from crossdock.cli.output import complain_in_records
from crossdock.cli.place import DEFAULT_FILE, Place
from crossdock.cli.root import Root

_START = "Set up"
_IMPORT = "Import"
_DATA = "See and change what is stored"
_KEEP = "Keep what is stored"
_SERVE = "Serve other programs"
_PLUGINS = "Plugins"

app = typer.Typer(
    name="crossdock",
    cls=Root,
    rich_markup_mode=None,  # Rich alone would take as long to import as all the rest
    help="Moves orders, products and customers between commerce systems: lossless, owned, explained.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
)


def _show_version(asked: bool) -> None:
    if asked:
        typer.echo(f"crossdock {version('crossdock')}")
        raise typer.Exit


@app.callback()
def _root(
    context: typer.Context,
    config: Annotated[
        Path,
        typer.Option(
            metavar="FILE", envvar="CROSSDOCK_CONFIG", help="The configuration.", show_default="./plugins.toml"
        ),
    ] = DEFAULT_FILE,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Log what is done, on stderr.")] = False,
    log_format: Annotated[
        LogFormat, typer.Option("--log-format", metavar="FORMAT", help="How to log: text, or json for programs.")
    ] = LogFormat.TEXT,
    _version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    place = context.ensure_object(Place)
    place.file, place.verbose, place.json_logs = config, verbose, log_format is LogFormat.JSON
    complain_in_records(_write_record if place.json_logs else None)


def _write_record(text: str) -> None:
    from crossdock.cli.logs import complain_as_json

    complain_as_json(text)


app.command("init", rich_help_panel=_START)(init.command)
app.command("check", rich_help_panel=_START)(check.command)
app.command("test", rich_help_panel=_START)(testing.command)
app.command("sandbox", rich_help_panel=_START)(sandbox.command)
app.command("migrate", rich_help_panel=_START)(migrate.command)
app.command("import", rich_help_panel=_IMPORT)(importing.command)
app.command("run", rich_help_panel=_IMPORT)(run.command)
app.command("preview", rich_help_panel=_IMPORT)(preview.command)
app.command("replay", rich_help_panel=_IMPORT)(replay.command)
app.add_typer(runs.app, name="runs", rich_help_panel=_IMPORT)
app.add_typer(quarantine.app, name="quarantine", rich_help_panel=_IMPORT)
app.add_typer(log.app, name="log", rich_help_panel=_IMPORT)
app.command("report", rich_help_panel=_IMPORT)(report.command)
app.add_typer(cursor.app, name="cursor", rich_help_panel=_IMPORT)
app.command("audit", rich_help_panel=_IMPORT)(audit.command)
app.add_typer(drift.app, name="drift", rich_help_panel=_IMPORT)
app.command("coverage", rich_help_panel=_IMPORT)(coverage.command)
app.add_typer(records.app, name="records", rich_help_panel=_DATA)
app.command("why", rich_help_panel=_DATA)(why.command)
app.add_typer(customdata.app, name="customdata", rich_help_panel=_DATA)
app.add_typer(limits.app, name="limits", rich_help_panel=_DATA)
app.add_typer(flow.app, name="flow", rich_help_panel=_DATA)
app.command("backup", rich_help_panel=_KEEP)(backup.back_up)
app.command("restore", rich_help_panel=_KEEP)(backup.restore)
app.add_typer(store.app, name="store", rich_help_panel=_KEEP)
app.command("retain", rich_help_panel=_KEEP)(retain.command)
app.command("erase", rich_help_panel=_KEEP)(erase.command)
app.command("serve", rich_help_panel=_SERVE)(serve.command)
app.add_typer(tokens.app, name="tokens", rich_help_panel=_SERVE)
app.add_typer(events.app, name="events", rich_help_panel=_SERVE)
app.add_typer(connectors.app, name="connectors", rich_help_panel=_PLUGINS)
app.add_typer(manipulators.app, name="manipulators", rich_help_panel=_PLUGINS)
