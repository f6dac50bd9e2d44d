"""``crossdock manipulators``: the steps of which a chain can be made."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from crossdock.cli.options import AsJson
from crossdock.cli.stdout import stdout

if TYPE_CHECKING:
    from crossdock.cli.place import Place
    from crossdock.plugins import ManipulatorSpec

app = typer.Typer(help="List manipulators, and show how one is used.", no_args_is_help=True)


@app.command("list")
def list_(context: typer.Context, as_json: AsJson = False) -> None:
    """List the manipulators that are installed."""
    from crossdock.cli.brought import tell_defects
    from crossdock.cli.output import print_json, print_line, print_table

    place: Place = context.obj
    plugins = place.plugins
    found = [_as_wire(place, spec) for _name, spec in sorted(plugins.manipulators.items())]
    if as_json:
        print_json(found)
    elif found:
        rows = [
            (
                one["name"],
                one["title"],
                ", ".join(one["recordTypes"] or ["all"]),
                f"{one['plugin']} ({one['source']})",
            )
            for one in found
        ]
        print_table(("manipulator", "what it does", "record types", "brought by"), rows, spare=("brought by",))
        print_line(f"crossdock manipulators show {found[0]['name']} tells how to use it")
    else:
        print_line("no manipulator is installed")
    tell_defects(plugins)


@app.command()
def show(
    context: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME", help="The manipulator.")],
    as_json: AsJson = False,
) -> None:
    """Show a manipulator: what it does, its settings and examples."""
    from crossdock.cli.brought import named
    from crossdock.cli.output import print_json
    from crossdock.config.manual import describe_manipulator

    place: Place = context.obj
    spec = named("manipulator", name, place.plugins.manipulators, place.plugins)
    if as_json:
        print_json(_as_wire(place, spec) | {"settings": _settings(spec), "examples": _examples(spec)})
        return
    page = describe_manipulator(spec)
    if stdout().isatty():
        _print_rendered(page)
    else:
        stdout().write(f"{page}\n")


def _print_rendered(page: str) -> None:
    from rich.console import Console
    from rich.markdown import Markdown

    Console(file=stdout()).print(Markdown(page))


def _settings(spec: ManipulatorSpec[Any]) -> list[dict[str, Any]]:
    from msgspec.structs import asdict

    from crossdock.config.describe import describe

    return [asdict(key) for key in describe(spec.settings)]


def _examples(spec: ManipulatorSpec[Any]) -> list[dict[str, str]]:
    from crossdock.config.manual import example_toml

    return [
        {"title": example.title, "recordType": example.record_type, "toml": example_toml(spec.name, example)}
        for example in spec.examples
    ]


def _as_wire(place: Place, spec: ManipulatorSpec[Any]) -> dict[str, Any]:
    origin = place.plugins.origin(spec.name)
    return {
        "name": spec.name,
        "title": spec.title,
        "recordTypes": None if spec.record_types is None else sorted(spec.record_types),
        "directions": sorted(spec.directions),
        "plugin": origin.name,
        "source": origin.source,
    }
