"""``crossdock run`` as a process: it keeps shops imported, tells how it goes, and ends in seconds when asked to."""

from __future__ import annotations

import json
import os
import pty
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import pytest
import requests

from tests.events.receiving import SECRET, receiving

from .program import NEEDS_KEYS, SHOP, Program

EVERY_SECOND = SHOP.replace("[connection.import.order]", '[connection.import.order]\nevery = "1s"')
OTHER = """
[[connection]]
id = "5377568eb7e165e3b38af6eece4a0004"
name = "other-shop"
connector = "woocommerce"

[connection.settings]
url = "{url}"
consumer_key = {{ env = "OTHER_KEY" }}
consumer_secret = {{ env = "OTHER_KEY" }}

[connection.remote]
retries = 0

[connection.import.order]
every = "1s"
"""


@dataclass(frozen=True)
class Running:
    """The process, and what it has printed so far."""

    process: subprocess.Popen[str]
    lines: list[str]

    def read_until(self, pattern: str, times: int = 1) -> None:
        """Read lines until so many fit."""
        assert self.process.stdout is not None
        while sum(re.search(pattern, line) is not None for line in self.lines) < times:
            line = self.process.stdout.readline()
            assert line, self.lines
            self.lines.append(line.rstrip("\n"))

    def end(self) -> tuple[int, str]:
        """Ask it to end; give exit code and stderr."""
        start = time.monotonic()
        self.process.send_signal(signal.SIGTERM)
        out, err = self.process.communicate(timeout=30)
        assert time.monotonic() - start < 10  # a request may take a minute
        self.lines.extend(out.splitlines())
        return self.process.returncode, err


@contextmanager
def running(folder: Path, text: str, *before: str, after: Sequence[str] = ()) -> Iterator[Running]:
    """Start it on a configuration."""
    (folder / "plugins.toml").write_text(text, "utf-8")
    command = [sys.executable, "-m", "crossdock", *before, "run", *after]
    environ = os.environ | {"OTHER_KEY": "canary", "EVENTS_SECRET": SECRET}
    with subprocess.Popen(
        command, cwd=folder, env=environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            yield Running(process, [])
        finally:
            process.kill()


def outcomes(program: Program, connection: str) -> list[str]:
    listed = program.fine("runs", "list", "--connection", connection, "--json").json
    return [run["outcome"] for run in listed]


def test_a_failing_shop_rests_while_the_other_goes_on_and_a_line_tells_of_each_import(program: Program) -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))  # taken, and nobody listens
        dead = OTHER.format(url=f"http://127.0.0.1:{nobody.getsockname()[1]}")
        with running(program.folder, EVERY_SECOND + dead) as run:
            run.read_until("demo-shop order: succeeded", times=2)
            run.read_until("other-shop order: failed, 2 times in a row")
            code, err = run.end()
    assert (code, run.lines[-1]) == (0, "stopped")
    assert err == "\ncrossdock: SIGTERM: stopping after the page in work\n"
    time_ = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"
    first, *rest = run.lines[:-1]
    assert re.fullmatch(rf"{time_} keeping imported: demo-shop order every 1s, other-shop order every 1s", first)
    shop = [line for line in rest if "demo-shop" in line]
    assert re.fullmatch(rf"{time_} demo-shop order: succeeded, 250 considered: 250 created; next at {time_}", shop[0])
    failed = [line for line in rest if "other-shop" in line]
    assert re.search(r"other-shop order: failed: .*the host refuses the connection.*; next at", failed[0])
    assert "failed, 2 times in a row" in failed[1]
    assert "canary" not in "".join(run.lines)
    assert set(outcomes(program, "demo-shop")) == {"succeeded"}
    assert set(outcomes(program, "other-shop")) == {"failed"}


def test_a_shop_is_imported_while_several_others_never_answer(program: Program) -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen(20)
        other = OTHER.format(url=f"http://127.0.0.1:{silent.getsockname()[1]}")
        others = [other.replace("4a0004", f"4b{at:04}").replace("other-shop", f"other-{at}") for at in range(8)]
        with running(program.folder, "".join(others) + EVERY_SECOND) as run:
            run.read_until("demo-shop order: succeeded", times=2)
            code, _err = run.end()
    assert (code, run.lines[-1]) == (0, "stopped")


def test_it_ends_in_seconds_even_if_a_shop_does_not_answer(program: Program) -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        silent.settimeout(20)
        with running(program.folder, OTHER.format(url=f"http://127.0.0.1:{silent.getsockname()[1]}")) as run:
            asked, _address = silent.accept()
            with asked:
                code, _err = run.end()
    assert (code, run.lines[-1]) == (0, "stopped")
    assert outcomes(program, "other-shop") == ["interrupted"]


def test_events_are_sent_as_well(program: Program) -> None:
    with receiving() as (receiver, url):
        subscription = f'[[subscription]]\nname = "erp"\nurl = "{url}"\nsecret = {{ env = "EVENTS_SECRET" }}\n'
        with running(program.folder, EVERY_SECOND.replace('every = "1s"', 'every = "1h"') + subscription) as run:
            receiver.wait_for(5)
            assert run.end()[0] == 0
    assert set(receiver.kinds) <= {"record.created", "run.finished"}


def test_where_nothing_is_scheduled_it_says_what_to_write(program: Program) -> None:
    (program.folder / "plugins.toml").write_text(SHOP, "utf-8")
    said = program.refused("run")
    assert 'nothing is scheduled; write every = "5m" into a [connection.import.order]' in said


def test_logs_for_programs_have_a_field_for_everything_and_no_secret(program: Program) -> None:
    scheduled = EVERY_SECOND + NEEDS_KEYS + '\n[connection.import.order]\nevery = "1h"\n'
    with running(program.folder, scheduled, "--log-format", "json") as run:
        assert run.process.stderr is not None
        lines = (json.loads(line) for line in run.process.stderr)
        first, *ended = islice((line for line in lines if line["logger"] == "crossdock.run"), 3)
        code, rest = run.end()
    assert (code, run.lines) == (0, ["stopped"])
    stopping = [line for line in map(json.loads, rest.splitlines()) if line["event"] == "stopping"]
    assert [line["message"] for line in stopping] == ["SIGTERM: stopping after the page in work"]
    assert [one["when"] for one in first["imports"]] == ["every 1s", "every 1h"]
    fine, failed = sorted(ended, key=lambda line: str(line["connection"]))
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", fine["time"])
    assert (fine["level"], fine["logger"], fine["recordType"]) == ("info", "crossdock.run", "order")
    assert (fine["outcome"], fine["considered"], fine["created"]) == ("succeeded", 250, 250)
    assert (failed["level"], failed["failuresInARow"]) == ("warning", 1)
    assert "the environment variable 'NO_SUCH_KEY' is not set" in failed["error"]


def test_metrics_are_served_while_it_runs(program: Program) -> None:
    with running(program.folder, EVERY_SECOND, after=("--metrics-port", "0")) as run:
        run.read_until("succeeded")
        [address] = [line.removeprefix("metrics: ") for line in run.lines if line.startswith("metrics: ")]
        text = requests.get(address, timeout=30).text
        assert run.end()[0] == 0
    labels = 'connection="demo-shop",outcome="created",record_type="order"'
    assert re.search(rf"^crossdock_records_total{{{labels}}} 250.0$", text, re.MULTILINE)
    with pytest.raises(requests.ConnectionError):
        requests.get(address, timeout=30)


def test_on_a_terminal_a_table_shows_how_each_stands(program: Program) -> None:
    (program.folder / "plugins.toml").write_text(EVERY_SECOND, "utf-8")
    ours, theirs = pty.openpty()
    environ = os.environ | {"COLUMNS": "150", "TERM": "xterm"}
    command = [sys.executable, "-m", "crossdock", "run"]
    with subprocess.Popen(command, cwd=program.folder, env=environ, stdout=theirs, stderr=theirs) as process:
        try:
            os.close(theirs)
            shown = b""
            while not re.search(rb"demo-shop +order +every 1s.*waiting.* 250 +250 ", shown):
                shown += os.read(ours, 65536)
            process.send_signal(signal.SIGINT)
            with suppress(OSError):  # the terminal of a process that has ended
                while more := os.read(ours, 65536):
                    shown += more
            assert process.wait(30) == 0
        finally:
            process.kill()
            os.close(ours)
    assert b"stopped" in shown


STUCK = """
import time

from crossdock import ManipulatorSettings, ManipulatorSpec, hookimpl


class Settings(ManipulatorSettings):
    pass


def build(settings, setup):
    def sleep(record, context):
        print("stuck")
        time.sleep(600)

    return sleep


@hookimpl
def crossdock_manipulators():
    return [ManipulatorSpec(name="sleep", title="never ends", settings=Settings, build=build)]
"""


def test_a_second_signal_ends_it_at_once_and_loses_nothing(program: Program) -> None:
    (program.folder / "my_plugins").mkdir()
    (program.folder / "my_plugins" / "stuck.py").write_text(STUCK, "utf-8")
    step = 'manipulators = [{ use = "sleep" }]'
    text = '[plugins]\npaths = ["my_plugins"]\n' + re.sub(r"manipulators = .*", step, EVERY_SECOND)
    with running(program.folder, text) as run:
        assert run.process.stderr is not None
        assert run.process.stderr.readline() == "stuck\n"
        run.process.send_signal(signal.SIGTERM)
        while "stopping after the page in work" not in run.process.stderr.readline():
            pass
        code, err = run.end()
    assert (code, err) == (3, "crossdock: stopped at once; the next run goes on where the imports at work were\n")
    assert outcomes(program, "demo-shop") == ["interrupted"]
