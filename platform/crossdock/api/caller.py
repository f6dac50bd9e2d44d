"""Who sends a request: the connection that its token stands for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, TypeAlias

from fastapi import Depends, Request

from crossdock.api.problem import Problem
from crossdock.config import Config, Connection
from crossdock.store import Actor

_SCHEME = "bearer"


@dataclass(frozen=True, slots=True)
class Caller:
    """Whom a request acts as.

    Args:
        actor: the writer that the store sees: the token's connection, or an operator by that connection's name.
        token_id: names the token, and tells nothing secret.
        connection: the token's connection.
    """

    actor: Actor
    token_id: str
    connection: Connection

    @property
    def is_operator(self) -> bool:
        """Whether the token has the role of an operator."""
        return self.actor.kind == "operator"

    def require_operator(self, what: str) -> None:
        """Refuse everybody else.

        Raises:
            Problem: 403; ``what`` says what only an operator does.
        """
        if not self.is_operator:
            raise Problem(
                403,
                "operators-only",
                "Only an operator may do this",
                f"{what} is for operators, and the token acts as connection {self.connection.name!r}",
                remedy="crossdock tokens create --connection NAME --role operator makes a token that may",
            )


def current_caller(request: Request) -> Caller:
    """Find out who calls.

    Raises:
        Problem: 401 without a token that is valid; 403 if ``X-ConnectionId`` names another connection.
    """
    services = request.app.state.services
    scheme, _, text = request.headers.get("authorization", "").partition(" ")
    token = services.store.tokens.authenticate(text.strip()) if scheme.lower() == _SCHEME else None
    connection = None if token is None else _connection(services.config, token.connection_id)
    if token is None or connection is None:
        raise _unknown()
    claimed = request.headers.get("x-connectionid")
    if claimed is not None and claimed != connection.id:
        raise _another(connection)
    if token.role == "operator":
        actor = Actor("operator", None, connection.name, "api")
    else:
        actor = Actor("connection", connection.id, connection.name, "api")
    request.state.caller = f"{connection.name}/{token.token_id}"
    return Caller(actor, token.token_id, connection)


Calling: TypeAlias = Annotated[Caller, Depends(current_caller)]


def _connection(config: Config, connection_id: str) -> Connection | None:
    return next((one for one in config.connections if one.id == connection_id), None)


def _unknown() -> Problem:
    return Problem(
        401,
        "no-token",
        "No valid token",
        "the request carries no token that is valid here",
        remedy="send Authorization: Bearer TOKEN; crossdock tokens create --connection NAME makes a token",
        headers={"WWW-Authenticate": "Bearer"},
    )


def _another(connection: Connection) -> Problem:
    return Problem(
        403,
        "another-connection",
        "The token stands for another connection",
        f"X-ConnectionId names another connection than the token's, {connection.name!r} ({connection.id})",
        remedy="leave the header out, or use a token of that connection",
    )
