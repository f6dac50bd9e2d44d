"""The program, run in this process: a folder with a plugins.toml, and what ``crossdock`` prints there."""

from __future__ import annotations

import logging
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from crossdock.cli.connecting import connect
from crossdock.config import load_config
from crossdock.pipeline.importing import Importer
from crossdock.pipeline.making import make_job
from crossdock.store import Store

from .program import SHOP, Program


@pytest.fixture(autouse=True)
def own_logging() -> Iterator[None]:
    """Leave the root logger as it was."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Program:
    """The program in an empty folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("CROSSDOCK_CONFIG", raising=False)
    return Program(tmp_path, monkeypatch, capsys)


@pytest.fixture(scope="session")
def imported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder whose demo shop has been imported, to be copied."""
    folder = tmp_path_factory.mktemp("imported")
    (folder / "plugins.toml").write_text(SHOP, "utf-8")
    config = load_config(folder / "plugins.toml", {})
    with Store.open(config.store.url) as store:
        for connection in config.connections:
            with connect(connection) as source:
                for record_type in connection.imports:
                    report = Importer(store).run(make_job(connection, record_type, source))
                    assert report.outcome == "succeeded", report.session_errors
    return folder


@pytest.fixture
def shop(program: Program, imported: Path) -> Program:
    """The program in a folder whose demo shop has been imported: 250 orders, and the customers."""
    shutil.copytree(imported, program.folder, dirs_exist_ok=True)
    return program


@pytest.fixture
def write(tmp_path: Path) -> Callable[[str], Path]:
    """Write the plugins.toml."""

    def write_config(text: str) -> Path:
        file = tmp_path / "plugins.toml"
        file.write_text(text, "utf-8")
        return file

    return write_config
