"""How little a process loads: an import is a process of its own every few minutes, and pays for all of it each time."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from crossdock.cli.commands import Commands

from .process import Folder, sandbox_process, shop

LOADED = re.compile(r"^import '([\w.]+)' #", re.MULTILINE)  # what Python says with PYTHONVERBOSE
# What an import of orders into SQLite has no use for; what stands inside a package goes with it.
UNUSED = (
    # libraries
    *("apscheduler", "fastapi", "opentelemetry", "prometheus_client", "psycopg", "pyrate_limiter", "re2", "rich"),
    *("sqlalchemy.orm", "standardwebhooks", "uvicorn", "http.server"),
    # other commands, what they show, and what they serve
    *("crossdock.api", "crossdock.events", "crossdock.telemetry", "crossdock.testing"),
    *("crossdock.cli.records", "crossdock.cli.report", "crossdock.cli.run", "crossdock.cli.serve", "crossdock.cli.why"),
    *("crossdock.pipeline.explaining", "crossdock.pipeline.keeping", "crossdock.pipeline.repairing"),
    *("crossdock.pipeline.reporting.digest", "crossdock.drift.proposal", "crossdock.config.cases"),
    # record types that are not imported
    *(f"crossdock.records.{name}" for name in ("checkout", "customer", "invite", "invoice", "product", "refund")),
    *("crossdock.records.shipment", "crossdock.records.stock_level", "crossdock.records.json_schema"),
    # tables that the configuration has not
    *("crossdock.config.limits", "crossdock.config.subscription"),
    # parts of the store that nobody asked for
    *("crossdock.store.access", "crossdock.store.copies", "crossdock.store.erasure.erasing", "crossdock.store.events"),
    *("crossdock.store.flows.flow_preview", "crossdock.store.overview", "crossdock.store.ownership"),
)


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """The modules that an import of orders has loaded."""
    with sandbox_process("--port", "0", "--records", "3") as (url, keys):
        folder = Folder(tmp_path_factory.mktemp("start"), keys | {"PYTHONVERBOSE": "1"})
        folder.write(shop(url))
        return set(LOADED.findall(folder.fine("import").err))


def test_an_import_loads_nothing_that_it_has_no_use_for(loaded: set[str]) -> None:
    assert {"crossdock.pipeline.importing", "crossdock.records.order", "sqlalchemy", "requests"} <= loaded
    assert [name for name in sorted(loaded) if any(f"{name}.".startswith(f"{one}.") for one in UNUSED)] == []


def test_what_is_named_here_exists() -> None:
    folder = Path(__file__).parents[2] / "platform"
    modules = {".".join(file.relative_to(folder).with_suffix("").parts) for file in folder.rglob("*.py")}
    packages = {name.removesuffix(".__init__") for name in modules} | modules
    assert [one for one in UNUSED if one.startswith("crossdock") and one not in packages] == []


def test_an_import_loads_one_command(loaded: set[str]) -> None:
    assert Commands().modules() & loaded == {"crossdock.cli.importing"}
