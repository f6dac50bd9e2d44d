"""Crashes on purpose: a run gets into trouble at its k-th side effect, the next one goes on, and nothing is missing.

A side effect is a request to the remote system, a statement to the store, a commit. There a run is stopped by an
exception, which lets it clean up, or its process is killed, which does not; or the disk is full from then on, or
somebody else locks the store, or the clock is set to another time.

    rig = CrashRig("woocommerce", "order", folder)
    for crash in rig.crashes("exception", "kill"):
        assert not crash.differences, crash
"""

from __future__ import annotations

import json
import os
import signal
import time
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import count
from pathlib import Path
from types import TracebackType
from typing import Self

from msgspec import structs

from crossdock.config import Connection, load_config
from crossdock.errors import CrossdockError, PermanentError
from crossdock.pipeline.importing import Importer
from crossdock.pipeline.making import make_job
from crossdock.pipeline.reporting.report import TransferReport
from crossdock.plugins import Plugins
from crossdock.plugins.connector import Page, RemoteItem, Source
from crossdock.records import Working
from crossdock.remote import Session
from crossdock.store import RunEntry, Store
from crossdock.store.sql.database import Database
from crossdock.testing.effects import TROUBLES, Effects, How, WatchedSession
from crossdock.testing.empty_stores import EmptyStores
from crossdock.testing.sandbox import SandboxOptions, SandboxServer, SupportsChange

__all__ = ["Crash", "CrashRig", "How", "Snapshot"]

_CONNECTION_ID = "5377568eb7e165e3b38af6eece4a0001"
_PLATFORM_FIELDS = ("localId", "created", "lastModified", "version")
_LONGEST_SECONDS = 60


@dataclass(frozen=True, slots=True)
class Crash:
    """What came of trouble at one side effect; nothing was lost, doubled or wrong without ``differences``.

    ``outcome`` is how the run in trouble ended, as it says itself; ``None`` if its process was gone.
    """

    number: int
    effect: str
    how: How
    differences: Sequence[str]
    outcome: str | None = None

    def __str__(self) -> str:
        listing = "".join(f"\n  - {one}" for one in self.differences)
        return f"{self.how} at side effect {self.number} ({self.effect}):{listing or ' nothing differs'}"


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What a store holds of one connection: records without the platform's own fields, and what they came from."""

    records: Mapping[str, Working]
    digests: Mapping[str, bytes]
    modified: Mapping[str, str | None]
    cursor: str | None
    orphans: int
    runs: Sequence[RunEntry]

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
            runs=store.runs(),
        )

    def differences(self, undisturbed: Snapshot) -> Iterator[str]:
        """Tell what is not as in a store that nothing has disturbed."""
        for remote_id in sorted({*self.digests, *undisturbed.digests}):
            if self.digests.get(remote_id) != undisturbed.digests.get(remote_id):
                yield f"the payload of {remote_id} differs from that of an undisturbed run"
            elif self.records.get(remote_id) != undisturbed.records.get(remote_id):
                yield f"the record of {remote_id} differs from that of an undisturbed run"


@dataclass(frozen=True, slots=True)
class _Ended:
    """How a run in trouble ended: where it began, what came of it (``None``: the process was gone), what it said."""

    effect: str
    outcome: str | None = None
    told: str = ""


class _WatchedSource:
    """A source that notes from when on it is read."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self.since: datetime | None = None

    def check(self) -> str:
        return self._source.check()

    def read(self, record_type: str, since: datetime | None, page_size: int | None = None) -> Iterator[Page]:
        self.since = since
        return self._source.read(record_type, since, page_size)

    def fetch(self, record_type: str, remote_id: str) -> RemoteItem:
        return self._source.fetch(record_type, remote_id)


class CrashRig:
    """One connector's sandbox, a connection to it and room for stores; a context manager.

    Args:
        connector: the name of a connector with a sandbox.
        record_type: what is imported.
        folder: where stores are made.
        records: how many records the sandbox invents.
        payloads: a file of real ones for the sandbox to have instead.
        page_size: records a request: small, so that there are several pages.
        new_store: gives the URL of a new, empty store, if that is not to be a file of SQLite.
        plugins: where the connector is found, if not among those that are installed.
    """

    def __init__(
        self,
        connector: str,
        record_type: str,
        folder: Path,
        *,
        records: int = 3,
        payloads: Path | None = None,
        page_size: int = 2,
        new_store: Callable[[], str] | None = None,
        plugins: Plugins | None = None,
    ) -> None:
        self.record_type = record_type
        self._folder = folder
        self._stack = ExitStack()
        self._stores = EmptyStores(folder, new_store)
        file = folder / "plugins.toml"
        file.write_text(_CONFIGURATION.format(_CONNECTION_ID, connector, record_type, page_size), "utf-8")
        self.connection: Connection = load_config(file, {}, plugins=plugins).connection("crashing")
        make = self.connection.connector.sandbox
        if make is None:
            raise PermanentError(f"connector {connector!r} has no sandbox to crash on")
        self._sandbox = make(SandboxOptions(records=records, payloads=payloads))
        self._server = SandboxServer(self._sandbox)
        self._job = make_job(self.connection, record_type, None)

    def __enter__(self) -> Self:
        self._stack.enter_context(self._server)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    def crashes(self, *ways: How, numbers: Iterable[int] | None = None) -> Iterator[Crash]:
        """Bring trouble to a run at its first side effect, to another at its second, and so on to the last one.

        It comes in each of the ways, to a run of its own. Then something changes in the sandbox, the next runs go on,
        and their stores are compared with one that nothing has ever disturbed. ``numbers`` picks some of the side
        effects.
        """
        undisturbed = self._stores.make("undisturbed")
        before = self._import_all(undisturbed)
        left = list(ways)
        for number in numbers or count(1):
            met = {how: disturbed for how in left if (disturbed := self._disturb(how, number)) is not None}
            left = list(met)
            if not left:
                return
            if isinstance(self._sandbox, SupportsChange):
                self._sandbox.change(self.record_type)
            after = self._import_all(undisturbed)
            for how, (database, ended, found) in met.items():
                differences = [
                    *_after_trouble(ended, how, found, before),
                    *self._after_going_on(database, found, after),
                ]
                yield Crash(number, ended.effect, how, tuple(differences), ended.outcome)
            before = after

    def effects(self) -> list[str]:
        """Name the side effects of a run that nothing disturbs, in their order."""
        effects = Effects()
        self._import(self._stores.make("undisturbed"), effects)
        return effects.seen

    def _disturb(self, how: How, number: int) -> tuple[Database, _Ended, Snapshot] | None:
        """Bring trouble to a run: give its store, how it ended and what it left; ``None`` if it had fewer effects."""
        database = self._stores.make(how.replace(" ", "-"))
        ended = self._trouble_one(database, number, how)
        return None if ended is None else (database, ended, self._snapshot(database))

    # Runs

    def _import(self, database: Database, effects: Effects | None = None) -> tuple[TransferReport, datetime | None]:
        """Run once; give the report, and from when on the source was read."""
        effects = effects or Effects()
        with Store(database, effects.trouble.now) as store, self._source(effects) as source, effects.watched():
            return Importer(store).run(structs.replace(self._job, source=source)), source.since

    @contextmanager
    def _source(self, effects: Effects) -> Iterator[_WatchedSource]:
        settings = self.connection.settings_with({"url": self._server.url, **self._sandbox.settings})
        connector = self.connection.connector
        with Session(self.connection.remote, agent=connector.module_id) as session:
            yield _WatchedSource(connector.open(settings, WatchedSession(session, effects)))

    def _import_all(self, database: Database) -> Snapshot:
        report, _since = self._import(database)
        if report.outcome != "succeeded" or report.tally.counts["failed"]:
            raise PermanentError(f"the sandbox cannot even be imported without crashes: {report.trouble}")
        return self._snapshot(database)

    def _trouble_one(self, database: Database, number: int, how: How) -> _Ended | None:
        """Run in a process of its own, with trouble from side effect ``number`` on.

        Returns:
            How that ended, or ``None`` if the run had fewer.
        """
        told, result = self._folder / "effect.txt", self._folder / "result.json"
        for file in (told, result):
            file.unlink(missing_ok=True)
        effects = Effects(number, TROUBLES[how](), lambda effect: _write(told, effect))
        with warnings.catch_warnings():
            # The other threads are the sandbox's, and wait for a request; the child uses none of what they hold.
            warnings.simplefilter("ignore", DeprecationWarning)
            child = os.fork()
        if child == 0:
            try:
                result.write_text(json.dumps(self._outcome(database, effects)), "utf-8")
            finally:
                os._exit(0)
        _wait(child)
        if not told.exists():
            return None
        ended = _Ended(told.read_text("utf-8"))
        if not result.exists():
            return ended
        outcome, said = json.loads(result.read_text("utf-8"))
        return replace(ended, outcome=outcome, told=said)

    def _outcome(self, database: Database, effects: Effects) -> tuple[str, str]:
        try:
            report, _since = self._import(database, effects)
        except CrossdockError as error:
            return "failed", str(error)
        return report.outcome, "; ".join(report.session_errors)

    def _after_going_on(self, database: Database, left: Snapshot, undisturbed: Snapshot) -> Iterator[str]:
        report, since = self._import(database)
        if report.outcome != "succeeded":
            yield f"the run that went on ended as {report.outcome}: {report.session_errors}"
        cursor = None if left.cursor is None else datetime.fromisoformat(left.cursor)
        expected = None if cursor is None else cursor - self.connection.imports[self.record_type].lookback
        if since != expected:
            yield f"the run that went on read from {since}, but the cursor of the one before was {left.cursor}"
        found = self._snapshot(database)
        yield from found.differences(undisturbed)
        endless = [run.run_id for run in found.runs if run.ended is None]
        if endless:
            yield f"runs that are over have no end in the store: {endless}"

    def _snapshot(self, database: Database) -> Snapshot:
        with Store(database) as store:
            return Snapshot.of(store, _CONNECTION_ID, self.record_type)


def _after_trouble(ended: _Ended, how: How, left: Snapshot, before: Snapshot) -> Iterator[str]:
    """Tell what must not be so once a run had trouble, before the next one."""
    if left.orphans:
        yield f"{left.orphans} records have no payload"
    for remote_id, record in left.records.items():
        if record != before.records.get(remote_id):
            yield f"{remote_id} is half written"
    if left.cursor is not None:
        for remote_id, modified in before.modified.items():
            if modified is not None and modified < left.cursor and remote_id not in left.digests:
                yield f"the cursor {left.cursor} is beyond {remote_id}, which is not stored ({modified})"
    yield from _after_outcome(ended, how, left, before)


def _after_outcome(ended: _Ended, how: How, left: Snapshot, before: Snapshot) -> Iterator[str]:
    """Tell where a run was not honest about how it ended, or the store is not."""
    stored = {run.outcome for run in left.runs}
    if ended.outcome == "succeeded":
        yield from left.differences(before)
        honest = {"succeeded"}
    else:
        honest = {"interrupted"} if ended.outcome is None and how == "kill" else {"interrupted", "failed"}
    if not stored <= honest:
        yield f"the run ended as {ended.outcome or 'a process that is gone'}, but the store says {sorted(stored)}"
    excuse = TROUBLES[how]().excuse
    if ended.outcome != "succeeded" and (excuse is None or excuse not in ended.told):
        yield f"the run ended as {ended.outcome} and said {ended.told!r} of it"


def _content(record: Working) -> Working:
    return {name: value for name, value in record.items() if name not in _PLATFORM_FIELDS}


def _write(file: Path, text: str) -> None:
    file.write_text(text, "utf-8")


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
