"""Plugins written for one test: single files in a folder, and installed distributions."""

import textwrap
from collections.abc import Callable
from pathlib import Path

import pytest

SHOP = """
from pathlib import Path
from crossdock.plugins import ConnectorSettings, ConnectorSpec, RecordTypeSpec, hookimpl

class Settings(ConnectorSettings):
    url: str

SPEC = ConnectorSpec(
    name="shop", title="A shop", settings=Settings, record_types={"order": RecordTypeSpec()},
    mapping=Path(__file__), open=lambda settings, session: None,
)
"""
STEP = """
from crossdock.plugins import ManipulatorSettings, ManipulatorSpec, hookimpl

class Settings(ManipulatorSettings):
    pass

def build(settings, setup):
    return lambda record, context: record

SPEC = ManipulatorSpec(name="step", title="A step", settings=Settings, build=build)
"""
CONNECTORS = """
@hookimpl
def crossdock_connectors():
    return [SPEC]
"""
MANIPULATORS = """
@hookimpl
def crossdock_manipulators():
    return [SPEC]
"""

Write = Callable[[str, str], Path]
Install = Callable[[str, str, str, str], None]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder for single-file plugins."""
    folder = tmp_path / "my_plugins"
    folder.mkdir()
    return folder


@pytest.fixture
def write(folder: Path) -> Write:
    """Write a single-file plugin: its name and source text."""

    def write(name: str, source: str) -> Path:
        file = folder / f"{name}.py"
        file.write_text(textwrap.dedent(source))
        return file

    return write


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Install:
    """Install a distribution with one module: distribution and version, plugin name, module name, source text."""

    def install(distribution: str, plugin: str, module: str, source: str) -> None:
        name, version = distribution.split()
        site = tmp_path / f"site-{name}"
        info = site / f"{name.replace('-', '_')}-{version}.dist-info"
        info.mkdir(parents=True)
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
        (info / "entry_points.txt").write_text(f"[crossdock]\n{plugin} = {module}\n")
        (site / f"{module}.py").write_text(textwrap.dedent(source))
        monkeypatch.syspath_prepend(str(site))

    return install
