"""``crossdock check``: is the configuration right, and with ``--live``, do the credentials work?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from crossdock.cli.exit_code import ExitCode
from crossdock.cli.options import AsJson
from crossdock.plural import counted

if TYPE_CHECKING:
    from crossdock.cli.place import Place
    from crossdock.config import Config, Connection
    from crossdock.errors import Problem


def command(
    context: typer.Context,
    live: Annotated[bool, typer.Option("--live", help="Also ask each remote system whether it lets us in.")] = False,
    as_json: AsJson = False,
) -> None:
    """Say what is wrong in plugins.toml, before anything runs.

    Configuration, plugins, mappings and secrets: every problem is told in one go, as file:line:column. Nothing is
    fetched and nothing is written.
    """
    place: Place = context.obj
    config, problems = _load(place)
    answers = [_ask(place, connection) for connection in config.connections] if live and config else []
    if as_json:
        _print_json(place, config, problems, answers)
    else:
        _print(place, config, problems, answers)
    if any(not answer["fine"] for answer in answers):
        raise typer.Exit(ExitCode.UNFINISHED)
    if problems:
        raise typer.Exit(ExitCode.CONFIGURATION)


def _load(place: Place) -> tuple[Config | None, tuple[Problem, ...]]:
    """Read the configuration as far as that is possible, with all that is wrong in it.

    Raises:
        ConfigError: there is no such file.
    """
    from crossdock.errors import ConfigError

    try:
        return place.config, place.config.problems
    except ConfigError as error:
        if not error.problems:
            raise
        return None, error.problems


def _ask(place: Place, connection: Connection) -> dict[str, Any]:
    from crossdock.cli.connecting import connect
    from crossdock.errors import CrossdockError

    answer: dict[str, Any] = {"connection": connection.name, "connectionId": connection.id}
    try:
        with connect(connection) as source:
            return answer | {"fine": True, "message": place.redact(source.check())}
    except CrossdockError as error:
        return answer | {"fine": False, "message": place.redact(str(error))}


def _rows(config: Config) -> list[dict[str, Any]]:
    return [
        {
            "connection": connection.name,
            "connectionId": connection.id,
            "connector": connection.connector.name,
            "recordType": imported.record_type,
            "manipulators": [step.name for step in imported.manipulators],
            "mappingLines": len(imported.mapping.all_lines),
        }
        for connection in config.connections
        for imported in connection.imports.values()
    ]


def _print_json(place: Place, config: Config | None, problems: tuple[Problem, ...], answers: list[Any]) -> None:
    from dataclasses import asdict

    from crossdock.cli.output import print_json

    found = {
        "file": str(place.file),
        "problems": [asdict(problem) for problem in problems],
        "imports": _rows(config) if config else [],
    }
    print_json(found | ({"live": answers} if answers else {}), place.redact_known)


def _print(place: Place, config: Config | None, problems: tuple[Problem, ...], answers: list[Any]) -> None:
    from crossdock.cli.output import complain, print_folded, print_table

    if config is not None and config.connections:
        columns = ("connection", "connector", "type", "manipulators", "mapping lines")
        rows = (
            (
                row["connection"],
                row["connector"],
                row["recordType"],
                ", ".join(row["manipulators"]),
                row["mappingLines"],
            )
            for row in _rows(config)
        )
        print_table(columns, rows, right=("mapping lines",))
    for answer in answers:
        print_folded(f"{answer['connection']}: {'' if answer['fine'] else 'FAILED: '}{answer['message']}")
    for problem in problems:
        complain(place.redact_known(str(problem)))
    if problems:
        complain(f"{counted(len(problems), 'problem')} in {place.file}")
    elif config is not None and not config.connections:
        print_folded(f"{place.file} is right, but has no [[connection]] yet; crossdock connectors list shows the kinds")
    else:
        print_folded(f"{place.file} is right{_unreached(answers)}")


def _unreached(answers: list[Any]) -> str:
    """Say how many connections cannot be reached, whatever the configuration is like."""
    failed = sum(not answer["fine"] for answer in answers)
    return f"; {failed} of {counted(len(answers), 'connection')} cannot be reached" if failed else ""
