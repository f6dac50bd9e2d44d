"""What is installed is what strangers build on: our wheel and a foreign distribution, in a fresh environment."""

from __future__ import annotations

import json
import shutil
import sys
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests import tutorial
from tests.environment import Environment, build_wheel, reports, run_crossdock

ROOT = Path(__file__).parents[1]
CONNECTION = tutorial.CONFIG.partition("[[connection]]")[2]


@dataclass(frozen=True)
class Installed:
    """The fresh environment, and the wheels that were built for it."""

    environment: Environment
    crossdock: Path
    kiosk: Path


def write_distribution(folder: Path, name: str, plugin: str, module: str) -> Path:
    """Write the tutorial's connector as a package of its own, with the mapping beside it."""
    source, mapping, rest = tutorial.PLUGIN.partition('MAPPING = """')
    text, _, rest = rest.partition('"""')
    assert mapping
    package = folder / module
    package.mkdir(parents=True)
    (package / "mapping.toml").write_text(text, "utf-8")
    head = source.replace("from pydantic", "from importlib.resources import files\n\nfrom pydantic", 1)
    (package / "__init__.py").write_text(f'{head}MAPPING = files("{module}") / "mapping.toml"{rest}', "utf-8")
    pyproject = tutorial.PYPROJECT.replace("crossdock-kiosk", name).replace("kiosk.py", module)
    (folder / "pyproject.toml").write_text(pyproject.replace('kiosk = "kiosk"', f'{plugin} = "{module}"'), "utf-8")
    return folder


def configure(folder: Path, *, disable: str = "", paths: str = "") -> Path:
    """Write plugins.toml with the tutorial's connection and the repository's own."""
    folder.mkdir(exist_ok=True)
    demo = (ROOT / "plugins.toml").read_text("utf-8").partition("[[connection]]")[2].partition("# --- A real shop")[0]
    shops = [CONNECTION] if "woocommerce" in disable else [CONNECTION, demo]
    head = f"[plugins]\ndisable = [{disable}]\npaths = [{paths}]\n"
    (folder / "plugins.toml").write_text("[[connection]]".join([head, *shops]), "utf-8")
    return folder


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Installed:
    folder = tmp_path_factory.mktemp("wheels")
    ours = build_wheel(ROOT, folder / "crossdock")
    theirs = build_wheel(write_distribution(folder / "source", "crossdock-kiosk", "kiosk", "kiosk"), folder / "kiosk")
    environment = Environment.create(folder / "environment")
    environment.install(ours)
    environment.install(theirs)
    return Installed(environment, ours, theirs)


def test_the_wheel_holds_the_packages_and_nothing_of_the_workshop(installed: Installed) -> None:
    names = zipfile.ZipFile(installed.crossdock).namelist()
    tops = {name.partition("/")[0] for name in names}
    packages = {"crossdock", "crossdock_api", "crossdock_woocommerce", "crossdock_manipulators"}
    assert {top for top in tops if not top.endswith(".dist-info")} == packages
    assert {f"{package}/py.typed" for package in packages} <= set(names)
    assert "crossdock_woocommerce/mapping.toml" in names
    assert [name for name in names if name.endswith("licenses/LICENSE")] != []


def test_a_foreign_connector_imports_beside_the_built_in_one(installed: Installed, tmp_path: Path) -> None:
    found = reports(installed.environment.crossdock(configure(tmp_path), "import", "--prove", "--json"))
    assert [(report["connection"], report["created"]) for report in found] == [("corner-till", 250), ("demo-shop", 250)]
    for report in found:
        assert_balanced(report)
    exported = installed.environment.crossdock(tmp_path, "records", "export", "--type", "order", "--format", "jsonl")
    assert len(exported.stdout.splitlines()) == 500


def assert_balanced(report: dict[str, Any]) -> None:
    ledger = dict(report["ledger"])
    assert ledger.pop("leaves") == sum(ledger.values()) > 0
    assert report["considered"] == sum(
        report[outcome] for outcome in ("created", "updated", "unchanged", "ignored", "failed")
    )


def test_it_is_listed_with_its_distribution(installed: Installed, tmp_path: Path) -> None:
    listed = json.loads(installed.environment.crossdock(configure(tmp_path), "connectors", "list", "--json").stdout)
    assert {one["name"]: one["source"] for one in listed} == {
        "api": "distribution crossdock 0.1.0",
        "kiosk": "distribution crossdock-kiosk 1.0",
        "woocommerce": "distribution crossdock 0.1.0",
    }


def test_a_name_claimed_twice_is_refused_and_disabling_it_lets_the_rest_run(
    installed: Installed, tmp_path: Path
) -> None:
    claimant = write_distribution(tmp_path / "source", "crossdock-impostor", "woocommerce", "impostor")
    site = tmp_path / "site"
    with zipfile.ZipFile(build_wheel(claimant, tmp_path / "wheel")) as wheel:
        wheel.extractall(site)

    refused = installed.environment.crossdock(configure(tmp_path / "both"), "import", path=site)
    assert refused.returncode == 2
    assert "plugin name 'woocommerce' is claimed by" in refused.stderr
    assert "distribution crossdock 0.1.0" in refused.stderr
    assert "distribution crossdock-impostor 1.0" in refused.stderr
    assert 'disable = ["woocommerce"]' in refused.stderr

    rest = configure(tmp_path / "rest", disable='"woocommerce"')
    [report] = reports(installed.environment.crossdock(rest, "import", "--json", path=site))
    assert (report["connection"], report["created"]) == ("corner-till", 250)


def test_a_single_file_in_a_folder_does_the_same(installed: Installed, tmp_path: Path) -> None:
    plugins = tmp_path / "file" / "my_plugins"
    plugins.mkdir(parents=True)
    (plugins / "kiosk.py").write_text(tutorial.PLUGIN, "utf-8")
    here = [sys.executable, "-m", "crossdock"]
    by_file = run_crossdock(here, configure(tmp_path / "file", paths='"my_plugins"'), "import", "corner-till", "--json")
    by_wheel = installed.environment.crossdock(configure(tmp_path / "wheel"), "import", "corner-till", "--json")
    [one], [other] = reports(by_file), reports(by_wheel)
    changing = {"runId", "startTime", "endTime"}
    assert {key: one[key] for key in one.keys() - changing} == {key: other[key] for key in other.keys() - changing}


def test_the_tutorials_own_distribution_is_installed_and_found(installed: Installed, tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.mkdir()
    (source / "kiosk.py").write_text(tutorial.PLUGIN, "utf-8")
    (source / "pyproject.toml").write_text(tutorial.PYPROJECT, "utf-8")
    environment = Environment.create(tmp_path / "environment")
    environment.install(installed.crossdock)
    environment.install(build_wheel(source, tmp_path / "wheel"))
    shutil.rmtree(source)
    [report] = reports(environment.crossdock(configure(tmp_path), "import", "corner-till", "--prove", "--json"))
    assert report["created"] == 250
