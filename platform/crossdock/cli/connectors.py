"""``crossdock connectors``: which kinds of remote system there are, and what they need to know."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from crossdock.cli.options import AsJson

if TYPE_CHECKING:
    from crossdock.cli.place import Place
    from crossdock.plugins import ConnectorSpec

app = typer.Typer(help="List connectors, and show what one needs and offers.", no_args_is_help=True)


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
        print_table(columns, rows)
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
    from dataclasses import asdict

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
