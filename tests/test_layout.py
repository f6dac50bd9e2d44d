"""The house stands as drawn: what may lie where, and the one name space that plugins import from."""

from __future__ import annotations

import ast
import sys
import tomllib
from collections import Counter
from importlib import import_module
from importlib.metadata import distribution
from pathlib import Path
from typing import Any

import pytest

import crossdock

ROOT = Path(__file__).parents[1]
ROOTS = [ROOT / name for name in ("platform", "connectors", "manipulators")]
PYPROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
REMEDY = "; if a plugin was added or renamed, declare it in pyproject.toml and install again: pip install -e ."


def modules() -> list[Path]:
    return [file for root in ROOTS for file in root.rglob("*.py")]


def packages() -> set[str]:
    return {entry.name for root in ROOTS for entry in root.iterdir() if entry.is_dir() and entry.name != "__pycache__"}


def relative(files: list[Path]) -> list[str]:
    return [str(file.relative_to(ROOT)) for file in files]


@pytest.mark.parametrize("root", ROOTS, ids=lambda root: str(root.name))
def test_a_source_root_holds_packages_and_nothing_else(root: Path) -> None:
    assert relative([entry for entry in root.iterdir() if entry.is_file()]) == []
    assert relative([entry for entry in root.iterdir() if entry.is_dir() and not _is_package(entry)]) == []


def _is_package(folder: Path) -> bool:
    return (folder / "__init__.py").is_file() or folder.name == "__pycache__"


def test_no_folder_of_tests_hides_a_module_of_the_standard_library() -> None:
    folders = {file.parent for file in (ROOT / "tests").rglob("*.py")}
    assert relative([folder for folder in folders if not (folder / "__init__.py").is_file()]) == []
    assert relative([folder for folder in folders if folder.name in sys.stdlib_module_names]) == []


def test_no_module_is_named_like_one_of_the_standard_library() -> None:
    names = [(file, file.parent.name if file.stem == "__init__" else file.stem) for file in modules()]
    assert relative([file for file, name in names if name in sys.stdlib_module_names - {"__main__"}]) == []


def test_a_module_is_a_room_and_no_hall() -> None:
    assert relative([file for file in modules() if len(file.read_text("utf-8").splitlines()) > 400]) == []
    assert relative([file for file in modules() if file.stem in {"utils", "util", "helpers", "common", "misc"}]) == []


def test_every_plugin_in_the_source_roots_is_declared_and_installed() -> None:
    declared = PYPROJECT["project"]["entry-points"]["crossdock"]
    installed = {entry.name: entry.value for entry in distribution("crossdock").entry_points.select(group="crossdock")}
    assert packages() - {"crossdock"} == set(declared.values()), f"packages and declared entry points differ{REMEDY}"
    assert installed == declared, f"declared and installed entry points differ{REMEDY}"


def test_a_plugin_is_named_after_its_package() -> None:
    declared = PYPROJECT["project"]["entry-points"]["crossdock"]
    assert {name: f"crossdock_{name.replace('-', '_')}" for name in declared} == declared


def test_types_travel_with_the_package() -> None:
    assert relative([root / name for root in ROOTS for name in _untyped(root)]) == []


def _untyped(root: Path) -> list[str]:
    return [entry.name for entry in root.iterdir() if _is_package(entry) and not (entry / "py.typed").is_file()]


def test_public_names_are_sorted_and_each_has_one_home() -> None:
    names = [name for found in crossdock._HOMES.values() for name in found]
    assert [name for name, count in Counter(names).items() if count > 1] == []
    assert sorted(names) == crossdock.__all__ == dir(crossdock)


@pytest.mark.parametrize("module", crossdock._HOMES)
def test_public_names_are_those_of_their_homes(module: str) -> None:
    for name in crossdock._HOMES[module]:
        assert getattr(crossdock, name) is getattr(import_module(module), name)


def test_type_checkers_see_the_same_names_from_the_same_homes() -> None:
    tree = ast.parse(Path(str(crossdock.__file__)).read_text("utf-8"))
    block = next(node for node in tree.body if isinstance(node, ast.If))
    seen = {
        node.module: [alias.asname for alias in node.names] for node in block.body if isinstance(node, ast.ImportFrom)
    }
    assert {module: sorted(names) for module, names in crossdock._HOMES.items()} == {
        module: sorted(map(str, names)) for module, names in seen.items()
    }


def test_a_name_that_is_not_public_is_no_attribute() -> None:
    with pytest.raises(AttributeError, match="has no attribute 'Ordr'"):
        _ = crossdock.Ordr  # type: ignore[attr-defined]  # that is the point
