"""The digest of a time: what an operator wants to read in the morning, connection by connection."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any, Literal, TypeAlias

from msgspec import Struct, field

from crossdock.store.events.log_events import Severity

Kind: TypeAlias = Literal["records", "run", "outside"]


class Trouble(Struct, frozen=True):
    """Everything that went wrong for one cause.

    Args:
        kind: records that failed, runs that did not succeed, or what an outside program tells of its own system.
        severity: how bad it is.
        record_type: of the records, where it concerns some.
        summary: what went wrong, in the words of the last one.
        count: how many records, runs or events.
        names: the records, as people call them: order numbers; not more than can be read.
        further: how many more records there are.
        first: when it was met first, UTC text.
        last: when it was met last.
        todo: what to do, a sentence or command each.
        run_kind: of runs, what they were: imports, replays, retries or repairs.
        left_stale: of records, whether all of them are known, and were left as they are.
    """

    kind: Kind
    severity: Severity
    record_type: str | None
    summary: str
    count: int
    names: tuple[str, ...]
    further: int
    first: str
    last: str
    todo: tuple[str, ...]
    run_kind: str | None = None
    left_stale: bool = False

    def as_wire(self) -> dict[str, Any]:
        """Make its JSON."""
        return {
            "kind": self.kind,
            "severity": self.severity,
            "recordType": self.record_type,
            "summary": self.summary,
            "count": self.count,
            "records": list(self.names),
            "furtherRecords": self.further,
            "first": self.first,
            "last": self.last,
            "todo": list(self.todo),
            **({"runKind": self.run_kind} if self.run_kind else {}),
            **({"leftStale": True} if self.left_stale else {}),
        }


class Stale(Struct, frozen=True):
    """Known records that are not what the remote system has, and why; ``since`` is the earliest that may be behind."""

    record_type: str
    why: str
    count: int
    names: tuple[str, ...]
    since: str | None
    todo: tuple[str, ...]

    def as_wire(self) -> dict[str, Any]:
        """Make its JSON."""
        return {
            "recordType": self.record_type,
            "why": self.why,
            "count": self.count,
            "records": list(self.names),
            "since": self.since,
            "todo": list(self.todo),
        }


class Account(Struct):
    """How one connection fared.

    Args:
        connection_id: which one.
        connection: its name, or its id if it is no longer configured.
        runs: by outcome.
        records: that these runs considered, created and so on.
        requests: how many were made.
        retried: how many were repeated, by what went wrong.
        troubles: what went wrong, the worst first.
        waiting: payloads in quarantine that have failed before the time of the digest.
        refused: entries that limits refused, as the transfer report has them.
        stale: further known records that were left stale.
        drift: how payloads differ from earlier ones, which nobody has accepted yet, with the record type.
    """

    connection_id: str
    connection: str
    runs: Counter[str] = field(default_factory=Counter)
    records: Counter[str] = field(default_factory=Counter)
    requests: int = 0
    retried: Counter[str] = field(default_factory=Counter)
    troubles: list[Trouble] = field(default_factory=list)
    waiting: int = 0
    refused: list[Mapping[str, Any]] = field(default_factory=list)
    stale: list[Stale] = field(default_factory=list)
    drift: list[tuple[str, str]] = field(default_factory=list)

    @property
    def well(self) -> bool:
        """Whether there is nothing to do about it."""
        bad = any(one.severity != "info" for one in self.troubles)
        return not (bad or self.waiting or self.refused or self.stale or self.drift)

    def as_wire(self) -> dict[str, Any]:
        """Make its JSON."""
        return {
            "connectionId": self.connection_id,
            "connection": self.connection,
            "well": self.well,
            "runs": dict(self.runs),
            "records": dict(self.records),
            "requests": self.requests,
            "retried": dict(self.retried),
            "troubles": [one.as_wire() for one in self.troubles],
            "waitingSinceBefore": self.waiting,
            "refusedEntries": list(self.refused),
            "stale": [one.as_wire() for one in self.stale],
            "drift": [{"recordType": record_type, "told": told} for record_type, told in self.drift],
        }


class Digest(Struct, frozen=True):
    """The whole digest; ``given_up`` counts events that no receiver would take."""

    since: str
    until: str
    accounts: tuple[Account, ...]
    given_up: int

    @property
    def well(self) -> bool:
        """Whether there is nothing to do."""
        return not self.given_up and all(one.well for one in self.accounts)

    def as_wire(self) -> dict[str, Any]:
        """Make its JSON."""
        return {
            "since": self.since,
            "until": self.until,
            "well": self.well,
            "connections": [one.as_wire() for one in self.accounts],
            "eventsGivenUp": self.given_up,
        }
