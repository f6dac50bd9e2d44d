"""``crossdock test``: do mapping and manipulators make what the configuration tests expect?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from crossdock.cli.exit_code import ExitCode
from crossdock.cli.options import AsJson

if TYPE_CHECKING:
    from crossdock.cli.place import Place
    from crossdock.config.cases import Case


def command(
    context: typer.Context,
    name: Annotated[
        str | None,
        typer.Argument(metavar="NAME", help="Only the tests that have this in their name.", show_default=False),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Run the configuration tests beside plugins.toml.

    They stand as [[test]] in *.test.toml, here or in the folder tests: a payload or a record goes in, and certain
    fields are expected. What goes in takes the way of an import, without store, remote system or secrets.
    """
    from crossdock.cli.output import print_json
    from crossdock.cli.trial_view import show_verdicts, verdict_as_wire
    from crossdock.config.cases import load_cases
    from crossdock.pipeline.explaining.trial import try_case
    from crossdock.store import Store

    place: Place = context.obj
    cases = _chosen(load_cases(place.storeless_config), name)
    with Store.open("sqlite://") as store:
        verdicts = [try_case(store, case) for case in cases]
    if as_json:
        print_json([verdict_as_wire(verdict) for verdict in verdicts], place.redact_known)
    else:
        show_verdicts(verdicts, place.redact_known)
    if not all(verdict.passed for verdict in verdicts):
        raise typer.Exit(ExitCode.RECORDS_FAILED)


def _chosen(cases: tuple[Case, ...], name: str | None) -> tuple[Case, ...]:
    from crossdock.errors import ConfigError
    from crossdock.suggestion import did_you_mean

    if name is None:
        return cases
    found = tuple(case for case in cases if name.lower() in case.name.lower())
    if not found:
        raise ConfigError(f"no test has {name!r} in its name{did_you_mean(name, [case.name for case in cases])}")
    return found
