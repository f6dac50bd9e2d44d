"""Every piece of TOML in the documentation is linted as what it is, and the configuration tests in it are run.

There is no mark that would keep a piece out: what is recognised as nothing else is a part of plugins.toml, and
judged as one. ``UPDATE_DOCS=1 pytest tests/test_docs_toml.py`` writes the transcripts about configuration tests anew.
"""

from __future__ import annotations

import re
import textwrap
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from crossdock.config import load_config
from crossdock.config.cases import load_cases
from crossdock.errors import ConfigError
from crossdock.pipeline.explaining.trial import try_case
from crossdock.store import Store
from tests import tutorial
from tests.mapping.building import problems_of
from tests.transcript import check_transcripts

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").glob("*.md"))]
CONNECTION = """
[[connection]]
id = "5377568eb7e165e3b38af6eece4a0001"
name = "demo-shop"
connector = "woocommerce"
"""
SANDBOX = 'settings = { url = "sandbox:" }\n'
_FENCE = re.compile(r"^( *)(`{3,}|~{3,})(.*?) *\n(.*?)^\1\2 *$", re.DOTALL | re.MULTILINE)
_LOOKS_LIKE_OURS = re.compile(
    r"^\s*\[\[?(connection|store|plugins|serve|subscription|limits|flow|test|project|build-system|order)\b",
    re.MULTILINE,
)
_HERE_DOCUMENT = re.compile(r"^cat > \S+\.toml <<'?END'?\n(.*?)^END$", re.DOTALL | re.MULTILINE)
# Where TOML may stand in other pieces: these are run, too, and what they print or hold is compared.
_RUN_ANYWAY = {"console", "python"}


@dataclass(frozen=True)
class Block:
    """One fenced piece of a page: where it begins, what stands behind the fence, and what is in it."""

    page: Path
    line: int
    info: str
    text: str

    @property
    def language(self) -> str:
        """The first word behind the fence."""
        return self.info.split()[0].lower() if self.info else ""

    def __str__(self) -> str:
        return f"{self.page.name}:{self.line}"


def blocks_of(page: Path) -> list[Block]:
    text = page.read_text("utf-8")
    return [
        Block(page, text.count("\n", 0, found.start()) + 1, found[3].strip(), textwrap.dedent(found[4]))
        for found in _FENCE.finditer(text)
    ]


def in_shell(block: Block) -> list[Block]:
    """Take out of a piece of shell the TOML files that it writes."""
    return [
        Block(block.page, block.line + block.text.count("\n", 0, found.start()) + 1, "toml", found[1])
        for found in _HERE_DOCUMENT.finditer(block.text)
        if block.language in {"bash", "sh"}
    ]


BLOCKS = [block for page in PAGES for block in blocks_of(page)]
TOML = [block for block in BLOCKS if block.language == "toml"] + [part for block in BLOCKS for part in in_shell(block)]
ENVIRONMENT = {
    name: value_of
    for name in re.findall(r'env = "(\w+)"', "".join(block.text for block in TOML))
    for value_of in [
        "https://shop.example"
        if name.endswith("URL")
        else "postgresql://localhost/crossdock"
        if name.endswith("STORE")
        else "whsec_Y2FuYXJ5IG9mIDMyIGJ5dGVzLCBub3QgYSBzZWNyZXQ="
    ]
}


def lint(block: Block, folder: Path) -> list[str]:
    """Say what is wrong with a piece of TOML."""
    for recognised, judge in KINDS:
        if recognised(block):
            return judge(block, folder)
    return lint_part(block, folder)


def lint_mapping(block: Block, _: Path, own: str | None = None) -> list[str]:
    text = block.text
    return problems_of(text if "[order]" in text else f'[order]\nid = "id"\n{text}', own)


def lint_own_lines(block: Block, folder: Path) -> list[str]:
    """Lint a connection's own lines together with the mapping that the page shows before them."""
    mapping = [one for one in TOML if one.page == block.page and one.line < block.line and one.info == "toml mapping"]
    return lint_mapping(mapping[-1], folder, f"[[connection]]\n{block.text}")


def lint_project(block: Block, _: Path) -> list[str]:
    project = tomllib.loads(block.text)["project"]
    plugins = project["entry-points"]["crossdock"]
    assert "crossdock" in project["dependencies"]
    return [f"{name} names no module" for name, module in plugins.items() if not module.isidentifier()]


def lint_step(block: Block, folder: Path) -> list[str]:
    table = "[connection.import.{}]\nmanipulators = [{}]"
    types = ("order", "product", "customer")
    found = [_load(folder, CONNECTION + SANDBOX + table.format(name, block.text)) for name in types]
    return min(found, key=len)  # a step is for one record type at least


def lint_whole(block: Block, folder: Path) -> list[str]:
    return _load(folder, block.text)


def lint_part(block: Block, folder: Path) -> list[str]:
    sandbox = "" if "[connection.settings]" in block.text else SANDBOX
    return _load(folder, f"{CONNECTION}{sandbox}{block.text}")


def run_tests(block: Block, folder: Path) -> list[str]:
    """Run the tests beside the last plugins.toml that the page shows before them."""
    before = [one for one in TOML if one.page == block.page and one.line < block.line and "[[connection]]" in one.text]
    text = before[-1].text if before else (ROOT / "plugins.toml").read_text("utf-8")
    wrong = _load(folder, text)
    (folder / "docs.test.toml").write_text(block.text, "utf-8")
    try:
        cases = load_cases(load_config(folder / "plugins.toml", {}))  # without any secret
    except ConfigError as error:
        return [*wrong, str(error)]
    with Store.open("sqlite://") as store:
        verdicts = [try_case(store, case) for case in cases]
    return wrong + [f"{one.case.name}: {one.mismatches}" for one in verdicts if not one.passed]


Judge = Callable[[Block, Path], list[str]]
KINDS: list[tuple[Callable[[Block], Any], Judge]] = [
    (lambda block: block.info == "toml mapping", lint_mapping),
    (lambda block: block.info == "toml connection", lint_own_lines),
    (lambda block: re.search(r"^\[(project|build-system)\]", block.text, re.MULTILINE), lint_project),
    (lambda block: block.text.startswith("{ use = "), lint_step),
    (lambda block: "[[test]]" in block.text, run_tests),
    (lambda block: "[[connection]]" in block.text, lint_whole),
]


def _load(folder: Path, text: str) -> list[str]:
    """Judge a plugins.toml as ``crossdock check`` does, beside the plugins and files that pages speak of."""
    folder.mkdir(exist_ok=True)
    secret = folder / "secret"
    secret.write_text("a-secret", "utf-8")
    head = "" if "[plugins]" in text else '[plugins]\npaths = ["my_plugins"]\n'
    file = folder / "plugins.toml"
    file.write_text(head + re.sub(r'file = "/[^"]*"', f'file = "{secret}"', text), "utf-8")
    try:
        return [str(problem) for problem in load_config(file, ENVIRONMENT).problems]
    except ConfigError as error:
        return [str(error)]


def write_plugins(page: Path, folder: Path) -> None:
    """Put the plugins that a page shows whole into a folder, and the tutorial's connector."""
    folder.mkdir()
    (folder / "kiosk.py").write_text(tutorial.PLUGIN, "utf-8")
    for block in blocks_of(page):
        if block.language == "python" and "@hookimpl" in block.text and page.name != "your-first-connector.md":
            (folder / f"plugin_{block.line}.py").write_text(block.text, "utf-8")


@pytest.mark.parametrize("block", TOML, ids=str)
def test_every_piece_of_toml_is_right(block: Block, tmp_path: Path) -> None:
    write_plugins(block.page, tmp_path / "my_plugins")
    assert lint(block, tmp_path) == []


def test_no_toml_hides_behind_another_name() -> None:
    others = [block for block in BLOCKS if block.language not in {"toml", *_RUN_ANYWAY}]
    rest = {str(block): _HERE_DOCUMENT.sub("", block.text) if in_shell(block) else block.text for block in others}
    assert [name for name, text in rest.items() if _LOOKS_LIKE_OURS.search(text)] == []


def test_every_fence_is_seen() -> None:
    for page in PAGES:
        fences = re.findall(r"^ *(?:`{3,}|~{3,})", page.read_text("utf-8"), re.MULTILINE)
        assert len(fences) == 2 * len(blocks_of(page)), page


@pytest.mark.parametrize(
    ("info", "text", "told"),
    [
        ("toml", '[store]\nurll = "x"', "[store] has no key 'urll'"),
        ("toml", '{ use = "field-sett" }', "there is no manipulator 'field-sett'"),
        ("toml", '[connection.import.order.mapping]\nchanel = "a"', "'chanel'"),
        ("toml", 'unheard = "of"', "has no key 'unheard'"),
        ("toml mapping", '[order.fields]\nchanel = "a"', "'chanel'"),
        ("toml", '[[test]]\nname = "a"\nrecord = {}\nexpect = { channel = "web" }\n', "Mismatch"),
        ("toml", '[[test]]\nname = "a"\nrecord = {}\nexpect = { chanel = "web" }\n', "has no field 'chanel'"),
    ],
)
def test_the_lint_finds_what_is_wrong(info: str, text: str, told: str, tmp_path: Path) -> None:
    (tmp_path / "my_plugins").mkdir()
    (tmp_path / "plugins.toml").write_text("")
    page = ROOT / "docs" / "configuration-tests.md"
    assert told in " ".join(lint(Block(page, 10_000, info, text), tmp_path))


def test_what_the_page_about_configuration_tests_shows_is_printed(tmp_path: Path) -> None:
    page = ROOT / "docs" / "configuration-tests.md"
    configuration, tests = (block.text for block in TOML if block.page == page)
    (tmp_path / "plugins.toml").write_text(configuration, "utf-8")
    file = tmp_path / "shop.test.toml"
    file.write_text(tests, "utf-8")

    def rename() -> None:
        file.write_text(tests.replace('"key": "_vat_number"', '"key": "_vat_id"'), "utf-8")

    check_transcripts(page, tmp_path, rename)
