"""``crossdock limits``: what remote systems allow of custom data, and which stored entries go beyond it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from crossdock.cli.exit_code import ExitCode
from crossdock.cli.options import REF_HELP, AsJson, RecordType
from crossdock.plural import counted

if TYPE_CHECKING:
    from crossdock.cli.place import Place

app = typer.Typer(help="List limits of custom data, and check them.", no_args_is_help=True)


@app.command("list")
def list_(context: typer.Context, as_json: AsJson = False) -> None:
    """List the presets, and what plugins.toml limits."""
    from crossdock.cli.limits_view import configured_rules, show_presets, show_rules
    from crossdock.cli.output import print_json
    from crossdock.limits.preset import presets

    place: Place = context.obj
    rules = configured_rules(place)
    if as_json:
        known = [
            {"name": preset.name, "title": preset.title, "limits": preset.limits.given} for preset in presets().values()
        ]
        configured = [
            {
                "name": rule.name,
                "connectionId": rule.connection_id,
                "moduleId": rule.module_id,
                "recordTypes": sorted(rule.record_types),
                "limits": rule.limits.given,
            }
            for rule in rules
        ]
        print_json({"presets": known, "configured": configured}, place.redact_known)
        return
    show_presets(presets().values())
    show_rules(rules, place.names if rules else {}, place.redact_known)


@app.command()
def show(
    context: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME", help="A preset, such as kibo.", show_default=False)],
    as_json: AsJson = False,
) -> None:
    """Show a preset: its limits, what they count, and where they come from."""
    from crossdock.cli.limits_view import show_preset
    from crossdock.cli.output import print_json
    from crossdock.errors import ConfigError
    from crossdock.limits.preset import presets
    from crossdock.suggestion import did_you_mean

    place: Place = context.obj
    known = presets()
    if name not in known:
        raise ConfigError(f"there is no preset {name!r}{did_you_mean(name, known)}")
    preset = known[name]
    if as_json:
        print_json(
            {
                "name": preset.name,
                "title": preset.title,
                "limits": preset.limits.given,
                "counts": list(preset.counts),
                "source": preset.source,
            },
            place.redact_known,
        )
    else:
        show_preset(preset)


@app.command()
def check(
    context: typer.Context,
    reference: Annotated[str | None, typer.Argument(metavar="REF", help=REF_HELP, show_default=False)] = None,
    record_type: RecordType = None,
    as_json: AsJson = False,
) -> None:
    """Find stored entries that break the configured limits.

    On one record, on those of a type, or on all. Exits with 1 if there are any; they stay until somebody changes them.
    """
    from crossdock.cli.limits_view import beyond, chosen_records, show_beyond
    from crossdock.cli.output import print_json, print_line
    from crossdock.errors import ConfigError

    place: Place = context.obj
    if reference is not None and record_type is not None:
        raise ConfigError("REF names its record type already; leave --type out")
    rules = place.config.limits
    if not rules:
        raise ConfigError(f"{place.file} configures no [[limits]]; crossdock limits list shows what there could be")
    checked = 0
    found: list[dict[str, Any]] = []
    with place.store(create=False) as store:
        for kind, record in chosen_records(place, store, reference, record_type):
            checked += 1
            found += beyond(rules, kind, record)
    if as_json:
        print_json(found, place.redact)
    elif found:
        show_beyond(found, place.names, place.redact)
    else:
        print_line(f"{counted(checked, 'record')} checked; all entries are within their limits")
    if found:
        raise typer.Exit(ExitCode.RECORDS_FAILED)
