"""The three-way merge of an import: only values whose production changed are written.

All three records are wire-level dicts (what ``decode_record`` gives), without the platform's own fields. A value is
a leaf of nested objects, one key of a map, one custom data entry, one whole plain list; parts of a record with an
identity of their own (rows, payments, ...) are matched by it. So an edit made elsewhere survives until the remote
system changes that very value.

What becomes of a part that others deleted: it stays deleted as long as the remote leaves it as it is, like any other
edit; when the remote changes anything in it, the import wins and it comes back whole.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from crossdock.customdata.sameness import same
from crossdock.errors import RecordError
from crossdock.records import SUB_RECORDS, Working

ENTRIES = "customData"
REMOVED = "removed"
_NOTHING: Working = {}


def merge(record_type: str, previous: Working, produced: Working, stored: Working) -> Working:
    """Merge what a connection produces now into the stored record.

    Args:
        record_type: names the lists of sub-records.
        previous: what the connection produced last time; empty if never.
        produced: what it produces now.
        stored: the record as it stands.

    Returns:
        The merged record; none of the arguments is changed, parts may be shared with them.

    Raises:
        RecordError: two parts of one list share their id.
    """
    parts = SUB_RECORDS[record_type]
    merged = dict(stored)
    for name in _changed_names(previous, produced):
        if name in parts:
            lists = (previous.get(name, ()), produced.get(name, ()), stored.get(name, ()))
            _put(merged, name, _merge_parts(name, parts[name], *lists))
        else:
            _put(merged, name, _merge_value(name, previous.get(name), produced.get(name), stored.get(name)))
    return merged


def check_identities(record_type: str, record: Working) -> None:
    """Refuse a record in which two parts of one list share their id, for they could never be told apart again."""
    for name, id_field in SUB_RECORDS[record_type].items():
        _by_id(name, id_field, record.get(name, ()))


def _changed_names(previous: Working, produced: Working) -> list[str]:
    return [name for name in {**produced, **previous} if not same(previous.get(name), produced.get(name))]


def _merge_value(name: str, previous: object, produced: object, stored: object) -> object:
    """Merge one value that changed between ``previous`` and ``produced``; ``None`` stands for absent."""
    if name == ENTRIES:
        return _merge_keys(previous or _NOTHING, produced or _NOTHING, stored or _NOTHING)
    if isinstance(produced or previous, dict) and isinstance(stored, dict | None):
        return _merge_object(previous or _NOTHING, produced or _NOTHING, stored or _NOTHING)
    return produced


def _merge_object(previous: Any, produced: Any, stored: Any) -> Working:
    merged = dict(stored)
    for name in _changed_names(previous, produced):
        _put(merged, name, _merge_value(name, previous.get(name), produced.get(name), stored.get(name)))
    return merged


def _merge_keys(previous: Any, produced: Any, stored: Any) -> Working:
    # An entry is one value: taking its type from one writer and its value from another would make nonsense.
    merged = dict(stored)
    for key in _changed_names(previous, produced):
        _put(merged, key, produced.get(key))
    return merged


def _put(record: Working, name: str, value: object) -> None:
    if value is None or value in ({}, []):
        record.pop(name, None)
    else:
        record[name] = value


def _merge_parts(
    name: str, id_field: str, previous: Sequence[Working], produced: Sequence[Working], stored: Sequence[Working]
) -> list[Working]:
    before = _by_id(name, id_field, previous)
    now = _by_id(name, id_field, produced)
    there = _by_id(name, id_field, stored)
    result: dict[str, Working] = {}
    for part_id, part in there.items():
        kept = _merge_part(before.get(part_id), now.get(part_id), part)
        if kept is not None:
            result[part_id] = kept
    result |= {one: part for one, part in now.items() if one not in there and not same(before.get(one), part)}
    if list(before) == list(now) and result.keys() <= there.keys():
        return list(result.values())
    return [result[part_id] for part_id in _order(list(result), list(there), list(now))]


def _merge_part(before: Working | None, now: Working | None, part: Working) -> Working | None:
    if now is None:
        return part if before is None else _vanish(before, part)
    if same(now, before):
        return part
    merged = _merge_object(before or _NOTHING, now, part)
    if before is None and REMOVED not in now:
        merged.pop(REMOVED, None)  # it vanished once and is back
    return merged


def _vanish(before: Working, part: Working) -> Working | None:
    """Take out what the connection produced; ``None`` if nothing of anybody else is left to keep the part for.

    Entries and remote ids are what others keep a part for; its plain fields stay readable as long as it stays.
    """
    kept = dict(part)
    others = False
    for name, value in part.items():
        if isinstance(value, dict):
            rest = {key: item for key, item in value.items() if key not in before.get(name, _NOTHING)}
            _put(kept, name, rest)
            others = others or bool(rest)
    return {**kept, REMOVED: True} if others else None


def _order(ids: list[str], stored: list[str], produced: list[str]) -> list[str]:
    """Order parts as produced; a part that is not produced stays behind the one it stood behind."""
    mine = set(produced)
    present = set(ids)
    followers: dict[str | None, list[str]] = {}
    anchor: str | None = None
    for part_id in stored:
        if part_id in mine:
            anchor = part_id
        elif part_id in present:
            followers.setdefault(anchor, []).append(part_id)
    ordered = followers.get(None, [])
    for part_id in produced:
        if part_id in present:
            ordered.append(part_id)
        ordered.extend(followers.get(part_id, ()))
    return ordered


def _by_id(name: str, id_field: str, parts: Sequence[Working]) -> Mapping[str, Working]:
    found = {part[id_field]: part for part in parts}
    if len(found) != len(parts):
        ids = [part[id_field] for part in parts]
        twice = next(part_id for part_id in ids if ids.count(part_id) > 1)
        raise RecordError(
            f"two {name} have the {id_field} {twice!r}; each needs its own", stage="store", pointer=f"/{name}"
        )
    return found
