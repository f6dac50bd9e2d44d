"""``crossdock retain``: lets go of what is older than ``[retention]`` wants it kept."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from crossdock.cli.options import AsJson

if TYPE_CHECKING:
    from crossdock.cli.place import Place
    from crossdock.config import RetentionConfig
    from crossdock.store.retention import Expired


def command(
    context: typer.Context,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only show how much would go.")] = False,
    as_json: AsJson = False,
) -> None:
    """Let go of what is older than it need be, as [retention] says.

    Payloads, history, reports of runs and log events each have an age there; without one they are kept forever. Every
    import and crossdock run do the same by themselves. Records stay, and so does whatever is still needed.
    """
    from crossdock.cli.output import print_folded, print_json, print_table
    from crossdock.config import RetentionConfig

    place: Place = context.obj
    ages = place.config.retention
    with place.store(create=False) as store:
        found = store.retention.due(ages) if dry_run else store.retention.apply(ages)
    if as_json:
        print_json({"dryRun": dry_run, **_as_wire(ages, found)})
        return
    told = "would go" if dry_run else "gone"
    rows = [(name, age, None if count is None else f"{count:,}") for name, age, count in _rows(ages, found)]
    print_table(("what", "kept for", told), rows, right=(told,))
    if ages == RetentionConfig():
        print_folded('everything is kept; [retention] payloads = "90d" in plugins.toml would change that')


def _rows(ages: RetentionConfig, found: Expired) -> list[tuple[str, str, int | None]]:
    from crossdock.config.duration import format_duration
    from crossdock.config.retention import FOREVER

    rows: list[tuple[str, str, int | None]] = []
    for name in type(ages).model_fields:
        age = getattr(ages, name)
        row = (name, FOREVER, None) if age is None else (name, format_duration(age), getattr(found, name))
        rows.append(row)
    return rows


def _as_wire(ages: RetentionConfig, found: Expired) -> dict[str, Any]:
    return {name: {"keptFor": age, "count": count} for name, age, count in _rows(ages, found)}
