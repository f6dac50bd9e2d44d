"""The connector that ``crossdock connectors new`` begins with: a small one that works, to be renamed and rewritten."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from uuid import uuid4

from crossdock.errors import ConfigError

FOLDER = "my_plugins"
_WHERE = ', [Path(__file__).parents[1] / "my_plugins"]'
_NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
_OLD = re.compile('crossdock_acme|test_acme|"acme\\.toml"|Acme|acme')


@dataclass(frozen=True, slots=True)
class NewFile:
    """One file to write: where, relative to the folder that was chosen, and what stands in it."""

    path: Path
    text: str


def single_file(name: str) -> list[NewFile]:
    """Draw up a connector for a folder of ``[plugins] paths``: one file, its mapping, its test.

    Raises:
        ConfigError: a connector cannot be called that.
    """
    module = _module(name)
    return [
        NewFile(Path(FOLDER, f"{module}.py"), _text("acme.py", name)),
        NewFile(Path(FOLDER, f"{module}.toml"), _text("acme.toml", name)),
        NewFile(Path("tests", f"test_{module}.py"), _text("test_acme.py", name)),
    ]


def distribution(name: str) -> list[NewFile]:
    """Draw up a connector that can be installed: the same as a package, with a pyproject.toml.

    Raises:
        ConfigError: a connector cannot be called that.
    """
    module = _module(name)
    home, package = Path(f"crossdock-{name}"), f"crossdock_{module}"
    return [
        NewFile(home / "pyproject.toml", _text("pyproject.toml", name)),
        NewFile(home / package / "__init__.py", _text("acme.py", name)),
        NewFile(home / package / f"{module}.toml", _text("acme.toml", name)),
        NewFile(home / "tests" / f"test_{module}.py", _text("test_acme.py", name).replace(_WHERE, "")),
    ]


def configuration(name: str) -> str:
    """Write a plugins.toml with a connection to the connector's sandbox."""
    return _text("plugins.toml", name).replace("{id}", uuid4().hex)


def write(folder: Path, planned: list[NewFile]) -> Iterator[Path]:
    """Write the files, none of which may be there already, and name each.

    Raises:
        ConfigError: one is there, or cannot be written; then none is.
    """
    for file in planned:
        if (folder / file.path).exists():
            raise ConfigError(f"{str(folder / file.path)!r} is there already; name the connector something else")
    for file in planned:
        place = folder / file.path
        try:
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text(file.text, "utf-8")
        except OSError as error:
            raise ConfigError(f"{str(place)!r} cannot be written: {error.strerror}") from error
        yield place


def _module(name: str) -> str:
    if not _NAME.fullmatch(name):
        raise ConfigError(
            f"a connector cannot be called {name!r}; a name has lower-case letters, digits and single '-', such as "
            "'acme' or 'my-shop'"
        )
    return name.replace("-", "_")


def _text(file: str, name: str) -> str:
    """Read a file of the blueprint, with the new name in the place of the old one."""
    module = name.replace("-", "_")
    new = {
        "crossdock_acme": f"crossdock_{module}",
        "test_acme": f"test_{module}",
        '"acme.toml"': f'"{module}.toml"',
        "Acme": "".join(part.capitalize() for part in name.split("-")),
        "acme": name,
    }
    text = (files("crossdock.testing.blueprint") / file).read_text("utf-8")
    return _OLD.sub(lambda found: new[found[0]], text)  # in one go, since the new name may hold the old one
