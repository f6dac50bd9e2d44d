"""Reads plugins.toml: everything is checked before anything runs, and every problem is told in one go."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from crossdock.config.annotation import key_names
from crossdock.config.complaint import shown
from crossdock.config.connection import Connection, ConnectionReader
from crossdock.config.flows import Flows, read_flows
from crossdock.config.imports import ImportReader
from crossdock.config.reference import Surroundings, reference_in
from crossdock.config.retention import RetentionConfig
from crossdock.config.scope import Scope
from crossdock.config.secret import Redactor
from crossdock.config.serve import ServeConfig
from crossdock.config.tables import ConfigTable, ConnectionTable, ImportTable, PluginsTable, StoreConfig
from crossdock.errors import ConfigError, Problem
from crossdock.limits.rule import LimitRule
from crossdock.plugins import InstalledPlugin, Plugins, load_listed_plugins
from crossdock.suggestion import did_you_mean
from crossdock.toml import TomlDocument, read_toml

if TYPE_CHECKING:
    from crossdock.config.subscription import Subscription

_SQLITE = "sqlite:///"
# What is written with two brackets, and what each of its tables is called.
_LISTS = {"connection": "connection", "subscription": "subscription", "limits": "table", "flow": "flow"}


@dataclass(frozen=True, slots=True)
class Config:
    """The validated configuration.

    Args:
        file: the file it was read from.
        folder: its folder, absolute; relative paths in it start there.
        store: where records are kept.
        retention: how long what is no longer needed is kept.
        serve: how the HTTP API is served.
        plugins: everything that plugins bring.
        connections: in the order of the file.
        subscriptions: who is told what happens, in the order of the file.
        limits: what custom data may be, in the order of the file.
        flows: which custom data goes along links between records.
        secrets: all secret values, for a ``Redactor``.
    """

    file: Path
    folder: Path
    store: StoreConfig
    retention: RetentionConfig
    serve: ServeConfig
    plugins: Plugins
    connections: tuple[Connection, ...]
    subscriptions: tuple[Subscription, ...]
    limits: tuple[LimitRule, ...]
    flows: Flows
    secrets: tuple[str, ...] = field(repr=False)

    def connection(self, name_or_id: str) -> Connection:
        """Return the connection of that name or id.

        Raises:
            ConfigError: there is none; says which there are, or which was probably meant.
        """
        for connection in self.connections:
            if name_or_id in (connection.name, connection.id):
                return connection
        hint = did_you_mean(name_or_id, [one.name for one in self.connections], none="none is configured")
        raise ConfigError(f"{self.file}: there is no connection {name_or_id!r}{hint}")

    @property
    def problems(self) -> tuple[Problem, ...]:
        """What keeps single connections and subscriptions from working, such as a missing secret; others do."""
        of_connections = (problem for connection in self.connections for problem in connection.problems)
        return (*of_connections, *(problem for one in self.subscriptions for problem in one.problems))


def load_config(
    path: Path,
    environ: Mapping[str, str],
    *,
    installed: Iterable[InstalledPlugin] | None = None,
    plugins: Plugins | None = None,
    storeless: bool = False,
) -> Config:
    """Read and validate a configuration, plugins and mappings included.

    Args:
        path: the file, usually ``plugins.toml``.
        environ: what ``{ env = "NAME" }`` looks into, usually ``os.environ``.
        installed: plugins of installed distributions; found by themselves unless given.
        plugins: all plugins, loaded already.
        storeless: the store is not going to be opened, so its url may refer to a value that is not here.

    Raises:
        ConfigError: with every problem that was found; only values that one connection lacks are left to its
            ``problems``.
    """
    if not path.exists():
        raise ConfigError(f"{path}: there is no such file; 'crossdock init' writes one, --config FILE names another")
    return _Loader(path, read_toml(path), environ, installed, plugins, storeless=storeless).load()


class _Loader:
    def __init__(
        self,
        path: Path,
        document: TomlDocument,
        environ: Mapping[str, str],
        installed: Iterable[InstalledPlugin] | None,
        plugins: Plugins | None,
        *,
        storeless: bool,
    ) -> None:
        self.path = path
        self.plugins = plugins
        self.storeless = storeless
        self.installed = installed
        self.folder = path.resolve().parent
        self.document = document
        self.surroundings = Surroundings(environ, self.folder)
        self.problems: list[Problem] = []
        self.missing: list[Problem] = []
        self.secrets: list[str] = []
        self.top = Scope(document, (), self.problems)

    def load(self) -> Config:
        self._check_top()
        store = self._store()
        retention = self.top.inner("retention").read_own(RetentionConfig, self._table("retention"), "[retention]")
        serve = self.top.inner("serve").read_own(ServeConfig, self._table("serve"), "[serve]")
        plugins = self._plugins()
        limits = self._limits(plugins)
        connections = self._connections(plugins, limits)
        subscriptions = self._subscriptions()
        flows = read_flows(self.top, self.document.data.get("flow"), self._connection_ids())
        secrets = tuple(dict.fromkeys(secret for secret in self.secrets if secret))
        if self.problems or store is None or retention is None or serve is None:
            raise ConfigError(self._told(secrets))
        return Config(
            file=self.path,
            folder=self.folder,
            store=store,
            retention=retention,
            serve=serve,
            plugins=plugins,
            connections=tuple(connection for connection in connections if connection is not None),
            subscriptions=subscriptions,
            limits=limits,
            flows=flows,
            secrets=secrets,
        )

    def _told(self, secrets: tuple[str, ...]) -> list[Problem]:
        """Return all problems once each, values that connections lack included, in the order of the file."""
        redactor = Redactor(secrets)
        unique = dict.fromkeys([*self.problems, *self.missing])
        ordered = sorted(
            unique, key=lambda found: (found.file != self.document.file, found.file, found.line, found.column)
        )
        return [Problem(item.file, item.line, item.column, redactor.text(item.message)) for item in ordered]

    def _check_top(self) -> None:
        data = dict(self.document.data)
        for name, what in _LISTS.items():
            if isinstance(data.get(name), dict):
                self.top.say((name,), f"write [[{name}]] with two brackets: each {what} is one of a list")
                del data[name]
        elsewhere = {"test": "a file of its own beside this one, such as shop.test.toml"}
        elsewhere |= dict.fromkeys(key_names(ImportTable), "[connection.import.order]")
        elsewhere |= dict.fromkeys(key_names(ConnectionTable), "[[connection]]")
        elsewhere |= {name: f"[connection.{name}]" for name in ("settings", "remote", "import")}
        self.top.read(ConfigTable, data, self.document.file, elsewhere=elsewhere)

    def _table(self, name: str) -> dict[str, Any]:
        table = self.document.data.get(name)
        return table if isinstance(table, dict) else {}

    def _store(self) -> StoreConfig | None:
        scope = self.top.inner("store")
        raw = self._table("store")
        resolved = self.surroundings.resolve(raw)
        if self.storeless and resolved.missing:
            return StoreConfig()
        for path, complaint in resolved.missing.items():
            scope.say(path, complaint)
        store = scope.read_own(StoreConfig, resolved.data, "[store]", hidden=resolved.hidden, forgiven=resolved.missing)
        if store is None:
            return None
        password = urlsplit(store.url).password
        if password:
            self.secrets += [password, store.url]
            if not reference_in(raw.get("url")):
                scope.say(("url",), 'a url with a password must not stand in this file; write url = { env = "..." }')
        return store.model_copy(update={"url": self._store_url(store.url)})

    def _store_url(self, url: str) -> str:
        """Make the path of a SQLite file absolute, so that it does not depend on where a command is typed."""
        name, mark, query = url.removeprefix(_SQLITE).partition("?")
        if not url.startswith(_SQLITE) or not name or name == ":memory:":
            return url
        return f"{_SQLITE}{self.folder / name}{mark}{query}"

    def _plugins(self) -> Plugins:
        self.top.inner("plugins").read_own(PluginsTable, self._table("plugins"), "[plugins]", folder=self.folder)
        plugins = self.plugins or load_listed_plugins(self.document, self.folder, installed=self.installed)
        self.problems.extend(plugins.problems)
        return plugins

    def _connections(self, plugins: Plugins, limits: tuple[LimitRule, ...]) -> list[Connection | None]:
        raw = self.document.data.get("connection")
        tables = raw if isinstance(raw, list) else []
        imports = ImportReader(plugins, self.folder, limits)
        found: list[Connection | None] = []
        for position, table in enumerate(tables):
            if isinstance(table, dict):
                scope = self.top.inner("connection", position)
                self._check_unique(scope, tables[:position], table)
                reader = ConnectionReader(scope, table, plugins, self.surroundings, imports, self.secrets, missing=[])
                found.append(reader.read())
                self.missing += reader.missing
        return found

    def _subscriptions(self) -> tuple[Subscription, ...]:
        raw = self.document.data.get("subscription")
        if not raw:
            return ()
        from crossdock.config.subscription import read_subscriptions  # noqa: PLC0415 - only who sends events pays

        ids = self._connection_ids()
        return read_subscriptions(self.top, raw, self.surroundings, ids, self.secrets, self.missing)

    def _limits(self, plugins: Plugins) -> tuple[LimitRule, ...]:
        raw = self.document.data.get("limits")
        if not raw:
            return ()
        from crossdock.config.limits import read_limits  # noqa: PLC0415 - only who limits something pays

        return read_limits(self.top, raw, self._connection_ids(), plugins)

    def _connection_ids(self) -> dict[str, str]:
        """The ids of the connections by name and by id, whatever else is wrong with them."""
        tables = [table for table in _list(self.document.data.get("connection")) if isinstance(table, dict)]
        return {str(table.get(key)): str(table.get("id")) for table in tables for key in ("name", "id")}

    def _check_unique(self, scope: Scope, before: list[Any], table: Mapping[str, Any]) -> None:
        for key in ("id", "name"):
            value = table.get(key)
            for position, other in enumerate(before):
                if isinstance(value, str) and isinstance(other, dict) and other.get(key) == value:
                    first = self.document.place(("connection", position, key))
                    scope.say((key,), f"the {key} {shown(value)} is already taken in line {first.line}; give another")
                    break


def _list(value: object) -> list[object]:
    return value if isinstance(value, list) else []
