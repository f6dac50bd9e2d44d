"""Works on one remote record: parse, map, complete, manipulate, validate. Everything before the store."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import msgspec
from pydantic import ValidationError

from crossdock.errors import RecordError
from crossdock.mapping.mapper import Mapped, Refusal
from crossdock.mapping.redact import REDACTED
from crossdock.pipeline.chain import run_chain
from crossdock.pipeline.job import ImportJob
from crossdock.pipeline.refusal import explain_invalid, find_refusals
from crossdock.plugins.connector import Broken, RemoteItem
from crossdock.plugins.manipulator import Context, Fail, Ignore
from crossdock.records.check import RecordCheck
from crossdock.records.wire import Working, parse_json
from crossdock.store.page import Ignored, Incoming, Item, Known, Quarantined, Unchanged


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

    def __init__(self, error: Exception) -> None:
        super().__init__(
            f"working on this payload was not foreseen to raise {type(error).__name__}: {error}. "
            "This is a fault of Crossdock or of a plugin; please report it. The payload is kept in quarantine"
        )


class Worker:
    """Turns the items of one job's pages into what the store takes.

    Args:
        job: whose items.
        prove: rebuild every payload from record and stash and compare; then nothing is skipped as unchanged.
        redact: takes secret values out of a text; for errors that quote remote data.
    """

    def __init__(self, job: ImportJob, *, prove: bool = False, redact: Callable[[str], str] = str) -> None:
        self.job = job
        self._prove = prove
        self._redact = redact
        self._check = RecordCheck(job.record_type)
        self._packed = not any(step.custom_data for step in job.steps)
        self._warnings: list[str] = []
        self._context = Context(job.connection_id, job.connection, job.record_type, "import", self._warnings.append)
        self._refusals = set[Refusal]()
        self.proved = 0
        self.mapped = 0

    def work(self, item: RemoteItem, known: Known | None) -> Item:
        """Work on one item; a failure concerns this record only and becomes a quarantine entry."""
        digest = hashlib.sha256(item.raw).digest()
        if known is not None and not self._prove and self._is_unchanged(digest, known):
            return Unchanged(known)
        self._warnings.clear()
        payload: Working | None = None
        try:
            payload = self._parse(item)
            return self._transform(item, digest, payload)
        except RecordError as error:
            return self._quarantined(item, error, payload)
        except Exception as error:  # noqa: BLE001 - one record's trouble is never the run's
            return self._quarantined(item, UnforeseenError(error), payload)

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

    def preview(self, payload: Working) -> tuple[Mapped, Ignore | Fail | None]:
        """Make the record of a parsed payload, as an import would.

        Raises:
            RecordError: the payload cannot become a valid record.
        """
        self._refusals = refusals = set[Refusal]()
        while True:
            mapped = self.job.mapper.map(payload, refusals, packed=self._packed)
            self._finish(mapped, payload)
            asides: list[Ignore] = []
            outcome = run_chain(self.job.steps, mapped.record, self._context, asides)
            if isinstance(outcome, Ignore | Fail):
                return mapped, outcome
            mapped.record = outcome
            try:
                self._check(mapped.record)
            except ValidationError as error:
                refused = find_refusals(error, mapped, self.job.mapper.mapping)
                if refused.keys() <= refusals:
                    raise explain_invalid(error, self.job.record_type) from error
                self._warnings += [
                    f"{refusal.line}: {reason}; it is kept as custom data and the field stays empty"
                    for refusal, reason in refused.items()
                    if refusal not in refusals
                ]
                refusals.update(refused)
                continue
            return mapped, asides[0] if asides else None

    def refusals_of(self, payload: Working) -> set[Refusal]:
        """Find the targets that refuse their values of a parsed payload; as many as show if it would fail anyway."""
        self._warnings.clear()
        with suppress(RecordError):
            self.preview(payload)
        return self._refusals

    def _finish(self, mapped: Mapped, payload: Working) -> None:
        if self.job.finish is None:
            return
        try:
            self.job.finish(mapped.record, payload, mapped.warnings.append)
        except RecordError:
            raise
        except Exception as error:  # a plugin's mistake costs this record, never the run
            raise RecordError(
                f"connector {self.job.connector!r} cannot complete the record: {type(error).__name__}: {error}. "
                "The payload has a shape that its finish function does not expect"
            ) from error

    def _is_unchanged(self, digest: bytes, known: Known) -> bool:
        return known.digest == digest and known.config_hash == self.job.config_hash

    def _parse(self, item: RemoteItem) -> Working:
        try:
            payload = parse_json(item.raw)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise RecordError(f"the payload is no JSON that can be kept: {error}", stage="parse") from error
        if not isinstance(payload, dict):
            raise RecordError(f"the payload is no object but {type(payload).__name__}", stage="parse")
        for name in duplicate_names(item.raw, payload):
            self._warnings.append(f"the payload has {name!r} twice in one object; the last one counts")
        return payload

    def _transform(self, item: RemoteItem, digest: bytes, payload: Working) -> Item:
        mapped, verdict = self.preview(payload)
        if isinstance(verdict, Fail):
            raise RecordError(verdict.reason, stage="manipulate")
        if mapped.remote_id != item.remote_id:
            raise RecordError(
                f"the connector calls this record {item.remote_id!r}, its mapping {mapped.remote_id!r}; "
                "both must read the same field",
                stage="map",
            )
        if self._prove:
            self._check_proof(payload, mapped)
        self.mapped += 1
        job = self.job
        raw = job.mapper.redactor.redact(item.raw, payload)
        if verdict is not None and verdict.applies_to == "all":
            return Ignored(item.remote_id, item.modified, digest, job.config_hash, raw, mapped.ledger, verdict.reason)
        return Incoming(
            remote_id=item.remote_id,
            modified=item.modified,
            digest=digest,
            config_hash=job.config_hash,
            payload=raw,
            ledger=mapped.ledger,
            produced=mapped.record,
            warnings=(*self._warnings, *mapped.warnings),
            ignore=None if verdict is None else verdict.reason,
        )

    def _check_proof(self, payload: Working, mapped: Mapped) -> None:
        # The chain has changed the record since; the proof is about what the mapping made of the payload, without the
        # lines whose values were refused.
        from crossdock.mapping.prove import prove  # noqa: PLC0415 - only a proving run pays for it

        fresh = self.job.mapper.map(payload, self._refusals)
        if findings := prove(self.job.mapper, payload, fresh):
            raise ProofError(mapped.remote_id, findings)
        self.proved += 1

    def _quarantined(self, item: RemoteItem, error: RecordError, payload: Working | None) -> Quarantined:
        redactor, told = self.job.mapper.redactor, str(error)
        if payload is None:
            raw = redactor.redact_text(item.raw)
        else:
            raw = redactor.redact(item.raw, payload)
            for secret in redactor.secrets(payload):  # an error may quote the payload
                told = told.replace(secret, REDACTED)
        return Quarantined(
            remote_id=item.remote_id,
            payload=raw,
            error=self._redact(told),
            error_class=type(error).__name__,
            stage=error.stage,
            config_hash=self.job.config_hash,
            pointer=error.pointer,
            modified=item.modified,
        )


def duplicate_names(raw: bytes, payload: Working) -> list[str]:
    """Find names that stand twice in one object of the JSON text; the parser keeps only the last of them."""
    # Every name is followed by a colon, so a name that got lost took its colon with it. Other differences (a colon
    # that was written as an escape) only cost a closer look.
    if raw.count(b":") == msgspec.json.encode(payload).count(b":"):
        return []
    import json  # noqa: PLC0415 - the slow way, for the rare payload that is in doubt

    twice: list[str] = []

    def pairs(items: list[tuple[str, Any]]) -> dict[str, Any]:
        seen: set[str] = set()
        for name, _value in items:
            if name in seen:
                twice.append(name)
            seen.add(name)
        return dict(items)

    json.loads(raw, object_pairs_hook=pairs, parse_int=str, parse_float=str)  # numbers may be of any length
    return twice
