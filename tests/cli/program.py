"""Runs ``crossdock`` as a person would, in this process, and keeps what it printed."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from crossdock.cli import main
from crossdock.store import Actor, Store

OPERATOR = Actor("operator", None, "test", "cli")
SHOP_ID = "5377568eb7e165e3b38af6eece4a0001"
ERP_ID = "5377568eb7e165e3b38af6eece4a0002"
SHOP = f"""\
[[connection]]
id = "{SHOP_ID}"
name = "demo-shop"
connector = "woocommerce"

[connection.settings]
url = "sandbox:"

[connection.import.order]
manipulators = [{{ use = "field-set", field = "channel", value = "web" }}]

[connection.import.customer]
"""
ERP = f"""
[[connection]]
id = "{ERP_ID}"
name = "erp"
connector = "woocommerce"

[connection.settings]
url = "sandbox:"
"""
NEEDS_KEYS = """
[[connection]]
id = "5377568eb7e165e3b38af6eece4a0003"
name = "real-shop"
connector = "woocommerce"

[connection.settings]
url = "https://shop.example"
consumer_key = { env = "NO_SUCH_KEY" }
consumer_secret = { env = "NO_SUCH_SECRET" }
"""


@dataclass(frozen=True)
class Result:
    """What one command left: exit code, stdout and stderr."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """What stands on stdout, as JSON."""
        return json.loads(self.out)

    @property
    def lines(self) -> list[str]:
        """The lines on stdout."""
        return self.out.splitlines()


@dataclass(frozen=True)
class Program:
    """The program in a folder."""

    folder: Path
    monkeypatch: pytest.MonkeyPatch
    capsys: pytest.CaptureFixture[str]

    def store(self) -> Store:
        """Open the store beside the program's back."""
        return Store.open(f"sqlite:///{self.folder / 'crossdock.db'}", create=False)

    def __call__(self, *arguments: str) -> Result:
        """Run a command to its end."""
        self.monkeypatch.setattr(sys, "argv", ["crossdock", *arguments])
        self.capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            main()
        out, err = self.capsys.readouterr()
        assert "Traceback" not in err
        code = ended.value.code
        return Result(code if isinstance(code, int) else 0, out, err)

    def fine(self, *arguments: str) -> Result:
        """Run a command that must succeed."""
        result = self(*arguments)
        assert (result.code, result.err) == (0, "")
        return result

    def refused(self, *arguments: str) -> str:
        """Run a command that is wrong in itself, and return what it says."""
        result = self(*arguments)
        assert (result.code, result.out) == (2, "")
        return result.err
