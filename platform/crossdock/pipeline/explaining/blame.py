"""Finds what a failure in quarantine is about: the values of the payload, the mapping lines, the step of the chain."""

from __future__ import annotations

import re
from collections.abc import Callable

from msgspec import Struct
from msgspec.structs import replace

from crossdock.mapping.account import LeafFate
from crossdock.mapping.definition import Line
from crossdock.mapping.leaves import pointer
from crossdock.pipeline.drifting import judging
from crossdock.pipeline.explaining.explain import leaves_of, lines_of
from crossdock.pipeline.explaining.place import RecordPlace
from crossdock.pipeline.explaining.preview import Preview, Stage, preview
from crossdock.pipeline.job import ImportJob
from crossdock.pipeline.repairing.retry import identified
from crossdock.plugins.connector import RemoteItem
from crossdock.records import SUB_RECORDS, Working
from crossdock.store import QuarantineEntry, Store

_STEP = re.compile(r"manipulator '([^']+)', step \d+ of \d+(?:, ([^)\s]+:\d+))?")
_IN_RECORD = ("manipulate", "validate", "store")  # there an error points into the record, before that into the payload


class Blame(Struct, frozen=True):
    """What a failure is about, as far as it can be told.

    Args:
        leaves: the values of the payload.
        lines: the mapping lines that take them.
        step: the manipulator, or the connector's own step, and where it is configured.
        today: the error that the payload meets with today's configuration, ``None`` if it would succeed.
    """

    leaves: tuple[LeafFate, ...]
    lines: tuple[Line, ...]
    step: tuple[str, str] | None
    today: str | None


def blame(
    store: Store, job: ImportJob, entry: QuarantineEntry, payload: bytes, redact: Callable[[str], str] = str
) -> Blame:
    """Find what a failure is about; the payload takes all stages again, and nothing is written.

    ``redact`` takes secret values out of what is told.
    """
    item = identified(job, payload)
    if entry.remote_id is not None:
        item = RemoteItem(entry.remote_id, entry.modified, payload)
    told = _STEP.search(entry.error)
    step = (told[1], told[2] or "") if told else None
    if item is None:
        return Blame((), (), step, entry.error)
    found = preview(store, job, item, judging(store, job, redact))
    today = found.error if found.error is not None or found.result.outcome != "failed" else found.result.message
    if entry.pointer is None:
        return Blame((), (), step, today)
    if entry.stage in _IN_RECORD:
        about = _of_place(job, found, entry.pointer, today)
        return about if step is None else replace(about, step=step)
    leaves = tuple(leaf for leaf in found.leaves if pointer(leaf.path) == entry.pointer)
    return Blame(leaves, tuple(line for leaf in leaves for line in leaf.lines), step, today)


def _of_place(job: ImportJob, found: Preview, text: str, today: str | None) -> Blame:
    """Find the last stage that wrote a place of the record, and what it took it from."""
    record = found.stages[-1].record if found.stages else {}
    place = _place(job.record_type, record, text)
    stage = None if place is None else next((one for one in reversed(found.stages) if _wrote(one, place)), None)
    if place is None or stage is None:
        return Blame((), (), None, today)
    lines = tuple(lines_of(job, found, place))
    leaves = tuple(leaves_of(found, place, lines))
    return Blame(leaves, lines, None if stage is found.stages[0] else (stage.name, stage.place), today)


def _place(record_type: str, record: Working, text: str) -> RecordPlace | None:
    steps = [step.replace("~1", "/").replace("~0", "~") for step in text.split("/")[1:]]
    parts = part_id = None
    if len(steps) > 2 and steps[0] in SUB_RECORDS[record_type] and steps[1].isdecimal():
        there = record.get(steps[0], [])
        if int(steps[1]) >= len(there):
            return None
        parts, part_id, steps = steps[0], there[int(steps[1])][SUB_RECORDS[record_type][steps[0]]], steps[2:]
    if steps[:1] == ["customData"]:
        return RecordPlace(parts, part_id, None, steps[1]) if len(steps) > 1 else None
    return RecordPlace(parts, part_id, ".".join(steps), None) if steps else None


def _wrote(stage: Stage, place: RecordPlace) -> bool:
    path = str(place)
    paths = (change.path for change in stage.changes)
    return any(path == one or path.startswith((f"{one}.", f"{one}[")) or one.startswith(f"{path}[") for one in paths)
