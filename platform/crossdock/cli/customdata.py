"""``crossdock customdata``: entries of custom data, read by everybody, written by their owners or the operator."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from crossdock.cli.exit_code import ExitCode
from crossdock.cli.options import REF_HELP, AsJson, Reference, Yes

if TYPE_CHECKING:
    from crossdock.cli.entries import Change
    from crossdock.cli.place import Place

app = typer.Typer(help="See and change custom data, and who owns it.", no_args_is_help=True)


class EntryType(StrEnum):
    """The types of entries."""

    STRING = "string"
    BOOL = "bool"
    INTEGER = "integer"
    DECIMAL = "decimal"
    JSON = "json"


class OnConflict(StrEnum):
    """What becomes of an entry that both connections have."""

    REFUSE = "refuse"
    KEEP = "keep"
    OVERWRITE = "overwrite"


As = Annotated[
    str | None,
    typer.Option("--as", metavar="CONNECTION", help="Write as this connection; without it, as the operator."),
]
Row = Annotated[
    str | None,
    typer.Option("--row", metavar="ROW-ID", help="The entry of a row (or payment, shipment, refund) instead."),
]
Key = Annotated[
    str,
    typer.Argument(
        metavar="KEY",
        help="As listed: 'CONNECTION|MODULE|KEY', '|MODULE|KEY' if unowned, 'MODULE|KEY' with --as; quote it.",
        show_default=False,
    ),
]


@app.command("list")
def list_(context: typer.Context, reference: Reference, row: Row = None, as_json: AsJson = False) -> None:
    """List the entries of a record and of its rows."""
    from crossdock.cli.entries import as_wire, entries_of
    from crossdock.cli.finding import find
    from crossdock.cli.output import print_json, print_line
    from crossdock.cli.record_view import show_entries

    place: Place = context.obj
    with place.store(create=False) as store:
        record_type, record = find(place, store, reference)
    entries = entries_of(record_type, record, row)
    if as_json:
        print_json([as_wire(entry, place.names) for entry in entries], place.redact)
    elif entries:
        show_entries(entries, place.names, place.redact)
    else:
        print_line(f"{reference} has no custom data", place.redact)


@app.command()
def get(
    context: typer.Context, reference: Reference, key: Key, as_: As = None, row: Row = None, as_json: AsJson = False
) -> None:
    """Print the value of one entry.

    Where only one entry has that name, KEY may be the name alone, such as meta._vat_number.
    """
    from crossdock.cli.entries import as_wire, entries_of, entry_called
    from crossdock.cli.finding import find
    from crossdock.cli.output import print_json, print_line
    from crossdock.cli.record_view import shown

    place: Place = context.obj
    with place.store(create=False) as store:
        record_type, record = find(place, store, reference)
    found = entry_called(entries_of(record_type, record, row), key, place, as_)
    if as_json:
        print_json(as_wire(found, place.names), place.redact)
    else:
        print_line(shown(found[2]["value"]), place.redact)


@app.command("set")
def set_(
    context: typer.Context,
    reference: Reference,
    key: Key,
    value: Annotated[str, typer.Argument(metavar="VALUE", help="The value; put -- before one that begins with '-'.")],
    type_: Annotated[
        EntryType, typer.Option("--type", metavar="TYPE", help="string, bool, integer, decimal or json.")
    ] = EntryType.STRING,
    as_: As = None,
    row: Row = None,
) -> None:
    """Create or change one entry.

    Such as: crossdock customdata set order/1001 'x-crm|tier' gold --as demo-shop

    A connection writes only entries of its own, of modules that begin with x-; the operator anybody's, and
    unowned ones of modules that begin with x-.
    """
    from crossdock.cli.entries import full_key, make_entry, put

    place: Place = context.obj
    dictionary_key = full_key(key, place, as_)
    entry = make_entry(dictionary_key, type_.value, value)
    _write(place, reference, row, as_, put(dictionary_key, entry), f"set {dictionary_key}")


@app.command()
def delete(
    context: typer.Context,
    reference: Annotated[str | None, typer.Argument(metavar="[REF]", help=REF_HELP, show_default=False)] = None,
    key: Annotated[str | None, typer.Argument(metavar="[KEY]", help="As listed; quote it.", show_default=False)] = None,
    as_: As = None,
    row: Row = None,
    owner: Annotated[
        str | None,
        typer.Option("--owner", metavar="ID", help="All entries of a connection that is no longer configured."),
    ] = None,
    yes: Yes = False,
) -> None:
    """Delete one entry, or all of a connection that is gone.

    Such as: crossdock customdata delete --owner 0e0e0e0e0e0e0e0e0e0e0e0e0e0e0e0e

    That shows first what goes, and asks. Remote ids stay, and if the connection is configured again or handed over, a
    full import of it makes the entries anew.
    """
    from crossdock.cli.entries import entries_of, entry_called, take_out
    from crossdock.cli.finding import find
    from crossdock.cli.handing_over import delete_all
    from crossdock.errors import ConfigError

    place: Place = context.obj
    if owner is not None and reference is key is as_ is row is None:
        delete_all(place, owner, yes=yes)
        return
    if owner is not None or reference is None or key is None:
        raise ConfigError("name one entry by REF and KEY, or a connection that is gone by --owner")
    with place.store(create=False) as store:
        record_type, record = find(place, store, reference)
    dictionary_key = entry_called(entries_of(record_type, record, row, whole=False), key, place, as_)[1]
    _write(place, reference, row, as_, take_out(dictionary_key), f"deleted {dictionary_key}")


@app.command()
def owners(context: typer.Context, as_json: AsJson = False) -> None:
    """List who owns how much, connections that are gone included."""
    from crossdock.cli.handing_over import show_owners

    place: Place = context.obj
    show_owners(place, as_json=as_json)


@app.command()
def transfer(
    context: typer.Context,
    old: Annotated[str, typer.Option("--from", metavar="OLD", help="The connection that is gone; its id, see owners.")],
    new: Annotated[str, typer.Option("--to", metavar="NEW", help="The connection that takes over.")],
    entries_only: Annotated[
        bool, typer.Option("--entries-only", help="Another remote system: leave remote ids, cursor and failures.")
    ] = False,
    on_conflict: Annotated[
        OnConflict,
        typer.Option("--on-conflict", metavar="WHAT", help="Of an entry both have: refuse, keep NEW's, or overwrite."),
    ] = OnConflict.REFUSE,
    yes: Yes = False,
) -> None:
    """Hand over what a connection owned that is gone.

    Entries, remote ids, links, and what is known of its imports: if NEW is the same remote system under a new id, its
    next import goes on where OLD's ended. Do it before NEW is imported. It shows first what moves, and asks.
    Each change stands in the history of its record, and the hand-over in crossdock log list.
    """
    from crossdock.cli.handing_over import hand_over

    place: Place = context.obj
    hand_over(place, old, new, entries_only=entries_only, on_conflict=on_conflict.value, yes=yes)


@app.command()
def history(
    context: typer.Context,
    reference: Reference,
    key: Annotated[
        str | None,
        typer.Argument(metavar="KEY", help="Only this entry, as listed, or its name alone.", show_default=False),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Show what happened to the entries of a record.

    What came with the record when an import created it is one line, with its run.
    """
    from crossdock.cli.entries import entries_of, entry_called, full_key
    from crossdock.cli.entry_history import changes_of, show_changes
    from crossdock.cli.finding import find
    from crossdock.cli.output import print_json

    place: Place = context.obj
    if key is not None and "|" in key:
        key = full_key(key, place, None)
    with place.store(create=False) as store:
        record_type, record = find(place, store, reference)
        changes = list(changes_of(store, record_type, record["localId"], key))
    entries = entries_of(record_type, record, None)
    there = {name for _part, whole, entry in entries for name in (whole, entry["key"])}
    if key is not None and key not in there and not any(change.key for change in changes):
        entry_called(entries, key, place, None)  # raises, and says what was meant
    if as_json:
        print_json([change.as_wire(place.names) for change in changes], place.redact)
    else:
        show_changes(changes, place.names, place.redact)


def _write(place: Place, reference: str, row: str | None, as_: str | None, change: Change, done: str) -> None:
    from crossdock.cli.entries import changed
    from crossdock.cli.finding import called, find, writer
    from crossdock.cli.output import complain, print_folded
    from crossdock.cli.ownership import explain
    from crossdock.errors import OwnershipError

    actor = writer(place, as_)
    with place.store(create=False) as store:
        record_type, record = find(place, store, reference)
        try:
            written = store.write_record(
                actor, record_type, record["localId"], lambda now: changed(record_type, now, row, change)
            )
        except OwnershipError as error:
            complain(place.redact(explain(actor, error, place.names)))
            raise typer.Exit(ExitCode.NOT_OWNED) from None
    name = called(record_type, record)
    outcome = f"version {written.version}" if written.changed else "it was like that already"
    print_folded(f"{done} on {name} as {actor.kind} {actor.name} ({outcome})", place.redact)
