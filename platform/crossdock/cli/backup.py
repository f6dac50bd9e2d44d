"""``crossdock backup`` and ``crossdock restore``: everything that is stored, as one file, and back."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from crossdock.cli.options import AsJson, Yes

if TYPE_CHECKING:
    from crossdock.cli.place import Place
    from crossdock.store.copies.backup import Backup

File = Annotated[Path, typer.Argument(metavar="FILE", help="The backup.", show_default=False)]


def back_up(context: typer.Context, file: File, yes: Yes = False, as_json: AsJson = False) -> None:
    """Write everything that is stored into a file.

    Imports and everything else go on meanwhile. The file holds the store as it stood at one moment, each table with its
    number of rows and a digest. It is a store of SQLite, also where the store itself is on PostgreSQL. It appears under
    its name when it is complete.
    """
    from datetime import UTC, datetime

    from crossdock.cli.confirmation import confirm
    from crossdock.cli.fingerprints import as_wire, show_fingerprints, total
    from crossdock.cli.output import print_folded, print_json
    from crossdock.store.copies.backup import back_up as write_backup

    place: Place = context.obj
    url = place.config.store.url
    if file.is_file():
        confirm(f"{str(file)!r} is there already. Replace it?", yes=yes)
    made = write_backup(url, file, datetime.now(UTC))
    if as_json:
        found = {"file": str(file), "taken": made.taken, "version": made.version, "tables": as_wire(made.tables)}
        print_json(found, place.redact)
        return
    show_fingerprints(made.tables)
    size = f"{file.stat().st_size / 1e6:,.1f} MB"
    print_folded(
        f"backed up as of {made.taken}: {total(made.tables)}, {size}, compared and the same: {file}", place.redact
    )


def restore(context: typer.Context, file: File, yes: Yes = False, as_json: AsJson = False) -> None:
    """Make the store what a backup says.

    The backup is read through first. A store that is not empty is replaced only after a question. Stop crossdock run,
    crossdock serve and imports before; whatever happens meanwhile, the store is there whole, the old one or the new.
    """
    from crossdock.cli.confirmation import confirm
    from crossdock.cli.fingerprints import as_wire, show_fingerprints, total
    from crossdock.cli.output import print_folded, print_json
    from crossdock.store.copies.backup import examine, restore as restore_backup
    from crossdock.store.copies.occupancy import is_occupied

    place: Place = context.obj
    url = place.config.store.url
    found = examine(file)
    occupied = is_occupied(url)
    if occupied:
        question = f"The store is not empty. Replace all that is in it by the backup of {found.taken}?"
        confirm(question, yes=yes)
    made = restore_backup(file, url, replacing=occupied)
    if as_json:
        wire = {"file": str(file), "taken": found.taken, "version": made.version, "tables": as_wire(made.tables)}
        print_json(wire, place.redact)
        return
    show_fingerprints(made.tables)
    print_folded(
        f"restored as of {found.taken}: {total(made.tables)}, compared and the same{_older(found)}", place.redact
    )


def _older(backup: Backup) -> str:
    from crossdock.store.sql.migration import migrations

    newest = len(migrations())
    if backup.version == newest:
        return ""
    return f"; it has version {backup.version}, and is brought to {newest} when it is opened or by `crossdock migrate`"
