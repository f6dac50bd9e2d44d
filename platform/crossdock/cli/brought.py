"""What the commands about connectors and manipulators have in common: both are brought by plugins."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TypeVar

from pydantic import BaseModel

from crossdock.cli.output import complain
from crossdock.config.describe import describe
from crossdock.errors import ConfigError
from crossdock.plugins import Plugins
from crossdock.suggestion import did_you_mean

T = TypeVar("T")


def named(kind: str, name: str, known: Mapping[str, T], plugins: Plugins) -> T:
    """Return what is called ``name``.

    Raises:
        ConfigError: no plugin brings it; says which was probably meant, and which plugins could not be loaded.
    """
    if name in known:
        return known[name]
    tell_defects(plugins)
    disabled = f"; disabled plugins: {', '.join(plugins.disabled)}" if plugins.disabled else ""
    hint = did_you_mean(name, known, none="none is loaded")
    raise ConfigError(f"there is no {kind} {name!r}{hint}{disabled}")


def tell_defects(plugins: Plugins) -> None:
    """Say on stderr which plugins could not be loaded."""
    for problem in plugins.problems:
        complain(str(problem))


def setting_rows(model: type[BaseModel]) -> Iterator[tuple[str, str, str, str]]:
    """Describe the settings of a model: name, what may stand there, what holds without it, what it is for."""
    for key in describe(model):
        yield key.key, key.kind, "required" if key.required else key.default, key.text
