"""Coverage of one import over its stored payloads: each is mapped again, with today's configuration."""

from __future__ import annotations

from collections.abc import Iterable

from crossdock.mapping.coverage import Coverage
from crossdock.pipeline.job import ImportJob
from crossdock.pipeline.worker import Worker
from crossdock.records.wire import parse_json
from crossdock.store.reads.streams import Payload


def cover(job: ImportJob, payloads: Iterable[Payload]) -> Coverage:
    """Account for stored payloads as an import of the job would.

    A value that its target refuses is not mapped, what a limit refuses is not kept. Nothing is written, and a payload
    that would go to quarantine now is accounted for all the same.
    """
    worker = Worker(job)
    coverage = Coverage(job.mapper.mapping)
    for payload in payloads:
        parsed = parse_json(payload.payload)
        coverage.add(parsed, *worker.refusals_of(parsed))
    return coverage
