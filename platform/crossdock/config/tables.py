"""The tables of plugins.toml, as models: what may stand in the file, checked and documented from here."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any, Literal, TypeAlias
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from crossdock.config.cron import Cron
from crossdock.config.duration import Duration, format_duration
from crossdock.config.failure_budget import Budget
from crossdock.drift.policy import DriftPolicy
from crossdock.mistake import shortened

_ID = re.compile(r"[0-9a-f]{32}")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,62}")
_STASHED = re.compile(r"connector\.[a-z0-9_-]+\|[^|]+")
_STORES = ("sqlite", "postgresql")
_SHORTEST_INTERVAL = timedelta(seconds=1)


class Table(BaseModel):
    """One table of plugins.toml: frozen, nothing unknown, no guessing between types."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, defer_build=True)


def _store_url(url: str) -> str:
    scheme, separator, rest = url.partition("://")
    kind = scheme.partition("+")[0]
    fault = "" if kind in _STORES and separator else " is no store"
    if not fault and kind == "sqlite" and rest and not rest.startswith("/"):
        fault = " has a slash too few"
    if not fault and not _has_readable_host(url):
        fault = " is no store: its host or port is none"
    if fault:
        shown = "this" if "@" in url else repr(url)  # a password could show
        message = f"{shown}{fault}; write sqlite:///FILE or postgresql://HOST/DATABASE"
        raise ValueError(message)
    return url


def _has_readable_host(url: str) -> bool:
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return False
    return " " not in parts.netloc


def _searchable(text: str) -> str:
    if not _STASHED.fullmatch(text):
        message = (
            f'{text!r} is no entry that a mapping stashes; write "MODULE|KEY" like '
            '"connector.woocommerce|meta._vat_number" (entries of modules "x-..." can be searched anyway)'
        )
        raise ValueError(message)
    return text


def _connection_id(text: str) -> str:
    if not _ID.fullmatch(text):
        digits = text.lower().replace("-", "")
        hint = f'write it "{digits}"' if _ID.fullmatch(digits) else "it has 32 hexadecimal digits (0-9, a-f)"
        message = f"{shortened(text)} is no connection id; {hint}"
        raise ValueError(message)
    return text


def _name(text: str) -> str:
    if not _NAME.fullmatch(text) or _ID.fullmatch(text):
        message = (
            f"{shortened(text)} is no name; up to 63 letters, digits, '.', '_' and '-', beginning with a letter or "
            "digit, and not the form of an id"
        )
        raise ValueError(message)
    return text


def _interval(duration: timedelta) -> timedelta:
    if duration < _SHORTEST_INTERVAL:
        message = f'{format_duration(duration)!r} leaves the remote system no rest; write at least "1s"'
        raise ValueError(message)
    return duration


Name: TypeAlias = Annotated[str, AfterValidator(_name)]


class StoreConfig(Table):
    """``[store]``: where records are kept."""

    url: Annotated[str, AfterValidator(_store_url)] = Field(
        default="sqlite:///crossdock.db",
        description="`sqlite:///FILE`, relative to this file, or `postgresql://HOST/DATABASE`; "
        "a url with a password only by reference",
    )
    migrate: Literal["auto", "manual"] = Field(
        default="auto",
        description='`"auto"`: a store of an older program is brought up to date when it is opened; `"manual"`: only '
        "`crossdock migrate` makes or changes its tables",
    )
    searchable: tuple[Annotated[str, AfterValidator(_searchable)], ...] = Field(
        default=(),
        description="stashed custom data by which the API finds records, each as `MODULE|KEY`, such as "
        "`connector.woocommerce|meta._vat_number`; entries of modules `x-...` can be searched anyway",
    )


class PluginsTable(Table):
    """``[plugins]``: which plugins are loaded."""

    disable: tuple[str, ...] = Field(default=(), description="names of plugins that are not loaded")
    paths: tuple[Path, ...] = Field(
        default=(), description="folders with single-file plugins, relative to this file, besides the installed ones"
    )


class ConnectionTable(Table):
    """``[[connection]]``: one remote system, such as one shop."""

    id: Annotated[str, AfterValidator(_connection_id)] = Field(
        description="32 hexadecimal digits that belong to this connection for good: everything it owns carries them"
    )
    name: Name = Field(description="what people call it, in commands and reports; may change")
    connector: str = Field(description="the kind of remote system; `crossdock connectors list` shows what there is")
    settings: dict[str, Any] = Field(
        default={},
        description="`[connection.settings]`: the connector's own; `crossdock connectors show NAME` explains them",
    )
    remote: dict[str, Any] = Field(default={}, description="`[connection.remote]`: how the remote system is spoken to")
    import_: dict[str, Any] = Field(
        default={},
        alias="import",
        description="`[connection.import.TYPE]`, one table a record type to import; orders if there is none",
    )
    export: dict[str, Any] = Field(default={}, description="kept for `[connection.export.TYPE]`; not available yet")


class ImportTable(Table):
    """``[connection.import.TYPE]``: how records of one type are imported."""

    every: Annotated[Duration, AfterValidator(_interval)] | None = Field(
        default=None, description='`crossdock run` imports them each time that this has passed, such as `"5m"`'
    )
    cron: Cron | None = Field(
        default=None,
        description="instead of `every`: `crossdock run` imports them at these times, as minute, hour, day, month and "
        'weekday, in UTC, such as `"*/15 8-18 * * mon-fri"`',
    )
    lookback: Duration = Field(
        default=timedelta(minutes=10),
        description="how far before the last change an incremental import begins, for changes that surface late",
    )
    page_size: int | None = Field(
        default=None, ge=1, le=10_000, description="records a request; absent: what the connector thinks best"
    )
    max_failed: Budget | None = Field(
        default=None,
        description='how many records may fail before a run is stopped: a number, or a share such as `"1%"`, which is '
        "judged from a hundred records on; absent: any number",
    )
    drift: DriftPolicy = Field(
        default="warn",
        description='what is done about payloads with a path, type or value that none had before: `"accept"` takes '
        'them without a word, `"warn"` reports each difference once, `"quarantine"` puts them aside until '
        '`crossdock drift accept`, `"fail"` stops the run before their page is stored; that a path has vanished is '
        'only known at the end of a run, when everything is stored: with `"fail"` that run counts as failed, once',
    )
    deleted: Literal["keep", "mark", "quarantine"] = Field(
        default="keep",
        description='what `crossdock audit --repair` does with records that the remote system has deleted: `"keep"` '
        'leaves them as they are, `"mark"` puts an entry of custom data on them, `"quarantine"` one into quarantine',
    )
    manipulators: tuple[dict[str, Any], ...] = Field(
        default=(), description="the chain: tables with `use`, `when` and the manipulator's own settings, in this order"
    )
    mapping: dict[str, Any] = Field(
        default={}, description="mapping lines, added to the connector's own or replacing them"
    )
    drop: dict[str, Any] = Field(default={}, description="remote paths that are not kept, each with the reason")
    redact: dict[str, Any] = Field(default={}, description="remote paths whose values are blotted out, with the reason")


class StepTable(Table):
    """One entry of ``manipulators``; all other keys are the manipulator's own settings."""

    use: str = Field(description="the manipulator; `crossdock manipulators list` shows what there is")
    when: str | None = Field(
        default=None, description="JMESPath over the record; the step is taken if it gives something true"
    )


class ConfigTable(Table):
    """The whole file."""

    store: dict[str, Any] = Field(default={}, description="`[store]`: where records are kept")
    retention: dict[str, Any] = Field(
        default={}, description="`[retention]`: how long what is no longer needed is kept"
    )
    serve: dict[str, Any] = Field(default={}, description="`[serve]`: how the HTTP API is served")
    plugins: dict[str, Any] = Field(default={}, description="`[plugins]`: which plugins are loaded")
    connection: list[dict[str, Any]] = Field(default=[], description="`[[connection]]`, one for each remote system")
    subscription: list[dict[str, Any]] = Field(
        default=[], description="`[[subscription]]`, one for each receiver of events"
    )
    limits: list[dict[str, Any]] = Field(
        default=[], description="`[[limits]]`, what the entries of a connection or module may be"
    )
    flow: list[dict[str, Any]] = Field(
        default=[], description="`[[flow]]`, which custom data goes along links between records"
    )
