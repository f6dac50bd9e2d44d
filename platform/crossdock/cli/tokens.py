"""``crossdock tokens``: what outside programs show to be let in by ``crossdock serve``."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from crossdock.cli.options import AsJson, ConnectionName

if TYPE_CHECKING:
    from collections.abc import Mapping

    from crossdock.cli.place import Place
    from crossdock.store.access.tokens import Token

app = typer.Typer(help="Make, list and revoke the tokens of outside programs.", no_args_is_help=True)


class Role(StrEnum):
    """What a token may."""

    connection = "connection"
    operator = "operator"


@app.command()
def create(
    context: typer.Context,
    connection: Annotated[
        str, typer.Option("--connection", metavar="NAME", help="The connection that the token stands for.")
    ],
    role: Annotated[
        Role, typer.Option("--role", help="An operator may repair what belongs to others; every act is recorded.")
    ] = Role.connection,
    as_json: AsJson = False,
) -> None:
    """Make a token, and show it this once.

    Only a hash of it is kept: whoever loses it needs a new one.
    """
    from crossdock.cli.output import complain, print_json, print_line

    place: Place = context.obj
    meant = place.config.connection(connection)
    with place.store() as store:
        token, text = store.tokens.create(meant.id, role.value)
    if as_json:
        print_json(_as_wire(token, place.names) | {"token": text})
        return
    print_line(text)
    acts = f"as an operator, by the name of {meant.name!r}" if role is Role.operator else f"as {meant.name!r}"
    complain(f"token {token.token_id} acts {acts}; it is not shown again")


@app.command("list")
def list_(context: typer.Context, connection: ConnectionName = None, as_json: AsJson = False) -> None:
    """List tokens, without their secrets."""
    from crossdock.cli.output import print_json, print_line, print_table

    place: Place = context.obj
    wanted = None if connection is None else place.config.connection(connection).id
    with place.store(create=False) as store:
        found = [one for one in store.tokens.list() if wanted in (None, one.connection_id)]
    if as_json:
        print_json([_as_wire(one, place.names) for one in found])
    elif found:
        columns = ("token", "connection", "role", "created", "state")
        print_table(columns, [_row(one, place.names) for one in found])
    else:
        print_line("there is no token yet; crossdock tokens create --connection NAME makes one")


@app.command()
def revoke(
    context: typer.Context,
    token_id: Annotated[str, typer.Argument(metavar="TOKEN", help="Its id, as list shows it.")],
) -> None:
    """End the validity of a token, for good.

    A server that is running refuses it within a second.
    """
    from crossdock.cli.output import print_line

    place: Place = context.obj
    with place.store(create=False) as store:
        token = store.tokens.revoke(token_id)
    print_line(f"token {token.token_id} of {place.names.get(token.connection_id, token.connection_id)!r} is revoked")


def _row(token: Token, names: Mapping[str, str]) -> tuple[object, ...]:
    name = names.get(token.connection_id)
    return (
        token.token_id,
        token.connection_id if name is None else name,
        token.role,
        _minute(token.created),
        _state(token, name),
    )


def _state(token: Token, name: str | None) -> str:
    if token.revoked is not None:
        return f"revoked {_minute(token.revoked)}"
    return "valid" if name is not None else "refused: its connection is no longer configured"


def _minute(moment: str) -> str:
    return moment[:16].replace("T", " ")


def _as_wire(token: Token, names: Mapping[str, str]) -> dict[str, Any]:
    return {
        "tokenId": token.token_id,
        "connection": names.get(token.connection_id),
        "connectionId": token.connection_id,
        "role": token.role,
        "created": token.created,
        "revoked": token.revoked,
    }
