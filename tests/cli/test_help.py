"""The help is quick, complete and plain."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command
from typer.testing import CliRunner

from crossdock.cli.app import app

from .program import Program

DOCS = Path(__file__).parents[2] / "docs" / "commands.md"
MARK = "<!-- from here on generated: UPDATE_DOCS=1 pytest tests/cli/test_help.py -->\n"
SECONDS = 0.3
HEAVY = ("pydantic", "sqlalchemy", "rich", "requests", "msgspec", "jmespath", "apscheduler")


def commands(group: Any = None, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Walk every command, groups before what is in them."""
    group = group or get_command(app)
    yield path
    for name, command in getattr(group, "commands", {}).items():
        yield from commands(command, (*path, name))


COMMANDS = list(commands())


def help_of(path: tuple[str, ...]) -> str:
    result = CliRunner().invoke(app, [*path, "--help"], prog_name="crossdock", terminal_width=100)
    assert result.exit_code == 0
    return "\n".join(line.rstrip() for line in result.output.splitlines()).strip()


def test_help_takes_less_than_a_third_of_a_second_of_cpu() -> None:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, "-c", "from crossdock.cli import main; main()", "--help"], check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert (after.ru_utime + after.ru_stime) - (before.ru_utime + before.ru_stime) < SECONDS


def test_help_imports_nothing_heavy() -> None:
    script = (
        "import sys, atexit\n"
        f"atexit.register(lambda: print('imported', [name for name in {HEAVY} if name in sys.modules]))\n"
        "from crossdock.cli import main\n"
        "main()\n"
    )
    command = [sys.executable, "-c", script, "--help"]
    result = subprocess.run(command, check=True, capture_output=True, text=True)
    assert result.stdout.splitlines()[-1] == "imported []"


@pytest.mark.parametrize("path", COMMANDS, ids=" ".join)
def test_every_command_and_every_option_says_what_it_does(path: tuple[str, ...]) -> None:
    command: Any = get_command(app)
    for name in path:
        command = command.commands[name]
    assert command.help
    described = [parameter for parameter in command.params if parameter.name not in ("help", "reference")]
    assert [parameter.name for parameter in described if not parameter.help] == []


def test_the_list_of_commands_is_grouped_by_what_one_wants_to_do() -> None:
    text = help_of(())
    headings = [line for line in text.splitlines() if line.endswith(":") and not line.startswith(" ")]
    assert headings == [
        "Options:",
        "Set up:",
        "Import:",
        "See and change what is stored:",
        "Keep what is stored:",
        "Serve other programs:",
        "Plugins:",
    ]


def test_no_summary_of_a_command_is_cut_off_on_a_terminal_of_80_columns() -> None:
    for path in COMMANDS:
        result = CliRunner().invoke(app, [*path, "--help"], terminal_width=80)
        lines = [line for line in result.output.splitlines() if not line.startswith("Usage")]
        assert [line for line in lines if line.endswith("...")] == []


def test_without_a_command_the_help_is_shown(program: Program) -> None:
    result = program()
    assert "Usage: crossdock" in result.out + result.err


def test_the_version_is_told(program: Program) -> None:
    assert program.fine("--version").out.startswith("crossdock 0.")


def test_a_misspelt_command_is_guessed(program: Program) -> None:
    assert "Did you mean 'records'?" in program.refused("recods", "list")


@pytest.mark.parametrize("arguments", [("--log-format", "jsn", "check"), ("report", "--format", "jsn")])
def test_a_misspelt_choice_is_guessed_before_a_command_and_after_it(
    program: Program, arguments: tuple[str, ...]
) -> None:
    assert "not 'jsn'; did you mean 'json'?" in program.refused(*arguments)


def test_the_docs_show_the_help_of_every_command() -> None:
    text = DOCS.read_text("utf-8")
    written, _, _ = text.partition(MARK)
    pages = (f"\n## {' '.join(('crossdock', *path))}\n\n```text\n{help_of(path)}\n```\n" for path in COMMANDS)
    wanted = written + MARK + "".join(pages)
    if "UPDATE_DOCS" in os.environ:
        DOCS.write_text(text := wanted, "utf-8")
    assert text == wanted
