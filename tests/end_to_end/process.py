"""``crossdock`` as its users run it: a process of its own, in a folder with a plugins.toml."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

SHOP_ID = "5377568eb7e165e3b38af6eece4a0001"
COMMAND = [sys.executable, "-m", "crossdock"]
_EXPORT = re.compile(r"^ *export (\w+)=(\S+)$", re.MULTILINE)


@dataclass(frozen=True)
class Ended:
    """What a process left behind."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)

    @property
    def report(self) -> dict[str, Any]:
        """The one transfer report that it printed."""
        [report] = self.json
        found: dict[str, Any] = report
        return found


@dataclass(frozen=True)
class Folder:
    """A folder with a configuration, and the environment that its commands see."""

    path: Path
    variables: Mapping[str, str] = field(default_factory=dict)

    @property
    def store(self) -> Path:
        return self.path / "crossdock.db"

    def write(self, configuration: str) -> None:
        (self.path / "plugins.toml").write_text(configuration, "utf-8")

    def start(self, *arguments: str, **streams: Any) -> subprocess.Popen[str]:
        """Start a command; the caller waits for it."""
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **streams}
        surroundings = {name: value for name, value in os.environ.items() if not name.startswith("CROSSDOCK")}
        return subprocess.Popen(
            [*COMMAND, *arguments], cwd=self.path, env=surroundings | dict(self.variables), text=True, **pipes
        )

    def __call__(self, *arguments: str) -> Ended:
        """Run a command to its end; whatever happens, nobody is shown a traceback."""
        with self.start(*arguments) as process:
            out, err = process.communicate(timeout=300)
        assert "Traceback" not in err, err
        return Ended(process.returncode, out, err)

    def fine(self, *arguments: str) -> Ended:
        """Run a command that must succeed."""
        ended = self(*arguments)
        assert ended.code == 0, ended
        return ended

    def records(self, record_type: str = "order") -> list[dict[str, Any]]:
        """Export every record of a type."""
        lines = self.fine("records", "export", "--type", record_type, "--format", "jsonl").out.splitlines()
        return [json.loads(line) for line in lines]


@contextmanager
def sandbox_process(*arguments: str) -> Iterator[tuple[str, dict[str, str]]]:
    """Run ``crossdock sandbox woocommerce``; gives its address, and the variables that it says hold its keys."""
    command = [*COMMAND, "sandbox", "woocommerce", *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        announced = ""
        for line in process.stdout:
            announced += line
            if line.startswith("Ctrl-C"):
                break
        address = re.search(r"http://127\.0\.0\.1:\d+", announced)
        assert address, announced
        try:
            yield address[0], dict(_EXPORT.findall(announced))
        finally:
            process.terminate()


def shop(url: str, *, name: str = "shop", identity: str = SHOP_ID, imports: str = "[connection.import.order]\n") -> str:
    """Write the configuration of a shop whose keys are in the variables that a sandbox names."""
    return f"""\
[[connection]]
id = "{identity}"
name = "{name}"
connector = "woocommerce"

[connection.settings]
url = "{url}"
consumer_key = {{ env = "SANDBOX_CONSUMER_KEY" }}
consumer_secret = {{ env = "SANDBOX_CONSUMER_SECRET" }}

{imports}
"""
