"""Runs: one import or export of one connection and record type each, with the report it left."""

from __future__ import annotations

import os
import secrets
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, Literal, TypeAlias, get_args

import msgspec
from msgspec import Struct
from msgspec.structs import replace
from sqlalchemy import Connection, bindparam, insert, select, update

from crossdock.store.imports import lease
from crossdock.store.imports.lease import Lease, LeaseLostError
from crossdock.store.imports.page import Outcome, Result
from crossdock.store.sql.database import Database
from crossdock.store.sql.moment import to_text
from crossdock.store.sql.tables import leases, runs
from crossdock.store.writes.actor import ImportKind
from crossdock.store.writes.follower import EndedRun, Follower, tell_of_run

Report: TypeAlias = dict[str, Any]
Direction: TypeAlias = Literal["import", "export"]
RunKind: TypeAlias = ImportKind | Literal["export"]
RunOutcome: TypeAlias = Literal["succeeded", "failed", "interrupted"]

LAST_PAGE = "lastPage"
_SO_FAR = update(runs).where(runs.c.run_id == bindparam("run")).values(report=bindparam("so_far"))


class Run(Struct, frozen=True):
    """The handle of a run that is going on; every page is written under it."""

    run_id: str
    connection_id: str
    record_type: str
    direction: Direction
    config_hash: bytes
    started: str
    kind: RunKind = "import"


class RunEntry(Struct, frozen=True):
    """A run as listed; ``outcome`` is ``running`` until it ended.

    ``report`` is the transfer report it left, or as long as it left none, the balance of the pages that are stored.
    """

    run_id: str
    connection_id: str
    record_type: str
    direction: str
    config_hash: bytes
    host: str
    pid: int
    started: str
    ended: str | None
    outcome: str
    report: Report | None
    kind: str


def begin(connection: Connection, run: Run, now: datetime, followers: Sequence[Follower] = ()) -> None:
    """Take the lease and open the run; the run of a dead process is marked as interrupted, and followers are told.

    Raises:
        LeaseHeldError: another run of this connection and record type is going on.
    """
    held = lease.find_lease(connection, run.connection_id, run.record_type)
    if held is not None and held.run_id == run.run_id:
        return  # it is begun; the answer got lost
    host, pid = lease.this_host(), os.getpid()
    taken = Lease(run.connection_id, run.record_type, run.run_id, host, pid, run.started, to_text(now))
    dead = lease.take_lease(connection, taken)
    if dead is not None:
        kept = connection.execute(select(runs.c.report).where(runs.c.run_id == dead.run_id)).scalar()
        report = None if kept is None else msgspec.json.decode(kept)
        heard = max(dead.heartbeat, (report or {}).get(LAST_PAGE, ""))
        ended = update(runs).where(runs.c.run_id == dead.run_id, runs.c.outcome.is_(None))
        if connection.execute(ended.values(outcome="interrupted", ended=heard)).rowcount:
            lost = replace(run, run_id=dead.run_id, started=dead.started)
            tell_of_run(connection, followers, _ended(lost, report, "interrupted", heard))
    row = {name: getattr(run, name) for name in Run.__struct_fields__}
    connection.execute(insert(runs).values(row | {"host": host, "pid": pid}))


def keep_balance(
    database: Database, connection: Connection, run: Run, before: Mapping[str, int], results: Sequence[Result], now: str
) -> None:
    """Keep the balance of the pages so far, and when the last one was stored, for a run whose process is killed."""
    counts = Counter(before)
    counts.update(result.outcome for result in results)
    balance: Report = {LAST_PAGE: now, "considered": before.get("considered", 0) + len(results)}
    balance |= {outcome: counts[outcome] for outcome in get_args(Outcome)}
    database.run(connection, _SO_FAR, (msgspec.json.encode(balance).decode(), run.run_id))


def end(
    connection: Connection, run: Run, report: Report, outcome: RunOutcome, now: str, followers: Sequence[Follower] = ()
) -> None:
    """Close the run with its report, give the lease back and tell the followers.

    Raises:
        LeaseLostError: another run has taken its place meanwhile.
    """
    text = msgspec.json.encode(report).decode()
    if not lease.release(connection, run.run_id):
        if connection.execute(select(runs.c.report).where(runs.c.run_id == run.run_id)).scalar_one_or_none() == text:
            return  # it is ended; the answer got lost
        raise LeaseLostError(run.run_id)
    connection.execute(update(runs).where(runs.c.run_id == run.run_id).values(ended=now, outcome=outcome, report=text))
    tell_of_run(connection, followers, _ended(run, report, outcome, now))


def _ended(run: Run, report: Report | None, outcome: RunOutcome, ended: str) -> EndedRun:
    return EndedRun(run.run_id, run.connection_id, run.record_type, run.direction, outcome, run.started, ended, report)


def new_run_id() -> str:
    """Make a run id: 32 hex digits."""
    return secrets.token_hex(16)


def list_runs(connection: Connection, now: datetime, connection_id: str | None, limit: int | None) -> list[RunEntry]:
    """List runs, newest first; one whose process died is shown as interrupted."""
    query = select(runs).order_by(runs.c.started.desc(), runs.c.run_id).limit(limit)
    if connection_id is not None:
        query = query.where(runs.c.connection_id == connection_id)
    rows = connection.execute(query).all()
    alive = alive_runs(connection, now)
    return [entry_of(row, alive) for row in rows]


def alive_runs(connection: Connection, now: datetime) -> set[str]:
    """List the ids of the runs that are going on."""
    return {held.run_id for row in connection.execute(select(leases)) if (held := Lease(*row)).is_alive(now)}


def read_run(connection: Connection, now: datetime, run_id: str) -> RunEntry | None:
    """Read one run."""
    row = connection.execute(select(runs).where(runs.c.run_id == run_id)).first()
    held = connection.execute(select(leases).where(leases.c.run_id == run_id)).first()
    alive = {run_id} if held is not None and Lease(*held).is_alive(now) else set[str]()
    return None if row is None else entry_of(row, alive)


def entry_of(row: Any, alive: Collection[str]) -> RunEntry:
    """Make the entry of a row; one without an end whose process is not alive was interrupted."""
    outcome = row.outcome or ("running" if row.run_id in alive else "interrupted")
    report = None if row.report is None else msgspec.json.decode(row.report)
    values = [*row[:-3], outcome, report, row.kind]
    return RunEntry(*values)
