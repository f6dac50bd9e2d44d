"""``crossdock connectors``: which kinds of remote system there are, and what they need to know."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from crossdock.cli.exit_code import ExitCode
from crossdock.cli.options import AsJson, RecordType

if TYPE_CHECKING:
    from crossdock.cli.place import Place
    from crossdock.plugins import ConnectorSpec

app = typer.Typer(help="List and show connectors; write a new one, and test one.", no_args_is_help=True)


@app.command("list")
def list_(context: typer.Context, as_json: AsJson = False) -> None:
    """List the connectors that are installed."""
    from crossdock.cli.brought import tell_defects
    from crossdock.cli.output import print_json, print_line, print_table

    place: Place = context.obj
    plugins = place.plugins
    found = [_as_wire(place, spec) for _name, spec in sorted(plugins.connectors.items())]
    if as_json:
        print_json(found)
    elif found:
        columns = ("connector", "what it is", "record types", "sandbox", "brought by")
        rows = (
            (
                one["name"],
                one["title"],
                ", ".join(one["recordTypes"]),
                "yes" if one["sandbox"] else "no",
                f"{one['plugin']} ({one['source']})",
            )
            for one in found
        )
        print_table(columns, rows, spare=("brought by",))
        print_line(f"crossdock connectors show {found[0]['name']} tells what it needs")
    else:
        print_line("no connector is installed")
    tell_defects(plugins)


@app.command()
def show(
    context: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME", help="The connector.")],
    mapping: Annotated[
        str | None, typer.Option("--mapping", metavar="TYPE", help="Show how it maps this record type instead.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Show what a connector needs and offers, or how it maps."""
    from crossdock.cli.brought import named
    from crossdock.cli.mapping_view import mapping_as_wire, mapping_of, show_mapping
    from crossdock.cli.output import print_json

    place: Place = context.obj
    spec = named("connector", name, place.plugins.connectors, place.plugins)
    if mapping is not None:
        found = mapping_of(spec, mapping)
        print_json(mapping_as_wire(found)) if as_json else show_mapping(found)
    elif as_json:
        print_json(_as_wire(place, spec) | {"settings": _settings(spec)})
    else:
        _show(place, spec)


@app.command()
def new(
    context: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME", help="What it is to be called, such as acme.")],
    folder: Annotated[
        Path | None, typer.Argument(metavar="DIR", help="The folder to write into; here, if unsaid.")
    ] = None,
    distribution: Annotated[
        bool, typer.Option("--distribution", help="Write a distribution, to be installed, instead of a single file.")
    ] = False,
) -> None:
    """Write a small connector that works, to begin with.

    It has settings, a source, a mapping, a sandbox and a test, and keeps all promises at once: crossdock connectors
    test. No file is ever overwritten.
    """
    from crossdock.cli.new_connector import write_connector
    from crossdock.errors import ConfigError

    place: Place = context.obj
    if name in place.plugins.connectors:
        origin = place.plugins.origin(name)
        raise ConfigError(f"there is a connector {name!r} already, brought by {origin}; choose another name")
    for plugin in place.plugins.plugins:
        if plugin.name == name:
            raise ConfigError(f"there is a {plugin} already; choose another name")
    write_connector(name, folder or Path(), place.file.name, as_distribution=distribution)


@app.command("test")
def test_(
    context: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME", help="The connector.")],
    record_type: RecordType = None,
    path: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR", help="A folder with its file, if it is not installed.", show_default="./my_plugins"
        ),
    ] = None,
    every_crash: Annotated[
        bool, typer.Option("--every-crash", help="Stop a run at each side effect, not only at some; takes minutes.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Put what a connector promises to the test, on its sandbox.

    It reads everything once, whatever changes meanwhile; loses nothing; tells errors apart; gets over faults; keeps
    secrets; survives crashes. For each promise that it breaks stands what to do.
    """
    from crossdock.cli.promise_view import show_promises
    from crossdock.errors import ConfigError
    from crossdock.testing.conformance import promises

    place: Place = context.obj
    spec = _found(place, name, path)
    _check_mapping(spec)
    chosen = [one for one in promises(spec) if record_type in (None, one.record_type)]
    if not chosen:
        offered = ", ".join(spec.record_types) or "none"
        raise ConfigError(
            f"connector {name!r} reads no {record_type or 'records'}, so there is nothing to test ({offered})"
        )
    if not show_promises(spec, chosen, every_crash=every_crash, as_json=as_json):
        raise typer.Exit(ExitCode.RECORDS_FAILED)


def _found(place: Place, name: str, path: Path | None) -> ConnectorSpec[Any]:
    """Find a connector, also one whose folder no configuration names yet."""
    from crossdock.cli.brought import named
    from crossdock.errors import ConfigError
    from crossdock.plugins import load_plugins
    from crossdock.testing.blueprint import FOLDER

    plugins = place.plugins
    if path is not None and not path.is_dir():
        raise ConfigError(f"--path {str(path)!r} is no folder; name the one that the connector's file is in")
    beside = path or Path(FOLDER)
    if path is not None or (name not in plugins.connectors and beside.is_dir()):
        plugins = load_plugins(paths=[beside])
    return named("connector", name, plugins.connectors, plugins)


def _check_mapping(spec: ConnectorSpec[Any]) -> None:
    """Say what is wrong in its mapping, once and with its place, instead of once a promise.

    Raises:
        ConfigError: something is.
    """
    from contextlib import suppress
    from tempfile import TemporaryDirectory

    from crossdock.testing.conformance.bench import Bench, BenchError

    with TemporaryDirectory() as folder:
        for record_type in spec.record_types:
            with suppress(BenchError):  # it has no sandbox, which each promise tells
                _ = Bench(spec, record_type, Path(folder)).connection


def _show(place: Place, spec: ConnectorSpec[Any]) -> None:
    from crossdock.cli.brought import setting_rows
    from crossdock.cli.output import print_fields, print_heading, print_line, print_table

    told = _as_wire(place, spec)
    print_line(f"{spec.name}: {spec.title}")
    fields = [
        ("record types", ", ".join(spec.record_types) or "none: what comes from it comes through the API"),
        ("module", spec.module_id),
        ("sandbox", 'yes: url = "sandbox:", or crossdock sandbox ' + spec.name if spec.sandbox else "no"),
        ("webhooks", "yes: POST /hooks/CONNECTION of crossdock serve" if spec.webhook else "no"),
        ("brought by", f"plugin {told['plugin']} ({told['source']})"),
    ]
    print_fields(fields)
    if rows := list(setting_rows(spec.settings)):
        print_heading("Settings, in [connection.settings]")
        print_table(("setting", "what may stand there", "without it", "what it is for"), rows, indent=2)
    for record_type in list(spec.record_types)[:1]:
        print_line()
        print_line(f"crossdock connectors show {spec.name} --mapping {record_type} shows how it maps")


def _settings(spec: ConnectorSpec[Any]) -> list[dict[str, Any]]:
    from msgspec.structs import asdict

    from crossdock.config.describe import describe

    return [asdict(key) for key in describe(spec.settings)]


def _as_wire(place: Place, spec: ConnectorSpec[Any]) -> dict[str, Any]:
    origin = place.plugins.origin(spec.name)
    return {
        "name": spec.name,
        "title": spec.title,
        "moduleId": spec.module_id,
        "recordTypes": list(spec.record_types),
        "sandbox": spec.sandbox is not None,
        "webhooks": spec.webhook is not None,
        "plugin": origin.name,
        "source": origin.source,
    }
