"""Who sends a request: the connection that its token stands for."""

from __future__ import annotations

import hashlib
import time
from dataclasses import dataclass
from typing import Annotated, TypeAlias

from fastapi import Depends, Request
from starlette.concurrency import run_in_threadpool

from crossdock.api.pace import Pace
from crossdock.api.problem import Problem
from crossdock.api.services import Services
from crossdock.config import Connection
from crossdock.store import Actor
from crossdock.store.access.tokens import Token

SECONDS_TRUSTED = 1.0
_SCHEME = "bearer"
_MOST_REMEMBERED = 1000
_NEVER: tuple[float, Token | None] = (0.0, None)


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


class Gate:
    """Lets tokens in.

    One that the store found valid is taken for valid for another second: a program that sends many requests need not
    be looked up for each, and a revoked token is refused a second later.
    """

    def __init__(self, services: Services) -> None:
        self._store = services.store
        self._connections = {connection.id: connection for connection in services.config.connections}
        self._recent: dict[bytes, tuple[float, Token]] = {}
        self.pace = Pace(services.config.serve.requests_per_second)

    async def caller(self, text: str) -> tuple[Token, Connection] | None:
        """Say which token a text is, and whose; ``None`` if it is none that is valid here."""
        digest = hashlib.sha256(text.encode("latin-1", "replace")).digest()
        valid_until, token = self._recent.get(digest, _NEVER)
        if token is None or valid_until < time.monotonic():
            token = await run_in_threadpool(self._store.tokens.authenticate, text)
            self._remember(digest, token)
        connection = None if token is None else self._connections.get(token.connection_id)
        return None if token is None or connection is None else (token, connection)

    def _remember(self, digest: bytes, token: Token | None) -> None:
        self._recent.pop(digest, None)
        if token is not None:
            if len(self._recent) >= _MOST_REMEMBERED:
                self._recent.clear()
            self._recent[digest] = (time.monotonic() + SECONDS_TRUSTED, token)


async def current_caller(request: Request) -> Caller:
    """Find out who calls.

    Raises:
        Problem: 401 without a token that is valid; 429 if it asks too often; 403 if ``X-ConnectionId`` names another
            connection.
    """
    given = request.headers.getlist("authorization")
    scheme, _, text = given[0].partition(" ") if len(given) == 1 else ("", "", "")
    found = await request.app.state.gate.caller(text.strip(" \t")) if scheme.lower() == _SCHEME else None
    if found is None:
        raise _unknown()
    token, connection = found
    request.state.caller = f"{connection.name}/{token.token_id}"
    request.app.state.gate.pace.keep(token.token_id)
    if any(claimed != connection.id for claimed in request.headers.getlist("x-connectionid")):
        raise _another(connection)
    if token.role == "operator":
        actor = Actor("operator", None, connection.name, "api")
    else:
        actor = Actor("connection", connection.id, connection.name, "api")
    return Caller(actor, token.token_id, connection)


Calling: TypeAlias = Annotated[Caller, Depends(current_caller)]


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
