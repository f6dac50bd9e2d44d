"""Loads a configuration that a test wrote, with the example plugin and nothing else."""

import re
import textwrap
from collections.abc import Mapping
from importlib.metadata import EntryPoint
from pathlib import Path

from crossdock.config import Config, load_config
from crossdock.errors import ConfigError
from crossdock.plugins import InstalledPlugin

EXAMPLE = InstalledPlugin(
    "example", "example-plugins 1.0", EntryPoint("example", "tests.config.example_plugin", "crossdock")
)
_FRESH_ID = re.compile(r'a new one: id = "[0-9a-f]{32}"')
ENVIRON = {
    "SHOP_KEY": "ck_canary-key",
    "SHOP_SECRET": "cs_canary-secret",
    "SHOP_PORT": "8443",
    "WRONG_KEY": "canary-without-prefix",
    "ODD_ADDRESS": "https://erp..example/canary-path",
    "LONG": "canary-" * 20,
    "EMPTY": "",
    "SIGNING_SECRET": "whsec_Y2FuYXJ5IG9mIDMyIGJ5dGVzLCBub3QgYSBzZWNyZXQ=",
}


def load(folder: Path, text: str, environ: Mapping[str, str] = ENVIRON) -> Config:
    """Write ``plugins.toml`` into the folder and load it."""
    (folder / "broken_shop.py").write_text("import no_such_module\n")
    file = folder / "plugins.toml"
    file.write_text(textwrap.dedent(text), newline="")
    return load_config(file, environ, installed=[EXAMPLE])


def literal(value: object) -> str:
    """Write a value as TOML, lists over several lines."""
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{quote(key)} = {literal(inner)}" for key, inner in value.items()) + " }"
    if isinstance(value, list):
        return "[" + ",\n ".join(map(literal, value)) + "]"
    return quote(value) if isinstance(value, str) else str(value).lower()


def quote(text: str) -> str:
    """Write a text as TOML."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def refusal(folder: Path, text: str, environ: Mapping[str, str] = ENVIRON) -> str:
    """What is wrong with a configuration, files named relative to its folder."""
    try:
        load(folder, text, environ)
    except ConfigError as error:
        said = str(error).replace(f"{folder}/", "").replace(f"{Path(__file__).parent}/", "")
        return _FRESH_ID.sub("a new one: <id>", said)
    raise AssertionError("it was accepted")
