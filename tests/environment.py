"""Wheels, and a fresh virtual environment to install them into, without asking the network."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import sysconfig
from dataclasses import dataclass
from pathlib import Path
from typing import Any


def build_wheel(source: Path, folder: Path) -> Path:
    """Build the wheel of a source tree with the backend that is installed here."""
    _pip("wheel", "-q", "--no-deps", "--no-build-isolation", "--no-index", "--wheel-dir", str(folder), str(source))
    [wheel] = folder.glob("*.whl")
    return wheel


def _pip(*arguments: str) -> None:
    subprocess.run([sys.executable, "-m", "pip", "--disable-pip-version-check", *arguments], check=True)


@dataclass(frozen=True)
class Environment:
    """A virtual environment; what wheels depend on is found in the environment that runs the tests."""

    home: Path

    @classmethod
    def create(cls, home: Path) -> Environment:
        subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(home)], check=True)
        [site] = home.glob("lib/python*/site-packages")
        (site / "dependencies.pth").write_text(sysconfig.get_path("purelib"))
        return cls(home)

    def install(self, wheel: Path) -> None:
        _pip("--python", str(self.home / "bin" / "python"), "install", "-q", "--no-deps", "--no-index", str(wheel))

    def crossdock(self, folder: Path, *arguments: str, path: Path | None = None) -> subprocess.CompletedProcess[str]:
        """Run the installed command in a folder; ``path`` holds further distributions."""
        return run_crossdock([str(self.home / "bin" / "crossdock")], folder, *arguments, path=path)


def run_crossdock(
    command: list[str], folder: Path, *arguments: str, path: Path | None = None
) -> subprocess.CompletedProcess[str]:
    """Run ``crossdock`` in a folder, with nothing of the tests' own surroundings."""
    surroundings = {name: value for name, value in os.environ.items() if not name.startswith(("CROSSDOCK", "PYTHON"))}
    surroundings |= {"PYTHONPATH": str(path)} if path else {}
    return subprocess.run(
        [*command, *arguments], cwd=folder, env=surroundings, capture_output=True, text=True, timeout=120, check=False
    )


def reports(run: subprocess.CompletedProcess[str]) -> list[dict[str, Any]]:
    """The transfer reports that ``crossdock import --json`` printed, which ended well."""
    assert run.returncode == 0, run.stderr
    found: list[dict[str, Any]] = json.loads(run.stdout)
    return found
