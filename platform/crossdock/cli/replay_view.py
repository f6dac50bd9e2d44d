"""How the blast radius of a replay looks to a person and to a program."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from crossdock.cli.output import Redact, print_folded, print_heading, print_line, print_table, shortened
from crossdock.plural import counted

if TYPE_CHECKING:
    from crossdock.pipeline.repairing.radius import ChangedField
    from crossdock.pipeline.repairing.replay import Replay

_LONGEST = 40
_MOST_SHOWN = 30


def show_replays(replays: Sequence[Replay], names: Mapping[str, str], redact: Redact) -> None:
    """Print what replays would do."""
    for replay in replays:
        _show(replay, names, redact)
    if any(_writes(replay) for replay in replays):
        print_line()
        print_line("nothing was written; the same command with --apply writes it")


def replay_as_wire(replay: Replay) -> dict[str, Any]:
    """Write what a replay would do for a program."""
    report, radius = replay.report, replay.radius
    wire = report.as_wire()
    told = ("connection", "connectionId", "recordType", "outcome", "considered", "created", "updated", "unchanged")
    return {
        **{name: wire[name] for name in (*told, "ignored", "failed", "sessionErrors", "warnings")},
        "payloadsForgotten": replay.forgotten,
        "waitingInQuarantine": replay.waiting,
        "fields": [group.as_wire(name) for name, group in _by_size(radius.fields)],
        "customData": [group.as_wire(name) for name, group in _by_size(radius.entries)],
        "furtherChanges": radius.further,
        "untouched": [{"name": name, "values": count} for name, count in radius.untouched.most_common()],
        "failing": [
            {
                "stage": one.stage,
                "errorClass": one.error_class,
                "cause": one.cause,
                "error": one.error,
                "pointer": one.pointer,
                "records": one.records,
                "examples": one.examples,
            }
            for one in sorted(radius.failing.values(), key=lambda one: -one.records)
        ],
    }


def _show(replay: Replay, names: Mapping[str, str], redact: Redact) -> None:
    radius, job = replay.radius, replay.report.job
    print_heading(f"{job.connection} {job.record_type}")
    for line in _sentences(replay):
        print_folded(f"  {line}", redact)
    _show_changes("Fields", radius.fields, names, redact)
    _show_changes("Custom data", radius.entries, names, redact)
    if radius.further:
        print_line(f"  and {counted(radius.further, 'change')} under more names than are listed")
    if radius.untouched:
        print_heading("Made by others in these records, and left as it is")
        rows = [(_named(name, names), f"{count:,}") for name, count in radius.untouched.most_common(_MOST_SHOWN)]
        print_table(("name", "values"), rows, right=("values",), redact=redact, indent=2)
    if radius.failing:
        print_heading("Would fail")
        failing = sorted(radius.failing.values(), key=lambda one: -one.records)
        causes = [(f"{one.records:,}", one.stage, one.error, ", ".join(one.examples)) for one in failing]
        columns = ("records", "stage", "error, such as", "of")
        print_table(columns, causes[:_MOST_SHOWN], right=("records",), redact=redact, indent=2)


def _sentences(replay: Replay) -> list[str]:
    counts, considered = replay.report.tally.counts, replay.report.tally.considered
    lines = list(replay.report.session_errors)
    told = [
        f"{counts[name]:,} {verb}"
        for name, verb in (
            ("updated", "would change"),
            ("created", "would become new records"),
            ("ignored", "would be ignored"),
            ("failed", "would fail and wait in quarantine"),
            ("unchanged", "stay as they are"),
        )
        if counts[name]
    ]
    lines.append(f"{counted(considered, 'stored payload')}: {', '.join(told) or 'nothing to map'}")
    if replay.forgotten:
        lines.append(
            f"{counted(replay.forgotten, 'more record')} whose payload is not kept; only an import can map them anew"
        )
    if replay.waiting:
        lines.append(
            f"{replay.waiting:,} more whose newer payload waits in quarantine; crossdock quarantine retry maps that"
        )
    return lines


def _show_changes(title: str, groups: Mapping[str, ChangedField], names: Mapping[str, str], redact: Redact) -> None:
    if not groups:
        return
    print_heading(title)
    columns = ("name", "records", "appear", "go", "change", "such as")
    rows = []
    for name, group in _by_size(groups)[:_MOST_SHOWN]:
        remote_id, old, new = group.examples[0]
        example = f"{remote_id}: {_value(old)} becomes {_value(new)}"
        counts = (f"{count:,}" for count in (group.records, group.appear, group.go, group.change))
        rows.append((_named(name, names), *counts, example))
    print_table(columns, rows, right=columns[1:5], redact=redact, indent=2)
    if len(groups) > _MOST_SHOWN:
        print_line(f"  and {len(groups) - _MOST_SHOWN:,} more; --json lists them")


def _by_size(groups: Mapping[str, ChangedField]) -> list[tuple[str, ChangedField]]:
    return sorted(groups.items(), key=lambda item: (-item[1].records, item[0]))


def _named(name: str, names: Mapping[str, str]) -> str:
    """Give the connection that owns a place by its name."""
    for connection_id, known in names.items():
        name = name.replace(connection_id, known)
    return name.replace("customData[", "[") if name.startswith("customData[") else name


def _value(value: object) -> str:
    if value is None:
        return "nothing"
    if isinstance(value, dict) and {"moduleId", "value"} <= value.keys():
        value = value["value"]
    return shortened(repr(value), _LONGEST)


def _writes(replay: Replay) -> bool:
    counts = replay.report.tally.counts
    return any(counts[name] for name in ("updated", "created", "failed"))
