"""A command that works for long and begins while the database is away waits, says so, and goes on when it is there."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.databases import Postgresql

from .program import SHOP, Program

SCHEDULED = SHOP.replace("[connection.import.order]\n", '[connection.import.order]\nevery = "1h"\n')


@pytest.fixture
def away(postgresql: Postgresql, tmp_path: Path) -> Iterator[Postgresql]:
    """A server that is down, named in a plugins.toml; it is there again after the test."""
    url = postgresql.new_url()
    (tmp_path / "plugins.toml").write_text(f'[store]\nurl = "{url}"\n{SCHEDULED}', "utf-8")
    postgresql.stop()
    yield postgresql
    postgresql.start()


@contextmanager
def started(folder: Path, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    """A command that has said what it waits for."""
    command = [sys.executable, "-m", "crossdock", *arguments]
    with subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            assert process.stderr is not None
            told = process.stderr.readline()
            assert " WARNING crossdock.store: the store 'postgresql://postgres:***@" in told, told
            how_long = "for 2m at most" if arguments[0] == "import" else "until it is there"
            assert told.endswith(f"; waiting for it, {how_long}\n"), told
            yield process
        finally:
            process.kill()


def test_an_import_waits_and_then_imports(away: Postgresql, tmp_path: Path) -> None:
    with started(tmp_path, "import", "--type", "customer", "--limit", "3") as process:
        away.start()
        out, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (0, "")
    assert "3" in out


def test_a_server_waits_and_then_serves(away: Postgresql, tmp_path: Path) -> None:
    with started(tmp_path, "serve", "--port", "0") as process:
        away.start()
        assert process.stdout is not None
        assert process.stdout.readline().startswith("serving http://")
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 0


@pytest.mark.parametrize(
    ("command", "number"),
    [("import", signal.SIGINT), ("import", signal.SIGTERM), ("serve", signal.SIGINT), ("run", signal.SIGTERM)],
)
def test_a_signal_ends_the_waiting_at_once(
    away: Postgresql, tmp_path: Path, command: str, number: signal.Signals
) -> None:
    with started(tmp_path, command) as process:
        begin = time.monotonic()
        process.send_signal(number)
        out, err = process.communicate(timeout=60)
        assert time.monotonic() - begin < 5
    assert (process.returncode, out) == (3, "")
    assert err == "crossdock: stopped while the store was opened; nothing was done\n"


def test_a_command_that_only_looks_does_not_wait(away: Postgresql, program: Program, tmp_path: Path) -> None:
    begin = time.monotonic()
    result = program("--config", str(tmp_path / "plugins.toml"), "records", "list")
    assert (result.code, "see that its server runs and try again" in result.err) == (3, True)
    assert time.monotonic() - begin < 5


def test_what_waiting_does_not_mend_is_told_at_once(postgresql: Postgresql, program: Program) -> None:
    url = postgresql.address.replace("/postgres?", "/no_such_database?")
    (program.folder / "plugins.toml").write_text(f'[store]\nurl = "{url}"\n{SHOP}', "utf-8")
    result = program("import")
    assert result.code == 3
    assert "refuses" in result.err
    assert "waiting" not in result.err
