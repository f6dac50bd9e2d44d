"""Works on remote records: parse, map, complete, manipulate, validate. Everything before the store."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress

from pydantic import ValidationError

from crossdock.errors import RecordError
from crossdock.fault import FAULTS, said, tell
from crossdock.mapping.leaves import Path
from crossdock.mapping.mapper import Mapped, Refusal
from crossdock.mapping.redact import REDACTED
from crossdock.pipeline.chain import run_chain
from crossdock.pipeline.job import ImportJob
from crossdock.pipeline.limiting import Limiter, RefusedEntry
from crossdock.pipeline.payload import PayloadReader
from crossdock.pipeline.refusal import explain_invalid, find_refusals
from crossdock.pipeline.refused import RefusedEntries
from crossdock.plugins.connector import Broken, RemoteItem, Vanished
from crossdock.plugins.manipulator import Context, Fail, Ignore
from crossdock.records.check import RecordCheck
from crossdock.records.pointer import pointer_to
from crossdock.records.wire import Working, parse_json
from crossdock.store.imports.page import (
    Absent,
    Ignored,
    Incoming,
    Item,
    Known,
    PackedItem,
    Parcel,
    Quarantined,
    Unchanged,
)

_MARK = REDACTED.encode()


class ProofError(RecordError):
    """The ledger of a payload could not be proved: a fault of Crossdock or of a connector, never of the shop."""

    def __init__(self, remote_id: str, findings: list[str]) -> None:
        super().__init__(
            f"the ledger of {remote_id!r} cannot be proved: {'; '.join(findings[:5])}. "
            "Please report this together with the mapping; the payload is kept in quarantine",
            stage="prove",
        )


class UnforeseenError(RecordError):
    """Working on a payload raised what nobody raises on purpose: a fault of Crossdock or of a plugin."""

    def __init__(self, error: BaseException) -> None:
        super().__init__(
            f"working on this payload was not foreseen to raise {tell(error)}. "
            "This is a fault of Crossdock or of a plugin; please report it. The payload is kept in quarantine"
        )


class RedactedError(RecordError):
    """A stored payload no longer has a value that the record would take from it."""

    def __init__(self, remote_id: str) -> None:
        super().__init__(
            f"the payload of {remote_id!r} was kept without its secrets, and today's mapping or chain takes one of "
            "them into the record; read it from the remote system again: crossdock import --id"
        )


class _Piece:
    """One item on its way through the stages; ``made`` is what became of it, as soon as that is known."""

    __slots__ = (
        "digest",
        "item",
        "made",
        "mapped",
        "payload",
        "raw",
        "refusals",
        "refused",
        "unique",
        "verdict",
        "warnings",
    )

    item: RemoteItem
    digest: bytes
    payload: Working
    raw: bytes
    unique: bool
    mapped: Mapped
    refused: list[RefusedEntry]

    def __init__(self) -> None:
        self.made: Item | None = None
        self.refusals: set[Refusal] = set()
        self.verdict: Ignore | None = None
        self.warnings: list[str] = []


class Worker:
    """Turns the items of one job's pages into what the store takes.

    A page goes through the stages as a whole: parse all, map all, and so on. A processor that does one thing a hundred
    times needs five sixths of the time that it takes to do ten things in turn.

    Args:
        job: whose items.
        prove: rebuild every payload from record and stash and compare; then nothing is skipped as unchanged.
        redact: takes secret values out of a text; for errors that quote remote data.
        compare: is shown each payload that was read, with its remote id and digest, before it is mapped.
    """

    def __init__(
        self,
        job: ImportJob,
        *,
        prove: bool = False,
        redact: Callable[[str], str] = str,
        compare: Callable[[Working, str, bytes], None] | None = None,
    ) -> None:
        self.job = job
        self._prove = prove
        self._redact = redact
        self._check = RecordCheck(job.record_type)
        self._packed = not any(step.custom_data for step in job.steps)
        self._warnings: list[str] = []  # of the piece that is worked on
        self._reader = PayloadReader()
        self._context = Context(job.connection_id, job.connection, job.record_type, "import", self._warn)
        self._limiter = Limiter(job.limits, job.mapper) if job.limits else None
        self._limiting = (self._limit,) if job.limits else ()
        self._compare = compare
        self.refused = RefusedEntries(redact)
        self.proved = 0
        self.mapped = 0

    def work_page(self, items: Sequence[RemoteItem], known: Mapping[str, Known]) -> list[Item]:
        """Work on the items of a page; a failure concerns its record only and becomes a quarantine entry.

        Args:
            items: the items, in the order of reading.
            known: what the store knows of them, by remote id.
        """
        pieces = [self._open(item, known.get(item.remote_id)) for item in items]
        left = [piece for piece in pieces if piece.made is None]
        making = *self._making, *self._limiting
        for stage in (self._read, *making, self._redact_payload, self._conclude):
            for piece in left:
                self._try(stage, piece)
            left = [piece for piece in left if piece.made is None]
        return [piece.made for piece in pieces if piece.made is not None]

    def work(self, item: RemoteItem, known: Known | None) -> Item:
        """Work on one item."""
        return self.work_page([item], {} if known is None else {item.remote_id: known})[0]

    def quarantine(self, broken: Broken) -> Quarantined:
        """Put aside a piece of a page that is no record."""
        return Quarantined(
            remote_id=broken.remote_id,
            payload=self.job.mapper.redactor.redact_text(broken.raw),
            error=self._redact(broken.reason),
            error_class="BrokenPayload",
            stage="parse",
            config_hash=self.job.config_hash,
        )

    def miss(self, vanished: Vanished) -> Absent:
        """Say what becomes of a record that the remote system has no longer."""
        job, where = self.job, "has deleted" if vanished.how == "gone" else "has put into its bin"
        return Absent(
            remote_id=vanished.remote_id,
            how=vanished.how,
            policy=job.deleted,
            error=f"the remote system {where} {job.record_type} {vanished.remote_id!r}",
            config_hash=job.config_hash,
        )

    def check_kept(self, item: RemoteItem, packed: PackedItem) -> PackedItem:
        """Put aside a record that would get the mark of a redaction; what is kept of its payload is not enough."""
        if item.digest is None or not isinstance(packed, Parcel) or _MARK not in packed.document:
            return packed
        piece = _Piece()
        piece.item, piece.payload = item, parse_json(item.raw)
        return self._quarantined(piece, RedactedError(item.remote_id))

    def refusals_of(self, payload: Working) -> tuple[set[Refusal], frozenset[Path]]:
        """Find the targets that refuse their values of a parsed payload, and the leaves that limits refuse.

        As many as show if it would fail anyway.
        """
        piece = _Piece()
        piece.payload, piece.refused = payload, []
        with suppress(RecordError):
            for stage in (*self._making, *self._limiting):
                stage(piece)
        if self._limiter is None or not piece.refused:
            return piece.refusals, frozenset()
        fates = self._limiter.account(piece.refused, piece.mapped, payload)
        return piece.refusals, frozenset(fate.path for fate in fates)

    # Stages

    @property
    def _making(self) -> tuple[Callable[[_Piece], None], ...]:
        """The stages that make a record of a parsed payload."""
        return self._map, self._finish, self._manipulate, self._validate

    def _try(self, stage: Callable[[_Piece], None], piece: _Piece) -> None:
        try:
            stage(piece)
        except RecordError as error:
            piece.made = self._quarantined(piece, error)
        except FAULTS as error:  # one record's trouble is never the run's
            piece.made = self._quarantined(piece, UnforeseenError(error))

    def _open(self, item: RemoteItem, known: Known | None) -> _Piece:
        piece = _Piece()
        piece.item = item
        piece.digest = item.digest or hashlib.sha256(item.raw).digest()
        if known is not None and not self._prove and self._is_unchanged(piece.digest, known):
            piece.made = Unchanged(known)
        return piece

    def _is_unchanged(self, digest: bytes, known: Known) -> bool:
        return known.digest == digest and known.config_hash == self.job.config_hash

    def _read(self, piece: _Piece) -> None:
        piece.payload, twice = self._reader.read(piece.item.raw)
        piece.unique = not twice
        piece.warnings += [f"the payload has {name!r} twice in one object; the last one counts" for name in twice]
        if self._compare is not None:  # at once: a hundred payloads later it is no longer in the processor's cache
            self._compare(piece.payload, piece.item.remote_id, piece.digest)

    def _map(self, piece: _Piece) -> None:
        piece.mapped = self.job.mapper.map(piece.payload, piece.refusals, packed=self._packed)

    def _finish(self, piece: _Piece) -> None:
        self.job.complete(piece.mapped.record, piece.payload, piece.mapped.warnings.append)

    def _manipulate(self, piece: _Piece) -> None:
        self._warnings = piece.warnings
        asides: list[Ignore] = []
        outcome = run_chain(self.job.steps, piece.mapped.record, self._context, asides)
        if isinstance(outcome, Fail):
            raise RecordError(outcome.reason, stage="manipulate", pointer=pointer_to(outcome.field))
        if isinstance(outcome, Ignore):
            piece.verdict = outcome
        else:
            piece.mapped.record = outcome
            piece.verdict = asides[0] if asides else None

    def _validate(self, piece: _Piece) -> None:
        if piece.verdict is not None and piece.verdict.applies_to == "all":
            return  # it was ended before it was finished
        mapped = piece.mapped
        try:
            self._check(mapped.record)
        except ValidationError as error:
            refused = find_refusals(error, mapped, self.job.mapper.mapping)
            if refused.keys() <= piece.refusals:
                raise explain_invalid(error, self.job.record_type) from error
            piece.warnings += [
                f"{refusal.line}: {reason}; it is kept as custom data and the field stays empty"
                for refusal, reason in refused.items()
                if refusal not in piece.refusals
            ]
            piece.refusals.update(refused)
            for stage in self._making:  # once more, without the lines that are to blame
                stage(piece)

    def _limit(self, piece: _Piece) -> None:
        assert self._limiter is not None  # noqa: S101 - this is a stage only where there is one
        piece.refused = []
        if piece.verdict is None or piece.verdict.applies_to != "all":  # else nothing of it is stored
            piece.refused = self._limiter.refuse(piece.mapped, piece.payload)

    def _redact_payload(self, piece: _Piece) -> None:
        piece.raw = self.job.mapper.redactor.redact(piece.item.raw, piece.payload, unique=piece.unique)

    def _conclude(self, piece: _Piece) -> None:
        item, mapped, verdict, config_hash = piece.item, piece.mapped, piece.verdict, self.job.config_hash
        if mapped.remote_id != item.remote_id:
            raise RecordError(
                f"the connector calls this record {item.remote_id!r}, its mapping {mapped.remote_id!r}; "
                "both must read the same field",
                stage="map",
            )
        if self._prove:
            self._check_proof(piece)
        if self._limiter is not None and piece.refused:
            self.refused.add(item.remote_id, piece.refused)
        self.mapped += 1
        if verdict is not None and verdict.applies_to == "all":
            piece.made = Ignored(
                item.remote_id, item.modified, piece.digest, config_hash, piece.raw, mapped.ledger, verdict.reason
            )
            return
        piece.made = Incoming(
            remote_id=item.remote_id,
            modified=item.modified,
            digest=piece.digest,
            config_hash=config_hash,
            payload=piece.raw,
            ledger=mapped.ledger,
            produced=mapped.record,
            warnings=(*piece.warnings, *mapped.warnings),
            ignore=None if verdict is None else verdict.reason,
        )

    def _warn(self, message: str) -> None:
        self._warnings.append(message)

    def _check_proof(self, piece: _Piece) -> None:
        # The chain has changed the record since; the proof is about what the mapping made of the payload, without the
        # lines whose values were refused.
        from crossdock.mapping.prove import prove  # noqa: PLC0415 - only a proving run pays for it
        from crossdock.pipeline.prove_finished import prove_finished  # noqa: PLC0415 - as above

        fresh = self.job.mapper.map(piece.payload, piece.refusals)
        findings = prove(self.job.mapper, piece.payload, fresh)
        if self._limiter is not None and piece.refused:
            from crossdock.pipeline.prove_refused import prove_refused  # noqa: PLC0415 - as above

            limiter, entries = self._limiter, piece.refused
            findings += prove_refused(limiter, entries, piece.payload, piece.raw, fresh, piece.mapped)
        findings += prove_finished(self.job, fresh.record, piece.payload)
        if findings:
            raise ProofError(piece.mapped.remote_id, findings)
        self.proved += 1

    def _quarantined(self, piece: _Piece, error: RecordError) -> Quarantined:
        item = piece.item
        raw, told = self._without_secrets(piece, said(error) or tell(error))
        return Quarantined(
            remote_id=item.remote_id,
            payload=raw,
            error=self._redact(told),
            error_class=type(error).__name__,
            stage=error.stage,
            config_hash=self.job.config_hash,
            pointer=error.pointer,
            modified=item.modified,
            digest=getattr(piece, "digest", None),
        )

    def _without_secrets(self, piece: _Piece, told: str) -> tuple[bytes, str]:
        """The payload of a piece and what is told of it, which may quote the payload, without its secrets."""
        redactor, raw = self.job.mapper.redactor, piece.item.raw
        payload: Working | None = getattr(piece, "payload", None)
        if payload is not None:
            with suppress(Exception):  # nesting that nobody can walk, say: it is put aside all the same
                for secret in redactor.secrets(payload):
                    told = told.replace(secret, REDACTED)
                return redactor.redact(raw, payload), told
        return redactor.redact_text(raw), told
