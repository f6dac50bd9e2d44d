"""``crossdock drift``: how payloads came to differ from those before, and what is accepted of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from crossdock.cli.options import AsJson, RecordType
from crossdock.plural import counted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from crossdock.cli.place import Place
    from crossdock.store.imports.drift import DriftEntry

app = typer.Typer(help="See how payloads came to differ from earlier ones.", no_args_is_help=True)


@app.command("list")
def list_command(
    context: typer.Context,
    name: Annotated[
        str | None, typer.Argument(metavar="NAME", help="The connection; all, if unsaid.", show_default=False)
    ] = None,
    record_type: RecordType = None,
    everything: Annotated[bool, typer.Option("--all", help="Show what was accepted as well.")] = False,
    as_json: AsJson = False,
) -> None:
    """List what differs, with mapping lines to paste.

    New and vanished paths, changed types and new values of enumerations are each found once. What waits keeps its
    payloads from being imported until it is accepted.
    """
    from crossdock.cli.drift_view import as_of_today, entry_as_wire, show_entries
    from crossdock.cli.options import known_type
    from crossdock.cli.output import print_json, print_line

    place: Place = context.obj
    connection_id = None if name is None else place.config.connection(name).id
    if record_type is not None:
        known_type(record_type)
    with place.store(create=False) as store:
        entries = store.drift.list(connection_id, record_type)
    shown = as_of_today([entry for entry in entries if everything or entry.accepted is None], place.config)
    if as_json:
        print_json([entry_as_wire(entry, place.names) for entry in shown], place.redact)
    elif shown:
        show_entries(shown, place.names, place.redact)
    elif entries:
        print_line("nothing but what was accepted; --all shows it")
    else:
        print_line("no payload has looked different from those before")


@app.command()
def accept(
    context: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME", help="The connection.", show_default=False)],
    path: Annotated[
        str | None,
        typer.Argument(metavar="PATH", help="Only this path and what is below it; all, if unsaid.", show_default=False),
    ] = None,
    record_type: RecordType = None,
) -> None:
    """Accept how payloads look now.

    From the next import on it is known, and nothing waits for it.
    """
    from crossdock.cli.options import known_type
    from crossdock.cli.output import print_folded, print_line
    from crossdock.drift.finding import leaves

    place: Place = context.obj
    connection = place.config.connection(name)
    if record_type is not None:
        known_type(record_type)
    with place.store(create=False) as store:
        found = [entry for entry in store.drift.list(connection.id, record_type) if entry.accepted is None]
        meant = _meant(found, name, path)
        store.drift.accept([entry.drift_id for entry in meant])
    count = len(leaves([entry.finding for entry in meant]))  # as they are listed
    print_line(f"{name}: {counted(count, 'difference')} accepted", place.redact)
    policies = {connection.imports[one.record_type].drift for one in meant if one.record_type in connection.imports}
    if "quarantine" in policies:
        print_folded(f"what waits because of it: crossdock quarantine retry --all --connection {name}")
    if "fail" in policies:
        print_line(f"the import that was stopped: crossdock import {name}")


def _meant(found: Sequence[DriftEntry], name: str, path: str | None) -> Sequence[DriftEntry]:
    """Pick what is to be accepted.

    Raises:
        ConfigError: there is nothing, or nothing at that path.
    """
    from crossdock.errors import ConfigError
    from crossdock.suggestion import did_you_mean

    if path is None:
        if not found:
            raise ConfigError(
                f"nothing of connection {name!r} is to be accepted; `crossdock drift list --all` shows all"
            )
        return found
    meant = [
        entry for entry in found if (entry.finding.path + ".").startswith((f"{path}.", f"{path}[].", f"{path}[]["))
    ]
    if not meant:
        hint = did_you_mean(path, {entry.finding.path for entry in found}) if found else "; nothing is to be accepted"
        raise ConfigError(f"nothing has drifted at {path!r} of connection {name!r}{hint}")
    # The new objects and lists around it, without which it cannot be; what else is new in them waits on.
    around = [entry for entry in found if entry.finding.is_around(path)]
    return [*around, *meant]
