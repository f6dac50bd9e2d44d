"""Explains a value: the remote value it came from, what became of it stage by stage, and who wrote it since."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from msgspec import Struct

from crossdock.customdata import split_dictionary_key
from crossdock.mapping.account import LeafFate
from crossdock.mapping.definition import Line
from crossdock.pipeline.explaining.dependence import Dependence, depends_on
from crossdock.pipeline.explaining.place import RecordPlace
from crossdock.pipeline.explaining.preview import FAILED, MAPPING, Preview, preview
from crossdock.pipeline.explaining.recall import Recalled
from crossdock.pipeline.job import ImportJob
from crossdock.pipeline.worker import Worker
from crossdock.plugins.connector import RemoteItem
from crossdock.records import Working, parse_json
from crossdock.store import HistoryEntry, Payload, QuarantineEntry, Store
from crossdock.store.writes.actor import IMPORT_KINDS


class Step(Struct, frozen=True):
    """What one stage made of the value."""

    stage: str
    place: str
    before: Any
    after: Any


class Making(Struct, frozen=True):
    """How one configuration makes a value of a payload.

    Args:
        leaves: the values of the payload that reach the place, or lie in the entry; and where a connector or a
            manipulator changed it, or a mapping line only looks at them, those without which something else would
            stand there, or another warning be given.
        lines: the mapping lines that fill it.
        steps: the stages that changed it, the mapping first.
        given: what comes out at the end.
        warnings: where nothing does, those that name the place.
        error: why the record would wait in quarantine instead, after the last of the steps.
        whole: whether these are all the leaves; a payload may have too many values to try each.
    """

    leaves: tuple[LeafFate, ...]
    lines: tuple[Line, ...]
    steps: tuple[Step, ...]
    given: Any
    warnings: tuple[str, ...] = ()
    error: str | None = None
    whole: bool = True


class Origin(Struct, frozen=True):
    """What one connection's payload has to do with a value.

    Args:
        connection: its name.
        remote_id: of the payload's record.
        made: how it was made: by the configuration of the last import where that could be built again, else by today's.
        today: how today's configuration would make it, where that is another one and ``made`` is not by it already.
        same_configuration: whether the last import had today's configuration.
        notes: what kept the configuration of the last import from being built again, or is not as it was in it.
    """

    connection: str
    remote_id: str
    made: Making
    today: Making | None
    same_configuration: bool
    notes: tuple[str, ...]


class Explanation(Struct, frozen=True):
    """Where a value comes from.

    Args:
        place: the field or entry.
        value: what stands there.
        origins: what payloads have to do with it.
        earlier: the writes until an import last wrote it, that one included, oldest first.
        writes: those since, or if no import has written it since it created the record, all of them.
        unconfigured: ids of connections that the record knows and that import it no longer.
        unkept: names and remote ids of records of which no payload is kept, so that nothing can be told of them.
        waiting: what waits in quarantine of these remote records, so that the value may be out of date.
    """

    place: RecordPlace
    value: Any
    origins: tuple[Origin, ...]
    earlier: tuple[HistoryEntry, ...]
    writes: tuple[HistoryEntry, ...]
    unconfigured: tuple[str, ...]
    unkept: tuple[tuple[str, str], ...] = ()
    waiting: tuple[QuarantineEntry, ...] = ()


def explain(
    store: Store,
    record_type: str,
    record: Working,
    place: RecordPlace,
    jobs: Mapping[str, ImportJob],
    recall: Callable[[str, bytes], Recalled],
) -> Explanation:
    """Explain one value of a stored record, from the payloads that were kept, without asking any remote system.

    Args:
        store: with the record.
        record_type: of the record.
        record: wire-level.
        place: the field or entry.
        jobs: today's imports of this record type, by connection id.
        recall: gives the job of a connection's earlier configuration, by connection id and the configuration's hash.
    """
    origins: list[Origin] = []
    unconfigured: list[str] = []
    unkept: list[tuple[str, str]] = []
    for connection_id, remote_id in record.get("remoteIdMap", {}).items():
        payload = store.payload(connection_id, record_type, remote_id)
        job = jobs.get(connection_id)
        if job is None:
            unconfigured.append(connection_id)
        elif payload is None:
            unkept.append((job.connection, remote_id))
        else:
            same = payload.config_hash == job.config_hash
            then = Recalled(job) if same else recall(connection_id, payload.config_hash)
            origins.append(_origin(store, job, then, payload, place))
    path = str(place)
    history = store.history(record_type, record["localId"])
    writes = tuple(entry for entry in history if entry.path == path or _covers(entry.path, path))
    imported = max((number for number, entry in enumerate(writes, 1) if entry.through in IMPORT_KINDS), default=0)
    value = place.value(record_type, record)
    earlier, since = writes[:imported], writes[imported:]
    waiting = tuple(_waiting(store, record_type, record))
    return Explanation(place, value, tuple(origins), earlier, since, tuple(unconfigured), tuple(unkept), waiting)


def _waiting(store: Store, record_type: str, record: Working) -> Iterator[QuarantineEntry]:
    for connection_id, remote_id in record.get("remoteIdMap", {}).items():
        entries = store.quarantine_list(connection_id, record_type)
        yield from (entry for entry in entries if entry.remote_id == remote_id)


def _covers(path: str, place: str) -> bool:
    """Whether a change of a whole part was one of the place in it; a record's creation is not told again."""
    return bool(path) and place.startswith(f"{path}.")


def _origin(store: Store, job: ImportJob, then: Recalled, payload: Payload, place: RecordPlace) -> Origin:
    today = _making(store, job, payload, place)
    made = today if then.job is None or then.job is job else _making(store, then.job, payload, place)
    return Origin(
        connection=job.connection,
        remote_id=payload.remote_id,
        made=made,
        today=None if made is today else today,
        same_configuration=payload.config_hash == job.config_hash,
        notes=then.notes,
    )


def _making(store: Store, job: ImportJob, payload: Payload, place: RecordPlace) -> Making:
    found = preview(store, job, RemoteItem(payload.remote_id, payload.modified, payload.payload))
    lines = tuple(lines_of(job, found, place))
    steps = tuple(_steps(job.record_type, found, place))
    records = [stage.record for stage in found.stages if stage.name != FAILED]
    given = place.value(job.record_type, records[-1]) if records else None
    named = re.compile("|".join(rf"(?<![\w.]){re.escape(name)}(?![\w.])" for name in _names(place, lines)))
    warnings = tuple(told for told in found.warnings if given is None and named.search(told))
    reaching = {leaf.path for leaf in leaves_of(found, place, lines)}
    code = any(step.stage != MAPPING for step in steps)
    dependence = Dependence(frozenset())
    if code or (lines and not reaching and (steps or warnings)):
        parsed = parse_json(payload.payload)
        # What its target refuses stands nowhere; what it was refused for shows where it is not.
        refusals = Worker(job).refusals_of(parsed)[0] if code else ()
        dependence = depends_on(job, parsed, place, refusals, named)
    shown = reaching | dependence.leaves
    return Making(
        leaves=tuple(leaf for leaf in found.leaves if leaf.path in shown),
        lines=lines,
        steps=steps,
        given=given,
        warnings=warnings,
        error=found.error,
        whole=dependence.whole,
    )


def _names(place: RecordPlace, lines: tuple[Line, ...]) -> Iterator[str]:
    """Walk the names by which warnings call a place."""
    yield from (line.name for line in lines)
    if place.parts is None and place.field is not None:
        yield place.field
    else:
        yield str(place)


def _steps(record_type: str, found: Preview, place: RecordPlace) -> Iterator[Step]:
    before = None
    for stage in found.stages:
        if stage.name == FAILED:
            continue
        after = place.value(record_type, stage.record)
        if after != before:
            yield Step(stage.name, stage.place, before, after)
        before = after


def lines_of(job: ImportJob, found: Preview, place: RecordPlace) -> Iterator[Line]:
    """Walk the mapping lines that fill a field; of a whole part of a record, those that took something."""
    if place.field is None:
        return
    block = _block_of(found, place)
    wanted = place.field if block is None else f"{block}.{place.field}"
    taking = {line.name for leaf in found.leaves for line in leaf.lines}
    for line in job.mapper.mapping.all_lines:
        inner = line.name.startswith(f"{wanted}.") and line.name in taking
        if wanted == line.name or wanted.startswith(f"{line.name}.") or inner:
            yield line


def leaves_of(found: Preview, place: RecordPlace, lines: tuple[Line, ...]) -> Iterator[LeafFate]:
    """Walk the leaves of the payload that reach a field through these lines, or lie in an entry."""
    part = _path_of(found, place)
    for leaf in found.leaves:
        if part and leaf.path[: len(part)] != part:
            continue
        if place.entry is not None:
            if leaf.key == split_dictionary_key(place.entry)[2] and leaf.part == part:
                yield leaf
        elif any(line in leaf.lines for line in lines):
            yield leaf


def _block_of(found: Preview, place: RecordPlace) -> str | None:
    part = _part_of(found, place)
    return None if part is None else part.block.name


def _path_of(found: Preview, place: RecordPlace) -> tuple[str | int, ...]:
    part = _part_of(found, place)
    return () if part is None or part.element is None else (*part.block.over, part.element)


def _part_of(found: Preview, place: RecordPlace) -> Any:
    if place.parts is None:
        return None
    return next((one for one in found.parts if one.record.get(one.block.id_name) == place.part_id), None)
