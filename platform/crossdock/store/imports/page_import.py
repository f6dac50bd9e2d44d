"""A page of an import: what each item means for the store, decided in Python and written in few statements.

What an import produced is the base of the next merge. It is stored as ``NULL`` while it equals the record's document
as this import wrote it, which spares a second copy of nearly every record. That is safe because

- an import that leaves the record equal to what it produced stores ``NULL``, any other stores what it produced;
- every *other* write that changes the document first writes the old document into each ``NULL`` of the record's
  imports (``Door``), so a ``NULL`` never outlives the equality;
- only connections named in the document's ``remoteIdMap`` can have a ``NULL`` there, since what a connection
  produced always holds its own key (it is refused otherwise), so all of them are found without a search.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection, bindparam, select

from crossdock.customdata.sameness import same
from crossdock.errors import RecordError
from crossdock.records import Working, unpack_beside, unpack_record
from crossdock.store.erasure.erasures import ERASED_BEFORE, kept_out
from crossdock.store.imports.absence import AbsenceWriter, with_mark, without_mark
from crossdock.store.imports.page import (
    Absent,
    Ignored,
    Known,
    Outcome,
    PackedItem,
    Parcel,
    Quarantined,
    Result,
    Unchanged,
)
from crossdock.store.imports.quarantine import AUDIT, QuarantineWriter, remote_id_of
from crossdock.store.sql.column_text import LONGEST_ID, from_column, is_storable, to_column
from crossdock.store.sql.database import Database
from crossdock.store.sql.portable import Utf8, insert
from crossdock.store.sql.tables import imports
from crossdock.store.writes.changes import changes
from crossdock.store.writes.direct import LongIdError
from crossdock.store.writes.door import Door, Stored, is_document
from crossdock.store.writes.merge import merge

_OF_CONNECTION = (imports.c.connection_id == bindparam("connection"), imports.c.record_type == bindparam("type"))
_KNOWN = select(
    imports.c.remote_id,
    imports.c.digest,
    imports.c.config_hash,
    imports.c.modified,
    imports.c.leaves,
    imports.c.mapped,
    imports.c.stashed,
    imports.c.empty,
    imports.c.dropped,
    imports.c.refused,
    imports.c.local_id,
    imports.c.outcome,
).where(*_OF_CONNECTION)
_STATES = select(
    imports.c.remote_id, imports.c.local_id, imports.c.outcome, imports.c.modified, imports.c.produced
).where(*_OF_CONNECTION)
_PAYLOADS = select(imports.c.remote_id, imports.c.payload).where(*_OF_CONNECTION)
_columns: dict[str, Any] = {column.name: bindparam(column.name) for column in imports.c}
_new = insert(imports).values({**_columns, "produced": Utf8("produced")})
_WRITE = _new.on_conflict_do_update(
    index_elements=[column.name for column in imports.primary_key],
    set_={column.name: _new.excluded[column.name] for column in imports.c if not column.primary_key},
)


class ImportState(NamedTuple):
    """The part of an imports row that decides what a new payload means."""

    local_id: str | None
    outcome: str
    modified: str | None
    produced: bytes | str | None


def load_known(
    database: Database, connection: Connection, connection_id: str, record_type: str, remote_ids: Sequence[str]
) -> dict[str, Known]:
    """Look up what the last imports of these remote records left."""
    rows = database.matching(
        connection,
        _KNOWN,
        imports.c.remote_id,
        (connection_id, record_type),
        [to_column(one) for one in remote_ids if is_storable(one)],
    )
    found = {}
    for stored_id, digest, config_hash, modified, *ledger, local_id, outcome in rows:
        remote_id = from_column(stored_id)
        found[remote_id] = Known(
            remote_id,
            digest or b"",
            config_hash or b"",
            modified,
            tuple(ledger),
            local_id,
            "ignored" if outcome == "ignored" else "stored",
        )
    return found


class PageImport:
    """One page on its way into the store: take each item in order, then flush.

    A page that was ``seen`` in the remote system just now takes away the marks of records that were thought to be gone.
    """

    def __init__(
        self,
        database: Database,
        door: Door,
        quarantine: QuarantineWriter,
        absences: AbsenceWriter,
        connection_id: str,
        *,
        seen: bool = True,
    ) -> None:
        self._database = database
        self._door = door
        self._quarantine = quarantine
        self._absences = absences
        self._seen = seen
        self._looking = False  # whether any record of the page was thought to be gone
        self._connection_id = connection_id
        self._states: dict[str, ImportState] = {}
        self._there: frozenset[str] = frozenset()
        self._kept_out: Collection[str] = ()
        self._records: dict[str, Stored] = {}
        self._payloads: dict[str, bytes | None] = {}
        self._rows: dict[str, tuple[Any, ...]] = {}
        self._apart: dict[str, Working] = {}  # what was produced, of records that have something else as well

    def load(self, connection: Connection, items: Sequence[PackedItem]) -> None:
        """Read the state of everything on the page."""
        named = [(item, remote_id) for item in items if (remote_id := remote_id_of(item)) and is_storable(remote_id)]
        marked = self._absences.load(connection, [remote_id for _item, remote_id in named]) if self._seen else ()
        self._looking = self._seen and bool(marked or self._quarantine.missed)
        remote_ids = [
            to_column(remote_id)
            for item, remote_id in named
            if isinstance(item, (Parcel, Ignored, Absent)) or remote_id in marked
        ]
        fixed = (self._connection_id, self._door.record_type)
        self._kept_out = kept_out(self._database, connection, *fixed, [remote_id for _item, remote_id in named])
        rows = self._database.matching(connection, _STATES, imports.c.remote_id, fixed, remote_ids)
        self._states = {from_column(row[0]): ImportState(*row[1:]) for row in rows}
        self._there = frozenset(self._states)
        absent = [item for item in items if isinstance(item, Absent)]
        aside = [to_column(item.remote_id) for item in absent if item.policy == "quarantine"]
        kept = self._database.matching(connection, _PAYLOADS, imports.c.remote_id, fixed, aside)
        self._payloads = {from_column(row[0]): row[1] for row in kept}
        local_ids = [state.local_id for state in self._states.values() if state.local_id]
        self._records = self._door.load(connection, local_ids)

    def take(self, item: PackedItem, packed: bytes) -> Result:
        """Decide what becomes of one item; ``packed`` is its compressed payload."""
        if isinstance(item, Absent):
            return self._miss(item, packed)
        remote_id = remote_id_of(item)
        back = self._looking and self._see(remote_id)
        if remote_id is not None and remote_id in self._kept_out:
            state = self._states.get(remote_id)
            return Result(remote_id, "ignored", None if state is None else state.local_id, ERASED_BEFORE)
        result = self._take(item, packed)
        return result._replace(outcome="updated") if back and result.outcome == "unchanged" else result

    def _take(self, item: Parcel | Unchanged | Ignored | Quarantined, packed: bytes) -> Result:
        if isinstance(item, Unchanged):
            self._quarantine.settle(item.known.remote_id, item.known.modified)
            outcome: Outcome = "ignored" if item.known.outcome == "ignored" else "unchanged"
            return Result(item.known.remote_id, outcome, item.known.local_id)
        if isinstance(item, Quarantined):
            self._quarantine.put(item, packed)
            return Result(item.remote_id, "failed", message=item.error)
        return self._take_payload(item, packed)

    def flush(self, connection: Connection) -> None:
        """Send what was decided."""
        self._door.flush(connection)
        self._database.many(connection, _new, [row for one, row in self._rows.items() if one not in self._there])
        self._database.many(connection, _WRITE, [row for one, row in self._rows.items() if one in self._there])
        self._quarantine.flush(connection)
        self._absences.flush(connection)
        self._door.follow(connection)

    def shown(self, result: Result) -> Result:
        """Add what changed in a record of this page that was stored before, and what it keeps of what others made."""
        local_id = result.local_id or ""
        changed, produced = self._door.changed.get(local_id, ()), self._apart.get(local_id)
        if produced is None:
            return result._replace(changed=changed)
        content = self._records[local_id].content
        apart = changes(self._door.record_type, produced, content)
        return result._replace(changed=changed, kept=tuple(one for one in apart if one.new is not None))

    def _see(self, remote_id: str | None) -> bool:
        """Take away what says that a record is gone, which is there after all; tell whether that changed it."""
        if remote_id is None:
            return False
        self._quarantine.see(remote_id)
        if not self._absences.end(remote_id):
            return False
        state = self._states.get(remote_id)
        stored = self._records.get(state.local_id) if state is not None and state.local_id else None
        return stored is not None and self._door.change(stored, without_mark(stored.content, self._connection_id))

    def _miss(self, item: Absent, packed: bytes) -> Result:
        """Do with a record that its remote system has no longer what the configuration says."""
        state = self._states.get(item.remote_id)
        if state is None or state.local_id is None or item.policy == "keep":
            return Result(item.remote_id, "unchanged", None if state is None else state.local_id, item.error)
        if item.policy == "quarantine":
            return self._put_aside(item, state, packed)
        stored = self._records[state.local_id]
        changed = self._door.change(stored, with_mark(stored.content, self._connection_id, item.how))
        self._absences.put(item.remote_id, item.how)
        return Result(item.remote_id, "updated" if changed else "unchanged", stored.local_id)

    def _put_aside(self, item: Absent, state: ImportState, nothing: bytes) -> Result:
        """Put a record that its remote system has no longer into quarantine; one that waits there already stays so."""
        if self._quarantine.holds(item.remote_id):
            return Result(item.remote_id, "unchanged", state.local_id, item.error)
        payload = self._payloads.get(item.remote_id)
        error = item.error if payload else f"{item.error}; its payload is not kept any more, so it cannot be retried"
        waiting = Quarantined(
            remote_id=item.remote_id,
            payload=item.payload,
            error=error,
            error_class="DeletedRemotelyError",
            stage=AUDIT,
            config_hash=item.config_hash,
            modified=state.modified,
        )
        self._quarantine.put(waiting, payload or nothing)
        return Result(item.remote_id, "failed", state.local_id, error)

    def _take_payload(self, item: Parcel | Ignored, packed: bytes) -> Result:
        if not is_storable(item.remote_id):
            return self._refuse(item, packed, RecordError(f"remote id {item.remote_id!r} is no text", stage="store"))
        if len(item.remote_id) > LONGEST_ID:
            return self._refuse(item, packed, LongIdError(item.remote_id))
        state = self._states.get(item.remote_id)
        if state is not None and _older(item.modified, state.modified):
            return Result(item.remote_id, "unchanged", state.local_id, "older than what is stored")
        self._quarantine.settle(item.remote_id, item.modified)
        if isinstance(item, Ignored):
            return self._ignore(item, item.reason, state, packed)
        if item.ignore is not None and (state is None or state.local_id is None):
            return self._ignore(item, item.ignore, state, packed)
        return self._store(item, state, packed)

    def _store(self, item: Parcel, state: ImportState | None, packed: bytes) -> Result:
        try:
            if item.identity != item.remote_id:
                raise ForeignIdentityError(item.remote_id)
            if item.unfit is not None:
                raise item.unfit
            if state is None or state.local_id is None:
                outcome, local_id, produced = self._create(item)
            else:
                outcome, local_id, produced = self._update(item, state, self._records[state.local_id])
        except RecordError as error:
            return self._refuse(item, packed, error)
        self._remember(item, local_id, "stored", produced, packed)
        return Result(item.remote_id, outcome, local_id, warnings=item.warnings)

    def _create(self, item: Parcel) -> tuple[Outcome, str, bytes | None]:
        stored = self._door.create_from(item)
        self._records[stored.local_id] = stored
        return "created", stored.local_id, None

    def _update(self, item: Parcel, state: ImportState, stored: Stored) -> tuple[Outcome, str, bytes | None]:
        if state.produced is None and state.outcome == "stored":  # nobody else has written since
            changed = not is_document(stored, item.document) and self._door.rewrite(stored, item)
            return "updated" if changed else "unchanged", stored.local_id, None
        if _as_bytes(state.produced) == item.document:  # so the merge changes nothing
            return "unchanged", stored.local_id, item.document
        # Of a record that was only linked, its own key is all that this connection ever wrote.
        previous = {} if state.produced is None else unpack_record(state.produced)
        produced = self._apart[stored.local_id] = unpack_beside(item.document, stored.document, stored.content)
        merged = merge(self._door.record_type, previous, produced, stored.content)
        changed = self._door.change(stored, merged, importing=self._connection_id)
        return "updated" if changed else "unchanged", stored.local_id, None if same(merged, produced) else item.document

    def _ignore(self, item: Parcel | Ignored, reason: str, state: ImportState | None, packed: bytes) -> Result:
        if state is not None and state.local_id is not None:
            return Result(item.remote_id, "ignored", state.local_id, f"known, left stale: {reason}")
        self._remember(item, None, "ignored", None, packed)
        return Result(item.remote_id, "ignored", message=reason)

    def _refuse(self, item: Parcel | Ignored, packed: bytes, error: RecordError) -> Result:
        refused = Quarantined(
            remote_id=item.remote_id,
            payload=item.payload,
            error=str(error),
            error_class=type(error).__name__,
            stage=error.stage,
            config_hash=item.config_hash,
            pointer=error.pointer,
            modified=item.modified,
            digest=item.digest,
        )
        self._quarantine.put(refused, packed)
        return Result(item.remote_id, "failed", message=str(error))

    def _remember(
        self, item: Parcel | Ignored, local_id: str | None, outcome: str, produced: bytes | None, packed: bytes
    ) -> None:
        self._states[item.remote_id] = ImportState(local_id, outcome, item.modified, produced)
        self._rows[item.remote_id] = (
            self._connection_id,
            self._door.record_type,
            to_column(item.remote_id),
            local_id,
            outcome,
            item.digest,
            item.config_hash,
            item.modified,
            self._door.now,
            *item.ledger,
            produced,
            packed,
        )


class ForeignIdentityError(RecordError):
    """What was produced does not say whose record it is."""

    def __init__(self, remote_id: str) -> None:
        super().__init__(
            f"the record's remoteIdMap must hold {remote_id!r} under the importing connection; "
            "a manipulator or a mapping line has changed it",
            stage="store",
            pointer="/remoteIdMap",
        )


def _as_bytes(text: bytes | str | None) -> bytes | None:
    return text.encode() if isinstance(text, str) else text


def _older(modified: str | None, known: str | None) -> bool:
    # Without the Z, since "...:27.5Z" sorts before "...:27Z".
    return modified is not None and known is not None and modified[:-1] < known[:-1]
