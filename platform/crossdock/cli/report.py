"""``crossdock report``: what an operator wants to read in the morning."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from crossdock.cli.moment import parse_since
from crossdock.cli.options import AsJson
from crossdock.cli.stdout import stdout

if TYPE_CHECKING:
    from crossdock.cli.place import Place
    from crossdock.pipeline.reporting.digest import Digest


class ReportFormat(StrEnum):
    """How the report is written."""

    TEXT = "text"
    HTML = "html"
    JSON = "json"


def command(
    context: typer.Context,
    since: Annotated[
        datetime | None,
        typer.Option(parser=parse_since, metavar="TIME", help="What it is about; 24h, if unsaid.", show_default=False),
    ] = None,
    shape: Annotated[
        ReportFormat, typer.Option("--format", metavar="text|html|json", help="How to write it.")
    ] = ReportFormat.TEXT,
    output: Annotated[
        Path | None, typer.Option("--output", metavar="FILE", help="Write it there, instead of showing it.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Write the digest of a time: what went wrong, and what to do.

    For each connection: errors by their cause, with the numbers of the orders that they met and what to do; entries
    that limits refused; known records that are not up to date; what outside programs told of their own systems.

    Such as: crossdock report --since 24h --format html --output report.html
    """
    from crossdock.errors import ConfigError

    place: Place = context.obj
    text = _written(place, _digest(place, since or parse_since("24h")), ReportFormat.JSON if as_json else shape)
    if output is None:
        stdout().write(text)
        return
    try:
        output.write_text(text, "utf-8")
    except OSError as error:
        raise ConfigError(f"{str(output)!r} cannot be written: {error.strerror}; name another FILE") from error


def _digest(place: Place, since: datetime) -> Digest:
    from crossdock.pipeline.reporting.digesting import make_digest
    from crossdock.store.sql.moment import utc_now

    with place.store(create=False) as store:
        return make_digest(store, place.config.connections, since, utc_now())


def _written(place: Place, digest: Digest, shape: ReportFormat) -> str:
    if shape is ReportFormat.JSON:
        from crossdock.cli.output import json_text

        return json_text(digest.as_wire(), place.redact)
    if shape is ReportFormat.HTML:
        from crossdock.cli.report_html import report_as_html

        return report_as_html(digest, place.redact)
    from crossdock.cli.report_text import report_as_text

    return report_as_text(digest, place.redact)
