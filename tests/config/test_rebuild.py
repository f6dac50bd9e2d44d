"""A configuration is built again from what was kept of it, exactly, or it is said why not."""

from __future__ import annotations

import json
import tomllib
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest
from msgspec import structs

from crossdock.config import Config, load_config
from crossdock.config.rebuild import RebuildError, Rebuilt, rebuild
from crossdock.config.sources import Sources
from crossdock.store.imports.configurations import Configuration

ROOT = Path(__file__).parents[2]
SHOP = """
[[connection]]
id = "5377568eb7e165e3b38af6eece4a0001"
name = "demo-shop"
connector = "woocommerce"

[connection.settings]
url = "sandbox:"
consumer_key = "ck_canary"

[connection.import.order]
lookback = "20m"
manipulators = [
  { use = "value-map", field = "channel", file = "channels.csv", when = "currency == 'SEK'" },
  { use = "round", decimals = 2 },
]

[connection.import.order.mapping]
"billingAddress.vatNumber" = "meta_data[?key=='_vat_number'].value | [0]"
"channel" = { from = "meta_data[?key=='_source'].value | [0]", keep = true }

[connection.import.order.drop]
"customer_user_agent" = "not needed, personal"

[[limits]]
connection = "demo-shop"
max_value = 50000
types = ["string", "integer"]
"""


def configure(folder: Path, text: str = SHOP) -> Config:
    file = folder / "plugins.toml"
    file.write_text(text, "utf-8")
    return load_config(file, {})


def kept(config: Config) -> Configuration:
    order = config.connections[0].imports["order"]
    return Configuration("then", order.snapshot, order.sources.write())


def again(config: Config, then: Configuration) -> Rebuilt:
    assert then.sources is not None
    return rebuild(config.connections[0], "order", config.plugins, then.snapshot, then.sources)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "channels.csv").write_text("old,new\nweb,Web\n", "utf-8")
    return tmp_path


def test_every_place_and_every_setting_is_as_it_was(folder: Path) -> None:
    config = configure(folder)
    before = config.connections[0].imports["order"]
    then = kept(config)
    (folder / "channels.csv").unlink()
    rebuilt = again(configure(folder, SHOP[: SHOP.index("[connection.import.order]")]), then)
    assert rebuilt.caveats == ()
    assert (rebuilt.config.hash, rebuilt.config.snapshot) == (before.hash, before.snapshot)
    assert [(line.name, line.place) for line in rebuilt.config.mapping.all_lines] == [
        (line.name, line.place) for line in before.mapping.all_lines
    ]
    assert [rule.place for rule in rebuilt.config.mapping.rules] == [rule.place for rule in before.mapping.rules]
    assert [(step.name, step.place) for step in rebuilt.config.manipulators] == [
        (step.name, step.place) for step in before.manipulators
    ]
    assert rebuilt.config.limits == before.limits


def test_the_configuration_of_the_repository_is_built_again() -> None:
    config = load_config(ROOT / "plugins.toml", {})
    assert again(config, kept(config)).caveats == ()


def test_no_setting_of_the_connection_is_kept(folder: Path) -> None:
    text = kept(configure(folder)).sources or ""
    assert "canary" not in text
    assert set(Sources.read(text).table.data) == {"manipulators", "mapping", "drop"}


@pytest.mark.parametrize("content", [b"", b"old,new\r\n\xc3\xa5,1\n", b"\xef\xbb\xbfold,new\n", b"\xff\xfe\x00\x80"])
def test_a_file_is_kept_to_the_last_byte(folder: Path, content: bytes) -> None:
    sources = configure(folder).connections[0].imports["order"].sources
    again = Sources.read(structs.replace(sources, files={"tables/a.csv": content}).write())
    assert again.files == {"tables/a.csv": content}


def test_values_of_every_kind_of_toml_are_kept(folder: Path) -> None:
    sources = configure(folder).connections[0].imports["order"].sources
    table = tomllib.loads(
        "a = 1.10\nb = [1, true, 'x', 2024-03-03, 14:09:27]\nc = { d = 2024-03-03T14:09:27Z, Decimal = '1.10' }",
        parse_float=Decimal,
    )
    again = Sources.read(structs.replace(sources, table=replace(sources.table, data=table)).write())
    assert repr(again.table.data) == repr(table)


def test_another_version_of_crossdock_or_of_a_plugin_is_a_caveat(folder: Path) -> None:
    config = configure(folder)
    then = kept(config)
    snapshot = json.loads(then.snapshot)
    snapshot["version"] += 1
    snapshot["plugins"]["round"] = "another 0.9"
    caveats = again(config, then._replace(snapshot=json.dumps(snapshot))).caveats
    assert [caveat.split(" was ")[0] for caveat in caveats] == [
        "Crossdock itself has come to map differently since",
        "the plugin of 'round'",
    ]


def test_a_file_outside_the_folder_that_has_changed_cannot_be_brought_back(folder: Path) -> None:
    inner = folder / "inner"
    inner.mkdir()
    config = configure(inner, SHOP.replace("channels.csv", str(folder / "channels.csv")))
    then = kept(config)
    assert again(config, then).caveats == ()
    (folder / "channels.csv").write_text("old,new\nweb,App\n", "utf-8")
    with pytest.raises(RebuildError, match="lies outside the folder"):
        again(config, then)
