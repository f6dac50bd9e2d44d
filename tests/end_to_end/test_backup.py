"""A backup that is taken, and killed, while an import runs in another process; an import goes on from what it holds."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from crossdock.store.copies.backup import examine
from crossdock.testing.sandbox import SandboxOptions, SandboxServer
from crossdock_woocommerce.sandbox import make_sandbox

from .process import Folder, shop

ORDERS = 60


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Folder]:
    """A shop that takes a quarter of a second for a page of ten."""
    with SandboxServer(make_sandbox(SandboxOptions(records=ORDERS))) as server:
        server.hooks.append(lambda _: time.sleep(0.25))
        keys = {f"SANDBOX_{name.upper()}": value for name, value in server.sandbox.settings.items()}
        folder = Folder(tmp_path, keys)
        folder.write(shop(server.url, imports="[connection.import.order]\npage_size = 10\n"))
        yield folder


def essence(folder: Folder) -> list[dict[str, Any]]:
    """Every record without what differs between two stores."""
    moments = ("localId", "created", "lastModified")
    return sorted(
        ({name: value for name, value in one.items() if name not in moments} for one in folder.records()), key=str
    )


def kill_one(folder: Folder, file: Path) -> None:
    """Begin a backup, and kill it as soon as it writes."""
    with folder.start("backup", file.name, "--yes") as killed:
        while killed.poll() is None and not list(folder.path.glob(f"{file.name}.*.partial")):
            time.sleep(0.002)
        killed.kill()
        killed.communicate()
    assert not file.exists() or examine(file)


def test_a_backup_in_the_middle_of_an_import_holds_whole_pages_and_is_gone_on_from(folder: Folder) -> None:
    with folder.start("import") as importing:
        while not folder.store.exists():
            time.sleep(0.05)
        taken: list[str] = []
        while importing.poll() is None and len(taken) < 2:
            kill_one(folder, folder.path / "killed.db")
            taken.append(f"{len(taken)}.db")
            rows = {one["table"]: one["rows"] for one in folder.fine("backup", taken[-1], "--json").json["tables"]}
            assert rows["records"] == rows["imports"]
        importing.communicate()
    assert importing.returncode == 0
    complete = essence(folder)
    assert taken
    for name in taken:
        folder.fine("restore", name, "--yes")
        report = folder.fine("import", "--json").report
        assert report["outcome"] == "succeeded"
        assert essence(folder) == complete
