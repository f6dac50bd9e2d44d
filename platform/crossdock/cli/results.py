"""Shows what imports did: a table and a few sentences for people, transfer reports for programs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from crossdock.cli.output import print_json, print_line, print_table
from crossdock.pipeline.report import OUTCOMES, TransferReport

_MOST_SHOWN = 5


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
            report.tally.considered,
            *(report.tally.counts[name] for name in OUTCOMES),
            f"{_seconds(report):.1f}",
        )
        for report in reports
    ]
    print_table(columns, rows, right=("considered", *OUTCOMES, "seconds"))
    for report in reports:
        for line in _sentences(report):
            print_line(line)


def _sentences(report: TransferReport) -> Iterator[str]:
    ledger, tally = report.ledger, report.tally
    title = f"{report.job.connection} {report.job.record_type}"
    if ledger.leaves:
        yield (
            f"{title}: {ledger.leaves:,} values accounted for: {ledger.mapped:,} mapped, {ledger.stashed:,} kept as "
            f"custom data, {ledger.empty:,} empty, {ledger.dropped:,} dropped by rule"
            + (f", {ledger.refused:,} refused by limits" if ledger.refused else "")
        )
    if report.proved is not None:
        yield f"{title}: {report.proved:,} payloads rebuilt from record and custom data, and found equal"
    for error in report.session_errors:
        yield f"{title}: {error}"
    for failure in tally.failures[:_MOST_SHOWN]:
        yield f"{title} {failure['remoteId']}: {failure['error']}"
    if tally.counts["failed"]:
        yield f"{title}: {tally.counts['failed']:,} failed; crossdock quarantine list shows them, and how to go on"
    for reason, count in tally.ignored.most_common(_MOST_SHOWN):
        yield f"{title}: {count:,} ignored: {reason}"
    if tally.left_stale:
        yield f"{title}: {tally.left_stale:,} of the ignored are known, and left stale"
    for warning, count in tally.warnings.most_common(_MOST_SHOWN):
        yield f"{title}: warning, {count:,} times: {warning}"
    if len(tally.warnings) > _MOST_SHOWN:
        yield f"{title}: {len(tally.warnings) - _MOST_SHOWN} more kinds of warning; crossdock runs show {report.run_id}"
    for line in report.dead_lines:
        yield f"{title}: this mapping line matched nothing: {line}"


def _seconds(report: TransferReport) -> float:
    return (datetime.fromisoformat(report.end_time) - datetime.fromisoformat(report.start_time)).total_seconds()
