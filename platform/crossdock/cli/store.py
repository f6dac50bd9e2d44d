"""``crossdock store``: whole stores, from one database to another."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from crossdock.cli.options import AsJson

if TYPE_CHECKING:
    from crossdock.cli.place import Place

app = typer.Typer(help="Copy a whole store to another database.", no_args_is_help=True)

_HELP = "sqlite:///FILE, postgresql://HOST/DATABASE, or env:NAME for a url in the environment."


@app.command()
def copy(
    context: typer.Context,
    source: Annotated[str, typer.Argument(metavar="FROM", help=f"The store: {_HELP}", show_default=False)],
    target: Annotated[
        str, typer.Argument(metavar="TO", help="Where to; nothing may be stored there.", show_default=False)
    ],
    as_json: AsJson = False,
) -> None:
    """Copy a store to an empty one, from SQLite to PostgreSQL or back.

    Such as: crossdock store copy sqlite:///crossdock.db env:CROSSDOCK_STORE

    Nobody can write to FROM meanwhile. In the end the rows of each table are counted and compared on both sides;
    if anything differs, or the copy is interrupted, nothing is left in TO. Then name TO in [store] url.
    """
    from crossdock.cli.fingerprints import as_wire, show_fingerprints, total
    from crossdock.cli.output import print_folded, print_json
    from crossdock.cli.store_address import store_address
    from crossdock.store.copies.replica import copy_store

    place: Place = context.obj
    addresses = [store_address(place, text) for text in (source, target)]
    made = copy_store(*addresses)
    if as_json:
        print_json({"version": made.version, "tables": as_wire(made.tables)})
        return
    show_fingerprints(made.tables)
    print_folded(f"copied {total(made.tables)}, compared and the same on both sides; name the new store in [store] url")
