"""Subscriptions: who is told what happens, and how a ``[[subscription]]`` is read."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from ipaddress import ip_address
from typing import Annotated, Any, Literal, TypeAlias, get_args
from urllib.parse import urlsplit

from msgspec import Struct
from pydantic import AfterValidator, Field, SecretStr

from crossdock.config.complaint import dotted
from crossdock.config.duration import Duration
from crossdock.config.reference import Resolved, Surroundings
from crossdock.config.remote import HttpOptions
from crossdock.config.scope import Scope
from crossdock.config.secret_setting import refuse_plain_secrets, secrets_of
from crossdock.config.tables import Name, Table
from crossdock.errors import Problem
from crossdock.records import RECORD_TYPES
from crossdock.suggestion import did_you_mean
from crossdock.web_address import web_address

EventKind: TypeAlias = Literal[
    "record.created", "record.updated", "record.deleted", "customData.changed", "run.finished"
]
EVENT_KINDS: tuple[EventKind, ...] = get_args(EventKind)

_SECRET_PREFIX = "whsec_"  # noqa: S105 - how every one begins
_SECRET_BYTES = range(24, 65)
_STAND_INS = {  # events are kept for a receiver that cannot be reached yet
    "url": "https://unknown.invalid",
    "secret": f"{_SECRET_PREFIX}{base64.b64encode(bytes(32)).decode()}",
    "remote": {},
}
_NEAR = (".local", ".internal", ".localhost", ".home.arpa")


def _receiver(url: str) -> str:
    address = web_address(url, like="https://receiver.example/path")
    parts = urlsplit(address)
    if "@" in parts.netloc or parts.fragment:
        message = "only the address belongs here: no user, no password, no fragment; the signature says who sends"
        raise ValueError(message)
    if parts.scheme == "http" and not _is_near(parts.hostname or ""):
        message = (
            "records would travel readable for everybody on the way; use https (http only to this machine or the "
            "own network: localhost, a private address, a name without a dot)"
        )
        raise ValueError(message)
    return address


def _is_near(host: str) -> bool:
    """Say whether a host is this machine or one of the own network."""
    try:
        address = ip_address(host)
    except ValueError:
        return "." not in host or host.endswith(_NEAR)
    return address.is_private or address.is_loopback


def _signing_secret(secret: SecretStr) -> SecretStr:
    text = secret.get_secret_value().strip()
    try:
        size = len(base64.b64decode(text.removeprefix(_SECRET_PREFIX), validate=True))
    except (binascii.Error, ValueError):
        size = 0
    if size not in _SECRET_BYTES:
        message = (
            f"a signing secret is {_SECRET_PREFIX} and {_SECRET_BYTES[0]} to {_SECRET_BYTES[-1]} bytes in base64; "
            "openssl rand -base64 32 makes the part behind the prefix"
        )
        raise ValueError(message)
    return SecretStr(text)


def _some(kinds: tuple[EventKind, ...]) -> tuple[EventKind, ...]:
    if not kinds:
        message = "name at least one kind of event, or leave the line out for all of them"
        raise ValueError(message)
    return kinds


def _record_type(name: str) -> str:
    if name not in RECORD_TYPES:
        message = f"there is no record type {name!r}{did_you_mean(name, RECORD_TYPES)}"
        raise ValueError(message)
    return name


class ReceiverConfig(HttpOptions):
    """``[subscription.remote]``: how the receiver is reached."""

    connect_timeout: Duration = Field(
        default=timedelta(seconds=5), description="how long a connection may take to open"
    )
    read_timeout: Duration = Field(
        default=timedelta(seconds=15), description="how long the receiver may take to answer; then it is asked again"
    )


class SubscriptionTable(Table):
    """``[[subscription]]``: a receiver of events."""

    name: Name = Field(description="what people call it, in commands; what waits for it is kept under this name")
    url: Annotated[str, AfterValidator(_receiver)] = Field(
        description="where events are posted to: https, or http within the own network"
    )
    secret: Annotated[SecretStr, AfterValidator(_signing_secret)] = Field(
        description="what they are signed with, by reference: `whsec_` and 24 to 64 bytes in base64"
    )
    events: Annotated[tuple[EventKind, ...], AfterValidator(_some)] = Field(
        default=EVENT_KINDS, description="the kinds of events"
    )
    record_types: tuple[Annotated[str, AfterValidator(_record_type)], ...] = Field(
        default=(), description="only of these record types; absent: of all"
    )
    connection: str | None = Field(
        default=None, description="name or id of the connection that the receiver stands for, if it is one"
    )
    own_changes: bool = Field(
        default=False,
        description="whether it is told what its own connection wrote; then two systems can play ping-pong",
    )
    remote: ReceiverConfig = Field(
        default=ReceiverConfig(), description="`[subscription.remote]`: how the receiver is reached"
    )


@dataclass(frozen=True, slots=True)
class Subscription:
    """One receiver of events.

    Args:
        name: what people call it.
        url: where events are posted to.
        secret: what they are signed with.
        events: the kinds of events.
        record_types: of which record types; empty for all.
        connection_id: the connection that the receiver stands for.
        own_changes: whether it is told what that connection wrote.
        remote: how the receiver is reached.
        problems: values that are missing in the environment or in files; until they are there, events are kept and
            not sent.
    """

    name: str
    url: str
    secret: SecretStr = field(repr=False)
    events: frozenset[EventKind]
    record_types: frozenset[str]
    connection_id: str | None = None
    own_changes: bool = False
    remote: ReceiverConfig = field(default_factory=ReceiverConfig)
    problems: tuple[Problem, ...] = ()

    def concerns(self, kind: EventKind, record_type: str) -> bool:
        """Say whether it wants events of this kind and record type."""
        return kind in self.events and (not self.record_types or record_type in self.record_types)


class SubscriptionReader(Struct):
    """Reads one ``[[subscription]]``; problems go to the scope, secret values to ``secrets``.

    Args:
        scope: where it stands.
        raw: the table.
        surroundings: what references point into.
        connections: ids of the connections, by name and by id.
        secrets: gets the secret values.
        missing: what has no value.
    """

    scope: Scope
    raw: dict[str, Any]
    surroundings: Surroundings
    connections: Mapping[str, str]
    secrets: list[str]
    missing: list[Problem]

    def read(self) -> Subscription | None:
        """Return the subscription, or ``None`` if something is wrong with it."""
        before = len(self.scope.problems)
        resolved = self.surroundings.resolve(self.raw)
        plain = refuse_plain_secrets(self.scope, SubscriptionTable, self.raw, str(self.raw.get("name", "events")))
        for secret in secrets_of(SubscriptionTable, resolved):
            self.secrets += [secret, secret.removeprefix(_SECRET_PREFIX)]
        table = self.scope.read(
            SubscriptionTable,
            self._stood_in_for(resolved),
            "[[subscription]]",
            folder=self.surroundings.folder,
            hidden=resolved.hidden,
            forgiven=plain,
        )
        connection_id = self._connection_id()
        if table is None or len(self.scope.problems) > before:
            return None
        return Subscription(
            name=table.name,
            url=table.url,
            secret=table.secret,
            events=frozenset(table.events),
            record_types=frozenset(table.record_types),
            connection_id=connection_id,
            own_changes=table.own_changes,
            remote=table.remote,
            problems=tuple(self.missing),
        )

    def _stood_in_for(self, resolved: Resolved) -> dict[str, Any]:
        """Fill in for values that are missing, as far as events can be kept without them."""
        data = resolved.data
        for path, complaint in resolved.missing.items():
            message = f"{dotted(path)!r} has no value: {complaint}"
            if path[0] in _STAND_INS:
                data = {**data, path[0]: _STAND_INS[path[0]]}
                self.missing.append(self.scope.place(path).problem(message))
            else:
                self.scope.say(path, message)
        return data

    def _connection_id(self) -> str | None:
        named = self.raw.get("connection")
        if not isinstance(named, str):
            return None
        if named not in self.connections:
            known = [name for name, connection_id in self.connections.items() if name != connection_id]
            hint = did_you_mean(named, known) if known else "; leave the line out"
            self.scope.say(("connection",), f"there is no connection {named!r}{hint}")
        return self.connections.get(named)


def read_subscriptions(
    top: Scope,
    raw: object,
    surroundings: Surroundings,
    connections: Mapping[str, str],
    secrets: list[str],
    missing: list[Problem],
) -> tuple[Subscription, ...]:
    """Read all subscriptions; problems go to the scope, values that one lacks to its ``problems`` and ``missing``."""
    tables = [table for table in raw if isinstance(table, dict)] if isinstance(raw, list) else []
    found: dict[str, Subscription] = {}
    for position, table in enumerate(tables):
        scope = top.inner("subscription", position)
        reader = SubscriptionReader(scope, table, surroundings, connections, secrets, missing=[])
        made = reader.read()
        missing += reader.missing
        if made is not None and made.name in found:
            scope.say(("name",), f"the name {made.name!r} is already taken by another subscription; give another")
        elif made is not None:
            found[made.name] = made
    return tuple(found.values())
