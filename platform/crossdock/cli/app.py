"""The command line as a whole: what stands before a command. Commands import what they need when they run."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from crossdock.cli.options import LogFormat
from crossdock.cli.output import complain_in_records
from crossdock.cli.place import DEFAULT_FILE, Place
from crossdock.cli.root import Root

app = typer.Typer(
    name="crossdock",
    cls=Root,
    rich_markup_mode=None,
    help="Moves orders, products and customers between commerce systems: lossless, owned, explained.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
)


def _show_version(asked: bool) -> None:
    if asked:
        from importlib.metadata import version

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
