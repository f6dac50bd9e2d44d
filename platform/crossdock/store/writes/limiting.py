"""Keeps direct writes within the limits of custom data, whoever writes and through what."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection

from crossdock.limits.error import LimitError, Refused
from crossdock.limits.rule import LimitRule
from crossdock.limits.sieve import newly_broken
from crossdock.records import SUB_RECORDS, Carried, Working
from crossdock.store.writes.follower import Write

if TYPE_CHECKING:
    from crossdock.store.writes.door import Door

_NOTHING: dict[str, Any] = {}


class LimitKeeper:
    """Undoes a direct write that breaks a limit.

    An import refuses single entries before they come here, and a flow reports what it may not bring.
    """

    def __init__(self, rules: Sequence[LimitRule]) -> None:
        self._rules = tuple(rules)

    def wants(self, record_type: str, record: Working, carried: Sequence[Carried]) -> bool:  # noqa: ARG002 - protocol's
        """Nothing that an import creates."""
        return False

    def follow(self, connection: Connection, door: Door, writes: Sequence[Write]) -> None:  # noqa: ARG002 - as above
        """Look at what was written.

        Raises:
            LimitError: it breaks a limit that it did not break before.
        """
        if door.actor.imports or door.actor.kind == "flow":
            return
        rules = [rule for rule in self._rules if rule.holds_for(door.record_type)]
        for write in writes:
            if write.after is not None:
                found = list(_newly_broken(rules, door.record_type, write.before or _NOTHING, write.after))
                if found:
                    raise LimitError(found)


def _newly_broken(rules: Sequence[LimitRule], record_type: str, before: Working, after: Working) -> Iterator[Refused]:
    was = {place: holder for place, _pointer, holder in _holders(record_type, before)} if before else {}
    for place, pointer, holder in _holders(record_type, after):
        entries = holder.get("customData", _NOTHING)
        old = was.get(place, _NOTHING).get("customData", _NOTHING)
        if entries or old:
            yield from (Refused(pointer, one) for one in newly_broken(rules, old, entries))


def _holders(record_type: str, record: Working) -> Iterator[tuple[tuple[str, str], str, Working]]:
    """The record and its parts: list and id, which stay when the place in the list changes; JSON pointer; itself."""
    yield ("", ""), "", record
    for name, id_name in SUB_RECORDS[record_type].items():
        for number, part in enumerate(record.get(name, ())):
            yield (name, part[id_name]), f"/{name}/{number}", part
