"""docs/plugins-toml.md says what the models say, and every example in it is valid.

``UPDATE_DOCS=1 pytest tests/config/test_docs.py`` writes the tables of keys anew.
"""

import os
import re
from pathlib import Path

import pytest
from pydantic import BaseModel

from crossdock.config import RemoteConfig, ServeConfig, StoreConfig, load_config
from crossdock.config.describe import describe
from crossdock.config.flows import FlowTable
from crossdock.config.limits import LimitsTable
from crossdock.config.subscription import ReceiverConfig, SubscriptionTable
from crossdock.config.tables import ConfigTable, ConnectionTable, ImportTable, PluginsTable, StepTable

FILE = Path(__file__).parents[2] / "docs" / "plugins-toml.md"
TABLES: dict[str, type[BaseModel]] = {
    model.__name__: model
    for model in (
        ConfigTable,
        StoreConfig,
        ServeConfig,
        PluginsTable,
        ConnectionTable,
        RemoteConfig,
        ImportTable,
        StepTable,
        SubscriptionTable,
        ReceiverConfig,
        LimitsTable,
        FlowTable,
    )
}
_MARK = re.compile(r"<!-- keys: (\w+) -->\n(?:\n(?:\|.*\n)+)?")
CONNECTION = """
[[connection]]
id = "5377568eb7e165e3b38af6eece4a0001"
name = "demo-shop"
connector = "woocommerce"
"""


def table_of(model: type[BaseModel]) -> str:
    """The keys of a model as a table in Markdown."""
    rows = ["| key | what may stand there | without it | what it is for |", "|---|---|---|---|"]
    for key in describe(model):
        default = "**required**" if key.required else f"`{key.default}`" if key.default else ""
        cells = [cell.replace("|", "\\|") for cell in (f"`{key.key}`", key.kind, default, key.text)]
        rows.append(f"| {' | '.join(cells)} |")
    return "\n".join(rows) + "\n"


def generated(text: str) -> str:
    return _MARK.sub(lambda match: f"<!-- keys: {match[1]} -->\n\n{table_of(TABLES[match[1]])}", text)


def test_every_table_of_the_file_is_documented_with_all_its_keys() -> None:
    text = FILE.read_text("utf-8")
    if "UPDATE_DOCS" in os.environ:
        FILE.write_text(text := generated(text), "utf-8")
    assert sorted(match[1] for match in _MARK.finditer(text)) == sorted(TABLES)
    assert generated(text) == text


def test_every_key_is_described() -> None:
    assert [key.key for model in TABLES.values() for key in describe(model) if not key.text] == []


@pytest.mark.parametrize("example", re.findall(r"```toml\n(.*?)```", FILE.read_text("utf-8"), re.DOTALL))
def test_every_example_is_valid(tmp_path: Path, example: str) -> None:
    secret = tmp_path / "secret"
    secret.write_text("cs_x")
    text = re.sub(r'file = "[^"]*"', f'file = "{secret}"', example)
    if "[[connection]]" not in text:
        sandbox = "" if "[connection.settings]" in text else 'settings = { url = "sandbox:" }\n'
        text = CONNECTION + sandbox + text
    file = tmp_path / "plugins.toml"
    file.write_text(text)
    signing = "whsec_Y2FuYXJ5IG9mIDMyIGJ5dGVzLCBub3QgYSBzZWNyZXQ="
    keys = {
        "ERP_EVENTS_SECRET": signing,
        "DEMO_SHOP_KEY": "ck_x",
        "SHOP_KEY": "ck_x",
        "SHOP_URL": "https://shop.example",
    }
    config = load_config(file, keys)
    assert config.problems == ()
    assert len(config.connections) == 1
