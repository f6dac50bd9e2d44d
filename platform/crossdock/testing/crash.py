"""Crashes on purpose: a run is stopped at its k-th side effect, resumed, and compared with one that nothing disturbed.

A side effect is what can be half done when a process ends: a request to the remote system, a statement to the store,
a commit. Stopped is once by an exception, which lets the run clean up, and once by killing its process, which does not.

    rig = CrashRig("woocommerce", "order", folder)
    for crash in rig.crashes("kill"):
        assert not crash.differences, crash
"""

from __future__ import annotations

import os
import signal
import threading
import time
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from shutil import copyfile
from types import TracebackType
from typing import Any, Literal, Self, TypeAlias, TypeVar

from sqlalchemy import Connection as SqlConnection, Engine, event

from crossdock.config import Connection, load_config
from crossdock.errors import PermanentError
from crossdock.pipeline.importing import Importer
from crossdock.pipeline.making import make_job
from crossdock.pipeline.report import TransferReport
from crossdock.plugins.connector import RemoteResponse, RemoteSession, Source
from crossdock.records import Working
from crossdock.remote import Session
from crossdock.store import Store
from crossdock.testing.sandbox import SandboxOptions, SandboxServer, SupportsChange

How: TypeAlias = Literal["exception", "kill"]
T = TypeVar("T")

_CONNECTION_ID = "5377568eb7e165e3b38af6eece4a0001"
_PLATFORM_FIELDS = ("localId", "created", "lastModified", "version")
_LONGEST_SECONDS = 60


class Stopped(BaseException):
    """Raised at the side effect at which a run is to be stopped."""


@dataclass(slots=True)
class Effects:
    """Counts the side effects of a run, of all its threads, and calls ``stop`` just before number ``stop_at``."""

    stop_at: int | None = None
    stop: Callable[[], None] | None = None
    seen: list[str] = field(default_factory=list)
    _guard: threading.Lock = field(default_factory=threading.Lock)

    def happen(self, what: str) -> None:
        """Note that something is about to have an effect."""
        with self._guard:
            self.seen.append(what)
            stopping = len(self.seen) == self.stop_at
        if stopping and self.stop is not None:
            self.stop()

    @contextmanager
    def watched(self) -> Iterator[None]:
        """Note every statement and commit of every store in this process."""

        def statement(_connection: object, _cursor: object, text: str, *_rest: object) -> None:
            if not text.startswith("BEGIN"):
                self.happen(text.split("\n", 1)[0])

        def commit(_connection: SqlConnection) -> None:
            self.happen("COMMIT")

        event.listen(Engine, "before_cursor_execute", statement)
        event.listen(Engine, "commit", commit)
        try:
            yield
        finally:
            event.remove(Engine, "before_cursor_execute", statement)
            event.remove(Engine, "commit", commit)


class WatchedSession:
    """A connection's session that notes each of its requests before it is sent."""

    def __init__(self, session: RemoteSession, effects: Effects) -> None:
        self._session = session
        self._effects = effects

    def configure(self, **options: Any) -> None:
        """Pass on what the connector sets."""
        self._session.configure(**options)

    def get(self, path: str, params: Mapping[str, str] | None = None, *, retries: int | None = None) -> RemoteResponse:
        """GET, as the session does."""
        self._effects.happen(f"GET {path}")
        return self._session.get(path, params, retries=retries)

    def read(
        self,
        path: str,
        parse: Callable[[RemoteResponse], T],
        params: Mapping[str, str] | None = None,
        *,
        retries: int | None = None,
    ) -> T:
        """GET and parse, as the session does."""
        self._effects.happen(f"GET {path}")
        return self._session.read(path, parse, params, retries=retries)


@dataclass(frozen=True, slots=True)
class Crash:
    """What came of stopping a run at one side effect; nothing was lost, doubled or wrong without ``differences``."""

    number: int
    effect: str
    how: How
    differences: Sequence[str]

    def __str__(self) -> str:
        listing = "".join(f"\n  - {one}" for one in self.differences)
        return f"stopped by {self.how} at side effect {self.number} ({self.effect}):{listing or ' nothing differs'}"


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What a store holds of one connection: records without the platform's own fields, and what they came from."""

    records: Mapping[str, Working]
    digests: Mapping[str, bytes]
    modified: Mapping[str, str | None]
    cursor: str | None
    orphans: int

    @classmethod
    def of(cls, store: Store, connection_id: str, record_type: str) -> Snapshot:
        """Read it; by remote id, since localIds are new in every store."""
        by_local_id = {record["localId"]: record for record in store.records(record_type)}
        payloads = {one.remote_id: one for one in store.payloads(connection_id, record_type)}
        return cls(
            records={
                remote_id: _content(by_local_id.pop(one.local_id))
                for remote_id, one in payloads.items()
                if one.local_id in by_local_id
            },
            digests={remote_id: one.digest for remote_id, one in payloads.items()},
            modified={remote_id: one.modified for remote_id, one in payloads.items()},
            cursor=store.cursor(connection_id, record_type),
            orphans=len(by_local_id),
        )


class CrashRig:
    """One connector's sandbox, a connection to it and room for stores; a context manager.

    Args:
        connector: the name of a connector with a sandbox.
        record_type: what is imported.
        folder: where stores are made.
        records: how many records the sandbox invents.
        page_size: records a request: small, so that there are several pages.
    """

    def __init__(self, connector: str, record_type: str, folder: Path, *, records: int = 3, page_size: int = 2) -> None:
        self.record_type = record_type
        self._folder = folder
        self._stack = ExitStack()
        self._stores = 0
        file = folder / "plugins.toml"
        file.write_text(_CONFIGURATION.format(_CONNECTION_ID, connector, record_type, page_size), "utf-8")
        self.connection: Connection = load_config(file, {}).connection("crashing")
        make = self.connection.connector.sandbox
        if make is None:
            raise PermanentError(f"connector {connector!r} has no sandbox to crash on")
        self._sandbox = make(SandboxOptions(records=records))
        self._server = SandboxServer(self._sandbox)

    def __enter__(self) -> Self:
        self._stack.enter_context(self._server)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    def crashes(self, how: How, numbers: Iterable[int] | None = None) -> Iterator[Crash]:
        """Stop a run at its first side effect, another at its second, and so on, until one runs to its end.

        After each, something changes in the sandbox, the run is resumed, and its store is compared with one that
        nothing has ever disturbed. ``numbers`` picks some of the side effects.
        """
        undisturbed = self._new_store()
        before = self._import_all(undisturbed)
        for number in numbers or count(1):
            url = self._new_store()
            effect = self._stop_one(url, number, how)
            if effect is None:
                return
            differences = list(self._after_crash(url, before))
            if isinstance(self._sandbox, SupportsChange):
                self._sandbox.change(self.record_type)
            before = self._import_all(undisturbed)
            differences += self._after_resuming(url, self._import(url), before)
            yield Crash(number, effect, how, tuple(differences))

    # Runs

    def _import(self, url: str, effects: Effects | None = None) -> TransferReport:
        effects = effects or Effects()
        with Store.open(url) as store, self._source(effects) as source:
            job = make_job(self.connection, self.record_type, source)
            with effects.watched():
                return Importer(store).run(job)

    @contextmanager
    def _source(self, effects: Effects) -> Iterator[Source]:
        settings = self.connection.settings_with({"url": self._server.url, **self._sandbox.settings})
        connector = self.connection.connector
        with Session(self.connection.remote, agent=connector.module_id) as session:
            yield connector.open(settings, WatchedSession(session, effects))

    def _import_all(self, url: str) -> Snapshot:
        report = self._import(url)
        if report.outcome != "succeeded" or report.tally.counts["failed"]:
            raise PermanentError(f"the sandbox cannot even be imported without crashes: {report.as_wire()}")
        return self._snapshot(url)

    def _stop_one(self, url: str, number: int, how: How) -> str | None:
        """Run in a process of its own until side effect ``number``.

        Returns:
            What that was, or ``None`` if the run had fewer and came to its end.
        """
        told = self._folder / "effect.txt"
        told.unlink(missing_ok=True)
        effects = Effects(number)

        def stop() -> None:
            told.write_text(effects.seen[number - 1], "utf-8")
            if how == "kill":
                os.kill(os.getpid(), signal.SIGKILL)
            raise Stopped

        effects.stop = stop
        with warnings.catch_warnings():
            # The other threads are the sandbox's, and wait for a request; the child uses none of what they hold.
            warnings.simplefilter("ignore", DeprecationWarning)
            child = os.fork()
        if child == 0:
            try:
                self._import(url, effects=effects)
            finally:
                os._exit(0)
        _wait(child)
        return told.read_text("utf-8") if told.exists() else None

    # What must hold

    def _after_crash(self, url: str, before: Snapshot) -> Iterator[str]:
        left = self._snapshot(url)
        if left.orphans:
            yield f"{left.orphans} records have no payload"
        for remote_id, record in left.records.items():
            if record != before.records.get(remote_id):
                yield f"{remote_id} is half written"
        if left.cursor is not None:
            for remote_id, modified in before.modified.items():
                if modified is not None and modified < left.cursor and remote_id not in left.digests:
                    yield f"the cursor {left.cursor} is beyond {remote_id}, which is not stored ({modified})"

    def _after_resuming(self, url: str, again: TransferReport, undisturbed: Snapshot) -> Iterator[str]:
        found = self._snapshot(url)
        if again.outcome != "succeeded":
            yield f"the run that went on ended as {again.outcome}: {again.session_errors}"
        for remote_id in sorted({*found.digests, *undisturbed.digests}):
            if found.digests.get(remote_id) != undisturbed.digests.get(remote_id):
                yield f"the payload of {remote_id} differs from that of an undisturbed run"
            elif found.records.get(remote_id) != undisturbed.records.get(remote_id):
                yield f"the record of {remote_id} differs from that of an undisturbed run"
        with Store.open(url) as store:
            ended = {entry.run_id: entry.outcome for entry in store.runs()}
        if "running" in ended.values():
            yield f"a run that is over is taken to be running: {ended}"

    def _snapshot(self, url: str) -> Snapshot:
        with Store.open(url) as store:
            return Snapshot.of(store, _CONNECTION_ID, self.record_type)

    def _new_store(self) -> str:
        """Copy an empty store, which takes a tenth of the time of making one."""
        empty = self._folder / "empty.db"
        if not empty.exists():
            Store.open(f"sqlite:///{empty}").close()
        self._stores += 1
        return f"sqlite:///{copyfile(empty, self._folder / f'{self._stores}.db')}"


def _content(record: Working) -> Working:
    return {name: value for name, value in record.items() if name not in _PLATFORM_FIELDS}


def _wait(child: int) -> None:
    """Wait for a process, and end one that hangs."""
    deadline = time.monotonic() + _LONGEST_SECONDS
    while time.monotonic() < deadline:
        if os.waitpid(child, os.WNOHANG)[0]:
            return
        time.sleep(0.002)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    raise PermanentError(f"a run in a process of its own took more than {_LONGEST_SECONDS} s")


_CONFIGURATION = """\
[[connection]]
id = "{}"
name = "crashing"
connector = "{}"

[connection.settings]
url = "sandbox:"

[connection.import.{}]
page_size = {}
"""
