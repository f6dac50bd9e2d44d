"""The starter that ``crossdock init`` writes is valid, also with everything in it that is commented out."""

import re
from pathlib import Path

import pytest

from crossdock.config import Config, load_config
from crossdock.config.starter import starter_text
from crossdock.errors import ConfigError

ROOT = Path(__file__).parents[2]
DEMO, REAL = "5377568eb7e165e3b38af6eece4a0001", "5377568eb7e165e3b38af6eece4a0002"
ENVIRON = {
    "MY_SHOP_KEY": "ck_x",
    "MY_SHOP_SECRET": "cs_x",
    "ERP_EVENTS_SECRET": "whsec_YSBzZWNyZXQgb2YgdGhlIHRlc3RzLCAzMiBieXRlcyE=",
}


def load(folder: Path, text: str) -> Config:
    file = folder / "plugins.toml"
    file.write_text(text)
    return load_config(file, ENVIRON)


def test_the_starter_is_valid_as_it_stands(tmp_path: Path) -> None:
    config = load(tmp_path, starter_text(DEMO, REAL))
    (demo,) = config.connections
    assert (demo.id, demo.name, demo.connector.name, demo.sandbox) == (DEMO, "demo-shop", "woocommerce", True)
    assert [step.name for step in demo.imports["order"].manipulators] == ["field-set", "value-map", "row-sku"]
    assert config.problems == ()


def test_what_is_commented_out_is_valid_too(tmp_path: Path) -> None:
    text = starter_text(DEMO, REAL)
    uncommented = re.sub(r'^( *)# ?(?=\[|\{|"|\w+ = )', r"\1", text, flags=re.MULTILINE)
    assert uncommented.count("\n[[connection]]") == 2
    (tmp_path / "my_plugins").mkdir()
    config = load(tmp_path, uncommented)
    demo, real = config.connections
    assert [step.name for step in demo.imports["order"].manipulators][-1] == "ignore"
    assert real.remote.rate_limit == 5
    assert real.ready()
    assert [one.name for one in config.subscriptions] == ["erp-events"]
    assert ("order", "refund") in config.flows.pairs
    assert config.problems == ()


def test_the_plugins_toml_of_the_repository_is_the_starter() -> None:
    assert (ROOT / "plugins.toml").read_text("utf-8") == starter_text(DEMO, REAL)


def test_without_a_file_one_is_told_how_to_get_one(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="there is no such file; 'crossdock init' writes one, --config FILE names"):
        load_config(tmp_path / "plugins.toml", {})
