"""How an audit looks to a person and to a program."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from crossdock.cli.output import Redact, print_folded, print_heading, print_line, print_table
from crossdock.cli.results import show_reports
from crossdock.pipeline.repairing.sheet import STATES

if TYPE_CHECKING:
    from crossdock.pipeline.repairing.audit import Audit
    from crossdock.pipeline.repairing.repair import Repair
    from crossdock.pipeline.repairing.sheet import Finding, State

_MOST_SHOWN = 20
_HOW = {"gone": "deleted", "bin": "in the bin"}
_TITLES: dict[State, tuple[str, str]] = {
    "missing": ("missing", "Missing: the remote system has them, and they are not stored"),
    "stale": ("stale", "Stale: changed in the remote system since they were imported"),
    "reappeared": ("back again", "Back again: they were thought to be deleted, and are there"),
    "quarantined": ("in quarantine", "In quarantine: crossdock quarantine list says why"),
    "deleted": ("deleted remotely", "Deleted remotely: asked for them, the remote system has them no longer"),
    "settled": ("deleted before", ""),
    "unlisted": ("not listed", "Not listed, but there: the remote system gives them if asked by their ids"),
    "unproved": ("in doubt", "In doubt: not listed, and not proved to be deleted"),
}


def show_audit(audit: Audit, redact: Redact, *, repairing: bool) -> None:
    """Print what an audit found."""
    job, sheet = audit.job, audit.sheet
    print_heading(f"{job.connection} {job.record_type}")
    for line in _sentences(audit):
        print_folded(f"  {line}", redact)
    for state in STATES:
        title = _TITLES[state][1]
        if not sheet.counts[state] or not title:
            continue
        print_heading(title)
        columns = ("number", "remote id", "changed there", "stored as of", "note")
        rows = [_row(finding) for finding in sheet.found(state, _MOST_SHOWN)]
        shown = [index for index in range(len(columns)) if any(row[index] for row in rows)]
        print_table(
            [columns[index] for index in shown],
            [[row[index] for index in shown] for row in rows],
            redact=redact,
            indent=2,
        )
        if (more := sheet.counts[state] - _MOST_SHOWN) > 0:
            print_line(f"  and {more:,} more; --json lists them")
    if not repairing:
        _show_remedy(audit)


def show_repair(repair: Repair, redact: Redact) -> None:
    """Print what a repair did."""
    print_line()
    show_reports([repair.report], as_json=False)
    for remote_id, error in list(repair.unread.items())[:_MOST_SHOWN]:
        print_folded(f"  not repaired: {remote_id}: {error}", redact)


def audit_as_wire(audit: Audit, repair: Repair | None) -> dict[str, Any]:
    """Write what an audit found, and what was done about it, for a program."""
    job, sheet = audit.job, audit.sheet
    return {
        "connection": job.connection,
        "connectionId": job.connection_id,
        "recordType": job.record_type,
        "since": None if audit.since is None else f"{audit.since:%Y-%m-%dT%H:%M:%SZ}",
        "listed": audit.listed,
        "stored": audit.stored,
        "inStep": audit.in_step,
        "keptOut": audit.kept_out,
        "wholeRecordsRead": audit.whole,
        "error": audit.trouble or None,
        "deletionsNotJudged": audit.unjudged or None,
        "deletedPolicy": job.deleted,
        **{state: [_as_wire(finding) for finding in sheet.found(state)] for state in STATES},
        "repair": None if repair is None else repair.report.as_wire(),
        "notRepaired": []
        if repair is None
        else [{"remoteId": one, "error": why} for one, why in repair.unread.items()],
    }


def _sentences(audit: Audit) -> list[str]:
    counts = audit.sheet.counts
    told = [f"{counts[state]:,} {_TITLES[state][0]}" for state in STATES if counts[state]]
    since = "" if audit.since is None else f" as changed since {audit.since:%Y-%m-%dT%H:%M:%SZ}"
    same = [f"{audit.in_step:,} the same"]
    if audit.kept_out:
        same.append(f"{audit.kept_out:,} erased and kept out")
    lines = [f"{audit.listed:,} listed{since}, {audit.stored:,} stored: {', '.join([*same, *told])}"]
    if audit.whole:
        lines.append(f"connector {audit.job.connector!r} cannot list without contents, so all records were read")
    if audit.trouble:
        lines.append(f"error: {audit.trouble}")
    if audit.unjudged:
        lines.append(f"nothing is said about deletions: {audit.unjudged}")
    elif audit.since is not None:
        lines.append("of deletions, only those of records show that were changed since then")
    return lines


def _show_remedy(audit: Audit) -> None:
    counts, job = audit.sheet.counts, audit.job
    told = []
    if not audit.stored:
        print_line()
        print_folded(f"nothing is stored; crossdock import {job.connection} --full reads everything")
        return
    if counts["missing"] or counts["stale"] or counts["reappeared"]:
        told.append("imports what is missing, stale or back again")
    if counts["deleted"] and job.deleted != "keep":
        told.append(
            "puts the deleted ones into quarantine" if job.deleted == "quarantine" else "marks the deleted ones"
        )
    if told or counts["deleted"]:
        print_line()
    if counts["deleted"] and job.deleted == "keep":
        print_folded(f'deleted records stay as they are: deleted = "keep" in [connection.import.{job.record_type}]')
    if told:
        print_line(f"crossdock audit {job.connection} --type {job.record_type} --repair")
        print_line(f"  {', and '.join(told)}")


def _row(finding: Finding) -> tuple[str | None, ...]:
    detail = None if finding.detail is None else _HOW.get(finding.detail, finding.detail)
    return finding.display_id, finding.remote_id, finding.remote_modified, finding.stored_modified, detail


def _as_wire(finding: Finding) -> dict[str, str | None]:
    return {
        "remoteId": finding.remote_id,
        "displayId": finding.display_id,
        "localId": finding.local_id,
        "remoteModified": finding.remote_modified,
        "storedModified": finding.stored_modified,
        "detail": finding.detail,
    }
