"""``crossdock migrate``: brings the store's tables up to date."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from crossdock.cli.place import Place


def command(
    context: typer.Context,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be done.")] = False,
) -> None:
    """Bring the store's tables up to date, or make them.

    Every command does so by itself when it opens an older store, unless plugins.toml says migrate = "manual" in
    [store]. All steps are one transaction; while they go on, other programs wait.
    """
    from crossdock.cli.output import print_line
    from crossdock.store.sql.database import Database
    from crossdock.store.sql.migration import migrate, migrations, missing_steps

    place: Place = context.obj
    with closing(Database(place.config.store.url, create=not dry_run)) as database:
        newest = len(migrations(database.dialect))
        missing = missing_steps(database)
        if not missing:
            print_line(place.redact(f"{database.name} is up to date: version {newest}"))
            return
        if not dry_run:
            migrate(database)
        done = "would be brought" if dry_run else "is brought"
        names = ", ".join(f"{step.number} {step.name.replace('_', ' ')}" for step in missing)
        told = f"{database.name} {done} from version {newest - len(missing)} to {newest}: {names}"
        print_line(place.redact(told))
