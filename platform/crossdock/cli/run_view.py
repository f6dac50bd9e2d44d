"""How a run looks to a person."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from crossdock.cli.output import Redact, print_fields, print_folded, print_heading, print_line, print_table, shortened
from crossdock.plural import counted
from crossdock.store import RunEntry

_LONGEST_NAME = 60
_COUNTS = ("considered", "created", "updated", "unchanged", "ignored", "failed")
_MOST_NAMED = 10
_LEDGER = ("leaves", "mapped", "stashed", "empty", "dropped", "refused")


def seconds(run: RunEntry) -> str | None:
    """Say how long a run took; ``None`` if it has not ended."""
    taken = _taken(run)
    return None if taken is None else f"{taken:.1f}"


def rate(run: RunEntry) -> str | None:
    """Say how many records it considered a second; ``None`` if it took no time, or was killed."""
    taken, report = _taken(run), run.report or {}
    killed = "requests" not in report  # it has its balance and no more; when it ended is not known to the second
    return None if killed or not taken else f"{report['considered'] / taken:,.0f}"


def _taken(run: RunEntry) -> float | None:
    if run.ended is None:
        return None
    return (datetime.fromisoformat(run.ended) - datetime.fromisoformat(run.started)).total_seconds()


def show_run(run: RunEntry, names: Mapping[str, str], redact: Redact) -> None:
    """Print a page about one run."""
    report = run.report or {}
    print_line(f"run {run.run_id}")
    took = f", {seconds(run)} s" if run.ended else ""
    pace = f", {rate(run)} records a second" if rate(run) else ""
    print_fields(
        [
            ("connection", names.get(run.connection_id, run.connection_id)),
            ("kind", run.kind),
            ("type", run.record_type),
            ("outcome", run.outcome),
            ("started", f"{run.started}{took}{pace}"),
            ("requests", _told_requests(report)),
            ("process", f"{run.pid} on {run.host.partition(' ')[0]}"),
            ("configuration", run.config_hash.hex()[:12]),
        ],
        redact=redact,
    )
    if not report:
        print_line()
        print_line("nothing was stored" if run.ended else "nothing is stored yet")
        return
    print_heading("Records")
    print_table(_COUNTS, [[report[name] for name in _COUNTS]], right=_COUNTS, indent=2)
    if "ledger" in report:
        print_heading("Values of their payloads")
        print_table(_LEDGER, [[report["ledger"][name] for name in _LEDGER]], right=_LEDGER, indent=2)
    for title, lines in _sections(report):
        print_heading(title)
        for line in lines:
            print_folded(f"  {line}", redact)


def record_name(failure: Mapping[str, Any]) -> str:
    """Say which record failed: as people call it, and by its remote id where that is something else."""
    remote_id, reference = failure["remoteId"], failure.get("reference")
    shown = clipped(remote_id) if remote_id else "(no id)"
    if reference is None or reference == remote_id:
        return shown
    return f"{clipped(reference)} (id {shown})" if remote_id else clipped(reference)


def clipped(name: str) -> str:
    """Show a name of a remote system, whose length nobody limits, without its end if it is longer than any line."""
    return name if len(name) <= _LONGEST_NAME else f"{name[:_LONGEST_NAME]}…"


def by_cause(report: Mapping[str, Any]) -> Iterable[tuple[int, list[Mapping[str, Any]]]]:
    """Give the failures of a run that are listed in its report, by cause, with how often each cause was met."""
    causes: dict[str, list[Mapping[str, Any]]] = {}
    for failure in report.get("failures", []):
        causes.setdefault(failure.get("cause", failure["error"]), []).append(failure)
    counts = {one["cause"]: one["count"] for one in report.get("failedBecause", [])}
    found = [(counts.get(cause, len(failures)), failures) for cause, failures in causes.items()]
    return sorted(found, key=lambda one: -one[0])


def _told_requests(report: Mapping[str, Any]) -> str | None:
    if "requests" not in report:
        return None
    retried = ", ".join(f"{one['count']:,} because of {one['cause']}" for one in report["retried"])
    waited = f"; {report['waitedSeconds']:,.1f} s waited" if retried else ""
    return (
        f"{report['requests']:,}, none repeated"
        if not retried
        else f"{report['requests']:,}, repeated: {retried}{waited}"
    )


def _told_failures(report: Mapping[str, Any]) -> Iterable[str]:
    for count, failures in by_cause(report):
        names = [record_name(one) for one in failures[:_MOST_NAMED]]
        more = f" and {count - len(names):,} more" if count > len(names) else ""
        yield f"{counted(count, 'record')}: {', '.join(names)}{more}"
        stage = f"{failures[0]['stage']}: " if "stage" in failures[0] else ""
        yield f"    {stage}{shortened(failures[0]['error'], 500)}"


def told_refused(line: Mapping[str, Any]) -> str:
    """Say which entries were not kept because of a limit."""
    return (
        f"{line['moduleId']}|{line['key']} of {counted(line['records'], 'record')} ({line['place']}): {line['detail']} "
        f"(limit {line['limit']!r}, {line['rule']})"
    )


def _sections(report: Mapping[str, Any]) -> Iterable[tuple[str, list[str]]]:
    sections = {
        "Errors of the run": report.get("sessionErrors", []),
        "Failed records, by what went wrong": list(_told_failures(report)),
        "Ignored because": [_times(one, "reason") for one in report.get("ignoredBecause", [])],
        "Known, left stale": [f"{record_name(one)}: {one['reason']}" for one in report.get("staleRecords", [])],
        "Refused by limits": [told_refused(one) for one in report.get("refusedEntries", [])],
        "Differences from earlier payloads": [one["told"] for one in report.get("drift", [])],
        "Warnings": [_times(one, "message") for one in report.get("warnings", [])],
        "Mapping lines that matched nothing": report.get("deadLines", []),
    }
    return ((title, lines) for title, lines in sections.items() if lines)


def _times(line: Mapping[str, Any], name: str) -> str:
    return f"{counted(line['count'], 'time')}: {line[name]}"
