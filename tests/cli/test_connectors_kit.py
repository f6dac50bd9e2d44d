"""``crossdock connectors new`` writes a connector that works; ``connectors test`` says which promises one keeps."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from crossdock.plugins import load_plugins
from crossdock.testing.conformance import Promise, promises
from tests.cli.program import SHOP, Program
from tests.environment import Environment, build_wheel


@pytest.fixture(autouse=True)
def forget_plugins() -> None:
    """Each folder has plugins of its own, under the same names."""
    for name in [name for name in sys.modules if name.startswith("crossdock_plugin_")]:
        del sys.modules[name]


def test_a_new_connector_is_right_at_once(program: Program) -> None:
    told = program.fine("connectors", "new", "acme")
    assert told.lines[:4] == [
        "wrote my_plugins/acme.py",
        "wrote my_plugins/acme.toml",
        "wrote tests/test_acme.py",
        "wrote plugins.toml",
    ]
    result = program("connectors", "test", "acme")
    assert result.code == 0, result.out
    assert result.lines[0] == "acme: Acme, a shop with a JSON API"
    assert result.lines[-1] == "17 promises: 17 kept, 0 broken"
    assert program.fine("check").lines[-1] == "plugins.toml is right"
    assert "succeeded" in program.fine("import", "acme-demo").out


def test_a_broken_promise_is_told_with_what_to_do(program: Program) -> None:
    program.fine("connectors", "new", "acme")
    file = program.folder / "my_plugins" / "acme.py"
    file.write_text(file.read_text("utf-8").replace(", secrets=[key])", ")"), "utf-8")
    result = program("connectors", "test", "acme")
    assert result.code == 1
    at = result.lines.index("BROKEN  order  keeps secrets")
    assert result.lines[at + 1].strip().startswith("promised: No secret of the settings stands in an error")
    assert "          - when an error repeats the credentials, the error of check shows a secret" in result.lines
    assert [line for line in result.lines[at:] if line.startswith("          what to do: declare secrets as SecretStr")]
    assert result.lines[-1] == "17 promises: 16 kept, 1 broken"


def test_a_mistake_in_the_mapping_is_told_once_with_its_place(program: Program) -> None:
    program.fine("connectors", "new", "acme")
    mapping = program.folder / "my_plugins/acme.toml"
    mapping.write_text(mapping.read_text("utf-8").replace("[order.fields]", '[order.fields]\nchanel = "x"'), "utf-8")
    (told,) = program.refused("connectors", "test", "acme").splitlines()[:1]
    assert re.search(r"acme\.toml:\d+:1: order has no field 'chanel'; did you mean 'channel'\?", told)


def test_programs_get_the_promises_as_json(program: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Promise, "breaches", lambda self, *_, **__: ["no"] if self.name == "answers" else [])
    result = program("connectors", "test", "woocommerce", "--type", "order", "--json")
    assert result.code == 1
    [broken] = [one for one in result.json if not one["kept"]]
    assert broken["breaches"] == ["no"]
    assert (broken["promise"], broken["recordType"]) == ("answers", "order")
    assert {one["recordType"] for one in result.json} == {"order"}


def test_in_a_folder_that_is_set_up_the_line_that_is_missing_is_told(program: Program) -> None:
    (program.folder / "plugins.toml").write_text(SHOP, "utf-8")
    told = program.fine("connectors", "new", "my-shop")
    assert 'Into plugins.toml belongs: [plugins] paths = ["my_plugins"]' in told.lines
    assert (program.folder / "plugins.toml").read_text("utf-8") == SHOP
    (program.folder / "plugins.toml").write_text(f'[plugins]\npaths = ["./my_plugins"]\n\n{SHOP}', "utf-8")
    assert "belongs" not in program.fine("connectors", "new", "other").out
    assert [one["name"] for one in program.fine("connectors", "list", "--json").json if one["plugin"] == "my_shop"] == [
        "my-shop"
    ]


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("Acme", "a connector cannot be called 'Acme'; a name has lower-case letters"),
        ("a--b", "a connector cannot be called 'a--b'"),
        ("../x", "a connector cannot be called '../x'"),
        ("manipulators", "there is a plugin 'manipulators' (distribution crossdock"),
        ("woocommerce", "there is a connector 'woocommerce' already, brought by plugin 'woocommerce'"),
    ],
)
def test_a_name_that_cannot_be_is_told(program: Program, name: str, told: str) -> None:
    assert told in program.refused("connectors", "new", name)
    assert list(program.folder.iterdir()) == []


# Names that hold the one in the blueprint, and some that are names in its code as well.
@pytest.mark.parametrize("name", ["acme2", "acmecorp", "my-acme-x", "test-acme", "crossdock-acme", "utc", "connector"])
def test_a_connector_may_be_called_whatever_is_a_name(program: Program, name: str) -> None:
    program.fine("connectors", "new", name)
    assert sorted(file.name for file in (program.folder / "my_plugins").glob("*.toml")) == [
        f"{name.replace('-', '_')}.toml"
    ]
    assert program.fine("check").lines[-1] == "plugins.toml is right"
    (report,) = program.fine("import", f"{name}-demo", "--json").json
    assert (report["outcome"], report["created"]) == ("succeeded", 250)
    [connector] = load_plugins(paths=[program.folder / "my_plugins"], installed=()).connectors.values()
    changing = [one for one in promises(connector) if one.name == "survives changes"]
    assert [promise.breaches(program.folder) for promise in changing] == [[]]


def test_the_test_that_is_written_passes_whatever_the_connector_is_called(program: Program) -> None:
    program.fine("connectors", "new", "acme2")
    test = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-k", "loss", "tests/test_acme2.py"]
    told = subprocess.run(test, cwd=program.folder, capture_output=True, text=True, check=False)
    assert "1 passed" in told.stdout, told.stdout


def test_nothing_is_overwritten(program: Program) -> None:
    program.fine("connectors", "new", "acme", "here")
    assert "'here/my_plugins/acme.py' is there already" in program.refused("connectors", "new", "acme", "here")


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("woocomerce",), "there is no connector 'woocomerce'; did you mean 'woocommerce'?"),
        (("api",), "connector 'api' reads no records, so there is nothing to test"),
        (("acme", "--path", "nowhere"), "--path 'nowhere' is no folder; name the one that the connector's file is in"),
        (
            ("woocommerce", "--type", "invoice"),
            "reads no invoice, so there is nothing to test (order, product, customer)",
        ),
    ],
)
def test_what_cannot_be_tested_is_told(program: Program, arguments: tuple[str, ...], told: str) -> None:
    assert told in program.refused("connectors", "test", *arguments)


@pytest.mark.slow
def test_a_distribution_can_be_installed_and_its_test_passes(program: Program, tmp_path: Path) -> None:
    program.fine("connectors", "new", "my-shop", "--distribution")
    home = tmp_path / "crossdock-my-shop"
    root = Path(__file__).parents[2]
    environment = Environment.create(tmp_path / "venv")
    for source in (root, home):
        environment.install(build_wheel(source, tmp_path / f"wheel-of-{source.name}"))
    command = [str(environment.home / "bin" / "python"), "-m", "pytest", "-q", "-p", "no:cacheprovider", str(home)]
    command += ["-k", "answers or reads or fetches"]  # the others are run elsewhere
    ended = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stdout
    assert "5 passed" in ended.stdout
