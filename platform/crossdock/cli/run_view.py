"""How a run looks to a person."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from crossdock.cli.output import Redact, print_fields, print_heading, print_line, print_table
from crossdock.store import RunEntry

_COUNTS = ("considered", "created", "updated", "unchanged", "ignored", "failed")
_LEDGER = ("leaves", "mapped", "stashed", "empty", "dropped", "refused")


def seconds(run: RunEntry) -> str | None:
    """Say how long a run took; ``None`` if it has not ended."""
    if run.ended is None:
        return None
    return f"{(datetime.fromisoformat(run.ended) - datetime.fromisoformat(run.started)).total_seconds():.1f}"


def show_run(run: RunEntry, names: Mapping[str, str], redact: Redact) -> None:
    """Print a page about one run."""
    report = run.report or {}
    print_line(f"run {run.run_id}")
    took = f", {seconds(run)} s" if run.ended else ""
    print_fields(
        [
            ("connection", names.get(run.connection_id, run.connection_id)),
            ("type", run.record_type),
            ("outcome", run.outcome),
            ("started", f"{run.started}{took}"),
            ("process", f"{run.pid} on {run.host.partition(' ')[0]}"),
            ("configuration", run.config_hash.hex()[:12]),
        ],
        redact=redact,
    )
    if not report:
        print_line()
        print_line("it left no report" + ("; it is still going on" if run.outcome == "running" else ""))
        return
    print_heading("Records")
    print_table(_COUNTS, [[report[name] for name in _COUNTS]], right=_COUNTS, indent=2)
    print_heading("Values of their payloads")
    print_table(_LEDGER, [[report["ledger"][name] for name in _LEDGER]], right=_LEDGER, indent=2)
    for title, lines in _sections(report):
        print_heading(title)
        for line in lines:
            print_line(f"  {line}", redact)


def told_refused(line: Mapping[str, Any]) -> str:
    """Say which entries were not kept because of a limit."""
    count = "1 record" if line["records"] == 1 else f"{line['records']:,} records"
    return (
        f"{line['moduleId']}|{line['key']} of {count} ({line['place']}): {line['detail']} "
        f"(limit {line['limit']!r}, {line['rule']})"
    )


def _sections(report: Mapping[str, Any]) -> Iterable[tuple[str, list[str]]]:
    sections = {
        "Errors of the run": report.get("sessionErrors", []),
        "Failed records": [f"{one['remoteId'] or '(no id)'}: {one['error']}" for one in report.get("failures", [])],
        "Ignored because": [f"{one['count']:,} times: {one['reason']}" for one in report.get("ignoredBecause", [])],
        "Refused by limits": [told_refused(one) for one in report.get("refusedEntries", [])],
        "Warnings": [f"{one['count']:,} times: {one['message']}" for one in report.get("warnings", [])],
        "Mapping lines that matched nothing": report.get("deadLines", []),
    }
    return ((title, lines) for title, lines in sections.items() if lines)
