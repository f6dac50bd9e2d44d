"""Flows at work: in the transaction of each write, entries go along links from record to record."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple, TypeAlias

from msgspec.structs import replace
from sqlalchemy import Connection, insert

from crossdock.config.flows import Flows, Pair
from crossdock.customdata import split_dictionary_key
from crossdock.customdata.sameness import same
from crossdock.limits.rule import LimitRule
from crossdock.limits.sieve import items_of, sift
from crossdock.records import Carried, Working
from crossdock.records.wire import dump_stored
from crossdock.store.flows import flowing
from crossdock.store.flows.flow_plan import MOVES, Source, Target, Verdict, plan
from crossdock.store.flows.flowing import HERE, Brought
from crossdock.store.flows.links import Edge, LinkFollower, Ref, edges
from crossdock.store.sql.tables import log_events
from crossdock.store.writes.actor import Actor, Copy
from crossdock.store.writes.door import Door, Stored
from crossdock.store.writes.follower import Write

# Says of each entry that a record of a type may not have besides what it has, why: (record type, there, wanted).
Refuse: TypeAlias = Callable[[str, Working, Working], Mapping[str, str]]


def refuse_nothing(record_type: str, there: Working, wanted: Working) -> Mapping[str, str]:  # noqa: ARG001 - the shape
    """Let every entry pass: the refusal of a store without limits."""
    return {}


def refusal_by(rules: Sequence[LimitRule]) -> Refuse:
    """Make the refusal of a store with limits; what is there already has the first claim to the room there is."""

    def refuse(record_type: str, there: Working, wanted: Working) -> Mapping[str, str]:
        holding = [rule for rule in rules if rule.holds_for(record_type)]
        found = sift(holding, items_of({**there, **wanted})) if holding else {}
        return {key: str(excess) for key, excess in found.items() if key in wanted}

    return refuse


class Decided(NamedTuple):
    """One target with what is decided about its entries."""

    stored: Stored
    brought: Mapping[str, Brought]
    verdicts: tuple[Verdict, ...]
    copies: tuple[Ref, ...]


class FlowFollower:
    """Brings entries to linked records, by the rules of the configuration."""

    def __init__(self, flows: Flows, refuse: Refuse = refuse_nothing) -> None:
        self._flows = flows
        self._turns = flows.turns
        self._refuse = refuse
        self._links = LinkFollower()

    def wants(self, record_type: str, record: Working, carried: Sequence[Carried]) -> bool:
        """Say whether a new record has links."""
        return self._links.wants(record_type, record, carried)

    def follow(self, connection: Connection, door: Door, writes: Sequence[Write]) -> None:
        """Keep the rows of the links in step, and bring what goes along them."""
        come = self._links.take(connection, door, writes)
        gone = [write.stored.local_id for write in writes if write.after is None]
        flowing.forget(connection, door.database, door.record_type, gone)
        come.update(write.stored.local_id for write in writes if _matters(write))
        if not come:
            return
        targets = self._targets(connection, door, sorted(come), writes)
        for record_type in self._turns:  # a copy is made once, so of what its source has when that got everything
            if record_type in targets:
                decided = self.decide(connection, door, record_type, sorted(targets[record_type]))
                _Carrier(connection, door, record_type).carry(decided)

    @property
    def pairs(self) -> frozenset[Pair]:
        """From which record types to which ones anything goes."""
        return self._flows.pairs

    def decide(self, connection: Connection, door: Door, record_type: str, local_ids: Sequence[str]) -> list[Decided]:
        """Decide what flows do to records of one type, in the order of their ids, and write nothing."""
        return _decide(connection, door, self._flows, self._refuse, record_type, local_ids)

    def _targets(
        self, connection: Connection, door: Door, local_ids: Sequence[str], writes: Sequence[Write]
    ) -> dict[str, set[str]]:
        """List the records to which something may have to flow now, by record type."""
        here, pairs = door.record_type, self._flows.pairs
        found: dict[str, set[str]] = {}
        if not any(here in pair for pair in pairs):
            return found
        without = {write.stored.local_id for write in writes if write.after is None or not write.stored.field("links")}
        for edge in edges(connection, door.database, here, local_ids, without=without):
            if (here, edge.other.record_type) in pairs:
                found.setdefault(edge.other.record_type, set()).add(edge.other.local_id)
            if (edge.other.record_type, here) in pairs and door.actor.kind != "flow":
                found.setdefault(here, set()).add(edge.local_id)
        return found


def _matters(write: Write) -> bool:
    before, after = write.before or {}, write.after or {}
    if write.after is None:
        return False
    return any(not same(before.get(name), after.get(name)) for name in ("links", "customData"))


def _decide(
    connection: Connection, door: Door, flows: Flows, refuse: Refuse, record_type: str, local_ids: Sequence[str]
) -> list[Decided]:
    database = door.database
    ways = [
        edge
        for edge in edges(connection, database, record_type, local_ids)
        if (edge.other.record_type, record_type) in flows.pairs
    ]
    entries = _entries_of(connection, door, {edge.other for edge in ways})
    copied = flowing.read_copied(connection, database, record_type, local_ids)
    brought = flowing.read_brought(connection, database, record_type, local_ids)
    found = []
    for local_id, stored in sorted(_door_to(door, record_type).load(connection, local_ids).items()):
        mine = [edge for edge in ways if edge.local_id == local_id and edge.other in entries]
        sources = _sources(mine, entries, copied)
        there = stored.content.get("customData", {})
        target = Target(record_type, there, brought[local_id])
        verdicts = plan(flows, target, sources)
        touched = [one.key for one in verdicts if one.decision in {"change", "takeBack"}]
        own = flowing.produced_keys(connection, database, record_type, stored.content, touched)
        if own:
            verdicts = plan(flows, replace(target, own=own), sources)
        copies = [one.ref for one in sources if not one.copied and (one.ref.record_type, record_type) in flows.copying]
        limited = _limited(refuse, record_type, there, verdicts)
        found.append(Decided(stored, brought[local_id], tuple(limited), tuple(copies)))
    return found


def _entries_of(connection: Connection, door: Door, refs: Iterable[Ref]) -> dict[Ref, Working]:
    by_type: dict[str, list[str]] = {}
    for ref in sorted(refs):
        by_type.setdefault(ref.record_type, []).append(ref.local_id)
    return {
        Ref(record_type, local_id): stored.content.get("customData", {})
        for record_type, local_ids in by_type.items()
        for local_id, stored in _door_to(door, record_type).load(connection, local_ids).items()
    }


def _sources(ways: Sequence[Edge], entries: Mapping[Ref, Working], copied: set[tuple[str, Ref]]) -> list[Source]:
    """Make one source of each linked record, however many links there are."""
    positions: dict[Ref, int | None] = {}
    for edge in ways:
        known = positions.setdefault(edge.other, edge.position)
        if edge.position is not None and (known is None or edge.position < known):
            positions[edge.other] = edge.position
    targets = {edge.other: edge.local_id for edge in ways}
    return [
        Source(ref, entries[ref], position, copied=(targets[ref], ref) in copied) for ref, position in positions.items()
    ]


def _limited(refuse: Refuse, record_type: str, there: Working, verdicts: Sequence[Verdict]) -> list[Verdict]:
    """Take out what the target's limits refuse."""
    wanted = {one.key: one.entry for one in verdicts if one.decision in MOVES and one.entry is not None}
    if not wanted:
        return list(verdicts)
    leaving = {one.key for one in verdicts if one.decision == "takeBack"}
    stays = {key: entry for key, entry in there.items() if key not in wanted and key not in leaving}
    reasons = refuse(record_type, stays, wanted)
    return [
        one._replace(decision="refused", reason=reasons[one.key]) if one.key in reasons else one for one in verdicts
    ]


def _door_to(door: Door, record_type: str) -> Door:
    """Open a door to records of another type in the same transaction."""
    return Door(
        door.database,
        door.actor,
        record_type,
        now=door.now,
        run_id=door.run_id,
        followers=door.followers,
    )


class _Carrier:
    """Writes what was decided about records of one type, what each source has by an actor of its own."""

    def __init__(self, connection: Connection, door: Door, record_type: str) -> None:
        self._connection = connection
        self._door = door
        self._record_type = record_type

    def carry(self, decided: Sequence[Decided]) -> None:
        connection, database, record_type = self._connection, self._door.database, self._record_type
        flowing.write_brought(connection, database, record_type, _remembered(decided))
        copies = {(one.stored.local_id, source) for one in decided for source in one.copies}
        flowing.write_copied(connection, database, record_type, copies)
        _report(connection, self._door, record_type, decided)
        shares = [(one.stored, sorted(_by_source(one.verdicts).items())) for one in decided]
        for turn in range(max((len(share) for _stored, share in shares), default=0)):
            self._bring([(stored, *share[turn]) for stored, share in shares if turn < len(share)])

    def _bring(self, moves: Sequence[tuple[Stored, Ref, list[Verdict]]]) -> None:
        """Write what one source each has for these records."""
        door = _door_to(self._door, self._record_type)
        for stored, source, share in moves:
            door.actor = _actor(source, self._record_type, share)
            door.change(stored, _with(stored.content, share))
        door.flush(self._connection)
        door.follow(self._connection)
        if self._record_type == self._door.record_type:
            self._door.rewritten.update(stored.local_id for stored, _source, _share in moves)


def _actor(source: Ref, record_type: str, moves: Sequence[Verdict]) -> Actor:
    name = f"flow {source.record_type}->{record_type} from {source.record_type}/{source.local_id}"
    copies = (Copy(HERE, move.key, None if move.entry is None else dump_stored(move.entry)) for move in moves)
    return Actor("flow", None, name, "flow", copies=frozenset(copies))


def _by_source(verdicts: Iterable[Verdict]) -> dict[Ref, list[Verdict]]:
    found: dict[Ref, list[Verdict]] = {}
    for one in verdicts:
        if one.decision in MOVES and one.source is not None:
            found.setdefault(one.source, []).append(one)
    return found


def _with(content: Working, moves: Sequence[Verdict]) -> Working:
    entries = {**content.get("customData", {})}
    for move in moves:
        if move.entry is None:
            entries.pop(move.key, None)
        else:
            entries[move.key] = move.entry
    rest = {name: value for name, value in content.items() if name != "customData"}
    return {**rest, "customData": entries} if entries else rest


def _remembered(decided: Sequence[Decided]) -> Iterable[tuple[str, str, Brought | None]]:
    """List what flows have to do with afterwards, where that is something else than before."""
    for one in decided:
        for verdict in one.verdicts:
            before = one.brought.get(verdict.key)
            after = _after(verdict, before)
            if not same(after, before):
                yield one.stored.local_id, verdict.key, after


def _after(verdict: Verdict, before: Brought | None) -> Brought | None:
    if verdict.source is None or verdict.decision == "copied":
        return before
    match verdict.decision:
        case "bring" | "change" | "overwrite" | "there":
            return Brought(verdict.source, verdict.entry)
        case "takeBack":
            return None
        case "refused":
            return Brought(verdict.source, before and before.entry, verdict.reason)
        case _:
            return before if before is None or before.entry else None


def _report(connection: Connection, door: Door, record_type: str, decided: Sequence[Decided]) -> None:
    """Tell the operator once which entries a limit keeps out."""
    for one in decided:
        for verdict in one.verdicts:
            before = one.brought.get(verdict.key)
            if verdict.decision == "refused" and verdict.source and not (before and before.refused == verdict.reason):
                owner = split_dictionary_key(verdict.key)[0] or ""
                related = {"id": one.stored.local_id, "displayId": one.stored.content.get("displayId")}
                row = {
                    "connection_id": owner,
                    "occurred": door.now,
                    "received": door.now,
                    "severity": "warning",
                    "record_type": record_type,
                    "summary": f"an entry did not flow from {'/'.join(verdict.source)}: {verdict.reason}",
                    "body": "[]",
                    "related": dump_stored([{**_given(related), "message": verdict.key}]).decode(),
                }
                connection.execute(insert(log_events).values(row))


def _given(fields: Working) -> Working:
    return {name: value for name, value in fields.items() if value is not None}
