"""Tokens: what a program shows to act as a connection."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from collections.abc import Sequence
from typing import Any, Literal, TypeAlias

from msgspec import Struct
from sqlalchemy import bindparam, insert, select, update

from crossdock.errors import ConfigError
from crossdock.store.sql.database import Database
from crossdock.store.sql.moment import Clock, to_text
from crossdock.store.sql.tables import tokens

Role: TypeAlias = Literal["connection", "operator"]

_FORM = re.compile(r"cdk_([0-9a-f]{16})_([A-Za-z0-9_-]{43})", re.ASCII)
_NOBODYS = hashlib.sha256(secrets.token_bytes(32)).digest()


class Token(Struct, frozen=True):
    """A token as it is kept: everything but its secret. ``role`` is ``connection`` or ``operator``."""

    token_id: str
    connection_id: str
    role: str
    created: str
    revoked: str | None


class UnknownTokenError(ConfigError):
    """There is no such token, so nothing can be done with it."""

    def __init__(self, token_id: str) -> None:
        super().__init__(f"there is no token {token_id!r}; crossdock tokens list shows them")


class Tokens:
    """The tokens in a store.

    Of a token ``cdk_<id>_<secret>`` only the SHA-256 of the secret is kept. A slow hash would protect a secret that
    somebody could guess; this one has 256 random bits, so there is nothing to guess.
    """

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def create(self, connection_id: str, role: Role = "connection") -> tuple[Token, str]:
        """Make a token; its text is given here and never again."""
        token_id, secret = secrets.token_hex(8), secrets.token_urlsafe(32)
        token = Token(token_id, connection_id, role, to_text(self._clock()), None)
        row = {name: getattr(token, name) for name in Token.__struct_fields__} | {"hash": _hash(secret)}
        with self._database.write() as connection:
            connection.execute(insert(tokens).values(row))
        return token, f"cdk_{token_id}_{secret}"

    def list(self) -> list[Token]:
        """List tokens, the oldest first, revoked ones included."""
        with self._database.read() as connection:
            return [Token(*row) for row in connection.execute(_SHOWN.order_by(tokens.c.created, tokens.c.token_id))]

    def revoke(self, token_id: str) -> Token:
        """End a token's validity at once and for good; revoking it again changes nothing.

        Raises:
            UnknownTokenError: there is no such token.
        """
        with self._database.write() as connection:
            now = to_text(self._clock())
            valid = update(tokens).where(tokens.c.token_id == token_id, tokens.c.revoked.is_(None))
            connection.execute(valid.values(revoked=now))
            row = connection.execute(_SHOWN.where(tokens.c.token_id == token_id)).first()
        if row is None:
            raise UnknownTokenError(token_id)
        return Token(*row)

    def authenticate(self, text: str) -> Token | None:
        """Return the token that a text is, or ``None``; how long that takes tells nothing about secrets."""
        form = _FORM.fullmatch(text)
        token_id, secret = form.groups() if form else ("", "")
        with self._database.read() as connection:
            row: Sequence[Any] | None = self._database.run(connection, _KEPT, (token_id,)).first()
        # An unknown or revoked token is compared like a valid one, so that all of them take the same time.
        found, kept = (None, _NOBODYS) if row is None else (Token(*row[:-1]), bytes(row[-1]))
        same = hmac.compare_digest(_hash(secret), kept)
        return found if found is not None and same and found.revoked is None else None


_SHOWN = select(*(tokens.c[name] for name in Token.__struct_fields__))
_KEPT = _SHOWN.add_columns(tokens.c.hash).where(tokens.c.token_id == bindparam("token_id"))


def _hash(secret: str) -> bytes:
    return hashlib.sha256(secret.encode("ascii")).digest()
