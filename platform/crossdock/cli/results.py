"""Shows what imports did: a table and a few sentences for people, transfer reports for programs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from crossdock.cli.drift_view import CODE, told_drift
from crossdock.cli.output import print_folded, print_heading, print_json, print_line, print_table, shortened
from crossdock.cli.run_view import by_cause, record_name, told_refused
from crossdock.pipeline.reporting.report import OUTCOMES, TransferReport, most_frequent
from crossdock.plural import counted

_MOST_SHOWN = 5
_MOST_NAMED = 3
_LONGEST_VALUE = 40


def show_reports(reports: Sequence[TransferReport], *, as_json: bool) -> None:
    """Print the reports of one command on stdout."""
    if as_json:
        print_json([report.as_wire() for report in reports])
        return
    if not reports:
        return
    columns = ("connection", "type", "outcome", "considered", *OUTCOMES, "seconds")
    rows = [
        (
            report.job.connection,
            report.job.record_type,
            f"{report.outcome}{' (dry run)' if report.dry_run else ''}",
            *(f"{report.as_wire()[name]:,}" for name in ("considered", *OUTCOMES)),
            f"{_seconds(report):.1f}",
        )
        for report in reports
    ]
    nothing = [name for name in OUTCOMES if not any(report.tally.counts[name] for report in reports)]
    spare = (*nothing, "seconds", "unchanged", "ignored", "type")
    print_table(columns, rows, right=("considered", *OUTCOMES, "seconds"), spare=spare)
    for report in reports:
        lines = list(_sentences(report))
        if lines:
            print_heading(f"{report.job.connection} {report.job.record_type}")
        for line in lines:
            show = print_line if f"  {line}".startswith(CODE) else print_folded
            show(f"  {line}")


def _sentences(report: TransferReport) -> Iterator[str]:
    yield from _troubles(report)
    yield from _plans(report)
    yield from _accounts(report)
    yield from _notes(report)
    yield from told_drift(report.drift, report.further_drift, report.job.connection)


def _troubles(report: TransferReport) -> Iterator[str]:
    tally = report.tally
    for error in report.session_errors:
        yield error if report.outcome == "interrupted" else f"error: {error}"
    if count := tally.counts["failed"]:
        waits = "would wait" if report.dry_run else "waits" if count == 1 else "wait"
        listed = "" if report.dry_run else "; crossdock quarantine list says how to go on"
        yield f"{count:,} failed and {waits} in quarantine{listed}"
        causes = list(by_cause(report.as_wire()))
        for times, failures in causes[:_MOST_SHOWN]:
            names = ", ".join(map(record_name, failures[:_MOST_NAMED]))
            more = f" and {times - _MOST_NAMED:,} more" if times > _MOST_NAMED else ""
            yield f"  {names}{more}: {failures[0]['error']}"
        if len(causes) > _MOST_SHOWN:
            yield "  ... and other errors"


def _plans(report: TransferReport) -> Iterator[str]:
    if not report.dry_run:
        return
    tally = report.tally
    yield "dry run: nothing was written, and the cursor stays where it is"
    created = [str(write["remoteId"]) for write in tally.writes if write["outcome"] == "created"]
    if created:
        yield f"would create {_some(created, tally.counts['created'])}"
    updated = [write for write in tally.writes if write["outcome"] == "updated"]
    for write in updated[:_MOST_SHOWN]:
        yield f"would update {write['remoteId']}:"
        yield from (f"  {_change(change)}" for change in write["changed"][:_MOST_SHOWN])
        if len(write["changed"]) > _MOST_SHOWN:
            yield f"  ... and {counted(len(write['changed']) - _MOST_SHOWN, 'more value')}"
    if tally.counts["updated"] > _MOST_SHOWN:
        yield f"would update {tally.counts['updated'] - _MOST_SHOWN:,} more; --json lists the first of them"


def _accounts(report: TransferReport) -> Iterator[str]:
    ledger = report.ledger
    if ledger.leaves:
        yield (
            f"{counted(ledger.leaves, 'value')}: {ledger.mapped:,} mapped, {ledger.stashed:,} kept as custom data, "
            f"{ledger.empty:,} empty, {ledger.dropped:,} dropped by rule"
            + (f", {ledger.refused:,} refused by limits" if ledger.refused else "")
        )
    if report.proved is not None:
        yield f"proved: {report.proved:,} of {counted(report.tally.considered, 'payload')} rebuilt, and found equal"


def _notes(report: TransferReport) -> Iterator[str]:
    tally = report.tally
    for reason, count in tally.ignored.most_common(_MOST_SHOWN):
        yield f"{count:,} ignored: {reason}"
    if before := tally.counts["ignored"] - tally.ignored.total():
        yield f"{before:,} ignored as before: neither they nor the configuration changed"
    if tally.left_stale:
        yield f"{tally.left_stale:,} of the ignored {'is' if tally.left_stale == 1 else 'are'} known, left stale"
    refused = report.refused.as_wire()
    for line in refused[:_MOST_SHOWN]:
        yield f"not kept: {told_refused(line)}"
    if (more := len(refused) - _MOST_SHOWN + report.refused.further) > 0 and len(refused) > _MOST_SHOWN:
        yield f"{counted(more, 'more kind')} of entries not kept because of limits{_where(report)}"
    for warning, count in most_frequent(tally.warnings)[:_MOST_SHOWN]:
        yield f"warning{f', {count:,} times' if count > 1 else ''}: {warning}"
    if (more := len(tally.warnings) - _MOST_SHOWN) > 0:
        yield f"{counted(more, 'more kind')} of warning{_where(report)}"
    if report.dead_lines:
        names = [line.name for line in report.dead_lines]
        yield f"{counted(len(names), 'mapping line')} matched nothing: {_some(names, len(names))}{_where(report)}"


def _where(report: TransferReport) -> str:
    return "; --json lists them" if report.dry_run else f"; crossdock runs show {report.run_id[:8]} lists them"


def _some(names: Sequence[str], count: int) -> str:
    more = f" and {count - _MOST_SHOWN:,} more" if count > _MOST_SHOWN else ""
    return ", ".join(names[:_MOST_SHOWN]) + more


def _change(change: dict[str, Any]) -> str:
    """Say how one value changes; of a custom data entry, key and value are told."""
    path, sides = change["path"], [change["old"], change["new"]]
    holder, found, entry = path.rpartition("customData[")
    if found:
        path = f"{holder}custom data {entry.removesuffix(']').rpartition('|')[2]}"
        sides = [side and side["value"] for side in sides]
    old, new = (shortened("nothing" if side is None else repr(side), _LONGEST_VALUE) for side in sides)
    return f"{path}: {old} becomes {new}"


def _seconds(report: TransferReport) -> float:
    return (datetime.fromisoformat(report.end_time) - datetime.fromisoformat(report.start_time)).total_seconds()
