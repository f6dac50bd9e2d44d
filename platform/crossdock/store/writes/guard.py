"""The ownership guard: compares before with after and refuses what the writer does not own.

Fields belong to everybody. Custom data entries and the keys of maps by connection id (``remoteIdMap``,
``remoteRefMap``, ...) belong to the connection they name; unowned entries belong to the operators. That holds on
the record and on its sub-records, so removing a sub-record that carries others' entries is an offence as well.
A flow owns nothing: it may make the copies that it says it makes, and change nothing else. An operator repairs
anything, also what a mapping made; but no mapping makes unowned entries, so nobody creates one in a connector's module.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from crossdock.customdata import split_dictionary_key
from crossdock.customdata.sameness import same
from crossdock.errors import Offence, OwnershipError
from crossdock.records import Working
from crossdock.records.wire import dump_stored
from crossdock.store.writes.actor import Actor, Copy
from crossdock.store.writes.changes import changes
from crossdock.store.writes.layout import holders, map_at

_NOTHING: dict[str, Any] = {}
_NOBODYS_MAPPING = "|connector."  # how the key of an unowned entry in a connector's module begins


def check(actor: Actor, record_type: str, before: Working | None, after: Working | None) -> None:
    """Let a write pass, or refuse it.

    Args:
        actor: who writes.
        record_type: of the record.
        before: the record as it stands, ``None`` if it is created.
        after: the record as the writer wants it, ``None`` if it is deleted.

    Raises:
        OwnershipError: names every offending key, its owner and what was tried.
    """
    offences = tuple(_FIND[actor.kind](actor, record_type, before or _NOTHING, after or _NOTHING))
    if offences:
        raise OwnershipError(str(actor), offences)


def own_entries(actor: Actor) -> tuple[str, ...]:
    """List the beginnings of dictionary keys this actor may write."""
    if actor.connection_id is None:
        return ()
    anyones = f"{actor.connection_id}|x-"
    if actor.imports and actor.connector is not None:
        return anyones, f"{actor.connection_id}|connector.{actor.connector}|"
    return (anyones,)


def _offences(actor: Actor, record_type: str, before: Working, after: Working) -> Iterator[Offence]:
    own = own_entries(actor)
    was = {place: holder for place, holder, _maps in holders(record_type, before)} if before else _NOTHING
    for place, holder, id_maps in holders(record_type, after):
        old = was.get(place, _NOTHING)
        yield from _changed_entries(actor, own, place, old.get("customData"), holder.get("customData"))
        for steps in id_maps:
            yield from _changed_ids(actor, place, steps, map_at(old, steps), map_at(holder, steps))
    if before:
        yield from _gone(actor, own, record_type, before, after)


def _beyond_copies(actor: Actor, record_type: str, before: Working, after: Working) -> Iterator[Offence]:
    for change in changes(record_type, before, after):
        key = change.path.removeprefix("customData[").removesuffix("]")
        text = None if change.new is None else dump_stored(change.new)
        if change.path != f"customData[{key}]" or Copy("", key, text) not in actor.copies:
            yield Offence(change.path, _owner(key), _attempt(change.old, change.new))


def _beyond_repair(_actor: Actor, record_type: str, before: Working, after: Working) -> Iterator[Offence]:
    was = {place: holder.get("customData", _NOTHING) for place, holder, _maps in holders(record_type, before)}
    for place, holder, _maps in holders(record_type, after):
        for key in holder.get("customData", _NOTHING):
            if key.startswith(_NOBODYS_MAPPING) and key not in was.get(place, _NOTHING):
                yield Offence(f"{place}customData[{key}]", None, "create", unmade=True)


def _gone(actor: Actor, own: tuple[str, ...], record_type: str, before: Working, after: Working) -> Iterator[Offence]:
    left = {place for place, _holder, _maps in holders(record_type, after)}
    for place, holder, id_maps in holders(record_type, before):
        if place not in left:
            yield from _changed_entries(actor, own, place, holder.get("customData"), None)
            for steps in id_maps:
                yield from _changed_ids(actor, place, steps, map_at(holder, steps), _NOTHING)


def _changed_entries(
    actor: Actor, own: tuple[str, ...], place: str, old: Working | None, new: Working | None
) -> Iterator[Offence]:
    if same(old, new):
        return
    old, new = old or _NOTHING, new or _NOTHING
    for key in {**old, **new}:
        if not key.startswith(own) and not same(old.get(key), new.get(key)):
            owner = _owner(key)
            unmade = key not in old and key.startswith(_NOBODYS_MAPPING)
            mapped = owner is not None and owner == actor.connection_id
            yield Offence(f"{place}customData[{key}]", owner, _attempt(old.get(key), new.get(key)), unmade, mapped)


def _changed_ids(actor: Actor, place: str, steps: tuple[str, ...], old: Working, new: Working) -> Iterator[Offence]:
    if old == new:
        return
    for key in {**old, **new}:
        if key != actor.connection_id and old.get(key) != new.get(key):
            yield Offence(f"{place}{'.'.join(steps)}[{key}]", key, _attempt(old.get(key), new.get(key)))


def _owner(key: str) -> str | None:
    try:
        return split_dictionary_key(key)[0]
    except ValueError:
        return None


def _attempt(old: object, new: object) -> str:
    if old is None:
        return "create"
    return "delete" if new is None else "change"


_FIND = {"connection": _offences, "flow": _beyond_copies, "operator": _beyond_repair}
