"""What a write changed, value by value: the lines of a record's history."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from msgspec import Struct

from crossdock.customdata.sameness import same
from crossdock.records import SUB_RECORDS, Working

_NOTHING: dict[str, Any] = {}


class Change(Struct, frozen=True):
    """One changed value; ``None`` stands for absent.

    ``path`` is a dotted wire name: ``billingAddress.city``, ``rows[<rowId>].sku``, ``customData[<entry key>]``.
    """

    path: str
    old: object
    new: object


def changes(record_type: str, before: Working, after: Working) -> Iterator[Change]:
    """Walk the values in which two states of a record differ; a whole part that came or went is one value."""
    parts = SUB_RECORDS[record_type]
    for name in {**before, **after}:
        old, new = before.get(name), after.get(name)
        if same(old, new):
            continue
        if name in parts:
            yield from _part_changes(name, parts[name], old or (), new or ())
        else:
            yield from _value_changes(name, name, old, new)


def _value_changes(path: str, name: str, old: object, new: object) -> Iterator[Change]:
    if same(old, new):
        return
    if name == "customData" or name.endswith("Map"):
        was, now = _mapping(old), _mapping(new)
        for key in {**was, **now}:
            if not same(was.get(key), now.get(key)):
                yield Change(f"{path}[{key}]", was.get(key), now.get(key))
    elif isinstance(old, dict | None) and isinstance(new, dict | None):
        yield from _object_changes(f"{path}.", old or _NOTHING, new or _NOTHING)
    else:
        yield Change(path, old, new)


def _object_changes(prefix: str, old: Working, new: Working) -> Iterator[Change]:
    for name in {**old, **new}:
        yield from _value_changes(f"{prefix}{name}", name, old.get(name), new.get(name))


def _part_changes(name: str, id_field: str, old: Sequence[Working], new: Sequence[Working]) -> Iterator[Change]:
    was = {part[id_field]: part for part in old}
    now = {part[id_field]: part for part in new}
    for part_id in {**was, **now}:
        place = f"{name}[{part_id}]"
        if part_id in was and part_id in now:
            yield from _object_changes(f"{place}.", was[part_id], now[part_id])
        else:
            yield Change(place, was.get(part_id), now.get(part_id))
    stayed = [part_id for part_id in was if part_id in now]
    order = [part_id for part_id in now if part_id in was]
    if stayed != order:
        yield Change(f"{name}[]", stayed, order)


def _mapping(value: object) -> Working:
    return value if isinstance(value, dict) else _NOTHING
