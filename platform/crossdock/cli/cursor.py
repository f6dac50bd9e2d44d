"""``crossdock cursor``: how far incremental reading has come."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

from crossdock.cli.moment import parse_since
from crossdock.cli.options import AsJson, RecordType, Yes

if TYPE_CHECKING:
    from crossdock.cli.place import Place

app = typer.Typer(help="Show and reset how far incremental imports have come.", no_args_is_help=True)

Name = Annotated[str | None, typer.Argument(metavar="NAME", help="The connection; all, if unsaid.", show_default=False)]


@app.command()
def show(context: typer.Context, name: Name = None, record_type: RecordType = None, as_json: AsJson = False) -> None:
    """Show from when on the next import reads changes."""
    from crossdock.cli.finding import imports
    from crossdock.cli.output import print_json, print_line, print_table

    place: Place = context.obj
    wanted = [(connection.id, type_) for connection, type_ in imports(place, name, record_type)]
    with place.store(create=False) as store:
        cursors = {(cursor.connection_id, cursor.record_type): cursor for cursor in store.cursors()}
    if name is None:
        left = [key for key in cursors if key not in wanted and record_type in (None, key[1])]
        wanted += left  # of connections that are configured no longer
    names = place.names
    if as_json:
        found = [
            {
                "connection": names.get(key[0]),
                "connectionId": key[0],
                "recordType": key[1],
                "cursor": cursor.cursor if cursor else None,
                "moved": cursor.moved if cursor else None,
                "runId": cursor.run_id if cursor else None,
            }
            for key, cursor in ((key, cursors.get(key)) for key in wanted)
        ]
        print_json(found, place.redact)
    elif wanted:
        rows = []
        for key in wanted:
            cursor = cursors.get(key)
            told = (cursor.cursor, cursor.moved, cursor.run_id or "(set by hand)") if cursor else ("(none)", None, None)
            rows.append((names.get(key[0], key[0]), key[1], *told))
        print_table(
            ("connection", "type", "cursor", "moved", "by run"), rows, spare=("by run", "moved"), redact=place.redact
        )
        if any(key not in cursors for key in wanted):
            print_line("without a cursor, the next import reads everything")
    else:
        print_line("there is no cursor")


@app.command()
def reset(
    context: typer.Context,
    name: Name = None,
    record_type: RecordType = None,
    to: Annotated[
        datetime | None,
        typer.Option(
            parser=parse_since, metavar="TIME", help="Read from then on: 2024-03-01, 2024-03-01T12:00Z or 7d."
        ),
    ] = None,
    yes: Yes = False,
) -> None:
    """Forget a cursor, or set it to a time.

    Without a cursor the next import reads everything again. Nothing is stored twice by that: what has not changed
    is left as it is.
    """
    from crossdock.cli.confirmation import confirm
    from crossdock.cli.finding import imports
    from crossdock.cli.output import print_folded

    place: Place = context.obj
    wanted = [(connection.id, type_) for connection, type_ in imports(place, name, record_type)]
    if name is None and len(wanted) > 1:
        confirm(f"Reset the cursors of all {len(wanted)} imports?", yes=yes)
    text = None if to is None else f"{to:%Y-%m-%dT%H:%M:%SZ}"
    with place.store(create=False) as store:
        for connection_id, type_ in wanted:
            store.reset_cursor(connection_id, type_, text)
            what = f"set to {text}" if text else "forgotten; the next import reads everything"
            print_folded(f"{place.names[connection_id]} {type_}: {what}")
