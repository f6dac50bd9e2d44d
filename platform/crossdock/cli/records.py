"""``crossdock records``: what the store holds, listed, shown, exported and, with care, deleted."""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from crossdock.cli.exit_code import ExitCode
from crossdock.cli.options import AsJson, ConnectionName, Reference, Yes, known_type
from crossdock.cli.stdout import stdout

if TYPE_CHECKING:
    from crossdock.cli.place import Place
    from crossdock.store import Store

app = typer.Typer(help="List, show, export and delete stored records.", no_args_is_help=True)

_TABLE_ROWS = 50


class ListFormat(StrEnum):
    """How a list is printed."""

    TABLE = "table"
    JSON = "json"
    JSONL = "jsonl"


class ExportFormat(StrEnum):
    """How an export is printed."""

    JSON = "json"
    JSONL = "jsonl"


Type = Annotated[str, typer.Option("--type", metavar="TYPE", help="The record type, such as order or invoice.")]
Limit = Annotated[int | None, typer.Option("--limit", min=1, metavar="N", help="At most N records.")]


@app.command("list")
def list_(
    context: typer.Context,
    record_type: Type = "order",
    shape: Annotated[
        ListFormat, typer.Option("--format", metavar="table|json|jsonl", help="How to print them.")
    ] = ListFormat.TABLE,
    connection: ConnectionName = None,
    limit: Annotated[
        int | None,
        typer.Option("--limit", min=1, metavar="N", help=f"At most N records; a table shows {_TABLE_ROWS} if unsaid."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """List records, a line each, in the order of their localId."""
    place: Place = context.obj
    shape = ListFormat.JSON if as_json else shape
    with place.store(create=False) as store:
        known_type(record_type)
        if shape is not ListFormat.TABLE:
            _write_all(_documents(place, store, record_type, connection, limit), as_array=shape is ListFormat.JSON)
            return
        _print_table(place, store, record_type, connection, limit or _TABLE_ROWS)


@app.command()
def show(context: typer.Context, reference: Reference, as_json: AsJson = False) -> None:
    """Show one record: fields, rows, custom data and its owners."""
    from crossdock.cli.finding import find
    from crossdock.cli.output import print_json
    from crossdock.cli.record_view import show_linked, show_record

    place: Place = context.obj
    with place.store(create=False) as store:
        record_type, record = find(place, store, reference)
        linked = store.linked(record_type, record["localId"])
    if as_json:
        print_json(record, place.redact)
    else:
        show_record(record_type, record, place.names, place.redact)
        show_linked(linked)


@app.command()
def export(
    context: typer.Context,
    record_type: Type = "order",
    shape: Annotated[
        ExportFormat, typer.Option("--format", metavar="json|jsonl", help="One record a line, or one array.")
    ] = ExportFormat.JSONL,
    connection: ConnectionName = None,
    limit: Limit = None,
) -> None:
    """Write whole records to stdout, in wire format.

    They come in the order of their localId, one a line.

    Such as: crossdock records export --type order > orders.jsonl
    """
    place: Place = context.obj
    with place.store(create=False) as store:
        known_type(record_type)
        _write_all(_documents(place, store, record_type, connection, limit), as_array=shape is ExportFormat.JSON)


@app.command()
def delete(
    context: typer.Context,
    reference: Reference,
    yes: Yes = False,
    force: Annotated[bool, typer.Option("--force", help="Delete it although connections have entries on it.")] = False,
) -> None:
    """Delete one record, as the operator.

    Its last state stays in the history. A record that connections have custom data on is kept unless --force says
    otherwise. Nothing is deleted in the remote system: if it is still there, the next full import brings it back.
    """
    from crossdock.cli.confirmation import confirm
    from crossdock.cli.finding import called, find, writer
    from crossdock.cli.output import complain, print_line
    from crossdock.cli.ownership import claims

    place: Place = context.obj
    with place.store(create=False) as store:
        record_type, record = find(place, store, reference)
        name = called(record_type, record)
        claimed = claims(record_type, record, place.names)
        if claimed and not force:
            complain(
                f"{name} carries custom data of connections ({claimed}), which would be deleted with it; "
                "say --force to do it all the same"
            )
            raise typer.Exit(ExitCode.NOT_OWNED)
        confirm(f"Delete {name} ({record['localId']}) for good?", yes=yes)
        store.delete_record(writer(place, None), record_type, record["localId"])
    print_line(f"deleted {name} ({record['localId']})")


def _documents(
    place: Place, store: Store, record_type: str, connection: str | None, limit: int | None
) -> Iterator[str]:
    """Stream wire documents; one that holds a secret value is written again without it."""
    from itertools import islice

    from crossdock.cli.output import redacted
    from crossdock.records import decode_record, encode_record

    redact = place.redact
    wanted = None if connection is None else place.config.connection(connection).id
    for document in islice(store.documents(record_type, wanted), limit):
        if redact(document) == document:
            yield document
        else:
            yield encode_record(redacted(decode_record(document), redact)).decode()


def _write_all(documents: Iterator[str], *, as_array: bool) -> None:
    write = stdout().write
    if not as_array:
        for document in documents:
            write(f"{document}\n")
        return
    separator = "[\n"
    for document in documents:
        write(f"{separator}{document}")
        separator = ",\n"
    write("[]\n" if separator == "[\n" else "\n]\n")


def _print_table(place: Place, store: Store, record_type: str, connection: str | None, limit: int) -> None:
    from itertools import islice

    from crossdock.cli.output import print_folded, print_line, print_table
    from crossdock.cli.record_list import NUMBERS, SPARE, columns, line

    wanted = None if connection is None else place.config.connection(connection).id
    found = list(islice(store.records(record_type, wanted), limit + 1))
    if not found:
        read = any(record_type in one.imports for one in place.config.connections)
        hint = f" for {connection}" if connection else "; crossdock import" if read else ""
        print_line(f"no {record_type} is stored{hint}")
        return
    shown = [line(record_type, record, place.names) for record in found[:limit]]
    print_table(columns(record_type), shown, right=NUMBERS, spare=SPARE, redact=place.redact)
    if len(found) > limit:
        total = f" of {store.counts().get(record_type, 0):,}" if wanted is None else ""
        print_folded(f"the first {limit:,}{total}; --limit N shows more, crossdock records export writes all")
