"""What a connection imports: ``[connection.import.TYPE]`` with its chain and its mapping."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal, TypeAlias

from msgspec import Struct, field

from crossdock.config.chain import Step, read_chain
from crossdock.config.complaint import Complaint
from crossdock.config.failure_budget import FailureBudget
from crossdock.config.scope import Scope
from crossdock.config.snapshot import hash_of, take_snapshot
from crossdock.config.sources import Sources
from crossdock.config.tables import ImportTable
from crossdock.drift.policy import DriftPolicy
from crossdock.errors import ConfigError
from crossdock.limits.rule import LimitRule
from crossdock.mapping.build import build_mapping
from crossdock.mapping.definition import Mapping as RecordMapping
from crossdock.plugins import ConnectorSpec, Plugins, Setup
from crossdock.suggestion import did_you_mean
from crossdock.toml import TomlDocument, parse_toml

AnyConnector: TypeAlias = ConnectorSpec[Any]

DEFAULT_TYPE = "order"


class ImportConfig(Struct, frozen=True):
    """How one connection imports records of one type.

    Args:
        record_type: the type.
        lookback: how far before the last change an incremental import begins.
        page_size: records a request, if the operator wants another number than the connector.
        manipulators: the chain, in order.
        mapping: the connector's mapping with the connection's own lines.
        hash: the configuration's hash; equal hashes make the same of the same payload.
        snapshot: the JSON text that was hashed.
        sources: what it was read from; with them it can be built again later.
        limits: what refuses entries.
        every: how often ``crossdock run`` imports them, if it does.
        cron: or at which times.
        max_failed: how many records may fail before a run is stopped.
        drift: what is done about payloads that look different from those before.
        deleted: what becomes of records that the remote system has no longer.
    """

    record_type: str
    lookback: timedelta
    page_size: int | None
    manipulators: tuple[Step, ...]
    mapping: RecordMapping
    hash: str
    snapshot: str
    sources: Sources
    limits: tuple[LimitRule, ...] = ()
    every: timedelta | None = None
    cron: str | None = None
    max_failed: FailureBudget | None = None
    drift: DriftPolicy = "warn"
    deleted: Literal["keep", "mark", "quarantine"] = "keep"


class ImportReader(Struct, frozen=True):
    """Reads what connections import; each connector's mapping file is parsed once."""

    plugins: Plugins
    folder: Path
    limits: tuple[LimitRule, ...] = ()
    _mappings: dict[str, TomlDocument] = field(default_factory=dict)

    def read(
        self, scope: Scope, raw: object, connector: AnyConnector, connection_id: str
    ) -> Mapping[str, ImportConfig]:
        """Read ``[connection.import]``; without it, orders are imported as the connector maps them.

        From an outside program, whose connector offers no record type, nothing is imported.
        """
        if not connector.record_types and not raw:
            return MappingProxyType({})
        tables: dict[str, Any] = raw if isinstance(raw, dict) and raw else {DEFAULT_TYPE: {}}
        if tables is not raw and DEFAULT_TYPE not in connector.record_types:
            offered = ", ".join(f"[connection.import.{name}]" for name in connector.record_types)
            scope.say((), f"connector {connector.name!r} offers no orders; say what to import: {offered}")
            return MappingProxyType({})
        imports = {}
        for record_type, table in tables.items():
            if record_type not in connector.record_types:
                _say_unknown(scope, record_type, connector)
            elif not isinstance(table, dict):
                scope.say((record_type,), f"{record_type!r} must be a table: [connection.import.{record_type}]")
            else:
                setup = Setup(record_type, "import", connection_id, connector.name, self.folder)
                found = self._import(scope.inner(record_type), table, connector, setup)
                if found is not None:
                    imports[record_type] = found
        return MappingProxyType(imports)

    def _import(
        self, scope: Scope, raw: Mapping[str, Any], connector: AnyConnector, setup: Setup
    ) -> ImportConfig | None:
        before = len(scope.problems)
        table = scope.read(ImportTable, raw, f"[connection.import.{setup.record_type}]")
        if "every" in raw and "cron" in raw:
            scope.say(("cron",), "'every' and 'cron' both say when to import; leave one of them out")
        entries = raw.get("manipulators", [])
        listed = entries if isinstance(entries, list) else []
        steps = read_chain(scope.inner("manipulators"), listed, self.plugins, setup)
        mapping = self._mapping(scope, connector, setup.record_type)
        if table is None or mapping is None or len(scope.problems) > before:
            return None
        limits = tuple(
            rule
            for rule in self.limits
            if rule.connection_id in (None, setup.connection_id) and rule.holds_for(setup.record_type)
        )
        snapshot = take_snapshot(connector.name, mapping, steps, self.plugins, limits)
        return ImportConfig(
            record_type=setup.record_type,
            lookback=table.lookback,
            page_size=table.page_size,
            manipulators=steps,
            mapping=mapping,
            hash=hash_of(snapshot),
            snapshot=snapshot,
            sources=Sources.of(
                self._mappings[connector.name], scope.document, scope.path, raw, self.folder, steps, limits
            ),
            limits=limits,
            every=table.every,
            cron=table.cron,
            max_failed=table.max_failed,
            drift=table.drift,
            deleted=table.deleted,
        )

    def _mapping(self, scope: Scope, connector: AnyConnector, record_type: str) -> RecordMapping | None:
        try:
            if connector.name not in self._mappings:
                self._mappings[connector.name] = connector_mapping(connector)
        except ConfigError as error:
            scope.problems.extend(error.problems)
            return None
        except (OSError, UnicodeDecodeError) as error:
            origin = self.plugins.origin(connector.name)
            scope.say((), f"connector {connector.name!r} of {origin}: its mapping cannot be read: {error}")
            return None
        base = self._mappings[connector.name]
        return build_mapping(record_type, connector.module_id, base, scope.document, scope.path, scope.problems)


def _say_unknown(scope: Scope, name: str, connector: AnyConnector) -> None:
    if name in ImportTable.model_fields:
        message = f"[connection.import] has no key {name!r}; it belongs into [connection.import.order]"
    else:
        hint = did_you_mean(name, connector.record_types)
        message = f"connector {connector.name!r} offers no record type {name!r}{hint}"
    scope.complain(Complaint((name,), "unknown", message))


def connector_mapping(connector: AnyConnector) -> TomlDocument:
    """Read a connector's mapping.

    Raises:
        ConfigError: it is no valid TOML.
        OSError, UnicodeDecodeError: it cannot be read.
    """
    mapping = connector.mapping
    if isinstance(mapping, str):
        return parse_toml(mapping, f"mapping of connector {connector.name!r}")
    *_, package, name = ("", *Path(str(mapping)).parts)  # wherever it is installed, people know it by these
    return parse_toml(mapping.read_text("utf-8"), f"{package}/{name}")
