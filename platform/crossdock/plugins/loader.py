"""Finds plugins and asks each one what it brings; every defect becomes one message that names plugin and origin.

Built-in and foreign plugins come the same two ways: as entry points of group ``crossdock`` of an installed
distribution, or as single files in a folder of ``[plugins] paths`` (the plugin's name is the file's stem).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeAlias

from msgspec import Struct

from crossdock.errors import ConfigError, Problem
from crossdock.plugins.connector import ConnectorSpec
from crossdock.plugins.interview import Answers, interview
from crossdock.plugins.manipulator import ManipulatorSpec
from crossdock.plugins.origin import InstalledPlugin, Origin, SingleFile, installed_plugins
from crossdock.plugins.soundness import PluginDefectError
from crossdock.suggestion import closest, did_you_mean
from crossdock.toml import Place, TomlDocument

AnyConnector: TypeAlias = ConnectorSpec[Any]
AnyManipulator: TypeAlias = ManipulatorSpec[Any]


class Plugin(Struct, frozen=True):
    """One loaded plugin.

    Args:
        name: as written in ``[plugins] disable``.
        source: the distribution with its version (``acme-crm 1.2``), or the file.
        version: what stands for its code in a configuration's hash: the same, or the file's digest.
        package: its module or package; frames of it in a traceback are the plugin's own.
        connectors: names of the connectors it brings.
        manipulators: names of the manipulators it brings.
    """

    name: str
    source: str
    version: str
    package: str
    connectors: tuple[str, ...] = ()
    manipulators: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"plugin {self.name!r} ({self.source})"


class Plugins(Struct, frozen=True):
    """Everything that the loaded plugins bring, and what is wrong with those that could not be loaded."""

    connectors: Mapping[str, AnyConnector]
    manipulators: Mapping[str, AnyManipulator]
    plugins: tuple[Plugin, ...] = ()
    disabled: tuple[str, ...] = ()
    problems: tuple[Problem, ...] = ()

    def origin(self, name: str) -> Plugin:
        """Return the plugin that brought a connector or manipulator.

        Raises:
            ConfigError: nothing of that name was brought.
        """
        for plugin in self.plugins:
            if name in plugin.connectors or name in plugin.manipulators:
                return plugin
        hint = did_you_mean(name, (*self.connectors, *self.manipulators), none="none is loaded")
        raise ConfigError(f"no plugin brings a connector or manipulator {name!r}{hint}")

    def require_sound(self) -> Plugins:
        """Return these plugins, or raise everything that is wrong with them as one ``ConfigError``."""
        if self.problems:
            raise ConfigError(self.problems)
        return self


def load_plugins(
    disable: Iterable[str] = (),
    paths: Iterable[Path] = (),
    *,
    place: Place | None = None,
    places: Mapping[str | Path, Place] | None = None,
    installed: Iterable[InstalledPlugin] | None = None,
) -> Plugins:
    """Load all plugins but the disabled ones; a broken one is reported and does not hinder the others.

    Args:
        disable: names of plugins that are not even imported.
        paths: folders with single-file plugins.
        place: where ``[plugins]`` stands; problems point there, because there they are switched off.
        places: where each of ``disable`` and ``paths`` stands, for problems with that very one.
        installed: plugins of installed distributions; found by themselves unless given.
    """
    loader = _Loader(place or Place("plugins.toml", 1, 1), places or {}, frozenset(disable))
    candidates: list[Origin] = list(installed_plugins() if installed is None else installed)
    for folder in dict.fromkeys(paths):
        candidates += loader.files_in(folder)
    for name, origins in sorted(_by_name(candidates).items()):
        loader.load(name, origins)
    loader.check_disabled(candidates)
    return Plugins(
        connectors=MappingProxyType(loader.connectors),
        manipulators=MappingProxyType(loader.manipulators),
        plugins=tuple(loader.plugins),
        disabled=tuple(sorted(loader.disable & {origin.name for origin in candidates})),
        problems=tuple(loader.problems),
    )


def load_listed_plugins(
    document: TomlDocument, folder: Path, *, installed: Iterable[InstalledPlugin] | None = None
) -> Plugins:
    """Load the plugins that ``[plugins]`` of a configuration lists, whatever else is wrong in it.

    Args:
        document: the configuration.
        folder: what relative paths are relative to.
        installed: plugins of installed distributions; found by themselves unless given.
    """
    disable = list(_listed(document, "disable"))
    paths = [(folder / name, place) for name, place in _listed(document, "paths")]
    return load_plugins(
        [name for name, _place in disable],
        [path for path, _place in paths],
        place=document.place(("plugins",)),
        places=dict(reversed([*disable, *paths])),  # of what is listed twice, the first
        installed=installed,
    )


def _listed(document: TomlDocument, key: str) -> Iterator[tuple[str, Place]]:
    """Walk the texts in a list of ``[plugins]``, each with its place."""
    table = document.data.get("plugins")
    values = table.get(key) if isinstance(table, dict) else None
    for position, value in enumerate(values if isinstance(values, list) else ()):
        if isinstance(value, str):
            yield value, document.place(("plugins", key, position))


def _by_name(candidates: Iterable[Origin]) -> dict[str, list[Origin]]:
    found: dict[str, list[Origin]] = defaultdict(list)
    for origin in candidates:
        found[origin.name].append(origin)
    return found


class _Loader:
    """Collects plugins one by one; no defect of one reaches another."""

    def __init__(self, place: Place, places: Mapping[str | Path, Place], disable: frozenset[str]) -> None:
        self.place = place
        self.places = places
        self.disable = disable
        self.connectors: dict[str, AnyConnector] = {}
        self.manipulators: dict[str, AnyManipulator] = {}
        self.plugins: list[Plugin] = []
        self.problems: list[Problem] = []

    def files_in(self, folder: Path) -> list[Origin]:
        named = f"[plugins] paths names {str(folder)!r}"
        try:
            files = sorted(folder.iterdir())
        except NotADirectoryError:
            self._say(f"[plugins] paths names the file {str(folder)!r}; name the folder that it is in", folder)
        except (FileNotFoundError, ValueError):  # a name with U+0000 names nothing
            home = "; '~' is not known here, write the whole path" if "~" in folder.parts else ""
            self._say(f"{named}, but there is no such folder{home}", folder)
        except OSError as error:
            self._say(f"{named}, which cannot be read ({error.strerror}); check its permissions", folder)
        else:
            return [SingleFile(file.stem, file) for file in files if file.match("[!_.]*.py")]
        return []

    def load(self, name: str, origins: list[Origin]) -> None:
        if name in self.disable:
            return
        if len(origins) > 1:
            both = " and by ".join(origin.source for origin in origins)
            self._say(f"the plugin name {name!r} is claimed by {both}; keep only one, or {_disable(name)}", origins[-1])
            return
        origin = origins[0]
        try:
            answers = interview(origin)
        except PluginDefectError as defect:
            self._say(f"plugin {name!r} ({origin.source}) {defect}; repair it, or {_disable(name)}", origin)
            return
        self._add(origin, answers)

    def _add(self, origin: Origin, answers: Answers) -> None:
        connectors = [spec for spec in answers.connectors if self._is_new("connector", spec.name, origin)]
        manipulators = [spec for spec in answers.manipulators if self._is_new("manipulator", spec.name, origin)]
        self.connectors |= {spec.name: spec for spec in connectors}
        self.manipulators |= {spec.name: spec for spec in manipulators}
        names = (tuple(spec.name for spec in connectors), tuple(spec.name for spec in manipulators))
        self.plugins.append(Plugin(origin.name, origin.source, origin.version, origin.package, *names))

    def _is_new(self, kind: str, name: str, origin: Origin) -> bool:
        for plugin in self.plugins:
            if name in (plugin.connectors if kind == "connector" else plugin.manipulators):
                self._say(
                    f"the {kind} {name!r} is brought by {plugin} and by plugin {origin.name!r} ({origin.source}); "
                    f"disable one of the two in [plugins], such as disable = [{_quote(origin.name)}]",
                    origin,
                )
                return False
        return True

    def check_disabled(self, candidates: list[Origin]) -> None:
        """Report a misspelt name in ``disable``; one that is merely not installed here does no harm."""
        known = {origin.name for origin in candidates}
        for name in sorted(self.disable - known):
            if meant := closest(name, known - self.disable):
                self._say(
                    f"[plugins] disable names {name!r}, but there is no such plugin; did you mean {meant!r}?", name
                )

    def _say(self, message: str, about: str | Path | Origin) -> None:
        """Add a problem with a name of ``disable``, a folder of ``paths``, or a plugin: one file of such a folder."""
        if not isinstance(about, str | Path):
            about = about.file.parent if isinstance(about, SingleFile) else about.name
        self.problems.append(self.places.get(about, self.place).problem(message))


def _disable(name: str) -> str:
    return f"switch it off: [plugins] disable = [{_quote(name)}]"


def _quote(name: str) -> str:
    return f'"{name}"'
