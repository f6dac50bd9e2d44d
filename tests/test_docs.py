"""What the documentation promises: links lead somewhere, examples work as they stand there."""

from __future__ import annotations

import ast
import json
import re
import shutil
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import crossdock
from crossdock import errors
from crossdock.cli.exit_code import ExitCode
from crossdock.plugins import Example, load_plugins
from crossdock.plugins.example import run_example
from crossdock.testing import Request
from tests import tutorial
from tests.transcript import check_transcripts

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").glob("*.md"))]
_FENCE = re.compile(r"^```(\w*)\n(.*?)^```", re.DOTALL | re.MULTILINE)

every_page = pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.name))


def blocks(page: Path, language: str) -> list[str]:
    return [text for kind, text in _FENCE.findall(page.read_text("utf-8")) if kind == language]


def anchors(page: Path) -> set[str]:
    """The anchors of a page's headings, as code hosts make them."""
    headings = re.findall(r"^#+ (.*)$", _FENCE.sub("", page.read_text("utf-8")), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@every_page
def test_every_link_leads_somewhere(page: Path) -> None:
    text = re.sub(r"`[^`\n]*`", "", _FENCE.sub("", page.read_text("utf-8")))
    dead = []
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if target.startswith(("https://", "http://")):
            continue
        path, _, anchor = target.partition("#")
        file = page.parent / path if path else page
        if not file.exists() or (anchor and anchor not in anchors(file)):
            dead.append(target)
    assert dead == []


def test_every_page_is_reached_from_the_readme() -> None:
    linked = set(re.findall(r"\]\((docs/[\w-]+\.md)\)", (ROOT / "README.md").read_text("utf-8")))
    assert linked == {f"docs/{page.name}" for page in PAGES if page.parent.name == "docs"}


@every_page
def test_python_is_python_and_imports_only_public_names(page: Path) -> None:
    for source in blocks(page, "python"):
        for node in ast.walk(ast.parse(source)):
            if isinstance(node, ast.ImportFrom) and node.module == "crossdock":
                assert [alias.name for alias in node.names if alias.name not in crossdock.__all__] == []


@pytest.mark.parametrize("page", [ROOT / "README.md", ROOT / "docs" / "quickstart.md"], ids=lambda page: str(page.name))
def test_the_demo_shop_prints_what_is_shown(page: Path, tmp_path: Path) -> None:
    shutil.copy(ROOT / "plugins.toml", tmp_path)
    check_transcripts(page, tmp_path)


def test_the_readmes_manipulator_does_what_it_says(tmp_path: Path) -> None:
    [source] = blocks(ROOT / "README.md", "python")
    (tmp_path / "gift.py").write_text(source, "utf-8")
    spec = load_plugins(paths=[tmp_path], installed=[]).require_sound().manipulators["gift"]
    for note, channel in (("A present for Ada!", "gift"), ("thanks", None)):
        before = {"customerNote": note}
        outcome = run_example(spec, Example("a note", "", before, before))
        assert isinstance(outcome.result, dict)
        assert outcome.result.get("channel") == channel


def test_the_tree_of_errors_is_drawn_as_it_has_grown() -> None:
    drawing = textwrap.dedent("\n".join(line for line in str(errors.__doc__).splitlines() if line.startswith("    ")))
    assert [line.split("  ")[0] if "─" not in line else _branch(line) for line in drawing.splitlines()] == list(
        _grown(errors.CrossdockError, 0)
    )
    page = ROOT / "docs" / "errors.md"
    [shown] = [text for text in blocks(page, "text") if "CrossdockError" in text]
    assert shown == f"{drawing}\n"


def _branch(line: str) -> str:
    """Take name and depth out of a line of the drawing."""
    stem, _, rest = line.partition("── ")
    return f"{'  ' * (len(stem) // 4 + 1)}{rest.split('  ')[0]}"


def _grown(error: type[Exception], depth: int) -> Iterator[str]:
    """Write the classes that the module defines, each under its base."""
    yield f"{'  ' * depth}{error.__name__}"
    for inner in error.__subclasses__():
        if inner.__module__ == errors.__name__:
            yield from _grown(inner, depth + 1)


def test_every_exit_code_is_explained() -> None:
    text = (ROOT / "docs" / "errors.md").read_text("utf-8")
    table = text.partition("## Exit codes")[2].partition("## Where")[0]
    assert [int(code) for code in re.findall(r"^\| (\d) \|", table, re.MULTILINE)] == [int(code) for code in ExitCode]


def test_every_stage_is_explained() -> None:
    text = (ROOT / "docs" / "errors.md").read_text("utf-8")
    explained = set(re.findall(r"^\| `(\w+)` \|", text.partition("## Where a record")[2], re.MULTILINE))
    sources = "".join(file.read_text("utf-8") for file in (ROOT / "platform").rglob("*.py"))
    assert set(re.findall(r'stage(?:: str)? ?= ?"(\w+)"', sources)) <= explained


class TestYourFirstConnector:
    """docs/your-first-connector.md, followed to the letter."""

    @pytest.fixture
    def folder(self, tmp_path: Path) -> Path:
        plugins = tmp_path / "my_plugins"
        plugins.mkdir()
        (plugins / "kiosk.py").write_text(tutorial.PLUGIN, "utf-8")
        (tmp_path / "plugins.toml").write_text(tutorial.CONFIG, "utf-8")
        return tmp_path

    def test_its_commands_print_what_is_shown(self, folder: Path) -> None:
        check_transcripts(ROOT / "docs" / "your-first-connector.md", folder)

    def test_its_test_passes(self, folder: Path) -> None:
        (folder / "test_kiosk.py").write_text(tutorial.TEST, "utf-8")
        command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_kiosk.py", "-k", "secrets"]
        subprocess.run(command, cwd=folder, check=True, capture_output=True)

    def test_its_payload_is_what_the_sandbox_gives(self) -> None:
        scope: dict[str, Any] = {}
        exec(compile(tutorial.PLUGIN, "kiosk.py", "exec"), scope)
        [connector] = scope["crossdock_connectors"]()
        assert connector.sandbox is scope["KioskSandbox"]
        answer = scope["invent"](7)
        assert json.loads(tutorial.PAYLOADS) == [answer]
        assert Request("GET", "/orders/7").path == f"/orders/{answer['id']}"
