"""What an import needs to know, taken from the configuration once, before anything runs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from msgspec import Struct

from crossdock.config.failure_budget import FailureBudget
from crossdock.config.sources import Sources
from crossdock.drift.policy import DriftPolicy
from crossdock.errors import RecordError
from crossdock.fault import FAULTS, tell
from crossdock.limits.rule import LimitRule
from crossdock.mapping.mapper import Mapper
from crossdock.pipeline.chain import Step
from crossdock.plugins.connector import Finisher, Source
from crossdock.records import Working
from crossdock.store.imports.page import DeletedPolicy
from crossdock.store.writes.actor import Actor


class ImportJob(Struct, frozen=True):
    """One connection and record type, ready to be imported.

    ``config_hash`` stands for everything that decides what a payload becomes: mapping, own lines, chain; the snapshot
    says what that is, and from the sources it can be built again.
    ``source`` reads the remote system; it is not needed to work on stored payloads. ``limits`` refuse entries;
    ``max_failed`` is how many records may fail before the run is stopped; ``drift`` is what is done about payloads that
    look different from those before; ``deleted`` is what becomes of records that the remote system has no longer, and
    ``in_bin`` tells of a payload whether it comes from the remote system's bin.
    """

    connection_id: str
    connection: str
    connector: str
    record_type: str
    mapper: Mapper
    config_hash: bytes
    config_snapshot: str
    config_sources: Sources
    lookback_seconds: float
    page_size: int | None = None
    steps: Sequence[Step] = ()
    finish: Finisher | None = None
    source: Source | None = None
    limits: Sequence[LimitRule] = ()
    max_failed: FailureBudget | None = None
    drift: DriftPolicy = "warn"
    deleted: DeletedPolicy = "keep"
    in_bin: Callable[[Mapping[str, Any]], bool] | None = None

    @property
    def actor(self) -> Actor:
        """The connection as the writer of what this job imports."""
        return Actor("connection", self.connection_id, self.connection, "import", self.connector)

    def complete(self, record: Working, payload: Working, warn: Callable[[str], None]) -> None:
        """Let the connector complete a mapped record, in place.

        Raises:
            RecordError: it cannot, whatever its code raised; a plugin's mistake costs one record, never the run.
        """
        if self.finish is None:
            return
        try:
            self.finish(record, payload, warn)
        except RecordError:
            raise
        except FAULTS as error:
            raise RecordError(
                f"connector {self.connector!r} cannot complete the record: {tell(error)}. "
                "The payload has a shape that its finish function does not expect"
            ) from error


def as_wire(job: ImportJob) -> dict[str, Any]:
    """The part of a transfer report that says whose it is."""
    return {"connection": job.connection, "connectionId": job.connection_id, "recordType": job.record_type}
