"""The pages about plugins.toml and about configuration tests say what the models say.

``UPDATE_DOCS=1 pytest tests/config/test_docs.py`` writes the tables of keys anew.
"""

import os
import re
from pathlib import Path

import pytest
from pydantic import BaseModel

from crossdock.config import RemoteConfig, RetentionConfig, ServeConfig, StoreConfig
from crossdock.config.cases import CaseTable
from crossdock.config.describe import describe
from crossdock.config.flows import FlowTable
from crossdock.config.limits import LimitsTable
from crossdock.config.subscription import ReceiverConfig, SubscriptionTable
from crossdock.config.tables import ConfigTable, ConnectionTable, ImportTable, PluginsTable, StepTable

DOCS = Path(__file__).parents[2] / "docs"
_IN_PLUGINS_TOML: dict[str, type[BaseModel]] = {
    model.__name__: model
    for model in (
        ConfigTable,
        StoreConfig,
        RetentionConfig,
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
PAGES: dict[str, dict[str, type[BaseModel]]] = {
    "plugins-toml.md": _IN_PLUGINS_TOML,
    "configuration-tests.md": {"CaseTable": CaseTable},
}
TABLES = {name: model for tables in PAGES.values() for name, model in tables.items()}


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


@pytest.mark.parametrize("page", PAGES)
def test_every_table_of_the_file_is_documented_with_all_its_keys(page: str) -> None:
    file = DOCS / page
    text = file.read_text("utf-8")
    if "UPDATE_DOCS" in os.environ:
        file.write_text(text := generated(text), "utf-8")
    assert sorted(match[1] for match in _MARK.finditer(text)) == sorted(PAGES[page])
    assert generated(text) == text


def test_every_key_is_described() -> None:
    assert [key.key for model in TABLES.values() for key in describe(model) if not key.text] == []
