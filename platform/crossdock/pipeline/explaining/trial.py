"""Runs configuration tests: what goes in takes the way of an import, what comes out is compared with what was expected.

No remote system is asked, and nothing is stored: the store is an empty one in memory, asked what it would do.
"""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from typing import Any

from msgspec import Struct
from pydantic import ValidationError

from crossdock.config.cases import Case
from crossdock.config.expectation import Expectation
from crossdock.errors import RecordError
from crossdock.mapping.account import LeafFate
from crossdock.mapping.leaves import pointer
from crossdock.pipeline.chain import run_chain
from crossdock.pipeline.explaining.explain import leaves_of, lines_of
from crossdock.pipeline.explaining.place import RecordPlace
from crossdock.pipeline.explaining.preview import Preview, Stage, chain_stages, preview
from crossdock.pipeline.job import ImportJob
from crossdock.pipeline.making import make_job
from crossdock.pipeline.refusal import explain_invalid
from crossdock.pipeline.repairing.retry import identified
from crossdock.pipeline.worker import Worker
from crossdock.plugins.connector import RemoteItem
from crossdock.plugins.manipulator import Context, Fail
from crossdock.records import SUB_RECORDS, Working, pack_record, unpack_record
from crossdock.records.check import RecordCheck
from crossdock.store import Ignored, Incoming, Quarantined, Store
from crossdock.suggestion import closest
from crossdock.toml import Place


class Mismatch(Struct, frozen=True):
    """One difference between what was expected and what came.

    ``origin`` says where what came is from: remote values, mapping lines, steps of the chain.
    """

    name: str
    expected: Any
    actual: Any
    place: Place
    origin: tuple[str, ...] = ()


class Verdict(Struct, frozen=True):
    """What became of one test; it passed if there are no mismatches.

    ``outcome`` is what became of the record: ``made``, ``ignored`` or ``failed``; ``said`` is why.
    """

    case: Case
    outcome: str
    said: str
    mismatches: tuple[Mismatch, ...]

    @property
    def passed(self) -> bool:
        """Whether everything was as expected."""
        return not self.mismatches


class _Made(Struct, frozen=True):
    """What came of what went in."""

    outcome: str
    said: str
    record: Working
    warnings: tuple[str, ...]
    stages: tuple[Stage, ...] = ()
    preview: Preview | None = None


def try_case(store: Store, case: Case) -> Verdict:
    """Run one test; ``store`` is empty, and stays so."""
    job = make_job(case.connection, case.record_type, None)
    made = _make(store, job, case.payload) if case.payload is not None else _transform(job, case.record or {})
    mismatches = [*_outcome_mismatches(case, made)]
    if not mismatches:
        mismatches += _value_mismatches(case, job, made)
        mismatches += _warning_mismatches(case, made)
    return Verdict(case, made.outcome, made.said, tuple(mismatches))


def _make(store: Store, job: ImportJob, payload: bytes) -> _Made:
    """Take a payload the way of an import, up to what the store says to it."""
    item = identified(job, payload) or RemoteItem("", None, payload)
    found = preview(store, job, item)
    made = Worker(job).work(item, None)
    if isinstance(made, Quarantined):
        return _Made("failed", made.error, {}, found.warnings)
    if found.result.outcome == "failed":
        return _Made("failed", found.result.message or "", {}, found.warnings)
    if isinstance(made, Ignored):
        return _Made("ignored", made.reason, {}, found.warnings)
    assert isinstance(made, Incoming)  # noqa: S101 - nothing of it is known, so it is not unchanged
    if made.ignore is not None:
        return _Made("ignored", made.ignore, {}, found.warnings)
    return _Made("made", "", _stored(made.produced), found.warnings, found.stages, found)


def _transform(job: ImportJob, record: Working) -> _Made:
    """Take a record through the chain and the validation behind it."""
    warnings: list[str] = []
    context = Context(job.connection_id, job.connection, job.record_type, "import", warnings.append)
    try:
        outcome = run_chain(job.steps, deepcopy(record), context)
        if isinstance(outcome, dict):
            RecordCheck(job.record_type)(outcome)
            stages = (Stage("record", "", (), record=_stored(record)), *chain_stages(job, deepcopy(record), []))
            return _Made("made", "", _stored(outcome), tuple(warnings), stages)
    except RecordError as error:
        return _Made("failed", str(error), {}, tuple(warnings))
    except ValidationError as error:
        return _Made("failed", str(explain_invalid(error, job.record_type)), {}, tuple(warnings))
    kind = "failed" if isinstance(outcome, Fail) else "ignored"
    return _Made(kind, outcome.reason, {}, tuple(warnings))


def _stored(record: Working) -> Working:
    """The record as it would be read from the store."""
    return unpack_record(pack_record(record))


def _outcome_mismatches(case: Case, made: _Made) -> Iterator[Mismatch]:
    expected = "failed" if case.failed is not None else "ignored" if case.ignored is not None else "made"
    wanted = case.failed if case.failed is not None else case.ignored or ""
    if made.outcome != expected:
        told = {"made": "a record", "ignored": "no record: it is ignored", "failed": "no record: it fails"}
        actual = told[made.outcome] + (f" ({made.said})" if made.said else "")
        yield Mismatch("outcome", told[expected] + (f" ({wanted})" if wanted else ""), actual, case.place)
    elif wanted not in made.said:
        yield Mismatch("reason" if expected == "ignored" else "error", wanted, made.said, case.place)


def _warning_mismatches(case: Case, made: _Made) -> Iterator[Mismatch]:
    if case.warnings is None:
        return
    for text in case.warnings:
        if not any(text in warning for warning in made.warnings):
            yield Mismatch("warning", text, None, case.place)
    for warning in made.warnings:
        if not any(text in warning for text in case.warnings):
            yield Mismatch("warning", None, warning, case.place)


def _value_mismatches(case: Case, job: ImportJob, made: _Made) -> Iterator[Mismatch]:
    for one in case.expectations:
        actual = one.actual(made.record)
        if not one.is_met(actual):
            yield Mismatch(
                one.name,
                one.value if one.count is None else one.count,
                actual,
                one.place,
                tuple(_origin(job, made, one, actual)),
            )


def _origin(job: ImportJob, made: _Made, one: Expectation, actual: Any) -> Iterator[str]:
    """Say where a value came from, or why there is none."""
    parts = None if one.parts is None else made.record.get(one.parts) or []
    if parts is not None and one.count is None and one.position >= len(parts):
        yield f"there is no such part: it has {len(parts)} in {one.parts}"
        return
    if one.entry is not None and actual is None:
        yield from _similar(one, made.record)
    if one.count is not None:
        return
    part_id = None if parts is None else parts[one.position][SUB_RECORDS[job.record_type][one.parts or ""]]
    field = None if one.field is None else one.field.text.rpartition("[].")[2]
    place = RecordPlace(one.parts, part_id, field, one.entry)
    if made.preview is not None:
        yield from _remote_origin(job, made.preview, place)
    yield from _steps(job, made, place)


def _similar(one: Expectation, record: Working) -> Iterator[str]:
    holder = record if one.parts is None else record[one.parts][one.position]
    entries: dict[str, Any] = holder.get("customData", {})
    if meant := closest(one.entry or "", entries):
        yield f"there is an entry {entries[meant]['key']!r}; was that meant?"


def _remote_origin(job: ImportJob, found: Preview, place: RecordPlace) -> Iterator[str]:
    lines = tuple(lines_of(job, found, place))
    for leaf in leaves_of(found, place, lines):
        if not _is_beside(leaf):
            yield f"from {pointer(leaf.path)} {leaf.value!r} of the payload"
    for line in lines:
        yield f"mapping line {line.name} = {line.expression.text!r} ({line.place})"
    if not lines and place.field is not None:
        yield "no mapping line fills it"


def _is_beside(leaf: LeafFate) -> bool:
    """Whether a leaf only says which entry of a key/value list it is, and is not its value."""
    entry = leaf.entry
    return entry is not None and leaf.path[len(entry.path)] != entry.list.value


def _steps(job: ImportJob, made: _Made, place: RecordPlace) -> Iterator[str]:
    """Say which steps behind the mapping changed it."""
    before = None
    for position, stage in enumerate(made.stages):
        after = place.value(job.record_type, stage.record)
        if after != before and position > 0:
            at = f" ({stage.place})" if stage.place else ""
            yield f"changed by {stage.name}{at}: {before!r} became {after!r}"
        before = after
