"""What writing a record anew means: absent leaves alone, null clears, a value sets.

Objects are amended name by name, and so are maps by connection id. Parts with an identity (rows, payments, ...) are
matched by it: a part that is listed is amended, one that is not stays, one without an id is new, and one that is listed
as ``removed`` goes. ``customData`` replaces the writer's own entries, given whole or short, and keeps everybody else's.
"""

from __future__ import annotations

import secrets
from collections.abc import Collection, Mapping, Sequence
from decimal import Decimal
from functools import cache
from typing import Any, TypeAlias

from msgspec import Struct

from crossdock.customdata.given import IDENTITY, as_text, whole
from crossdock.customdata.replacing import replace_own
from crossdock.records.fields import ELEMENT, Kind, all_fields
from crossdock.records.pointer import Place, json_pointer
from crossdock.records.registry import SUB_RECORDS
from crossdock.records.wire import Working

PLATFORM_FIELDS = ("localId", "created", "lastModified", "version")
Steps: TypeAlias = tuple[str, ...]

_ENTRIES = "customData"
_REMOVED = "removed"
_NUMBERS = (int, Decimal)


class Flaw(Struct, frozen=True):
    """Something wrong with what was given, and where in it."""

    pointer: str
    detail: str


class Amendment:
    """Writes what somebody gave into a record.

    What it cannot judge, such as a value of the wrong type, it writes as given, for the validation to refuse.

    Args:
        record_type: of the record.
        given: what was given, as parsed; it is not changed.
        connection_id: the writer's; ``None`` is an operator.

    Attributes:
        flaws: what is wrong with what was given, as far as only the wire format knows; there after ``apply``.
    """

    def __init__(self, record_type: str, given: Working, connection_id: str | None) -> None:
        self.flaws: list[Flaw] = []
        self._given = given
        self._connection_id = connection_id
        self._kinds = _kinds(record_type)
        self._parts = SUB_RECORDS[record_type]
        self._places: dict[str, dict[int, int]] = {}
        self._given_at: dict[str, dict[str, int]] = {}
        self._new_at: dict[str, int] = {}

    def apply(self, before: Working, flowed: Collection[str] = ()) -> Working:
        """Return the record as it shall be; ``before`` is not changed.

        Args:
            before: the wire-level record as it stands, empty for a new one.
            flowed: dictionary keys of entries that a flow brought to it.
        """
        self.flaws, self._places, self._new_at = [], {}, {}
        after = dict(before)
        for name, value in self._given.items():
            if name in PLATFORM_FIELDS:
                self._check_echo(name, value, before)
            elif name in self._parts:
                self._amend_parts(after, name, value)
            elif name == _ENTRIES:
                self._replace_entries(after, (name,), value, flowed)
            else:
                self._amend(after, (name,), name, value, (name,))
        return after

    def pointer(self, steps: Sequence[str | int]) -> str:
        """Point into what was given, from a place in the amended record."""
        name, *rest = steps or ("",)
        if rest and isinstance(name, str) and isinstance(rest[0], int):
            rest[0] = self._places.get(name, {}).get(rest[0], rest[0])
        place = [name, *rest]
        if len(place) > 2 and place[-3] == _ENTRIES and place[-1] in IDENTITY and not self._gives(place):
            place.pop()  # only the key says it
        return json_pointer(place if steps else ())

    def _gives(self, place: Sequence[str | int]) -> bool:
        value: Any = self._given
        for step in place:
            if step not in (value if isinstance(value, dict) else range(len(value))):
                return False
            value = value[step]
        return True

    def pointer_of(self, place: str) -> str:
        """Point into what was given, from a place as the guard names it: ``rows[<rowId>].customData[<key>]``."""
        holder, dot, rest = place.partition("].")
        name, bracket, part_id = holder.partition("[")
        steps: list[str | int] = []
        if dot and bracket and name in self._parts:
            at = self._listed(name).get(part_id, self._new_at.get(part_id))
            steps, place = ([name] if at is None else [name, at]), rest
        field, bracket, key = place.partition("[")
        return json_pointer([*steps, *field.split("."), *([key.removesuffix("]")] if bracket else [])])

    def _listed(self, name: str) -> dict[str, int]:
        """Where the parts of a list were given, by their ids."""
        if name not in self._given_at:
            id_field, parts = self._parts[name], self._given.get(name) or ()
            self._given_at[name] = {part[id_field]: at for at, part in enumerate(parts) if id_field in part}
        return self._given_at[name]

    def _say(self, path: Place, detail: str) -> None:
        self.flaws.append(Flaw(json_pointer(path), detail))

    def _check_echo(self, name: str, value: object, before: Working) -> None:
        if value is not None and value != before.get(name):
            stands = f" and is {before[name]!r}" if name in before else ""
            self._say((name,), f"is written by the platform only{stands}; leave it out")

    def _amend(self, holder: Working, steps: Steps, name: str, value: Any, path: Place) -> None:
        """Write one value into its holder; ``steps`` name its field, ``path`` is where it was given."""
        kind = self._kinds.get(steps)
        if value is None and kind is not None:
            holder.pop(name, None)
        elif kind == "object" and isinstance(value, dict):
            inner = dict(holder.get(name) or {})
            for each, given in value.items():
                self._amend(inner, (*steps, each), each, given, (*path, each))
            _put(holder, name, inner)
        elif kind == "map" and isinstance(value, dict):
            merged = {**(holder.get(name) or {}), **value}
            _put(holder, name, {key: one for key, one in merged.items() if one is not None})
        else:
            self._check_numbers(steps, value, path)
            holder[name] = value

    def _check_numbers(self, steps: Steps, value: Any, path: Place) -> None:
        if isinstance(value, dict):
            for each, inner in value.items():
                self._check_numbers((*steps, each), inner, (*path, each))
        elif isinstance(value, list):
            for position, inner in enumerate(value):
                self._check_numbers((*steps, ELEMENT), inner, (*path, position))
        elif type(value) in _NUMBERS and self._kinds.get(steps) == "decimal":
            self._say(path, as_text(value))

    def _amend_parts(self, after: Working, name: str, value: Any) -> None:
        id_field = self._parts[name]
        stored: list[Working] = after.get(name, [])
        if value is None:
            value = [{id_field: part[id_field], _REMOVED: True} for part in stored]
        if not isinstance(value, list):
            after[name] = value
            return
        result: dict[object, Any] = {part[id_field]: part for part in stored}
        places: dict[object, int] = {}
        for position, given in enumerate(value):
            key = self._key_of(given, id_field, position)
            if key in places:
                self._say((name, position, id_field), f"names {key!r} a second time; list each part once")
            places[key] = position
            part = self._amend_part(name, id_field, result.get(key), given, position)
            if part is None and given is not None:
                result.pop(key, None)
            else:
                result[key] = part
        _put(after, name, list(result.values()))
        self._places[name] = {index: places[key] for index, key in enumerate(result) if key in places}

    @staticmethod
    def _key_of(given: Any, id_field: str, position: int) -> object:
        part_id = given.get(id_field) if isinstance(given, dict) else None
        return part_id if isinstance(part_id, str) else position

    def _amend_part(self, name: str, id_field: str, stored: Working | None, given: Any, position: int) -> Any:
        """Return a part as it shall be, ``None`` if it goes."""
        if not isinstance(given, dict):
            return given
        if given.get(_REMOVED) is True and not (stored or {}).get(_REMOVED) and not self._carries_others(name, stored):
            return None
        part = dict(stored) if stored is not None else {id_field: self._new_id(position)}
        for each, value in given.items():
            path = (name, position, each)
            if each == _ENTRIES:
                self._replace_entries(part, path, value)
            elif each != id_field or value is not None:
                self._amend(part, (name, ELEMENT, each), each, value, path)
        return part

    def _new_id(self, position: int) -> str:
        """Make an id for a part that was given without one, and remember where it was given."""
        part_id = secrets.token_hex(16)
        self._new_at[part_id] = position
        return part_id

    def _carries_others(self, name: str, part: Working | None) -> bool:
        """Say whether others wrote on a part: then it cannot go, and stays, marked, outside all totals."""
        if part is None:
            return False
        own = f"{self._connection_id}|x-" if self._connection_id else "|"
        ids = [value for each, value in part.items() if self._kinds.get((name, ELEMENT, each)) == "map"]
        others = [key for key in part.get(_ENTRIES, ()) if not key.startswith(own)]
        others += [key for one in ids for key in one if key != self._connection_id]
        return bool(others)

    def _replace_entries(self, holder: Working, path: Place, value: Any, flowed: Collection[str] = ()) -> None:
        if value is not None and not isinstance(value, dict):
            holder[_ENTRIES] = value
            return
        given = {key: self._entry(key, entry, (*path, key)) for key, entry in (value or {}).items()}
        _put(holder, _ENTRIES, replace_own(holder.get(_ENTRIES), given, self._connection_id, flowed))

    def _entry(self, key: str, given: Any, path: Place) -> Any:
        """Make an entry whole that may be given short."""
        if not isinstance(given, dict):
            return given
        entry, flaws = whole(key, given)
        for field, detail in flaws:
            self._say((*path, field) if field else path, detail)
        return entry if all(field for field, _detail in flaws) else None  # its key is none, so it is nowhere


def _put(holder: Working, name: str, value: Any) -> None:
    if value:
        holder[name] = value
    else:
        holder.pop(name, None)


@cache
def _kinds(record_type: str) -> Mapping[Steps, Kind]:
    return {field.steps: field.kind for field in all_fields(record_type)}
