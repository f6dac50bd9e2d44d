"""Events: what happened to a record or a run, written for those who asked, in the transaction in which it happened."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from sqlalchemy import Connection, insert

from crossdock.config.subscription import EventKind, Subscription
from crossdock.customdata import dictionary_key
from crossdock.records import Carried, Working
from crossdock.store.events.event_body import pack_body
from crossdock.store.sql.tables import outbox
from crossdock.store.writes.actor import Actor
from crossdock.store.writes.changes import Change
from crossdock.store.writes.door import Door
from crossdock.store.writes.follower import EndedRun, Write

_OWN_MAP = re.compile(r"(?:^|\.)\w+Map\[([0-9a-f]{32})\]$")


class EventFollower:
    """Writes an event into the outbox for each subscription that a write or the end of a run concerns.

    A subscription hears of a write once, with everything that changed: as ``record.updated`` if it asked for that and a
    field changed, as ``customData.changed`` if only entries did, or if it asked for no more.
    """

    def __init__(self, subscriptions: Iterable[Subscription]) -> None:
        self._subscriptions = tuple(subscriptions)

    def wants(self, record_type: str, record: Working, carried: Sequence[Carried]) -> bool:  # noqa: ARG002 - protocol's
        """Say whether anybody wants to hear of new records of this type."""
        return any(one.concerns("record.created", record_type) for one in self._subscriptions)

    def follow(self, connection: Connection, door: Door, writes: Sequence[Write]) -> None:
        """Write the events of a transaction, in the order of its writes."""
        listening = [one for one in self._subscriptions if one.own_changes or not _is_own(door.actor, one)]
        rows = [row for write in writes for row in _events(listening, door, write)] if listening else []
        if rows:
            connection.execute(insert(outbox), rows)

    def follow_run(self, connection: Connection, run: EndedRun) -> None:
        """Write the event of a run that ended."""
        told = [one.name for one in self._subscriptions if one.concerns("run.finished", run.record_type)]
        if told:
            body = pack_body("run.finished", run.ended, _run_facts(run))
            rows = [_row(name, "run.finished", run.record_type, run.run_id, run.ended, body) for name in told]
            connection.execute(insert(outbox), rows)


def _is_own(actor: Actor, subscription: Subscription) -> bool:
    """Say whether what an actor wrote is what the receiver itself did."""
    own = subscription.connection_id
    return own is not None and actor.kind == "connection" and actor.connection_id == own


def _events(subscriptions: Sequence[Subscription], door: Door, write: Write) -> Iterator[dict[str, Any]]:
    """Make the rows of one write, with one body for all who hear the same."""
    changes = tuple(_each(write.changes))
    kinds = _kinds_of(write, changes)
    bodies: dict[EventKind, bytes] = {}
    for one in subscriptions:
        kind = next((kind for kind in kinds if one.concerns(kind, door.record_type)), None)
        if kind is None:
            continue
        if kind not in bodies:
            bodies[kind] = pack_body(kind, door.now, _facts(door, write, changes), write.stored.document)
        yield _row(one.name, kind, door.record_type, write.stored.local_id, door.now, bodies[kind])


def _each(changes: Iterable[Change]) -> Iterator[Change]:
    """Walk the changes; of a part that came or went with entries, each entry is one of its own."""
    for change in changes:
        old, new = _entries_of(change.old), _entries_of(change.new)
        if not old and not new:
            yield change
            continue
        yield Change(change.path, _without_entries(change.old), _without_entries(change.new))
        for key in {**old, **new}:
            yield Change(f"{change.path}.customData[{key}]", old.get(key), new.get(key))


def _entries_of(value: object) -> Working:
    found: Working = value.get("customData") or {} if isinstance(value, dict) else {}
    return found


def _without_entries(value: object) -> object:
    return {name: inner for name, inner in value.items() if name != "customData"} if isinstance(value, dict) else value


def _kinds_of(write: Write, changes: Sequence[Change]) -> tuple[EventKind, ...]:
    """Say what a write may be called, the most telling first."""
    if write.before is None:
        return ("record.created",)
    if write.after is None:
        return ("record.deleted",)
    entries = sum(map(_is_entry, changes))
    fields = len(changes) - entries
    return (*(("record.updated",) if fields else ()), *(("customData.changed",) if entries else ()))


def _is_entry(change: Change) -> bool:
    """Say whether a change is one of a custom data entry; an entry's key may hold anything, even another path."""
    entry = change.new if isinstance(change.new, dict) else change.old
    if not isinstance(entry, dict) or "moduleId" not in entry:
        return False
    return change.path.endswith(f"customData[{_key(entry)}]")


def _key(entry: Working) -> str:
    return dictionary_key(entry.get("connectionId"), entry["moduleId"], entry["key"])


def _owner(change: Change) -> str | None:
    """Say which connection owns what changed; a field belongs to everybody."""
    if _is_entry(change):
        entry = change.new if isinstance(change.new, dict) else change.old
        owner: str | None = entry.get("connectionId") if isinstance(entry, dict) else None
        return owner
    found = _OWN_MAP.search(change.path)
    return found[1] if found else None


def _facts(door: Door, write: Write, changes: Iterable[Change]) -> dict[str, Any]:
    stored, actor = write.stored, write.actor
    return {
        "recordType": door.record_type,
        "localId": stored.local_id,
        "version": stored.version + (write.after is None),
        "actor": {
            "kind": actor.kind,
            "name": actor.name,
            "connectionId": actor.connection_id,
            "through": actor.through,
        },
        "runId": door.run_id,
        "changes": [
            {
                "path": change.path,
                "old": change.old,
                "new": change.new,
                "owner": _owner(change),
            }
            for change in changes
        ],
    }


def _run_facts(run: EndedRun) -> dict[str, Any]:
    return {
        "runId": run.run_id,
        "connectionId": run.connection_id,
        "recordType": run.record_type,
        "direction": run.direction,
        "outcome": run.outcome,
        "startTime": run.started,
        "endTime": run.ended,
        "report": run.report,
    }


def _row(subscription: str, kind: EventKind, record_type: str, about: str, now: str, body: bytes) -> dict[str, Any]:
    return {
        "message_id": f"msg_{secrets.token_hex(16)}",
        "subscription": subscription,
        "kind": kind,
        "record_type": record_type,
        "local_id": about,
        "occurred": now,
        "body": body,
        "attempts": 0,
        "due": now,
    }
