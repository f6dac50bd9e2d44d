"""A run that is stopped, politely or not, leaves a store that the next run completes as if nothing had been."""

from __future__ import annotations

import json
import signal
import sqlite3
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from crossdock.testing.sandbox import Request, Response, SandboxOptions, SandboxServer
from crossdock_woocommerce.sandbox import make_sandbox

from .process import Folder, shop

ORDERS = 120
PAGE = 10


@pytest.fixture(scope="module")
def server() -> Iterator[SandboxServer]:
    """A shop that takes a tenth of a second a page."""
    with SandboxServer(make_sandbox(SandboxOptions(records=ORDERS))) as running:
        running.hooks.append(lambda _: time.sleep(0.1))
        yield running


def make_folder(path: Path, server: SandboxServer) -> Folder:
    path.mkdir(exist_ok=True)
    folder = Folder(path, {f"SANDBOX_{name.upper()}": value for name, value in server.sandbox.settings.items()})
    text = shop(server.url, imports="[connection.import.order]\n")
    folder.write(text.replace("[connection.settings]", f"[connection.settings]\npage_size = {PAGE}"))
    return folder


@pytest.fixture
def folder(tmp_path: Path, server: SandboxServer) -> Folder:
    return make_folder(tmp_path / "work", server)


def essence(folder: Folder) -> list[dict[str, Any]]:
    """Every record without what differs between two stores: local ids and times."""
    moments = ("localId", "created", "lastModified")
    records = [{name: value for name, value in record.items() if name not in moments} for record in folder.records()]
    return sorted(records, key=lambda record: sorted(record["remoteIdMap"].items()))


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory, server: SandboxServer) -> list[dict[str, Any]]:
    """What the store holds after a run that nobody disturbed."""
    folder = make_folder(tmp_path_factory.mktemp("undisturbed"), server)
    folder.fine("import")
    found = essence(folder)
    assert len(found) > 100
    return found


def stored(folder: Folder) -> int:
    """Count the records from outside, while the run goes on."""
    if not folder.store.exists():
        return 0
    connection = sqlite3.connect(f"file:{folder.store}?mode=ro", uri=True)
    try:
        found: int = connection.execute("SELECT count(*) FROM records").fetchone()[0]
    except sqlite3.OperationalError:  # it has not got that far
        return 0
    finally:
        connection.close()
    return found


def interrupted(folder: Folder, end: Callable[[subprocess.Popen[str]], None], *arguments: str) -> tuple[int, str, str]:
    """Start an import and end it once something is stored; returns exit code and output."""
    with folder.start("import", *arguments) as process:
        deadline = time.monotonic() + 30
        while stored(folder) < PAGE:
            assert process.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.02)
        end(process)
        out, err = process.communicate(timeout=30)
    return process.returncode, out, err


def runs(folder: Folder) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = folder.fine("runs", "list", "--json").json
    return found


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=lambda number: number.name)
def test_a_run_that_is_asked_to_stop_ends_after_its_page_and_the_next_one_goes_on(
    folder: Folder, undisturbed: list[dict[str, Any]], number: signal.Signals
) -> None:
    code, out, err = interrupted(folder, lambda process: process.send_signal(number))
    assert code == 3
    assert err == f"\ncrossdock: {number.name}: stopping after the page in work\n"
    lines = out.splitlines()
    assert lines[1].split()[:3] == ["shop", "order", "interrupted"]
    assert lines[4] == "  stopped before the end; what is stored stays, and the next import goes on from there"
    [run] = runs(folder)
    assert run["outcome"] == "interrupted"
    assert run["created"] == run["considered"] == stored(folder)
    assert 0 < stored(folder) < len(undisturbed)
    folder.fine("import")
    assert essence(folder) == undisturbed
    assert [one["outcome"] for one in runs(folder)] == ["succeeded", "interrupted"]


def test_a_program_that_reads_the_report_learns_of_the_interruption(folder: Folder) -> None:
    code, out, _err = interrupted(folder, lambda process: process.send_signal(signal.SIGINT), "--json")
    [report] = json.loads(out)
    assert (code, report["outcome"]) == (3, "interrupted")
    assert report["sessionErrors"] == [
        "stopped before the end; what is stored stays, and the next import goes on from there"
    ]


def test_a_second_ctrl_c_ends_the_program_at_once_and_leaves_nothing_half_written(
    folder: Folder, server: SandboxServer, undisturbed: list[dict[str, Any]]
) -> None:
    def twice(process: subprocess.Popen[str]) -> None:
        process.send_signal(signal.SIGINT)
        process.send_signal(signal.SIGINT)

    code, _out, err = interrupted(folder, twice)
    assert code == 3
    assert "Traceback" not in err
    [run] = runs(folder)
    assert run["outcome"] == "interrupted"
    folder.fine("import")
    assert essence(folder) == undisturbed


def test_a_shop_that_does_not_answer_keeps_nobody_from_stopping(tmp_path: Path) -> None:
    silent, over = threading.Event(), threading.Event()

    def keep_silent(_request: Request) -> None:
        if silent.is_set():
            over.wait(60)

    def from_now_on(_request: Request, response: Response) -> Response:
        silent.set()
        return response

    with SandboxServer(make_sandbox(SandboxOptions(records=ORDERS))) as server:
        server.hooks.append(keep_silent)
        server.after.append(from_now_on)
        folder = make_folder(tmp_path / "work", server)
        start = time.monotonic()
        code, _out, err = interrupted(folder, lambda process: process.send_signal(signal.SIGINT))
        assert time.monotonic() - start < 20
        over.set()
    assert (code, err.strip()) == (3, "crossdock: SIGINT: stopping after the page in work")
    assert [(run["outcome"], run["created"]) for run in runs(folder)] == [("interrupted", PAGE)]


def test_a_killed_run_is_found_dead_at_once_and_the_next_one_completes_its_work(
    folder: Folder, undisturbed: list[dict[str, Any]]
) -> None:
    code, _out, _err = interrupted(folder, lambda process: process.kill())
    assert code == -signal.SIGKILL
    assert [run["outcome"] for run in runs(folder)] == ["interrupted"]
    start = time.monotonic()
    report = folder.fine("import", "--json").report
    assert time.monotonic() - start < 30
    assert report["considered"] == report["created"] + report["unchanged"]
    assert essence(folder) == undisturbed
    assert [run["outcome"] for run in runs(folder)] == ["succeeded", "interrupted"]


def test_a_run_of_another_host_that_fell_silent_blocks_nobody_for_longer_than_a_minute(folder: Folder) -> None:
    interrupted(folder, lambda process: process.kill())
    change(folder, "UPDATE leases SET host = 'elsewhere'")
    refused = folder("import")
    assert refused.code == 3
    assert "is going on already" in refused.err
    assert "on 'elsewhere'" in refused.err
    assert [run["outcome"] for run in runs(folder)] == ["running"]
    change(folder, "UPDATE leases SET heartbeat = strftime('%Y-%m-%dT%H:%M:%fZ', 'now', '-60 seconds')")
    folder.fine("import")
    assert [run["outcome"] for run in runs(folder)] == ["succeeded", "interrupted"]


def change(folder: Folder, statement: str) -> None:
    connection = sqlite3.connect(folder.store)
    try:
        assert connection.execute(statement).rowcount == 1
        connection.commit()
    finally:
        connection.close()


@pytest.mark.slow
def test_a_run_that_is_killed_again_and_again_gets_there_in_the_end(
    folder: Folder, undisturbed: list[dict[str, Any]]
) -> None:
    for _ in range(4):
        with folder.start("import", stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL) as process:
            before = stored(folder)
            while process.poll() is None and stored(folder) < before + PAGE:
                time.sleep(0.02)
            process.kill()
    folder.fine("import")
    assert essence(folder) == undisturbed
