"""The drift of one run: its payloads are compared with those before, and what is found is kept, told and acted upon."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from crossdock.drift.detector import Detector
from crossdock.drift.finding import Finding, leaves
from crossdock.drift.known import ENOUGH
from crossdock.errors import PermanentError, RecordError
from crossdock.pipeline.job import ImportJob
from crossdock.store.imports.drift import DriftWrite
from crossdock.store.imports.page import Item, Quarantined
from crossdock.store.store import Store

_MOST_TOLD = 5

Compare: TypeAlias = Callable[[dict[str, Any], str, bytes], None]

_log = logging.getLogger("crossdock.drift")


class DriftError(RecordError):
    """A payload looks different from those before, and the policy is to put it aside until somebody has looked."""

    def __init__(self, connection: str, found: Sequence[Finding]) -> None:
        super().__init__(
            f"payloads have drifted: {_told(found)}. Correct the mapping if need be, then "
            f"`crossdock drift accept {connection}` and `crossdock quarantine retry`",
            stage="drift",
            pointer=found[0].pointer,
        )


class DriftedError(PermanentError):
    """Payloads look different from those before, and the policy is to stop."""

    def __init__(self, job: ImportJob, found: Sequence[Finding], remote_id: str) -> None:
        super().__init__(
            f"stopped, because payloads have drifted: {_told(found)} (first in {remote_id!r}). Nothing of this page is "
            f'stored, as drift = "fail" in [connection.import.{job.record_type}] asks for. '
            f"`crossdock drift list {job.connection}` shows more: correct the mapping if need be, then "
            f"`crossdock drift accept {job.connection}` and import again"
        )


@dataclass
class Drifting:
    """Compares the payloads of one run; to be begun before and ended after them.

    Args:
        store: where what is known is kept.
        job: whose payloads.
        run_id: of the run.
        redact: takes secret values out of examples.
        patiently: does what needs the store.
        writes: whether anything is kept; a dry run keeps nothing.
        stored: whether the payloads come from the store, and were compared when they came.
    """

    store: Store
    job: ImportJob
    run_id: str
    redact: Callable[[str], str]
    patiently: Callable[[Callable[[], Any]], Any]
    writes: bool = True
    stored: bool = False
    _waiting: set[bytes] = field(default_factory=set, init=False)
    _detector: Detector | None = field(default=None, init=False)
    _stopping: tuple[list[Finding], str] | None = field(default=None, init=False)

    def begin(self) -> None:
        """Read what is known."""
        job = self.job
        known, told = self.patiently(lambda: self.store.drift.load(job.connection_id, job.record_type))
        self._waiting = self.patiently(lambda: self.store.drift.waiting(job.connection_id, job.record_type))
        self._detector = Detector(job.mapper.mapping, known, job.drift, told, self.redact)

    @property
    def findings(self) -> list[Finding]:
        """What was found, in the order of finding."""
        return [] if self._detector is None else list(self._detector.findings.values())

    @property
    def further(self) -> int:
        """How many findings there were beyond those."""
        return 0 if self._detector is None else self._detector.further

    def compare(self, payload: dict[str, Any], remote_id: str, digest: bytes) -> None:
        """Compare one payload; from one that came before and failed, nothing is learned again.

        Raises:
            DriftError: it is different, and such payloads are put aside.
        """
        if self._detector is None:
            return
        if self.stored or digest in self._waiting:
            found = self._detector.judge(payload, remote_id)
        else:
            found = self._detector.compare(payload, remote_id)
        if found and self.job.drift == "quarantine":
            raise DriftError(self.job.connection, found)
        if found and self._stopping is None:
            self._stopping = found, remote_id

    def page_news(self, items: Sequence[Item]) -> DriftWrite | None:
        """Give what a page has brought, to be written with it; most pages bring nothing.

        What of its items has failed may be read once more in this run.

        Raises:
            DriftedError: it is different, and the policy is to stop.
        """
        assert self._detector is not None  # noqa: S101 - it was begun
        self._waiting.update(item.digest for item in items if type(item) is Quarantined and item.digest is not None)
        news = self._detector.take_news()
        self._log(news)
        if self._stopping is not None:
            self._save(news)
            raise DriftedError(self.job, *self._stopping)
        if not self.writes or not (self._detector.has_learned() or news):
            return None
        return DriftWrite(self._detector.known.encode(), news)

    def end(self, *, everything: bool, incremental: bool) -> list[str]:
        """Conclude a run that came to its end, and keep what it has learned; gives what makes it no success.

        ``everything`` says that it read all there is, ``incremental`` all that has changed. A connection's first run
        through everything ends the learning, and so does the first hundred payloads.
        """
        detector = self._detector
        if detector is None:
            return []
        known = detector.known
        detector.end(whole=known.payloads > 0 and (everything or (incremental and known.payloads >= ENOUGH)))
        news = detector.take_news()
        self._log(news)
        self._save(self.findings)
        vanished = [finding for finding in news if finding.kind == "vanished"]
        return [self._vanished(vanished)] if vanished and self.job.drift == "fail" else []

    def _vanished(self, found: Sequence[Finding]) -> str:
        """Say why a run that lost nothing is no success; what has vanished is only known at its end."""
        return (
            f"payloads have drifted: {_told(found)}. What was read is stored, and the next import goes on; "
            f'drift = "fail" in [connection.import.{self.job.record_type}] asks to be told'
        )

    def _save(self, findings: Sequence[Finding]) -> None:
        if self.writes and self._detector is not None and (self._detector.payloads or findings):
            job, news = self.job, DriftWrite(self._detector.known.encode(), findings)
            self.patiently(lambda: self.store.drift.save(self.run_id, job.connection_id, job.record_type, news))

    def _log(self, news: Sequence[Finding]) -> None:
        if news:
            told = self.redact(_told(news))
            _log.warning("%s %s: payloads have drifted: %s", self.job.connection, self.job.record_type, told)


def judging(store: Store, job: ImportJob, redact: Callable[[str], str]) -> Compare:
    """Give what compares a single payload as a run would, and learns nothing: it raises ``DriftError``."""
    drifting = Drifting(store, job, "", redact, lambda work: work(), writes=False, stored=True)
    drifting.begin()
    return drifting.compare


def _told(found: Sequence[Finding]) -> str:
    listed = leaves(found)
    more = f" and {len(listed) - _MOST_TOLD:,} more" if len(listed) > _MOST_TOLD else ""
    return "; ".join(finding.told for finding in listed[:_MOST_TOLD]) + more
