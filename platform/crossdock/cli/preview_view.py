"""How a preview looks: stage after stage, what each changes."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

from crossdock.cli.output import Redact, print_fields, print_folded, print_heading, print_line, print_table, shortened
from crossdock.cli.record_view import shown
from crossdock.mapping.leaves import pointer
from crossdock.plural import counted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from crossdock.mapping.account import LeafFate
    from crossdock.pipeline.explaining.preview import Preview, Stage
    from crossdock.store.writes.changes import Change

_LONG_ID = re.compile(r"(?<=\[)([0-9a-f]{8})[0-9a-f]{24}(?=[\]|])")


def show_preview(title: str, preview: Preview, redact: Redact) -> None:
    """Print a preview for a person."""
    print_line(f"{title} {preview.remote_id}, modified {preview.modified or 'at an unknown time'}", redact)
    print_heading("Where its values go")
    rows = [_fate_row(leaf) for leaf in preview.leaves if leaf.fate not in ("empty", "dropped")]
    print_table(("remote", "value", "becomes"), rows, redact=redact, indent=2)
    counts = Counter(leaf.fate for leaf in preview.leaves)
    print_line(
        f"  {counted(len(preview.leaves), 'value')}: " + ", ".join(f"{count} {fate}" for fate, count in counts.items())
    )
    for stage in preview.stages:
        _show_stage(stage, redact)
    print_heading("At the end")
    fields = [("the store", _outcome(preview)), *(("warning", warning) for warning in preview.warnings)]
    print_fields(fields, redact=redact)
    if preview.result.changed:
        rows = [row for change in preview.result.changed for row in _change_rows(change)]
        print_table(("field", "stored", "then"), rows, redact=redact, indent=2)


def preview_as_wire(connection: str, record_type: str, preview: Preview) -> dict[str, Any]:
    """Write a preview for a program."""
    return {
        "connection": connection,
        "recordType": record_type,
        "remoteId": preview.remote_id,
        "modified": preview.modified,
        "outcome": preview.result.outcome,
        "error": preview.error,
        "leaves": [
            {"pointer": pointer(leaf.path), "value": leaf.value, "fate": leaf.fate, "why": leaf.why}
            for leaf in preview.leaves
        ],
        "ledger": None if preview.ledger is None else preview.ledger.as_wire(),
        "stages": [
            {
                "name": stage.name,
                "place": stage.place,
                "said": stage.said,
                "changes": [_change_as_wire(change) for change in stage.changes],
            }
            for stage in preview.stages
        ],
        "warnings": list(preview.warnings),
        "changes": [_change_as_wire(change) for change in preview.result.changed],
    }


def _fate_row(leaf: LeafFate) -> tuple[str, str, str]:
    becomes = f"custom data {leaf.key}" if leaf.fate == "stashed" else leaf.fate
    if leaf.fate == "mapped":
        # Without its folder a place fits into a cell; the folder is the connector's, and --json has it.
        places = ((line.name, line.place, PurePath(line.place.file).name) for line in leaf.lines)
        becomes = ", ".join(f"{name} ({file}:{place.line}:{place.column})" for name, place, file in places)
    return pointer(leaf.path), shortened(shown(leaf.value)), becomes


def _show_stage(stage: Stage, redact: Redact) -> None:
    place = f" ({stage.place})" if stage.place else ""
    print_heading(redact(f"{stage.name.capitalize() if not stage.place else stage.name}{place}"))
    if stage.said:
        print_folded(f"  {stage.said}", redact)
    rows = [row for change in stage.changes for row in _change_rows(change)]
    # What the mapping stashes stands above, each with its key; what a step of the chain does is its own.
    visible = rows if stage.place else [row for row in rows if "customData[" not in row[0]]
    if visible:
        print_table(("field", "before", "after"), visible, redact=redact, indent=2)
    elif not stage.said and not rows:
        print_line("  changes nothing")
    if hidden := len(rows) - len(visible):
        print_line(f"  and {counted(hidden, 'entry')} of custom data")


def _change_rows(change: Change) -> Iterator[tuple[str, str, str]]:
    """Write a change; a row or another part that came or went, field by field and entry by entry."""
    if "customData[" in change.path or not isinstance(change.old or change.new, dict):
        yield _change_row(change.path, change.old, change.new)
        return
    was, now = _flat(change.old), _flat(change.new)
    for name in {**was, **now}:
        yield _change_row(f"{change.path}.{name}", was.get(name), now.get(name))


def _flat(part: Any) -> dict[str, Any]:
    fields = dict(part) if isinstance(part, dict) else {}
    entries = fields.pop("customData", {})
    return {**fields, **{f"customData[{key}]": entry for key, entry in entries.items()}}


def _change_row(path: str, *values: Any) -> tuple[str, str, str]:
    if "customData[" in path:
        values = tuple(None if entry is None else entry["value"] for entry in values)
    old, new = ("-" if value is None else shortened(shown(value)) for value in values)
    return _LONG_ID.sub(r"\1…", path), old, new


def _change_as_wire(change: Change) -> dict[str, Any]:
    return {"path": change.path, "old": change.old, "new": change.new}


def _outcome(preview: Preview) -> str:
    if preview.error is not None:
        return f"would keep it in quarantine: {preview.error}"
    said = f" ({preview.result.message})" if preview.result.message else ""
    verbs = {"created": "create a record", "updated": "update the record", "unchanged": "leave the record as it is"}
    return f"would {verbs.get(preview.result.outcome, 'keep it out')}{said}"
