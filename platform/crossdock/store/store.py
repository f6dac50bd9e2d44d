"""The store: records, what each connection made of them, runs and what failed, behind one object."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Self, TypeVar

from sqlalchemy import Connection, delete

from crossdock.records import Working, encode_record, unpack_record
from crossdock.store.flows import links
from crossdock.store.flows.links import Linked
from crossdock.store.imports import configurations, lease, quarantine, runs
from crossdock.store.imports.absence import AbsenceWriter
from crossdock.store.imports.compression import Compression
from crossdock.store.imports.configurations import Configuration
from crossdock.store.imports.drift import write_drift
from crossdock.store.imports.lease import Heartbeat, LeaseLostError
from crossdock.store.imports.page import Item, Known, PackedItem, PageWrite, Result, Unchanged
from crossdock.store.imports.page_import import PageImport, load_known
from crossdock.store.imports.parcel import pack_items
from crossdock.store.imports.quarantine import QuarantineEntry, QuarantineWriter
from crossdock.store.imports.runs import Direction, Report, Run, RunEntry, RunKind, RunOutcome
from crossdock.store.parts import Parts
from crossdock.store.reads import finding, streams as reading
from crossdock.store.reads.search import EntryIndex
from crossdock.store.reads.streams import Cursor, HistoryEntry, Payload, PayloadCount, set_cursor
from crossdock.store.sql.database import Database
from crossdock.store.sql.migration import check as check_version, migrate
from crossdock.store.sql.moment import Clock, to_text, utc_now
from crossdock.store.sql.tables import cursors
from crossdock.store.writes import direct as writing
from crossdock.store.writes.actor import Actor
from crossdock.store.writes.direct import After, Check, Written
from crossdock.store.writes.door import Door
from crossdock.store.writes.follower import Follower

if TYPE_CHECKING:
    from crossdock.store.erasure.erasing import Erasing

T = TypeVar("T")


class Store(Parts):
    """Everything that lasts. Shared by the threads of a process; several processes may have it open at once.

    Each method is one transaction (the iterators: one per batch; the first large page of a connection brings a
    dictionary in one of its own), and none of them waits for anything but the
    database.
    """

    def __init__(self, database: Database, clock: Clock = utc_now, followers: Sequence[Follower] = ()) -> None:
        super().__init__(database, clock, tuple(followers))
        self._compression = Compression(database)
        self._heartbeats: dict[str, Heartbeat] = {}

    @classmethod
    def open(
        cls,
        url: str,
        *,
        create: bool = True,
        upgrade: bool = True,
        clock: Clock = utc_now,
        followers: Sequence[Follower] = (),
    ) -> Store:
        """Open the store at a database URL (``sqlite:///crossdock.db``, ``postgresql://user@host/database``).

        It is brought up to date, or (without ``upgrade``) refused if it is not.
        ``sqlite://`` is a private one in memory, gone with the object. The followers are shown every write of a record.

        Raises:
            ConfigError: the URL is wrong, there is no such folder or (without ``create``) file, or it holds
                something else.
            PermanentError: the database cannot be used, or was made by a newer program (it is left untouched).
            StoreBusyError: another process keeps it locked.
        """
        database = Database(url, create=create and upgrade)
        try:
            if upgrade:
                migrate(database, create=create)
            else:
                check_version(database)
        except BaseException:
            database.close()
            raise
        return cls(database, clock, followers)

    def close(self) -> None:
        """Stop every heartbeat and close the database; a run that was not finished counts as dead from now on."""
        for heartbeat in self._heartbeats.values():
            heartbeat.stop()
        self._heartbeats.clear()
        self._database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def erasing(self) -> Erasing:
        """Takes persons out of the store."""
        from crossdock.store.erasure.erasing import Erasing  # noqa: PLC0415 - only who erases loads it

        return Erasing(self._database, self._clock, self._followers, self._compression)

    def refresh_index(self) -> bool:
        """Build the index of entries anew if other ones are searchable than when it was built; say whether it was."""
        index = next((one for one in self._followers if isinstance(one, EntryIndex)), EntryIndex())
        return index.refresh(self._database)

    # Imports

    def known(self, connection_id: str, record_type: str, remote_ids: Sequence[str]) -> dict[str, Known]:
        """Look up what the last imports of these remote records left, by remote id."""
        with self._database.read() as connection:
            return load_known(self._database, connection, connection_id, record_type, remote_ids)

    def pack(self, actor: Actor, record_type: str, items: Sequence[Item]) -> list[PackedItem]:
        """Pack the items of a page while they are at hand, so that it need not keep the trees of its records."""
        return pack_items(actor, record_type, items, self._followers)

    def write_page(self, actor: Actor, run: Run, page: PageWrite) -> list[Result]:
        """Write one page of an import in one transaction: all of it or, if anything goes wrong, nothing.

        A record that the guard refuses fails alone: it is quarantined and the others go on.

        Returns:
            One result per item, in their order.

        Raises:
            LeaseLostError: another run has taken this one's place.
        """
        items = self.pack(actor, run.record_type, page.items)
        payloads = self._compression.pack(
            run.connection_id,
            run.record_type,
            [None if isinstance(item, Unchanged) else item.payload for item in items],
        )
        now = self._now()
        with self._database.write() as connection:
            if not lease.holds(self._database, connection, run.run_id):
                raise LeaseLostError(run.run_id)
            payloads = self._compression.checked(connection, payloads)
            writer, results = self._take_page(connection, actor, run, items, payloads, seen=page.seen)
            writer.flush(connection)
            if page.drift is not None:
                write_drift(connection, run.run_id, (run.connection_id, run.record_type), now, page.drift)
            if page.cursor is not None:
                set_cursor(
                    self._database, connection, Cursor(run.connection_id, run.record_type, page.cursor, now, run.run_id)
                )
            runs.keep_balance(self._database, connection, run, page.before, results, now)
            return results

    def preview_page(self, actor: Actor, run: Run, page: PageWrite) -> list[Result]:
        """Tell what :meth:`write_page` would make of a page, and write nothing; ``run`` need not be started."""
        items = self.pack(actor, run.record_type, page.items)
        with self._database.read() as connection:
            writer, results = self._take_page(connection, actor, run, items, [b""] * len(items), seen=page.seen)
        return [writer.shown(result) for result in results]

    def _take_page(
        self,
        connection: Connection,
        actor: Actor,
        run: Run,
        items: Sequence[PackedItem],
        payloads: Sequence[bytes],
        *,
        seen: bool,
    ) -> tuple[PageImport, list[Result]]:
        now, run_id, record_type = self._now(), run.run_id, run.record_type
        door = Door(self._database, actor, record_type, now=now, run_id=run_id, followers=self._followers)
        waiting = QuarantineWriter(self._database, run.connection_id, record_type, now=now, run_id=run_id, seen=seen)
        waiting.load(connection, items)
        absences = AbsenceWriter(self._database, run.connection_id, record_type, now=now, run_id=run_id)
        writer = PageImport(self._database, door, waiting, absences, run.connection_id, seen=seen)
        writer.load(connection, items)
        return writer, [writer.take(item, payload) for item, payload in zip(items, payloads, strict=True)]

    # Runs

    def start_run(
        self,
        connection_id: str,
        record_type: str,
        config_hash: bytes,
        *,
        direction: Direction = "import",
        kind: RunKind | None = None,
        run_id: str | None = None,
    ) -> Run:
        """Start a run and keep its lease alive from a background thread until it is finished.

        ``kind`` tells apart what goes the way of an import. With a ``run_id`` of the caller's own, starting it twice
        is starting it once.

        Raises:
            LeaseHeldError: another run of this connection and record type is going on; it says whose.
        """
        run_id = run_id or runs.new_run_id()
        run = Run(run_id, connection_id, record_type, direction, config_hash, self._now(), kind or direction)
        with self._database.write() as connection:
            runs.begin(connection, run, self._clock(), self._followers)
        if not self._database.private:  # nobody else can see a private store
            self._heartbeats[run.run_id] = Heartbeat(self._database, run.run_id, self._clock)
        return run

    def finish_run(self, run: Run, report: Report, outcome: RunOutcome) -> None:
        """End a run with its transfer report.

        Raises:
            LeaseLostError: another run has taken its place meanwhile.
        """
        heartbeat = self._heartbeats.pop(run.run_id, None)
        if heartbeat is not None:
            heartbeat.stop()
        with self._database.write() as connection:
            runs.end(connection, run, report, outcome, self._now(), self._followers)

    def runs(self, *, connection_id: str | None = None, limit: int | None = None) -> list[RunEntry]:
        """List runs, newest first."""
        return self._read(lambda connection: runs.list_runs(connection, self._clock(), connection_id, limit))

    def run(self, run_id: str) -> RunEntry | None:
        """Read one run."""
        return self._read(lambda connection: runs.read_run(connection, self._clock(), run_id))

    # Cursors and configurations

    def cursor(self, connection_id: str, record_type: str) -> str | None:
        """Read how far the incremental reading has come."""
        found = (one for one in self.cursors() if (one.connection_id, one.record_type) == (connection_id, record_type))
        return next((one.cursor for one in found), None)

    def cursors(self) -> list[Cursor]:
        """List every cursor."""
        return self._read(reading.read_cursors)

    def reset_cursor(self, connection_id: str, record_type: str, to: str | None = None) -> None:
        """Forget a cursor, so that the next import reads everything, or set it to a time."""
        with self._database.write() as connection:
            if to is not None:
                set_cursor(self._database, connection, Cursor(connection_id, record_type, to, self._now(), None))
                return
            connection.execute(
                delete(cursors).where(cursors.c.connection_id == connection_id, cursors.c.record_type == record_type)
            )

    def remember_configuration(self, config_hash: bytes, snapshot: str, sources: str | None = None) -> None:
        """Keep what a configuration hash stands for; remembering it again changes nothing."""
        with self._database.write() as connection:
            configurations.remember(connection, config_hash, Configuration(self._now(), snapshot, sources))

    def configuration(self, config_hash: bytes) -> Configuration | None:
        """Read what a configuration hash stands for."""
        return self._read(lambda connection: configurations.read(connection, config_hash))

    # Direct writes

    def write_record(
        self,
        actor: Actor,
        record_type: str,
        local_id: str | None,
        after: After,
        *,
        expected_version: int | None = None,
    ) -> Written:
        """Create (``local_id`` is ``None``) or change one record, by the same door as imports.

        Args:
            actor: who writes.
            record_type: of the record.
            local_id: which record, ``None`` for a new one.
            after: the whole record as it shall be, or a function that makes it from what it is (wire-level; it runs
                inside the transaction and may be pure Python only). The platform's own fields are ignored.
            expected_version: refuse the write if the record has another one.

        Raises:
            UnknownRecordError: no such record.
            VersionConflictError: it has another version.
            OwnershipError: the write touches what the actor does not own; the record is as it was.
            RecordError: the result is no valid record, or its remote id is taken.
        """
        with self._database.write() as connection:
            door = Door(self._database, actor, record_type, now=self._now(), run_id=None, followers=self._followers)
            return writing.write_record(connection, door, local_id, after, expected_version)

    def delete_record(self, actor: Actor, record_type: str, local_id: str, check: Check | None = None) -> None:
        """Delete one record, unless ``check`` objects; its last state stays in the history.

        Raises:
            UnknownRecordError: no such record.
            OwnershipError: it carries what the actor does not own.
        """
        with self._database.write() as connection:
            door = Door(self._database, actor, record_type, now=self._now(), run_id=None, followers=self._followers)
            writing.delete_record(connection, door, local_id, check)

    # Reading

    def record(self, record_type: str, local_id: str) -> Working | None:
        """Read one record by its localId, wire-level."""
        return self._read(lambda connection: finding.read_record(connection, record_type, local_id))

    def packed(self, record_type: str, local_id: str) -> finding.Packed | None:
        """Read one record by its localId as it lies in the store, with its version."""
        return self._read(lambda connection: finding.read_packed(self._database, connection, record_type, local_id))

    def find(self, record_type: str, text: str, connections: Mapping[str, str] | None = None) -> Working:
        """Find the one record that a person means by a localId, a displayId or ``connection:displayId``.

        Args:
            record_type: of the record.
            text: what the person typed.
            connections: names of connections and their ids.

        Raises:
            UnknownRecordError: none answers to it.
            AmbiguousReferenceError: several do; it lists unambiguous candidates.
        """
        return self._read(lambda connection: finding.find_record(connection, record_type, text, connections or {}))

    def documents(self, record_type: str, connection_id: str | None = None) -> Iterator[str]:
        """Stream the wire JSON of the records of a type as :meth:`records` does."""
        return (encode_record(record).decode() for record in self.records(record_type, connection_id))

    def records(self, record_type: str, connection_id: str | None = None) -> Iterator[Working]:
        """Stream the records of a type, wire-level, in the order of localId, with flat memory.

        All of them, or those that a connection has a key in the ``remoteIdMap`` of.
        """
        return map(unpack_record, reading.documents(self._database, record_type, connection_id))

    def counts(self) -> dict[str, int]:
        """Count the records of each type."""
        return self._read(reading.count_records)

    def linked(self, record_type: str, local_id: str) -> list[Linked]:
        """List the records that a record links to, and those that link to it."""
        return self._read(lambda connection: links.linked(connection, record_type, local_id))

    def history(self, record_type: str, local_id: str) -> list[HistoryEntry]:
        """Read what happened to a record since its creation, oldest first."""
        return self._read(lambda connection: reading.read_history(connection, record_type, local_id))

    def payload(self, connection_id: str, record_type: str, remote_id: str) -> Payload | None:
        """Read the raw payload that the last import kept of a remote record."""
        return reading.read_payload(self._database, self._compression, connection_id, record_type, remote_id)

    def payloads(self, connection_id: str, record_type: str) -> Iterator[Payload]:
        """Stream the raw payloads of a connection, with flat memory."""
        return reading.payloads(self._database, self._compression, connection_id, record_type)

    def count_payloads(self, connection_id: str, record_type: str) -> PayloadCount:
        """Count the payloads that are kept of a connection, and the imported records whose payload is not."""
        return self._read(lambda connection: reading.count_payloads(connection, connection_id, record_type))

    # Quarantine

    def quarantine_list(
        self, connection_id: str | None = None, record_type: str | None = None
    ) -> list[QuarantineEntry]:
        """List what waits in quarantine, oldest first."""
        return self._read(lambda connection: quarantine.list_entries(connection, connection_id, record_type))

    def quarantine_show(self, quarantine_id: int) -> tuple[QuarantineEntry, bytes] | None:
        """Read one quarantined payload with its error."""
        return quarantine.read_entry(self._database, self._compression, quarantine_id)

    def quarantine_drop(self, quarantine_ids: Sequence[int]) -> int:
        """Drop entries and say how many there were."""
        with self._database.write() as connection:
            return quarantine.drop_entries(connection, quarantine_ids)

    def _read(self, query: Callable[[Connection], T]) -> T:
        with self._database.read() as connection:
            return query(connection)

    def _now(self) -> str:
        return to_text(self._clock())
