"""Shows what an import would make of one payload, stage by stage, and writes nothing."""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from typing import Any

from msgspec import Struct, field
from msgspec.structs import replace

from crossdock.errors import RecordError
from crossdock.expressions.values import is_true
from crossdock.fault import FAULTS
from crossdock.mapping.account import LeafFate, account_leaves
from crossdock.mapping.ledger import Ledger
from crossdock.mapping.mapped import Part
from crossdock.mapping.mapper import Mapped
from crossdock.pipeline.chain import Step, run_chain
from crossdock.pipeline.drifting import Compare
from crossdock.pipeline.job import ImportJob
from crossdock.pipeline.worker import Worker
from crossdock.plugins.connector import RemoteItem
from crossdock.plugins.manipulator import Context, Fail, Ignore
from crossdock.records import Working, pack_record, parse_json, unpack_record
from crossdock.store import Ignored, Incoming, PageWrite, Quarantined, Result, Run, Store
from crossdock.store.imports.runs import new_run_id
from crossdock.store.writes.changes import Change, changes

MAPPING = "mapping"
"""The name of the first stage."""
FAILED = "failed"
"""The name of what stands in place of the stage that failed; it has no record."""


class Stage(Struct, frozen=True):
    """One stage: its name, where it is configured, what it changed, and what it said.

    ``said`` is why a manipulator keeps the record out or fails it, or that its condition is not met; ``record`` is what
    there is after it.
    """

    name: str
    place: str
    changes: tuple[Change, ...]
    said: str = ""
    record: Working = field(default_factory=dict)


class Preview(Struct, frozen=True):
    """What an import would make of one payload.

    ``leaves`` are empty where the payload is no object; ``error`` is why it would wait in quarantine; ``result`` is
    what the store would make of it.
    """

    remote_id: str
    modified: str | None
    leaves: tuple[LeafFate, ...]
    ledger: Ledger | None
    stages: tuple[Stage, ...]
    warnings: tuple[str, ...]
    error: str | None
    result: Result
    parts: tuple[Part, ...] = ()


def preview(store: Store, job: ImportJob, item: RemoteItem, compare: Compare | None = None) -> Preview:
    """Take one payload through all stages, as an import would today.

    ``compare`` refuses a payload that has drifted; see `judging`.
    """
    worker = Worker(job, compare=compare)
    made = worker.work(item, None)
    run = Run(new_run_id(), job.connection_id, job.record_type, "import", job.config_hash, "")
    [result] = store.preview_page(job.actor, run, PageWrite([made]))
    payload = _payload(item)
    error = made.error if isinstance(made, Quarantined) and result.outcome == "failed" else None
    if payload is None:
        return Preview(item.remote_id, item.modified, (), None, (), (), error, result)
    refusals, refused = worker.refusals_of(payload)
    warnings: list[str] = []
    mapped: Mapped | None = None
    stages: list[Stage] = []
    try:
        mapped = job.mapper.map(payload, refusals)
        stages += _stages(job, mapped, payload, warnings)
    except RecordError as failure:
        stages.append(Stage(FAILED, "", (), error or str(failure)))  # it knows the step's number in the chain
    leaves = [
        replace(leaf, fate="refused") if leaf.path in refused else leaf
        for leaf in account_leaves(job.mapper.mapping, payload, refusals)
    ]
    told = getattr(made, "warnings", ()) or (*warnings, *(mapped.warnings if mapped else ()))
    ledger = Ledger(*made.ledger) if isinstance(made, Incoming | Ignored) else mapped.ledger if mapped else None
    return Preview(
        remote_id=item.remote_id,
        modified=item.modified,
        leaves=tuple(leaves),
        ledger=ledger,
        stages=tuple(stages),
        warnings=tuple(told),
        error=error,
        result=result,
        parts=tuple(mapped.parts) if mapped else (),
    )


def _payload(item: RemoteItem) -> dict[str, Any] | None:
    try:
        payload = parse_json(item.raw)
    except (ValueError, RecursionError):
        return None
    return payload if isinstance(payload, dict) else None


def _stages(job: ImportJob, mapped: Mapped, payload: dict[str, Any], warnings: list[str]) -> Iterator[Stage]:
    now = _written(mapped.record)
    yield Stage(MAPPING, "", tuple(changes(job.record_type, {}, now)), record=now)
    if job.finish is not None:
        job.complete(mapped.record, payload, mapped.warnings.append)
        before, now = now, _written(mapped.record)
        yield Stage(f"connector {job.connector}", "", tuple(changes(job.record_type, before, now)), record=now)
    yield from chain_stages(job, mapped.record, warnings)


def chain_stages(job: ImportJob, record: Working, warnings: list[str]) -> Iterator[Stage]:
    """Take a record (working form, changed in place) through the steps of the chain, one by one.

    Raises:
        RecordError: a step raised.
    """
    now = _written(record)
    context = Context(job.connection_id, job.connection, job.record_type, "import", warnings.append)
    for step in job.steps:
        outcome, said = _taken(step, record, context)
        record = record if outcome is None else outcome
        before, now = now, _written(record)
        yield Stage(step.name, step.place, tuple(changes(job.record_type, before, now)), said, now)
        if outcome is None:
            return


def _taken(step: Step, record: Working, context: Context) -> tuple[Working | None, str]:
    """Take one step; ``None`` ends the chain."""
    asides: list[Ignore] = []
    if not _is_taken(step, record):
        return record, "its condition is not met"
    outcome = run_chain([step], record, context, asides)
    if isinstance(outcome, Fail):
        return None, f"fails it: {outcome.reason}"
    if isinstance(outcome, Ignore):
        return None, f"keeps it out: {outcome.reason}"
    return outcome, f"keeps it out unless it is stored: {asides[0].reason}" if asides else ""


def _is_taken(step: Step, record: Working) -> bool:
    """Whether a step's condition is met; one that cannot be told fails the record as soon as the step is run."""
    try:
        return step.when is None or is_true(step.when(record))
    except FAULTS:  # the chain says it, with the step's place
        return True


def _written(record: Working) -> Working:
    """The record as it would lie in the store, apart from the one that goes on."""
    return unpack_record(pack_record(deepcopy(record)))
