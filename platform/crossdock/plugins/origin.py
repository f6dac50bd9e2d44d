"""Where plugins come from: an entry point of an installed distribution, or a single file."""

from __future__ import annotations

import hashlib
import importlib.util
import sys
from collections.abc import Iterator
from importlib.metadata import Distribution, EntryPoint, entry_points
from pathlib import Path
from typing import Protocol

from msgspec import Struct

GROUP = "crossdock"


class Origin(Protocol):
    """A plugin that was found but not imported yet."""

    @property
    def name(self) -> str:
        """The plugin's name."""

    @property
    def source(self) -> str:
        """Where it comes from, for people: distribution and version, or file."""

    @property
    def version(self) -> str:
        """What changes whenever its code may have changed."""

    @property
    def package(self) -> str:
        """The module or package whose frames in a traceback are the plugin's own."""

    def load(self) -> object:
        """Import it; raises whatever its code raises."""


class InstalledPlugin(Struct, frozen=True):
    """An entry point of an installed distribution."""

    name: str
    distribution: str
    entry_point: EntryPoint

    @property
    def source(self) -> str:
        """Distribution and version."""
        return f"distribution {self.distribution}"

    @property
    def version(self) -> str:
        """Distribution and version."""
        return self.distribution

    @property
    def package(self) -> str:
        """The module that the entry point names."""
        return self.entry_point.module

    def load(self) -> object:
        """Import the module (or the object in it) that the entry point names."""
        return self.entry_point.load()


class SingleFile(Struct, frozen=True):
    """One ``.py`` file in a folder of ``[plugins] paths``."""

    name: str
    file: Path

    @property
    def source(self) -> str:
        """The file."""
        return f"file {self.file}"

    @property
    def version(self) -> str:
        """The digest of the file's content."""
        return f"sha256:{hashlib.sha256(self.file.read_bytes()).hexdigest()}"

    @property
    def package(self) -> str:
        """The name under which it is imported."""
        return f"crossdock_plugin_{self.name}"

    def load(self) -> object:
        """Run the file as a module of its own; dataclasses and pydantic need it to be listed in ``sys.modules``."""
        spec = importlib.util.spec_from_file_location(self.package, self.file)
        if spec is None or spec.loader is None:
            raise ImportError(f"{self.file} is no Python file", name=self.name, path=str(self.file))
        module = importlib.util.module_from_spec(spec)
        sys.modules[self.package] = module
        try:
            spec.loader.exec_module(module)
        except BaseException:
            del sys.modules[self.package]
            raise
        return module


def installed_plugins() -> Iterator[InstalledPlugin]:
    """List the plugins of all installed distributions, without importing any."""
    known: dict[Distribution, str] = {}
    for entry_point in entry_points(group=GROUP):
        dist = entry_point.dist
        if dist is not None and dist not in known:
            told = dist.metadata  # parsed each time that it is asked for
            known[dist] = f"{told['Name']} {told['Version']}"
        distribution = entry_point.value if dist is None else known[dist]
        yield InstalledPlugin(entry_point.name, distribution, entry_point)
