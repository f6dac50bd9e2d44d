"""The bad night of docs/operations.md: its shop misbehaves as the page says, its commands print what it shows.

What happens to the shop stands in the page itself, in comments that readers do not see: ``<!-- the shop ... -->``.
``UPDATE_DOCS=1`` writes the present output into the page, to be read.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeAlias

import pytest

from crossdock.testing import Faults, SandboxOptions, SandboxServer, parse_faults
from crossdock_woocommerce.sandbox import make_sandbox
from crossdock_woocommerce.sandbox.shop import Shop
from tests.environment import run_crossdock
from tests.transcript import lasting

Order: TypeAlias = dict[str, Any]

PAGE = Path(__file__).parents[2] / "docs" / "operations.md"
ADDRESS = "https://shop.example"
_NIGHT = re.compile(r"(?<=^## A bad night\n).*?(?=^## |\Z)", re.DOTALL | re.MULTILINE)
_STEP = re.compile(
    r"^<!-- the shop (?P<shop>.*?) -->|^```toml\n(?P<toml>.*?)^```|(?<=^```console\n)(?P<console>.*?)(?=^```)",
    re.DOTALL | re.MULTILINE,
)
_COMMAND = re.compile(r"^\$ crossdock (.*)$", re.MULTILINE)
_UNSTEADY = (
    (re.compile(r"20\d\d-\d\d-\d\d[ T]\d\d:\d\d(:\d\d)?([.,]\d+)?Z?"), "<moment>"),
    (re.compile(r"per_page=\d+"), "per_page=<size>"),
    (re.compile(r"given up after \d+ tries in \d+ s"), "given up after some tries"),
    (re.compile(r"Of \d+ requests, repeated: \d+"), "Of some requests, repeated: some"),
)
_VAT, _ORDERS = "_billing_vat", 60


class Night:
    """A shop over HTTP that does what it is told, and the operator's folder."""

    def __init__(self, server: SandboxServer, shop: Shop, folder: Path) -> None:
        self._server = server
        self._shop = shop
        self._folder = folder

    def step(self, step: re.Match[str]) -> str:
        """Do what stands in the page, and give what it shows of that."""
        if step["console"] is not None:
            return "\n".join(map(self._run, _COMMAND.findall(step["console"])))
        if step["toml"] is not None:
            self._configure(step["toml"])
        else:
            self._happen(step["shop"])
        return step[0]

    def _happen(self, what: str) -> None:
        """Let the shop be well, fail in the language of faults, have orders edited, or a field renamed."""
        verb, _, rest = what.partition(" ")
        if verb in ("is", "fails:"):
            faults = parse_faults(rest) if verb == "fails:" else ()
            self._server.hooks[:] = [Faults(self._server.sandbox, faults)] if faults else []
        elif verb == "edits":
            self._change(int(rest.split()[0]), 120, lambda order: order | {"customer_note": "changed in the shop"})
        else:
            old, new = rest.split(" to ")
            self._change(
                len(self._shop.orders), 2, lambda order: order | {"meta_data": _renamed(order["meta_data"], old, new)}
            )

    def _change(self, count: int, minutes: int, change: Callable[[Order], Order]) -> None:
        """Change the oldest orders, so many minutes ago, each in a second of its own."""
        orders = self._shop.orders
        began = self._shop.now().replace(tzinfo=None) - timedelta(minutes=minutes)
        rows = sorted(orders, key=lambda row: row.id)
        for position, row in enumerate(rows[:count]):
            moment = (began + timedelta(seconds=position)).isoformat(timespec="seconds")
            orders.put(change(orders.document(row)) | {"date_modified": moment, "date_modified_gmt": moment})

    def _configure(self, toml: str) -> None:
        """Write the whole file, or the lines in it that are shown anew."""
        file = self._folder / "plugins.toml"
        if "[[connection]]" in toml:
            file.write_text(toml.replace(ADDRESS, self._server.url), "utf-8")
            return
        anew = {line.partition(" = ")[0]: line for line in toml.splitlines() if " = " in line}
        before = file.read_text("utf-8").splitlines()
        file.write_text("\n".join(anew.get(line.partition(" = ")[0], line) for line in before), "utf-8")

    def _run(self, command: str) -> str:
        run = run_crossdock([sys.executable, "-m", "crossdock"], self._folder, *command.split())
        fails = bool(self._server.hooks) and command.startswith("import")
        assert (run.returncode, "Traceback" in run.stderr) == (3 if fails else 0, False), run.stderr
        printed = f"{run.stdout}{run.stderr}".replace(self._server.url, ADDRESS)
        return f"$ crossdock {command}\n{printed}"


def _renamed(metas: list[Order], old: str, new: str) -> list[Order]:
    return [meta | {"key": new} if meta["key"] == old else meta for meta in metas]


def _steady(text: str) -> str:
    """Blank what depends on the time and on how quick the machine is."""
    for pattern, instead in _UNSTEADY:
        text = pattern.sub(instead, text)
    return lasting(text)


@pytest.fixture
def night(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Night]:
    """A shop whose orders have nothing of their own but a VAT number."""
    sandbox = make_sandbox(SandboxOptions(records=_ORDERS))
    orders = sandbox.shop.orders
    for row in list(orders):
        document = orders.document(row)
        status = document["status"] if document["status"] != "shipped" else "completed"
        vat = {"id": row.id, "key": _VAT, "value": f"SE55600{row.id}01"}
        orders.put({**document, "status": status, "meta_data": [vat]})
    for name, value in sandbox.settings.items():
        monkeypatch.setenv(f"MY_SHOP_{name.removeprefix('consumer_').upper()}", value)
    with SandboxServer(sandbox) as server:
        yield Night(server, sandbox.shop, tmp_path)


@pytest.mark.slow
def test_the_night_goes_as_the_page_tells(night: Night) -> None:
    page = PAGE.read_text("utf-8")
    shown = _NIGHT.search(page)
    assert shown is not None
    printed = _STEP.sub(night.step, shown[0])
    if "UPDATE_DOCS" in os.environ:
        PAGE.write_text(page[: shown.start()] + printed + page[shown.end() :], "utf-8")
        return
    assert _steady(printed) == _steady(shown[0])
