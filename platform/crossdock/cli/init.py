"""``crossdock init``: a commented plugins.toml to start from."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from crossdock.cli.place import Place


def command(
    context: typer.Context,
    folder: Annotated[
        Path | None, typer.Argument(metavar="DIR", help="The folder to write it into; here, if unsaid.")
    ] = None,
) -> None:
    """Write a commented plugins.toml to start from.

    It configures a demo shop that runs on this machine, and has a real shop to fill in. No file is ever overwritten.
    """
    from uuid import uuid4

    from crossdock.cli.output import print_line
    from crossdock.config.starter import starter_text
    from crossdock.errors import ConfigError

    place: Place = context.obj
    file = place.file if folder is None else folder / place.file.name
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with file.open("x", encoding="utf-8") as stream:
            stream.write(starter_text(uuid4().hex, uuid4().hex))
    except OSError as error:
        if file.exists():
            raise ConfigError(f"{str(file)!r} is there already and was left alone; name another folder") from None
        raise ConfigError(f"{str(file)!r} cannot be written: {error.strerror}") from error
    print_line(f"wrote {file}")
    option = _option(file)
    print_line()
    print_line("What to do next:")
    for command_, purpose in (
        (f"crossdock{option} import", "import the demo shop's orders; it needs no shop and no key"),
        (f"crossdock{option} records list", "see them"),
        (f"crossdock{option} check", "after every change of the file: is everything right?"),
        (f"crossdock{option} test", "run your configuration tests, see docs/configuration-tests.md"),
    ):
        print_line(f"  {command_.ljust(28 + len(option))} {purpose}")


def _option(file: Path) -> str:
    """Say how to name the file in later commands; nothing if they find it by themselves."""
    if file.resolve() == Path("plugins.toml").resolve():
        return ""
    name = str(file)
    return f" --config '{name}'" if " " in name else f" --config {name}"
