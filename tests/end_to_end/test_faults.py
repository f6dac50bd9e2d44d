"""Whatever a shop does wrong, a run ends with the right orders, or says that it did not."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from shutil import copyfile

import pytest
from hypothesis import given, settings, strategies as st

from crossdock.config import Connection, load_config
from crossdock.pipeline.importing import Importer
from crossdock.pipeline.making import make_job
from crossdock.pipeline.reporting.report import TransferReport
from crossdock.plugins.connector import Source
from crossdock.remote import Session
from crossdock.store import Store
from crossdock.testing import Request, SandboxOptions, SandboxServer, inject
from crossdock.testing.crash import Snapshot
from crossdock_woocommerce.sandbox import make_sandbox
from crossdock_woocommerce.sandbox.app import WooSandbox
from crossdock_woocommerce.sandbox.auth import Gate
from tests.woocommerce.shops import impatient

ID = "5377568eb7e165e3b38af6eece4a0001"
CONFIGURATION = """\
[[connection]]
id = "5377568eb7e165e3b38af6eece4a0001"
name = "unreliable"
connector = "woocommerce"
[connection.settings]
url = "sandbox:"
[connection.remote]
retries = 3
read_timeout = "150ms"
[connection.import.order]
page_size = 3
[connection.import.product]
page_size = 12
[connection.import.customer]
page_size = 8
"""


START = datetime(2026, 11, 20, 12, tzinfo=UTC)


class Rig:
    """A shop of a dozen records, the same at the beginning of each trial, and as many stores as are wanted."""

    def __init__(self, folder: Path, connection: Connection, server: SandboxServer) -> None:
        self.folder = folder
        self.connection = connection
        self.server = server
        self.seconds = 0
        self.stores = 0
        self.originals: dict[tuple[str, int], tuple[Path, Snapshot]] = {}

    @property
    def sandbox(self) -> WooSandbox:
        assert isinstance(self.server.sandbox, WooSandbox)
        return self.server.sandbox

    def renew(self) -> None:
        """Put a new shop there; its clock goes on by a second at each request."""
        self.seconds = 0
        sandbox = make_sandbox(SandboxOptions(records=11), lambda: START + timedelta(seconds=self.seconds))
        sandbox._gate = Gate(sandbox.keys, time.time)
        self.server.sandbox = sandbox
        self.server.hooks[:] = [self.tick]

    def tick(self, _: Request | None = None) -> None:
        self.seconds += 1

    def new_store(self, like: Path | None = None) -> Path:
        self.stores += 1
        return Path(copyfile(like or self.folder / "empty.db", self.folder / f"{self.stores}.db"))

    def run(self, file: Path, record_type: str) -> TransferReport:
        with Store.open(f"sqlite:///{file}") as store, self.source() as source:
            return Importer(store).run(make_job(self.connection, record_type, source))

    @contextmanager
    def source(self) -> Iterator[Source]:
        found = self.connection.settings_with({"url": self.server.url, **self.sandbox.settings})
        with Session(self.connection.remote, timing=impatient()) as session:
            yield self.connection.connector.open(found, session)

    def found(self, file: Path, record_type: str) -> tuple[Snapshot, set[str | None]]:
        """What a store holds, and what waits in its quarantine."""
        with Store.open(f"sqlite:///{file}") as store:
            return Snapshot.of(store, ID, record_type), {one.remote_id for one in store.quarantine_list()}

    def undisturbed(self, record_type: str) -> tuple[Path, Snapshot]:
        """What a run finds now that nothing disturbs, and the store it leaves."""
        file = self.new_store()
        assert self.run(file, record_type).outcome == "succeeded"
        return file, self.found(file, record_type)[0]

    def after_changes(self, record_type: str, changes: int) -> tuple[Path, Snapshot]:
        """Put a new shop there in which so much has changed; return the store that a run leaves, and what is in it."""
        self.renew()
        if (record_type, changes) not in self.originals:  # always the same: it is looked up once
            self.change(record_type, changes)
            self.originals[record_type, changes] = self.undisturbed(record_type)
            self.renew()
        self.change(record_type, changes)
        return self.originals[record_type, changes]

    def change(self, record_type: str, times: int) -> None:
        self.seconds = 1000 * bool(times)
        for _ in range(times):
            self.tick()
            self.sandbox.change(record_type)

    def judge(self, faults: str, record_type: str = "order", *, again: bool = False) -> TransferReport:
        """Import while things go wrong, and once more when they do not; ``again`` spoils an incremental import."""
        first, original = self.after_changes(record_type, 0)
        _, before = self.after_changes(record_type, 5 if again else 0)
        file = self.new_store(first if again else None)
        happening = inject(self.server, faults)
        report = self.run(file, record_type)
        self.server.hooks.pop()
        told = f"{faults!r} at {happening.happened}: {report.outcome}, {dict(report.tally.counts)}"
        after = self.undisturbed(record_type)[1] if "change" in faults else before
        found, waiting = self.found(file, record_type)
        assert self.server.errors == [], told
        assert report.outcome == "succeeded" or report.session_errors, told
        assert "poison" in faults or not waiting, told
        right = (original, before, after) if again and report.outcome == "failed" else (before, after)
        for remote_id, record in found.records.items():
            known = any(record == one.records.get(remote_id) for one in right)
            assert known or remote_id in waiting, f"{remote_id} is wrong; {told}"
        if report.outcome == "succeeded":
            assert {*before.records} <= {*found.records, *waiting}, f"something is missing; {told}"
        self.seconds += 100
        assert self.run(file, record_type).outcome == "succeeded", told
        healed, waiting = self.found(file, record_type)
        for remote_id in {*after.records} - waiting:
            assert healed.records.get(remote_id) == after.records[remote_id], f"{remote_id} stays wrong; {told}"
        return report


@pytest.fixture(scope="module")
def rig(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rig]:
    folder = tmp_path_factory.mktemp("faults")
    (folder / "plugins.toml").write_text(CONFIGURATION, "utf-8")
    Store.open(f"sqlite:///{folder / 'empty.db'}").close()
    connection = load_config(folder / "plugins.toml", {}).connection("unreliable")
    with SandboxServer(make_sandbox(SandboxOptions())) as server:
        yield Rig(folder, connection, server)


# Each kind of fault, passing and lasting; whether a run may succeed in spite of it

PASSING = [
    "latency 20ms",
    "latency 400ms at 2",
    "429 1s from 2 x3",
    "503 every 3",
    "500 at 1",
    "drop at 3",
    "drop every 2",
    "truncate at 2",
    "truncate 95% at 3",
    "truncate 0% every 4",
    "html at 2",
    "repeat at 3",
    "empty at 1",
    "empty at 3",
    "change x8",
    "poison",
]
LASTING = ["429 1s from 3", "503", "drop from 2", "truncate from 3", "html from 2", "expire from 3", "expire", "empty"]


@pytest.mark.parametrize("again", [False, True], ids=["everything", "changes"])
@pytest.mark.parametrize("faults", PASSING)
def test_what_passes_is_got_over(rig: Rig, faults: str, again: bool) -> None:
    report = rig.judge(faults, again=again)
    assert report.outcome == "succeeded", report.session_errors


@pytest.mark.parametrize("faults", LASTING)
def test_what_lasts_is_told(rig: Rig, faults: str) -> None:
    report = rig.judge(faults)
    assert report.outcome == "failed"
    assert len(report.session_errors) == 1


@pytest.mark.parametrize("faults", ["empty from 2", "empty from 3", "repeat from 2", "repeat from 3", "repeat every 2"])
@pytest.mark.parametrize("record_type", ["order", "product", "customer"])
def test_nothing_is_missing_unsaid(rig: Rig, faults: str, record_type: str) -> None:
    rig.judge(faults, record_type)
    rig.judge(faults, record_type, again=True)


kinds = st.sampled_from(
    [
        "429 1s",
        "503",
        "504",
        "slow 15ms",
        "drop",
        "truncate",
        "truncate 99%",
        "html",
        "repeat",
        "repeat",
        "empty",
        "empty",
        "expire",
        "poison",
    ]
)
whens = st.one_of(
    st.integers(1, 12).map(lambda n: f" at {n}"),
    st.integers(2, 5).map(lambda n: f" every {n}"),
    st.integers(1, 9).map(lambda n: f" from {n}"),
    st.tuples(st.integers(5, 60), st.integers(0, 99)).map(lambda p: f" with {p[0]}% seed {p[1]}"),
)
times = st.one_of(st.just(""), st.integers(1, 6).map(lambda n: f" x{n}"))
faults = st.tuples(kinds, whens, times).map("".join)
changing = st.tuples(st.just("change"), whens, st.just(" x4")).map("".join)  # nothing twice: each state is known
combinations = st.builds(
    lambda some, change: "; ".join(some + change),
    st.lists(faults, min_size=1, max_size=3),
    st.lists(changing, max_size=1),
)


@pytest.mark.parametrize("again", [False, True], ids=["everything", "changes"])
@pytest.mark.parametrize("faults", ["slow 15ms", "504 every 2", "504 at 1; 502 at 3", "slow 15ms; change x8"])
@pytest.mark.parametrize("record_type", ["product", "customer"])
def test_large_pages_that_come_too_late_are_got_over(rig: Rig, faults: str, record_type: str, again: bool) -> None:
    report = rig.judge(faults, record_type, again=again)
    assert report.outcome == "succeeded", report.session_errors


@settings(max_examples=15, print_blob=True)
@given(combinations, st.sampled_from(["order", "order", "product", "customer"]), st.booleans())
def test_any_combination_ends_rightly_or_honestly(rig: Rig, faults: str, record_type: str, again: bool) -> None:
    rig.judge(faults, record_type, again=again)
