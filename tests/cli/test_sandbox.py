"""``sandbox`` serves until it is stopped, and what it prints can be pasted."""

from __future__ import annotations

import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from .program import Program

COMMAND = [sys.executable, "-c", "from crossdock.cli import main; main()"]


@contextmanager
def serving(folder: Path, *arguments: str) -> Iterator[tuple[subprocess.Popen[str], list[str]]]:
    """Start a sandbox in a process of its own, and read what it says until it is ready."""
    with subprocess.Popen(
        [*COMMAND, "sandbox", "woocommerce", *arguments],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            assert process.stdout is not None
            lines: list[str] = []
            while not lines or not lines[-1].startswith("Ctrl-C"):
                line = process.stdout.readline()
                assert line, process.communicate()
                lines.append(line)
            yield process, lines
        finally:
            process.kill()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_cleanly(tmp_path: Path, number: signal.Signals) -> None:
    with serving(tmp_path) as (process, _lines):
        process.send_signal(number)
        out, err = process.communicate(timeout=20)
        assert (process.returncode, out, err) == (0, "stopped\n", "")


def test_what_it_prints_can_be_pasted_and_imported_from(program: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(program.folder, "--records", "7", "--seed", "3") as (_process, lines):
        for name, value in re.findall(r"export (\w+)=(\S+)", "".join(lines)):
            monkeypatch.setenv(name, value)
        block = lines[lines.index("[[connection]]\n") : -1]
        (program.folder / "plugins.toml").write_text("".join(block), "utf-8")
        assert "lists 7 orders" in program.fine("check", "--live").out
        assert program.fine("import", "--json").json[0]["created"] == 7


def test_it_misbehaves_as_it_is_told(program: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(program.folder, "--faults", "503 0s at 1; expire from 3") as (_process, lines):
        for name, value in re.findall(r"export (\w+)=(\S+)", "".join(lines)):
            monkeypatch.setenv(name, value)
        block = "".join(lines[lines.index("[[connection]]\n") : -1])
        (program.folder / "plugins.toml").write_text(block + "page_size = 10\n", "utf-8")
        result = program("import", "--json")
    assert result.code == 3
    assert result.json[0]["created"] == 10
    assert "gave 401, credentials_expired" in result.json[0]["sessionErrors"][0]


def test_it_serves_payloads_of_a_file(tmp_path: Path, program: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    program.fine("init")
    file = tmp_path / "orders.jsonl"
    file.write_text('{"id": 4711, "number": "4711", "status": "processing", "currency": "EUR", "total": "0.00"}\n')
    with serving(tmp_path, "--payloads", str(file)) as (_process, lines):
        assert lines[0].startswith("WooCommerce (REST API v3): a sandbox at http://127.0.0.1:")


def test_a_port_that_is_taken(program: Program) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        assert f"port {port} cannot be used" in program.refused("sandbox", "woocommerce", "--port", port)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("woocomerce",), "there is no connector 'woocomerce'; did you mean 'woocommerce'?"),
        (("woocommerce", "--payloads", "none.jsonl"), "there is no file 'none.jsonl' with payloads"),
        (("woocommerce", "--port", "70000"), "Invalid value for '--port'"),
        (("woocommerce", "--faults", "drp"), "crossdock: --faults:1:1: there is no fault 'drp'; did you mean 'drop'?"),
    ],
)
def test_mistakes_are_told_with_the_remedy(program: Program, arguments: tuple[str, ...], message: str) -> None:
    assert message in program.refused("sandbox", *arguments)


WANTED = 'each line must hold one whole JSON object, with a whole number as its "id"'


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("nonsense", f"this is no JSON (Expecting value at column 1); {WANTED}"),
        ('{"id": 7', f"this is no JSON (Expecting ',' delimiter at column 9); {WANTED}"),
        ('[{"id": 7}]', f"a JSON array begins here; {WANTED}: write each object of the array on a line of its own"),
        ("[", f"a JSON array begins here; {WANTED}"),
        ("7", f"7 stands here; {WANTED}"),
        ("null", f"null stands here; {WANTED}"),
        ('{"id": "7"}', f"\"id\" is the text '7', and must be a whole number; {WANTED}"),
        ('{"id": true}', '"id" is true, and must be a whole number'),
        ('{"id": 7.5}', '"id" is the number 7.5, and must be a whole number'),
        ("{}", '"id" is missing, and must be a whole number'),
        ('{"id": 7, "status": 1}', '"status" is 1, and must be a text'),
        ('{"id": 7, "customer_id": "x"}', "\"customer_id\" is the text 'x', and must be a whole number"),
        ('{"id": 7, "line_items": {"id": 1}}', '"line_items" is an object, and must be a list'),
        ('{"id": 7, "meta_data": ["x"]}', "\"meta_data[0]\" is the text 'x', and must be an object"),
        ('{"id": 7, "fee_lines": [{"id": 1}, {}]}', '"fee_lines[1].id" is missing, and must be a whole number'),
        (
            '{"id": 7, "line_items": [{"id": 1, "meta_data": [{"id": null}]}]}',
            '"line_items[0].meta_data[0].id" is null, and must be a whole number',
        ),
        ("[" * 100_000, "a JSON array begins here"),
        ('{"id": ' + "[" * 100_000, "this is no JSON ("),
    ],
)
def test_a_line_that_is_no_payload_is_told_with_its_place(program: Program, line: str, told: str) -> None:
    (program.folder / "orders.jsonl").write_text(f'{{"id": 6}}\n\n{line}\n')
    message = program.refused("sandbox", "woocommerce", "--payloads", "orders.jsonl")
    assert message.startswith(f"crossdock: orders.jsonl:3: {told}")


def test_a_line_that_is_no_text_is_told_with_its_place(program: Program) -> None:
    (program.folder / "orders.jsonl").write_bytes(b'{"id": 6, "name": "\xff"}\n')
    assert "orders.jsonl:1: this is no JSON ('utf-8' codec" in program.refused(
        "sandbox", "woocommerce", "--payloads", "orders.jsonl"
    )


@pytest.mark.parametrize(
    ("file", "line", "told"),
    [
        ("refunds.jsonl", '{"id": "8"}', "refunds.jsonl:1: \"id\" is the text '8'"),
        ("order_notes.jsonl", '{"notes": []}', 'order_notes.jsonl:1: "order_id" is missing'),
        ("order_notes.jsonl", '{"order_id": 7, "notes": [{}]}', 'order_notes.jsonl:1: "notes[0].id" is missing'),
    ],
)
def test_what_lies_beside_the_payloads_is_told_alike(program: Program, file: str, line: str, told: str) -> None:
    (program.folder / "orders.jsonl").write_text('{"id": 7}\n')
    (program.folder / file).write_text(line)
    assert told in program.refused("sandbox", "woocommerce", "--payloads", "orders.jsonl")


def test_a_sandbox_that_fails_names_its_connector(program: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    def leave(_options: object) -> None:
        raise SystemExit(0)

    monkeypatch.setattr("crossdock_woocommerce.sandbox.make_sandbox", leave)
    result = program("sandbox", "woocommerce")
    assert result.code == 3
    assert "connector 'woocommerce' fails in sandbox(): SystemExit: 0" in result.err
