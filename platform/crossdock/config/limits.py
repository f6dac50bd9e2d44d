"""Limits of custom data: how a ``[[limits]]`` is read."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import AfterValidator, ConfigDict, Field

from crossdock.config.scope import Scope
from crossdock.limits.limits import Limits
from crossdock.limits.preset import presets
from crossdock.limits.rule import LimitRule
from crossdock.plugins import Plugins
from crossdock.records import RECORD_TYPES
from crossdock.suggestion import did_you_mean

_MODULE = re.compile(r"connector\.[a-z0-9_-]+|x-[^|]+")


def _module(text: str) -> str:
    if not _MODULE.fullmatch(text):
        message = f"{text!r} is no module; write x-... or connector.NAME, such as 'x-crm'"
        raise ValueError(message)
    return text


def _preset(name: str) -> str:
    if name not in presets():
        message = f"there is no preset {name!r}{did_you_mean(name, presets())}"
        raise ValueError(message)
    return name


def _record_type(name: str) -> str:
    if name not in RECORD_TYPES:
        message = f"there is no record type {name!r}{did_you_mean(name, RECORD_TYPES)}"
        raise ValueError(message)
    return name


class LimitsTable(Limits):
    """``[[limits]]``: what the entries of a connection or a module may be."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    connection: str | None = Field(default=None, description="name or id of the connection whose entries are meant")
    module: Annotated[str, AfterValidator(_module)] | None = Field(
        default=None, description="the module whose entries are meant, such as `x-kibo`"
    )
    record_types: tuple[Annotated[str, AfterValidator(_record_type)], ...] = Field(
        default=(), description="only on records of these types and their parts; absent: on all"
    )
    preset: Annotated[str, AfterValidator(_preset)] | None = Field(
        default=None, description="the limits of a known system; `crossdock limits list` shows which there are"
    )


_OWN = frozenset(LimitsTable.model_fields) - frozenset(Limits.model_fields)


def read_limits(top: Scope, raw: object, connections: Mapping[str, str], plugins: Plugins) -> tuple[LimitRule, ...]:
    """Read every ``[[limits]]``; problems go to the scope.

    Args:
        top: the whole file.
        raw: what stands under ``limits``.
        connections: ids of the connections, by name and by id.
        plugins: what modules of connectors there are.
    """
    tables = raw if isinstance(raw, list) else []
    found = [
        _rule(top.inner("limits", position), table, connections, plugins)
        for position, table in enumerate(tables)
        if isinstance(table, dict)
    ]
    return tuple(rule for rule in found if rule is not None)


def _rule(scope: Scope, raw: dict[str, Any], connections: Mapping[str, str], plugins: Plugins) -> LimitRule | None:
    before = len(scope.problems)
    preset = presets().get(raw["preset"]) if isinstance(raw.get("preset"), str) else None
    table = scope.read(LimitsTable, (preset.limits.given if preset else {}) | raw, "[[limits]]")
    named = raw.get("connection")
    if isinstance(named, str) and named not in connections:
        known = [name for name, connection_id in connections.items() if name != connection_id]
        hint = did_you_mean(named, known, none="none is configured")
        scope.say(("connection",), f"there is no connection {named!r}{hint}")
    _check_connector(scope, raw.get("module"), plugins)
    if "connection" not in raw and "module" not in raw:
        scope.say((), '[[limits]] says for whom with connection = "..." or module = "...", or both')
    if not raw.keys() - _OWN and "preset" not in raw:
        scope.say((), "[[limits]] limits nothing; name a preset, or numbers of your own such as max_value = 500")
    if table is None or len(scope.problems) > before:
        return None
    return LimitRule(
        name=table.preset or table.module or str(table.connection),
        limits=Limits.model_validate(table.model_dump(include=set(Limits.model_fields))),
        connection_id=None if table.connection is None else connections[table.connection],
        module_id=table.module,
        record_types=frozenset(table.record_types),
    )


def _check_connector(scope: Scope, module: object, plugins: Plugins) -> None:
    known = [spec.module_id for spec in plugins.connectors.values()]
    if isinstance(module, str) and module.startswith("connector.") and module not in known and not plugins.problems:
        hint = did_you_mean(module, known, none="none is loaded")
        scope.say(("module",), f"there is no connector of module {module!r}{hint}")
