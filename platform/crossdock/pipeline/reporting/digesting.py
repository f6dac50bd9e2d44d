"""Gathers the digest: runs, what waits in quarantine, what outside programs tell, and what is not up to date."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, TypeAlias

from msgspec import Struct, field

from crossdock.config import Connection
from crossdock.config.failure_budget import SPENT
from crossdock.drift.finding import Finding, leaves
from crossdock.pipeline.keeping.schedule import due_after, plans_of
from crossdock.pipeline.reporting.digest import Account, Digest, Stale, Trouble
from crossdock.pipeline.reporting.reference import reference_of
from crossdock.pipeline.reporting.remedy import may_be_retried, remedies_for
from crossdock.pipeline.reporting.report import OUTCOMES
from crossdock.plugins.guarded import NEEDS_REPAIR
from crossdock.store import QuarantineEntry, RunEntry, Store
from crossdock.store.events.log_events import ReceivedEvent
from crossdock.store.imports.quarantine import cause_of
from crossdock.store.overview import StaleRecord
from crossdock.store.sql.failure import is_of_a_store
from crossdock.store.sql.moment import from_text, to_text
from crossdock.store.writes.actor import IMPORT_KINDS

MOST_NAMED = 50
LATE = timedelta(minutes=5)  # an import takes its time
_COUNTS = ("considered", *OUTCOMES)
_SEVERITIES = ("critical", "error", "warning", "info")
_SHORT = 8
_ASKING = ("import", "repair")
_AGAIN = {
    "import": "crossdock import {connection} --type {type}",
    "replay": "crossdock replay {connection} --type {type} --apply",
    "retry": "crossdock quarantine retry --all --connection {connection} --type {type}",
    "repair": "crossdock audit {connection} --type {type} --repair",
}

_Key: TypeAlias = tuple[str, str, str]  # connection, record type, remote id
_Cause: TypeAlias = tuple[str, str, str, str, str]  # connection, record type, stage, class of the error, cause
_Stale: TypeAlias = tuple[StaleRecord, QuarantineEntry]


def make_digest(store: Store, connections: Sequence[Connection], since: datetime, now: datetime) -> Digest:
    """Make the digest of what happened from ``since`` to ``now``; what waits or is stale, waits or is stale now."""
    return _Digester(store, {one.id: one for one in connections}, since, now).make()


class _Failed(Struct):
    """Runs that ended alike."""

    outcome: str
    kind: str
    record_type: str
    runs: list[RunEntry] = field(default_factory=list)


class _Digester:
    def __init__(self, store: Store, connections: Mapping[str, Connection], since: datetime, now: datetime) -> None:
        self._store = store
        self._connections = connections
        self._since = since
        self._now = now
        self._accounts = {one.id: Account(one.id, one.name) for one in connections.values()}
        self._stale = store.overview.stale()
        self._names: dict[_Key, str] = {one[:3]: one.display_id for one in self._stale if one.display_id}
        self._going_on: set[tuple[str, str]] = set()

    def make(self) -> Digest:
        self._add_runs()
        entries = self._store.quarantine_list()
        stale = self._stale_by_cause({entry.quarantine_id: entry for entry in entries})
        self._add_quarantine(entries, stale)
        self._add_events(self._store.log_events.list(since=self._since))
        self._add_stale(stale)
        self._add_overdue()
        self._add_drift()
        for account in self._accounts.values():
            account.troubles.sort(key=lambda one: (_SEVERITIES.index(one.severity), -one.count))
        given_up = self._store.outbox.count(failed=True)
        return Digest(to_text(self._since), to_text(self._now), tuple(self._accounts.values()), given_up)

    def _account(self, connection_id: str) -> Account:
        """Find the account of a connection, or open one for what is no longer configured, or belongs to none."""
        name = connection_id or "(unowned)"
        return self._accounts.setdefault(connection_id, Account(connection_id, name))

    # Runs

    def _add_runs(self) -> None:
        failed: dict[tuple[str, ...], _Failed] = {}
        mended: dict[tuple[str, ...], RunEntry] = {}
        refused: dict[tuple[str, ...], dict[str, Any]] = {}
        stale: dict[_Key, Mapping[str, Any]] = {}
        for run in self._store.overview.runs(self._since):
            report = run.report or {}
            of_it = (run.connection_id, run.record_type)
            _add_report(self._account(run.connection_id), run, report)
            if run.outcome == "running":
                self._going_on.add(of_it)
            elif run.outcome == "succeeded":
                mended |= {(*of_it, kind): run for kind in _makes_good(run)}
            else:
                key = (*of_it, run.kind, run.outcome, cause_of(_error(run), None))
                failed.setdefault(key, _Failed(run.outcome, run.kind, run.record_type)).runs.append(run)
            for line in report.get("refusedEntries", ()):
                _add_refused(refused, run, line)
            stale |= {(*of_it, one["remoteId"]): one for one in report.get("staleRecords", ())}
        for (connection_id, record_type, *_rest), group in failed.items():
            account = self._account(connection_id)
            later = mended.get((connection_id, record_type, group.kind))
            mender = later.kind if later is not None and later.started > group.runs[-1].started else None
            drifted = self._stopped_at_drift(group.runs[-1])
            account.troubles.append(_of_runs(account.connection, group, mender, drifted=drifted))
        for (connection_id, *_rest), line in sorted(refused.items(), key=lambda one: -one[1]["entries"]):
            self._account(connection_id).refused.append(line)
        self._add_left_stale(stale)

    def _stopped_at_drift(self, run: RunEntry) -> bool:
        connection = self._connections.get(run.connection_id)
        configured = None if connection is None else connection.imports.get(run.record_type)
        return configured is not None and configured.drift == "fail" and bool((run.report or {}).get("drift"))

    def _add_left_stale(self, stale: Mapping[_Key, Mapping[str, Any]]) -> None:
        """Add the known records that the chain keeps out now."""
        groups: dict[tuple[str, str, str], list[str]] = {}
        for (connection_id, record_type, remote_id), one in stale.items():
            key = (connection_id, record_type, one["reason"])
            groups.setdefault(key, []).append(one["reference"] or remote_id)
        todo = ('Nothing, if that is meant; else take applies_to = "all" out of the chain\'s ignore step.',)
        for (connection_id, record_type, reason), names in groups.items():
            said = Stale(record_type, f"ignored: {reason}", len(names), tuple(names[:MOST_NAMED]), None, todo)
            self._account(connection_id).stale.append(said)

    # Records that failed

    def _add_quarantine(self, entries: Iterable[QuarantineEntry], stale: dict[_Cause, list[_Stale]]) -> None:
        """Add what has failed; records that failed, and are all known, are taken out of those that are left stale."""
        groups: dict[_Cause, list[QuarantineEntry]] = {}
        for entry in entries:
            if from_text(entry.last_failed) < self._since:
                self._account(entry.connection_id).waiting += 1
                continue
            groups.setdefault(_cause(entry), []).append(entry)
        for cause, group in groups.items():
            account = self._account(group[-1].connection_id)
            known = {entry.quarantine_id for _record, entry in stale.get(cause, ())}
            left_stale = known == {entry.quarantine_id for entry in group}
            if left_stale:
                del stale[cause]
            account.troubles.append(self._of_records(account.connection, group, left_stale=left_stale))

    def _of_records(self, connection: str, group: Sequence[QuarantineEntry], *, left_stale: bool) -> Trouble:
        last = group[-1]
        return Trouble(
            kind="records",
            severity="error",
            record_type=last.record_type,
            summary=last.error,
            count=len(group),
            names=tuple(self._name(entry) for entry in group[:MOST_NAMED]),
            further=max(0, len(group) - MOST_NAMED),
            first=min(entry.first_failed for entry in group),
            last=max(entry.last_failed for entry in group),
            todo=(
                *_remedies(connection, group),
                f"crossdock quarantine show {last.quarantine_id}",
                *_retry(last),
            ),
            left_stale=left_stale,
        )

    def _name(self, entry: QuarantineEntry) -> str:
        """Say what people call a record that failed: by what is stored of it, or by its payload."""
        key = (entry.connection_id, entry.record_type, entry.remote_id or "")
        if key not in self._names:
            self._names[key] = self._reference(entry) or entry.remote_id or "(no id)"
        return self._names[key]

    def _reference(self, entry: QuarantineEntry) -> str | None:
        connection = self._connections.get(entry.connection_id)
        configured = None if connection is None else connection.imports.get(entry.record_type)
        found = None if configured is None else self._store.quarantine_show(entry.quarantine_id)
        return None if configured is None or found is None else reference_of(configured.mapping, found[1])

    # What outside programs tell

    def _add_events(self, events: Iterable[ReceivedEvent]) -> None:
        groups: dict[tuple[str, str, str | None, str], list[ReceivedEvent]] = {}
        for one in reversed(list(events)):
            event = one.event
            key = (one.connection_id, event.severity, event.record_type, cause_of(event.summary, None))
            groups.setdefault(key, []).append(one)
        for (connection_id, *_rest), group in groups.items():
            account = self._account(connection_id)
            account.troubles.append(_of_events(account.connection, group))

    # Records that are not up to date

    def _stale_by_cause(self, entries: Mapping[int, QuarantineEntry]) -> dict[_Cause, list[_Stale]]:
        groups: dict[_Cause, list[_Stale]] = {}
        for one in self._stale:
            entry = entries.get(one.quarantine_id)
            if entry is not None:
                groups.setdefault(_cause(entry), []).append((one, entry))
        return groups

    def _add_stale(self, groups: Mapping[_Cause, Sequence[_Stale]]) -> None:
        for (connection_id, record_type, *_rest), group in groups.items():
            names = tuple(one.display_id or one.remote_id for one, _entry in group[:MOST_NAMED])
            entries = [entry for _one, entry in group]
            account = self._account(connection_id)
            todo = _retry(entries[-1]) or _remedies(account.connection, entries)
            since = min(one.first_failed for one, _entry in group)
            why = f"a newer payload failed: {entries[-1].error}"
            account.stale.append(Stale(record_type, why, len(group), names, since, todo))

    def _add_overdue(self) -> None:
        """Add what is imported by a schedule and was not for longer than that says."""
        for plan in plans_of(self._connections.values()):
            of_it = (plan.connection.id, plan.record_type)
            last = self._store.overview.last_import(*of_it)
            if of_it in self._going_on or (last and due_after(plan, from_text(last)) + LATE > self._now):
                continue
            known = self._store.overview.known(*of_it)
            when = f"the last successful import began at {last}" if last else "not imported yet"
            todo = (
                "Is the program running that imports by the schedule, crossdock run?",
                f"crossdock import {plan.connection.name} --type {plan.record_type}",
            )
            why = f"to be imported {plan.times}, but {when}"
            self._account(plan.connection.id).stale.append(Stale(plan.record_type, why, known, (), last, todo))

    # Payloads that differ from earlier ones

    def _add_drift(self) -> None:
        """Add what was found since then and nobody has accepted yet."""
        groups: dict[tuple[str, str], list[Finding]] = {}
        for entry in self._store.drift.list():
            if entry.accepted is None and from_text(entry.found) >= self._since:
                groups.setdefault((entry.connection_id, entry.record_type), []).append(entry.finding)
        for (connection_id, record_type), found in groups.items():
            self._account(connection_id).drift += ((record_type, finding.told) for finding in leaves(found))


def _cause(entry: QuarantineEntry) -> _Cause:
    return entry.connection_id, entry.record_type, entry.stage, entry.error_class, entry.cause


def _remedies(connection: str, group: Sequence[QuarantineEntry]) -> tuple[str, ...]:
    last = group[-1]
    return remedies_for(last.stage, connection, last.record_type, [entry.remote_id for entry in group])


def _retry(entry: QuarantineEntry) -> tuple[str, ...]:
    """Say how all that failed as this one did is processed again, if that is of any use."""
    return (f"crossdock quarantine retry --cause {entry.quarantine_id}",) if may_be_retried(entry.stage) else ()


def _add_report(account: Account, run: RunEntry, report: Mapping[str, Any]) -> None:
    account.runs[run.outcome] += 1
    account.records.update({name: report[name] for name in _COUNTS if name in report})
    account.requests += report.get("requests", 0)
    account.retried.update({one["cause"]: one["count"] for one in report.get("retried", ())})


def _add_refused(refused: dict[tuple[str, ...], dict[str, Any]], run: RunEntry, line: Mapping[str, Any]) -> None:
    """Add up the entries of one kind; what is said is what the last run said."""
    named = tuple(str(line[name]) for name in ("limit", "rule", "place", "moduleId", "key"))
    key = (run.connection_id, run.record_type, *named)
    before = refused.get(key, {"entries": 0, "records": 0})
    counts = {name: before[name] + line[name] for name in ("entries", "records")}
    refused[key] = {"recordType": run.record_type, **line, **counts}


def _error(run: RunEntry) -> str:
    errors = (run.report or {}).get("sessionErrors") or ["its process ended without a word"]
    return "; ".join(errors)


def _makes_good(run: RunEntry) -> Sequence[str]:
    """Say runs of which kinds need not be repeated after this one, which succeeded."""
    if run.kind != "import":
        return (run.kind,)
    scope = (run.report or {}).get("scope", "changes")
    return IMPORT_KINDS if scope == "everything" else ("import",) if scope == "changes" else ()


def _of_runs(connection: str, group: _Failed, mender: str | None, *, drifted: bool) -> Trouble:
    last = group.runs[-1]
    again = _AGAIN.get(group.kind, _AGAIN["import"]).format(connection=connection, type=group.record_type)
    before = _before_again(connection, group, drifted=drifted)
    steps = [f"Nothing: a later {mender} succeeded."] if mender else [*before, again]
    return Trouble(
        kind="run",
        severity="info" if mender else "error" if group.outcome == "failed" else "warning",
        record_type=group.record_type,
        summary=f"{'ended early' if group.outcome == 'interrupted' else group.outcome}: {_error(last)}",
        count=len(group.runs),
        names=(),
        further=0,
        first=group.runs[0].started,
        last=last.started,
        todo=(*steps, f"crossdock runs show {last.run_id[:_SHORT]}"),
        run_kind=group.kind,
    )


def _before_again(connection: str, group: _Failed, *, drifted: bool) -> list[str]:
    """Say what to do before runs that ended like these are repeated."""
    error = _error(group.runs[-1])
    if drifted:
        return [f"crossdock drift list {connection}", f"crossdock drift accept {connection}"]
    if SPENT in error:
        retry = _AGAIN["retry"].format(connection=connection, type=group.record_type)
        return [f"crossdock quarantine list --connection {connection}", "Mend what it shows, then:", retry]
    if is_of_a_store(error):
        return ["The store is the trouble, not the remote system; do what is said of it, then:"]
    if NEEDS_REPAIR in error:
        return ["Repair the plugin, or have it repaired, then:"]
    return ["crossdock check --live"] if group.outcome == "failed" and group.kind in _ASKING else []


def _of_events(connection: str, group: Sequence[ReceivedEvent]) -> Trouble:
    last = group[-1].event
    names = list(dict.fromkeys(_related(group)))
    since = min(one.event.occurred for one in group)
    look = () if last.severity == "info" else (f"Look into the system of {connection}, which told this.",)
    return Trouble(
        kind="outside",
        severity=last.severity,
        record_type=last.record_type,
        summary="; ".join((last.summary, *last.body)),
        count=len(group),
        names=tuple(names[:MOST_NAMED]),
        further=max(0, len(names) - MOST_NAMED),
        first=since,
        last=max(one.event.occurred for one in group),
        todo=(*look, f"crossdock log list --since {since}"),
    )


def _related(group: Iterable[ReceivedEvent]) -> Iterator[str]:
    for one in group:
        yield from (related.name for related in one.event.related if related.name)
