"""All commands by name. Command modules import what they need when they run, so that ``--help`` stays quick."""

from __future__ import annotations

from importlib.metadata import version
from pathlib import Path
from typing import Annotated

import typer

from crossdock.cli import importing
from crossdock.cli.place import Place

app = typer.Typer(
    name="crossdock",
    help="Moves orders, products and customers between commerce systems: lossless, owned, explained.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _show_version(asked: bool) -> None:  # noqa: FBT001 - the shape of a Typer callback
    if asked:
        typer.echo(f"crossdock {version('crossdock')}")
        raise typer.Exit


@app.callback()
def _root(
    context: typer.Context,
    config: Annotated[
        Path, typer.Option(envvar="CROSSDOCK_CONFIG", help="The configuration file.", show_default="./plugins.toml")
    ] = Path("plugins.toml"),
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Log what is done, on stderr.")] = False,
    _version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    context.obj = Place(config, verbose=verbose)


app.command("import")(importing.command)
