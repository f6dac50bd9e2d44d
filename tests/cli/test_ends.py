"""However a command ends, a person gets a message and a script an exit code."""

from __future__ import annotations

import errno
import io
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from crossdock.store import Store

from .program import SHOP, Program

COMMAND = [sys.executable, "-c", "from crossdock.cli import main; main()"]


def broken(*_arguments: object, **_options: object) -> None:
    raise ZeroDivisionError("no \x1b[31mway")


def test_a_fault_of_ours_is_a_short_message_that_says_how_to_get_the_details(
    shop: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Store, "runs", broken)
    result = shop("runs", "list")
    assert result.code == 3
    message, hint = result.err.splitlines()
    assert message.startswith("crossdock: this was not foreseen, so it is a fault of Crossdock or of a plugin:")
    assert message.endswith(" ZeroDivisionError: no \ufffd[31mway")
    assert hint == "crossdock -v COMMAND ... shows the details; please report it together with them"


def test_with_v_the_details_are_shown_without_secrets(tmp_path: Path) -> None:
    config = SHOP.replace('"sandbox:"', '"https://shop.example"').replace(
        "[connection.import.order]",
        'consumer_key = { env = "KEY" }\nconsumer_secret = { env = "KEY" }\n[connection.import.order]',
    )
    (tmp_path / "plugins.toml").write_text(config, "utf-8")
    script = (
        "from crossdock.store import Store\n"
        "def broken(*arguments, **options): raise ZeroDivisionError('canary-secret')\n"
        "Store.open = broken\n"
        "from crossdock.cli import main\n"
        "main()\n"
    )
    result = subprocess.run(
        [sys.executable, "-c", script, "-v", "runs", "list"],
        cwd=tmp_path,
        env=os.environ | {"KEY": "canary-secret"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 3
    assert "in broken" in result.stderr
    assert "ZeroDivisionError: [redacted]" in result.stderr
    assert "please report it" in result.stderr


def test_a_reader_that_stops_reading_is_no_error(shop: Program) -> None:
    with subprocess.Popen(
        [*COMMAND, "records", "export"], cwd=shop.folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.readline().startswith('{"localId"')
        process.stdout.close()
        assert process.stderr.read() == ""
        assert process.wait(timeout=30) == 0


def test_output_for_which_there_is_no_room_is_no_fault_of_ours(shop: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    class Full(io.StringIO):
        def write(self, text: str) -> int:
            raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(sys, "stdout", Full())
    result = shop("records", "export")
    assert result.code == 3
    assert result.err.startswith("crossdock: there is no room left for what is written (No space left on device); ")


@pytest.fixture
def before_import(program: Program) -> Program:
    """The program in a folder with a shop to import."""
    (program.folder / "plugins.toml").write_text(SHOP, "utf-8")
    return program


IMPORT = ("import", "--full", "--type", "order", "--limit", "3", "--json")


def outcomes(program: Program) -> list[tuple[str, int]]:
    return [(run["outcome"], run["created"]) for run in program.fine("runs", "list", "--json").json]


@pytest.mark.parametrize(
    ("closed", "report_goes_to"), [("2>&-", "stdout"), (">&-", "stderr"), (">&- 2>&-", None), ("<&- >&- 2>&-", None)]
)
def test_an_import_with_closed_streams_is_done_and_says_so_where_it_can(
    before_import: Program, closed: str, report_goes_to: str | None
) -> None:
    shell = ["sh", "-c", f'exec "$0" "$@" {closed}', *COMMAND, *IMPORT]
    result = subprocess.run(shell, cwd=before_import.folder, capture_output=True, text=True, check=False)
    assert result.returncode == 0
    said = {"stdout": result.stdout, "stderr": result.stderr}
    assert [name for name, text in said.items() if '"created": 3' in text] == [report_goes_to] * bool(report_goes_to)
    assert outcomes(before_import) == [("succeeded", 3)]


class NoReader(io.StringIO):
    """A stream to which nothing can be written."""

    def __init__(self, error: OSError) -> None:
        super().__init__()
        self.error = error

    def write(self, text: str) -> int:
        raise self.error

    def fileno(self) -> int:
        return os.open(os.devnull, os.O_WRONLY)


def test_an_import_whose_report_cannot_be_written_is_stored_and_says_so(
    before_import: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(sys, "stdout", NoReader(OSError(errno.ENOSPC, "No space left on device")))
        result = before_import(*IMPORT)
        assert result.code == 3
        assert result.err == (
            "crossdock: the report cannot be written: No space left on device. "
            "What was imported is stored; crossdock runs show tells it\n"
        )
        assert before_import(*IMPORT, "--dry-run").err.endswith("No space left on device\n")
    assert outcomes(before_import) == [("succeeded", 3)]


@pytest.mark.parametrize(("step", "code"), [("field-set", 0), ("fail", 1)])
def test_the_code_of_an_import_is_that_of_its_runs_although_nobody_reads_the_report(
    before_import: Program, monkeypatch: pytest.MonkeyPatch, step: str, code: int
) -> None:
    if step == "fail":
        told = SHOP.replace('use = "field-set", field = "channel", value = "web"', 'use = "fail", reason = "no"')
        (before_import.folder / "plugins.toml").write_text(told, "utf-8")
    monkeypatch.setattr(sys, "stdout", NoReader(BrokenPipeError()))
    result = before_import(*IMPORT)
    assert (result.code, result.err) == (code, "")


def test_a_message_that_cannot_be_written_changes_no_code(program: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stderr", NoReader(OSError(errno.ENOSPC, "No space left on device")))
    assert program("import").code == 2


def test_ctrl_c_ends_a_command_with_a_message(shop: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_arguments: object, **_options: object) -> None:
        os.kill(os.getpid(), signal.SIGINT)

    monkeypatch.setattr(Store, "runs", interrupt)
    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's job in the background ignores it
    try:
        result = shop("runs", "list")
    finally:
        signal.signal(signal.SIGINT, before)
    assert (result.code, result.err) == (3, "crossdock: interrupted\n")


def test_a_terminal_that_lacks_letters_is_no_reason_to_fail(shop: Program) -> None:
    result = subprocess.run(
        [*COMMAND, "records", "list"],
        cwd=shop.folder,
        env=os.environ | {"PYTHONIOENCODING": "ascii"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert "\\u" in result.stdout or "\\x" in result.stdout


def test_a_store_that_is_no_store(shop: Program) -> None:
    for file in shop.folder.glob("crossdock.db*"):
        file.unlink()
    (shop.folder / "crossdock.db").write_bytes(b"something else entirely, and long enough to be looked at" * 50)
    result = shop("records", "list")
    assert result.code in (2, 3)
    assert "crossdock.db" in result.err


def test_the_configuration_may_be_named_by_the_environment(
    shop: Program, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    monkeypatch.setenv("CROSSDOCK_CONFIG", str(shop.folder / "plugins.toml"))
    monkeypatch.chdir(tmp_path_factory.mktemp("elsewhere"))
    assert len(shop.fine("records", "list", "--json").json) == 250
