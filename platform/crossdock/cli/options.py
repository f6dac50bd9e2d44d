"""Options that several commands have in common, so that they read the same everywhere."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, TypeAlias

import typer

REF_HELP = "Which record: order/LOCAL-ID, order/NUMBER or order/CONNECTION:NUMBER."

Reference: TypeAlias = Annotated[str, typer.Argument(metavar="REF", help=REF_HELP, show_default=False)]
AsJson: TypeAlias = Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")]
RecordType: TypeAlias = Annotated[
    str | None, typer.Option("--type", metavar="TYPE", help="Only this record type, such as order.")
]
ConnectionName: TypeAlias = Annotated[
    str | None, typer.Option("--connection", metavar="NAME", help="Only this connection.")
]
Yes: TypeAlias = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]


class LogFormat(StrEnum):
    """How log records are written."""

    TEXT = "text"
    JSON = "json"


def known_type(name: str) -> str:
    """Return the name of a record type.

    Raises:
        ConfigError: there is no such type; says which was probably meant.
    """
    from crossdock.errors import ConfigError
    from crossdock.records import RECORD_TYPES
    from crossdock.suggestion import did_you_mean

    if name not in RECORD_TYPES:
        raise ConfigError(f"there is no record type {name!r}{did_you_mean(name, RECORD_TYPES)}")
    return name
