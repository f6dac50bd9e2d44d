"""All commands by name, each loaded when it is asked for.

For Typer to read what all of them take costs as much as importing hundreds of orders; so whoever runs one command pays
for that one, and only ``crossdock --help`` for all.
"""

from __future__ import annotations

from collections import UserDict
from importlib import import_module
from typing import Any

import typer
from typer.main import get_group

_START = "Set up"
_IMPORT = "Import"
_DATA = "See and change what is stored"
_KEEP = "Keep what is stored"
_SERVE = "Serve other programs"
_PLUGINS = "Plugins"

# The heading under which the help lists it; the module in this package, and its function or, for a group, its app.
_HOMES = {
    "init": (_START, "init:command"),
    "check": (_START, "check:command"),
    "test": (_START, "testing:command"),
    "sandbox": (_START, "sandbox:command"),
    "migrate": (_START, "migrate:command"),
    "import": (_IMPORT, "importing:command"),
    "run": (_IMPORT, "run:command"),
    "preview": (_IMPORT, "preview:command"),
    "replay": (_IMPORT, "replay:command"),
    "report": (_IMPORT, "report:command"),
    "audit": (_IMPORT, "audit:command"),
    "coverage": (_IMPORT, "coverage:command"),
    "why": (_DATA, "why:command"),
    "backup": (_KEEP, "backup:back_up"),
    "restore": (_KEEP, "backup:restore"),
    "retain": (_KEEP, "retain:command"),
    "erase": (_KEEP, "erase:command"),
    "serve": (_SERVE, "serve:command"),
    "runs": (_IMPORT, "runs:app"),
    "quarantine": (_IMPORT, "quarantine:app"),
    "log": (_IMPORT, "log:app"),
    "cursor": (_IMPORT, "cursor:app"),
    "drift": (_IMPORT, "drift:app"),
    "records": (_DATA, "records:app"),
    "customdata": (_DATA, "customdata:app"),
    "limits": (_DATA, "limits:app"),
    "flow": (_DATA, "flow:app"),
    "store": (_KEEP, "store:app"),
    "tokens": (_SERVE, "tokens:app"),
    "events": (_SERVE, "events:app"),
    "connectors": (_PLUGINS, "connectors:app"),
    "manipulators": (_PLUGINS, "manipulators:app"),
}


class Commands(UserDict[str, Any]):
    """Hands out Click's commands, made from their modules when they are first asked for."""

    def __init__(self) -> None:
        super().__init__(dict.fromkeys(_HOMES))

    def __getitem__(self, name: str) -> Any:
        """Return a command.

        Raises:
            KeyError: there is none of this name.
        """
        if self.data[name] is None:
            self.data[name] = _made(name)
        return self.data[name]

    def modules(self) -> set[str]:
        """The modules in which they are written."""
        return {_module(home) for _heading, home in _HOMES.values()}


def _module(home: str) -> str:
    return f"crossdock.cli.{home.partition(':')[0]}"


def _made(name: str) -> Any:
    heading, home = _HOMES[name]
    found = getattr(import_module(_module(home)), home.partition(":")[2])
    # Rich, which draws the boxes of Typer's own help, alone would take as long to import as all the rest.
    holder = typer.Typer(rich_markup_mode=None)
    if isinstance(found, typer.Typer):
        holder.add_typer(found, name=name, rich_help_panel=heading)
    else:
        holder.command(name, rich_help_panel=heading)(found)
    return get_group(holder).commands[name]
