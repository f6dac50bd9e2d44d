"""Connections: what they are once the configuration is read, and how one is read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias
from uuid import uuid4

from msgspec import Struct
from pydantic import BaseModel

from crossdock.config.annotation import At, key_names
from crossdock.config.complaint import dotted
from crossdock.config.imports import ImportConfig, ImportReader
from crossdock.config.reference import Resolved, Surroundings
from crossdock.config.remote import RemoteConfig
from crossdock.config.scope import Scope
from crossdock.config.secret_setting import refuse_plain_secrets, secrets_of
from crossdock.config.tables import ConnectionTable, ImportTable
from crossdock.errors import ConfigError, Problem
from crossdock.fault import FAULTS, tell
from crossdock.plugins import ConnectorSpec, Plugins
from crossdock.plugins.connector import SANDBOX
from crossdock.plugins.culprit import culprit
from crossdock.records import RECORD_TYPES
from crossdock.suggestion import closest
from crossdock.toml import Place

AnyConnector: TypeAlias = ConnectorSpec[Any]

_ANY_ADDRESS = "http://127.0.0.1"


@dataclass(frozen=True, slots=True)
class Connection:
    """One configured remote system.

    Args:
        id: 32 hex digits.
        name: what people call it.
        connector: its kind.
        settings: the connector's settings; ``None`` for a sandbox (see ``settings_with``) and while a value is missing.
        remote: how it is spoken to.
        imports: what is imported, by record type, in the order of the file.
        problems: values that are missing in the environment or in files; others than this connection can still run.
        sandbox: whether a stand-in of the remote system is started for each run.
        place: where it stands in the file.
    """

    id: str
    name: str
    connector: AnyConnector
    settings: BaseModel | None
    remote: RemoteConfig
    imports: Mapping[str, ImportConfig]
    problems: tuple[Problem, ...]
    sandbox: bool
    place: Place
    _declared: _Declared = field(repr=False)

    def settings_with(self, values: Mapping[str, str]) -> BaseModel:
        """Validate the declared settings overlaid with ``values``, such as a sandbox's url and keys.

        Raises:
            ConfigError: together they are no valid settings.
        """
        problems: list[Problem] = []
        scope = Scope(self._declared.scope.document, self._declared.scope.path, problems)
        data = {**self._declared.resolved.data, **values}
        hidden = self._declared.resolved.hidden | {(key,): "what the sandbox says" for key in values}
        settings: BaseModel | None = scope.read(
            self.connector.settings, data, _subject(self.connector), folder=self._declared.folder, hidden=hidden
        )
        if settings is None:
            raise ConfigError(problems)
        return settings

    def ready(self) -> BaseModel:
        """Return the settings of a connection that can be used as it stands.

        Raises:
            ConfigError: a value is missing; says which, and how to supply it.
        """
        if self.problems:
            raise ConfigError(self.problems)
        return self.settings_with({}) if self.settings is None else self.settings


class _Declared(Struct, frozen=True):
    """The settings as declared, references resolved, and where they stand."""

    scope: Scope
    resolved: Resolved
    folder: Path


class ConnectionReader(Struct):
    """Reads one ``[[connection]]``; problems go to the scope, secret values to ``secrets``."""

    scope: Scope
    raw: dict[str, Any]
    plugins: Plugins
    surroundings: Surroundings
    imports: ImportReader
    secrets: list[str]
    missing: list[Problem]

    def read(self) -> Connection | None:
        """Return the connection, or ``None`` if something is wrong with it."""
        before = len(self.scope.problems)
        table = self._table()
        remote = self._remote()
        connector = self._connector()
        if connector is None:
            return None
        resolved = self.surroundings.resolve(self._inner_table("settings"))
        sandbox = resolved.data.get("url") == SANDBOX
        settings: BaseModel | None = None
        if sandbox:
            self._check_sandbox(connector, resolved)
        else:
            settings = self._settings(connector, resolved)
        identifier = str(self.raw.get("id", ""))
        imports = self.imports.read(self.scope.inner("import"), self.raw.get("import"), connector, identifier)
        if table is None or remote is None or len(self.scope.problems) > before:
            return None
        return Connection(
            id=table.id,
            name=table.name,
            connector=connector,
            settings=settings,
            remote=remote,
            imports=imports,
            problems=tuple(self.missing),
            sandbox=sandbox,
            place=self.scope.place(),
            _declared=_Declared(self.scope.inner("settings"), resolved, self.surroundings.folder),
        )

    def _table(self) -> ConnectionTable | None:
        elsewhere = dict.fromkeys(key_names(RemoteConfig), "[connection.remote]")
        elsewhere |= dict.fromkeys(key_names(ImportTable), "[connection.import.order]")
        elsewhere |= {name: f"[connection.import.{name}]" for name in RECORD_TYPES}
        spec = self.plugins.connectors.get(str(self.raw.get("connector")))
        elsewhere |= dict.fromkeys(key_names(spec.settings) if spec else (), "[connection.settings]")
        fresh = {"id": uuid4().hex}
        if "id" not in self.raw:
            self.scope.say((), f"[[connection]] lacks 'id', which it keeps for good; a new one: id = \"{fresh['id']}\"")
        table = self.scope.read(ConnectionTable, fresh | self.raw, "[[connection]]", elsewhere=elsewhere)
        if self.raw.get("export"):
            self.scope.say(("export",), "export is not available yet; leave [connection.export] out")
        return table

    def _connector(self) -> AnyConnector | None:
        name = self.raw.get("connector")
        if not isinstance(name, str):
            return None
        spec = self.plugins.connectors.get(name)
        if spec is None:
            self.scope.unknown(("connector",), "connector", name, self.plugins.connectors, self.plugins)
            meant = closest(name, self.plugins.connectors)  # what else is wrong is told at once
            return self.plugins.connectors[meant] if meant else None
        return spec

    def _remote(self) -> RemoteConfig | None:
        scope = self.scope.inner("remote")
        resolved = self.surroundings.resolve(self._inner_table("remote"))
        plain = self._refuse_plain_secrets(scope, RemoteConfig, self._inner_table("remote"))
        self._note_missing(scope, resolved)
        self._note_secrets(RemoteConfig, resolved)
        remote = scope.read_own(
            RemoteConfig,
            resolved.data,
            "[connection.remote]",
            folder=self.surroundings.folder,
            hidden=resolved.hidden,
            forgiven=[*resolved.missing, *plain],
        )
        if remote is not None and remote.proxy_auth is not None:
            self.secrets.append(remote.proxy_auth.get_secret_value().partition(":")[2])  # the password alone, too
        return RemoteConfig() if remote is None and resolved.missing else remote

    def _settings(self, connector: AnyConnector, resolved: Resolved) -> BaseModel | None:
        scope = self.scope.inner("settings")
        plain = self._refuse_plain_secrets(scope, connector.settings, self._inner_table("settings"))
        self._note_missing(scope, resolved)
        self._note_secrets(connector.settings, resolved)
        settings = self._read_settings(
            scope,
            connector,
            resolved.data,
            hidden=resolved.hidden,
            forgiven=[*resolved.missing, *plain],
            complete=isinstance(self.raw.get("settings", {}), dict),
        )
        return None if resolved.missing else settings

    def _check_sandbox(self, connector: AnyConnector, resolved: Resolved) -> None:
        """Check what is declared; the sandbox supplies its address, and its keys, when it is started."""
        scope = self.scope.inner("settings")
        if connector.sandbox is None:
            scope.say(("url",), f"connector {connector.name!r} has no sandbox; write the address of the remote system")
            return
        self._note_secrets(connector.settings, resolved)
        self._read_settings(
            scope,
            connector,
            {**resolved.data, "url": _ANY_ADDRESS},
            hidden=resolved.hidden,
            forgiven=[*resolved.missing, ("url",)],
            complete=False,
        )

    def _read_settings(
        self, scope: Scope, connector: AnyConnector, data: Mapping[str, Any], **more: Any
    ) -> BaseModel | None:
        model: type[BaseModel] = connector.settings
        try:
            return scope.read(model, data, _subject(connector), folder=self.surroundings.folder, **more)
        except FAULTS as error:  # a stranger's validator may raise anything
            origin = self.plugins.origin(connector.name)
            at = culprit(error, origin.package)
            scope.say((), f"connector {connector.name!r} of {origin} fails: {tell(error)} ({at})")
        return None

    def _inner_table(self, name: str) -> dict[str, Any]:
        table = self.raw.get(name, {})
        return table if isinstance(table, dict) else {}

    def _note_missing(self, scope: Scope, resolved: Resolved) -> None:
        for path, complaint in resolved.missing.items():
            self.missing.append(scope.place(path).problem(f"{dotted(path)!r} has no value: {complaint}"))

    def _note_secrets(self, model: type[BaseModel], resolved: Resolved) -> None:
        self.secrets += secrets_of(model, resolved)

    def _refuse_plain_secrets(self, scope: Scope, model: type[BaseModel], raw: Mapping[str, Any]) -> list[At]:
        return refuse_plain_secrets(scope, model, raw, str(self.raw.get("name", "shop")))


def _subject(connector: AnyConnector) -> str:
    return f"connector {connector.name!r}"
