"""Where a connector is put to the test: its sandbox on a loopback port, a connection to it, and room for stores."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from pathlib import Path
from shutil import copyfile
from typing import Any

from msgspec.structs import replace

from crossdock.config import Connection, RemoteConfig, load_config
from crossdock.config.annotation import field_named, is_secret
from crossdock.pipeline.importing import Importer, ImportOptions
from crossdock.pipeline.job import ImportJob
from crossdock.pipeline.making import make_job
from crossdock.pipeline.reporting.report import TransferReport
from crossdock.plugins import ConnectorSpec, Page, Plugin, Plugins, RemoteItem, RemoteSession, Source
from crossdock.remote import Session
from crossdock.remote.pace import Timing
from crossdock.store import Store
from crossdock.testing.crash import Snapshot
from crossdock.testing.effects import Effects, Raised, WatchedSession
from crossdock.testing.sandbox import Request, Response, Sandbox, SandboxOptions, SandboxServer, SupportsChange

RECORDS = 7
PAGE_SIZE = 3
_MOST_REQUESTS = 1000  # some times more than the largest sandbox takes

_ID = "5377568eb7e165e3b38af6eece4a0001"
_CONFIGURATION = """\
[[connection]]
id = "{}"
name = "tested"
connector = "{}"

[connection.settings]
url = "sandbox:"

[connection.remote]
retries = 3
read_timeout = "5s"

[connection.import.{}]
"""


class BenchError(Exception):
    """The connector cannot even be put to the test; the message says what it lacks."""


def only(connector: ConnectorSpec[Any]) -> Plugins:
    """Return one connector as if it were all that is installed."""
    package = connector.open.__module__
    plugin = Plugin(connector.name, "tested", "tested", package, (connector.name,))
    return Plugins({connector.name: connector}, {}, (plugin,))


@dataclass(frozen=True)
class Bench:
    """One connector and record type; stores are made in ``folder``.

    ``every_crash`` stops a run at each of its side effects instead of at some.
    """

    connector: ConnectorSpec[Any]
    record_type: str
    folder: Path
    every_crash: bool = False
    _stores: list[Path] = field(default_factory=list)

    @cached_property
    def connection(self) -> Connection:
        """A connection to the sandbox.

        Raises:
            BenchError: there is no sandbox.
        """
        if self.connector.sandbox is None:
            raise BenchError("it has no sandbox; give ConnectorSpec one, and all promises can be looked at")
        file = self.folder / "conformance.toml"
        file.write_text(_CONFIGURATION.format(_ID, self.connector.name, self.record_type), "utf-8")
        return load_config(file, {}, plugins=only(self.connector)).connection("tested")

    @contextmanager
    def stand(self, records: int = RECORDS) -> Iterator[Stand]:
        """Start a new sandbox; it is the same each time, and nobody has changed anything in it.

        Raises:
            BenchError: the sandbox failed at a request.
        """
        connection = self.connection
        assert connection.connector.sandbox is not None  # noqa: S101 - the connection would not be there
        with SandboxServer(connection.connector.sandbox(SandboxOptions(records=records))) as server:
            yield Stand(self, server)
            if server.errors:
                raise BenchError(f"its sandbox fails: {server.errors[0]!r}")

    def new_store(self) -> str:
        """Make an empty store, and return its URL; copying one takes a tenth of the time of making one."""
        empty = self.folder / "empty.db"
        if not empty.exists():
            Store.open(f"sqlite:///{empty}").close()
        file = self.folder / f"store-{len(self._stores)}.db"
        self._stores.append(file)
        return f"sqlite:///{copyfile(empty, file)}"

    def job(self, source: Source | None, page_size: int | None = None) -> ImportJob:
        """Make the job of an import."""
        return replace(make_job(self.connection, self.record_type, source), page_size=page_size)

    def found(self, url: str) -> tuple[Snapshot, set[str | None]]:
        """What a store holds, and the remote ids of what waits in its quarantine."""
        with Store.open(url) as store:
            waiting = {one.remote_id for one in store.quarantine_list()}
            return Snapshot.of(store, _ID, self.record_type), waiting


class Stand:
    """A running sandbox, and sources that read it; remembers what the server answered, and to whom."""

    def __init__(self, bench: Bench, server: SandboxServer) -> None:
        self.bench = bench
        self.server = server
        self.bodies: list[bytes] = []
        self.requests: list[Request] = []
        server.after.append(self._remember)

    def _remember(self, request: Request, response: Response) -> Response:
        self.requests.append(request)
        self.bodies.append(response.body)
        return response

    @property
    def sandbox(self) -> Sandbox:
        """The sandbox."""
        return self.server.sandbox

    @property
    def secrets(self) -> dict[str, str]:
        """The sandbox's settings that are secret."""
        model = self.bench.connector.settings
        found = {name: field_named(model, name) for name in self.sandbox.settings}
        return {name: self.sandbox.settings[name] for name, info in found.items() if info and is_secret(info)}

    def change(self, times: int = 1) -> None:
        """Change something in the sandbox, as people who work with the real system would.

        Raises:
            BenchError: it cannot be changed.
        """
        if not isinstance(self.sandbox, SupportsChange):
            raise BenchError(
                "its sandbox cannot be changed; give it a method change(record_type) that changes a record"
            )
        for _ in range(times):
            self.sandbox.change(self.bench.record_type)

    @contextmanager
    def source(self, settings: Mapping[str, str] | None = None, remote: RemoteConfig | None = None) -> Iterator[Source]:
        """Open a source; waits between repetitions take no time."""
        with self.session(remote) as session:
            yield self.open(session, settings)

    @contextmanager
    def session(self, remote: RemoteConfig | None = None) -> Iterator[Session]:
        """Open a session as a connection does."""
        connection = self.bench.connection
        timing = Timing(sleep=lambda _: None, chance=lambda: 0.0)
        agent = connection.connector.module_id
        with Session(remote or connection.remote, agent=agent, timing=timing) as session:
            yield session

    def open(self, session: RemoteSession, settings: Mapping[str, str] | None = None) -> Source:
        """Open a source on a session; it raises ``Stopped`` once there have been too many requests."""
        connection = self.bench.connection
        given = {"url": self.server.url, **self.sandbox.settings, **(settings or {})}
        watched = WatchedSession(session, Effects(_MOST_REQUESTS, Raised()))
        return connection.connector.open(connection.settings_with(given), watched)

    def items(self, since: datetime | None = None, page_size: int | None = PAGE_SIZE) -> list[RemoteItem]:
        """Read everything."""
        return [item for page in self.pages(since, page_size) for item in page.items]

    def pages(self, since: datetime | None = None, page_size: int | None = PAGE_SIZE) -> list[Page]:
        """Read everything, in pages."""
        with self.source() as source:
            return list(source.read(self.bench.record_type, since, page_size))

    def run(self, url: str, options: ImportOptions | None = None, page_size: int | None = PAGE_SIZE) -> TransferReport:
        """Import into a store."""
        with Store.open(url) as store, self.source() as source:
            return Importer(store).run(self.bench.job(source, page_size), options or ImportOptions())

    def undisturbed(self) -> Snapshot:
        """What a run finds that nothing disturbs.

        Raises:
            BenchError: even that does not succeed.
        """
        url = self.bench.new_store()
        report = self.run(url)
        if report.outcome != "succeeded" or report.tally.counts["failed"]:
            raise BenchError(f"its sandbox cannot even be imported: {report.trouble}")
        return self.bench.found(url)[0]
