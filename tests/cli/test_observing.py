"""Logs for programs of every command that imports, and what is said where the extra for metrics is missing."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from .faulty import faulty_shop
from .program import NEEDS_KEYS, SHOP, SHOP_ID, Program, Result

WITHOUT = """
import sys

class Absent:
    def find_spec(self, name, path=None, target=None):
        if name in ("prometheus_client", "opentelemetry.sdk", "opentelemetry.exporter"):
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

sys.meta_path.insert(0, Absent())
"""
FAIL = """[connection.import.order]
manipulators = [{ use = "fail", when = "currency == 'EUR'", reason = "no euros" }]
"""


def records(result: Result) -> list[dict[str, Any]]:
    return [json.loads(line) for line in result.err.splitlines()]


def events(result: Result) -> list[str]:
    found = records(result)
    assert len({one["runId"] for one in found}) == 1
    for one in found:
        assert (one["connectionId"], one["recordType"]) == (SHOP_ID, "order")
        assert one["time"].endswith("Z")
    return [one["event"] for one in found]


def test_import_replay_retry_and_audit_log_their_runs_as_json(program: Program) -> None:
    with faulty_shop(program, "503 at 1", FAIL):
        imported = program("--log-format", "json", "import")
    assert events(imported) == ["runStarted", "requestRepeated", "pageStored", "runEnded"]
    assert records(imported)[-1]["failed"] > 0
    assert events(program("--log-format", "json", "quarantine", "retry", "--all"))[-1] == "runEnded"
    with faulty_shop(program, "", "[connection.import.order]\n"):
        replayed = program("--log-format", "json", "replay", "--apply")
    assert events(replayed) == ["runStarted", "pageStored", "runEnded"]
    assert "\n{" not in imported.out


def test_without_it_nothing_is_logged_but_what_matters_and_with_v_it_is_text(program: Program) -> None:
    with faulty_shop(program, "", "[connection.import.order]\n"):
        assert program("import").err == ""
        assert "INFO crossdock.runs: shop order: page 1, " in program("-v", "import", "--full").err


def test_complaints_are_records_as_well_and_so_is_a_mistake_in_the_configuration(program: Program) -> None:
    (program.folder / "plugins.toml").write_text(SHOP + NEEDS_KEYS, "utf-8")
    done = program("--log-format", "json", "import", "--type", "order")
    last = records(done)[-1]
    assert (last["event"], last["level"]) == ("complained", "error")
    assert "connection 'real-shop' was not imported:" in last["message"]
    (program.folder / "plugins.toml").write_text("[stor]", "utf-8")
    [line] = records(program("--log-format", "json", "import"))
    assert "did you mean 'store'?" in line["message"]
    assert program("import").err.startswith("crossdock: ")


@pytest.fixture
def bare(program: Program) -> Program:
    """The program where the extra is not installed."""
    (program.folder / "sitecustomize.py").write_text(WITHOUT, "utf-8")
    (program.folder / "plugins.toml").write_text(SHOP.replace(".order]", '.order]\nevery = "1h"', 1), "utf-8")
    return program


def run_bare(folder: Path, *arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "crossdock", *arguments]
    surroundings = os.environ | {"PYTHONPATH": str(folder)} | environ
    return subprocess.run(
        command, cwd=folder, env=surroundings, capture_output=True, text=True, timeout=120, check=False
    )


@pytest.mark.parametrize("command", ["run", "serve"])
def test_metrics_without_the_extra_are_refused_with_what_to_install(bare: Program, command: str) -> None:
    run = run_bare(bare.folder, command, "--metrics-port", "0")
    assert (run.returncode, run.stdout) == (2, "")
    assert "--metrics-port needs the extra 'metrics' (prometheus_client is not installed)" in run.stderr
    assert "pip install 'crossdock[metrics]'" in run.stderr
    assert "Traceback" not in run.stderr


def test_traces_without_the_extra_are_left_out_and_that_is_said(bare: Program) -> None:
    run = run_bare(bare.folder, "import", "--limit", "1", OTEL_EXPORTER_OTLP_ENDPOINT="http://127.0.0.1:9")
    assert run.returncode == 0, run.stderr
    assert "no traces are sent: the environment asks for them (OTEL_*)" in run.stderr
    assert "pip install 'crossdock[metrics]'" in run.stderr


def test_nobody_loads_it_who_does_not_ask(bare: Program) -> None:
    run = run_bare(bare.folder, "import", "--limit", "1")
    assert (run.returncode, run.stderr) == (0, "")
