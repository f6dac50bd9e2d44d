"""What a pipeline hands to the store: a page of items in the order of reading, and what became of each.

What exists once per record of a run is a named tuple, which is made in a third of the time.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal, NamedTuple, TypeAlias

from msgspec import Struct, field

from crossdock.errors import RecordError
from crossdock.records import Working
from crossdock.store.imports.drift import DriftWrite
from crossdock.store.writes.actor import Actor
from crossdock.store.writes.changes import Change
from crossdock.store.writes.searched import Searched

# leaves, mapped, stashed, empty, dropped, refused: the order of the transfer report.
Ledger: TypeAlias = tuple[int, int, int, int, int, int]
NO_LEDGER: Ledger = (0, 0, 0, 0, 0, 0)

Outcome: TypeAlias = Literal["created", "updated", "unchanged", "ignored", "failed"]
KnownOutcome: TypeAlias = Literal["stored", "ignored"]
Absence: TypeAlias = Literal["gone", "bin"]
DeletedPolicy: TypeAlias = Literal["keep", "mark", "quarantine"]


class Known(NamedTuple):
    """What the store knows of a remote record from its last import; ``digest`` is empty if none came yet."""

    remote_id: str
    digest: bytes
    config_hash: bytes
    modified: str | None
    ledger: Ledger
    local_id: str | None
    outcome: KnownOutcome


class Incoming(NamedTuple):
    """A mapped, transformed and validated remote record.

    ``modified`` is the remote's modification time in canonical UTC text, ``digest`` is of the raw ``payload``,
    ``produced`` is the working form without ``localId``, ``created``, ``lastModified`` and ``version``, and with
    the connection's own key in ``remoteIdMap``. With ``ignore`` (the reason) the record is kept out unless it is
    already stored.
    """

    remote_id: str
    modified: str | None
    digest: bytes
    config_hash: bytes
    payload: bytes
    ledger: Ledger
    produced: Working
    warnings: tuple[str, ...] = ()
    ignore: str | None = None


class Parcel(NamedTuple):
    """An incoming record, packed: ``document`` is what was produced, without its tree.

    ``identity`` is the importing connection's own key in ``remoteIdMap``. ``followed`` says that something else follows
    from storing it (an event, a flow), so the tree is needed once more. ``cleared_for`` is the writer for whom the
    guard has looked at the tree and found nothing but what that writer owns, each part with an id of its own; written
    by anybody else, it is looked at again. ``unfit`` is why it cannot be stored at all.
    """

    remote_id: str
    modified: str | None
    digest: bytes
    config_hash: bytes
    payload: bytes
    ledger: Ledger
    document: bytes
    identity: str | None
    searched: Searched
    cleared_for: Actor | None
    warnings: tuple[str, ...]
    ignore: str | None
    unfit: RecordError | None
    followed: bool


class Unchanged(NamedTuple):
    """A remote record whose payload digest and configuration hash equal the known ones: nothing is written."""

    known: Known


class Ignored(Struct, frozen=True):
    """A remote record that is kept out whether it is stored or not; a stored one is left stale."""

    remote_id: str
    modified: str | None
    digest: bytes
    config_hash: bytes
    payload: bytes
    ledger: Ledger
    reason: str


class Quarantined(Struct, frozen=True):
    """A payload that could not be processed, with its error; ``remote_id`` is unknown if it did not parse.

    ``digest`` is of the payload as it came, before its secrets were taken out.
    """

    remote_id: str | None
    payload: bytes
    error: str
    error_class: str
    stage: str
    config_hash: bytes
    pointer: str | None = None
    modified: str | None = None
    digest: bytes | None = None


class Absent(Struct, frozen=True):
    """A remote record that its remote system has no longer: deleted (``gone``), or put into its bin (``bin``).

    ``policy`` is what becomes of the stored record: nothing, a mark, or an entry in quarantine that says ``error``.
    """

    remote_id: str
    how: Absence
    policy: DeletedPolicy
    error: str
    config_hash: bytes

    @property
    def payload(self) -> bytes:
        """Nothing came."""
        return b""

    @property
    def ledger(self) -> Ledger:
        """So there is nothing to account for."""
        return NO_LEDGER


PackedItem: TypeAlias = Parcel | Unchanged | Ignored | Quarantined | Absent
Item: TypeAlias = Incoming | PackedItem


class PageWrite(Struct, frozen=True):
    """One page of an import; ``cursor`` (if any) moves in the same transaction, and ``drift`` (if any) is kept.

    Incoming records that were packed before (:meth:`Store.pack`) save memory and time. ``seen`` says that the remote
    system has just given them; payloads from the store or the quarantine prove nothing about what is there now.
    ``before`` is the balance of the run's earlier pages: with this page's, it is kept as the run's report so far.
    """

    items: Sequence[Item]
    cursor: str | None = None
    seen: bool = True
    drift: DriftWrite | None = None
    before: Mapping[str, int] = field(default_factory=dict)


class Result(NamedTuple):
    """What became of one item; ``message`` says why it was ignored or failed.

    A preview finds what would be ``changed``, and what the record has otherwise than produced and would be ``kept``.
    """

    remote_id: str | None
    outcome: Outcome
    local_id: str | None = None
    message: str | None = None
    warnings: tuple[str, ...] = ()
    changed: tuple[Change, ...] = ()
    kept: tuple[Change, ...] = ()
