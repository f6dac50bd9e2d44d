"""One place in a record, as a person names it: ``billingAddress.city``, ``rows[0].sku``, ``customData[...]``."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from msgspec import Struct

from crossdock.customdata.key import SEPARATOR
from crossdock.errors import ConfigError
from crossdock.records import SUB_RECORDS, Working
from crossdock.records.fields import UnknownFieldError, find_field
from crossdock.suggestion import closest, did_you_mean

_PART = re.compile(r"(\w+)\[([^\]]+)\]\.(.+)", re.DOTALL)
_WHOLE_PART = re.compile(r"(\w+)\[[^\]]*\](\..*)?", re.DOTALL)
_ENTRY = re.compile(r"customData\[(.+)\]", re.DOTALL)


class RecordPlace(Struct, frozen=True):
    """A field or an entry of a record or of one of its parts.

    Args:
        parts: the name of the list of parts, or ``None``: the record itself.
        part_id: which part.
        field: the dotted wire name, or ``None``: an entry.
        entry: the dictionary key of an entry.
    """

    parts: str | None
    part_id: str | None
    field: str | None
    entry: str | None

    def __str__(self) -> str:
        inner = self.field if self.entry is None else f"customData[{self.entry}]"
        return f"{inner}" if self.parts is None else f"{self.parts}[{self.part_id}].{inner}"

    def is_in(self, record_type: str, record: Working) -> bool:
        """Whether the record has the part that the place is in."""
        return self.parts is None or bool(self._part(record_type, record))

    def value(self, record_type: str, record: Working) -> Any:
        """Look up what stands there; ``None`` for nothing."""
        holder: Any = record if self.parts is None else self._part(record_type, record)
        if self.entry is not None:
            found = holder.get("customData", {}).get(self.entry)
            return None if found is None else found["value"]
        for step in (self.field or "").split("."):
            holder = holder.get(step) if isinstance(holder, dict) else None
        return holder

    def _part(self, record_type: str, record: Working) -> Mapping[str, Any]:
        id_field = SUB_RECORDS[record_type][self.parts or ""]
        return next((part for part in record.get(self.parts or "", ()) if part[id_field] == self.part_id), {})


def read_place(record_type: str, record: Working, text: str) -> RecordPlace:
    """Read a place; a part is meant by its number from 0 or by its id, an entry also by its bare key.

    Raises:
        ConfigError: the record has no such part, and no field or entry of that name.
    """
    match = _PART.fullmatch(text)
    parts, holder, part_id, inner = None, record, None, text
    if match and match[1] in SUB_RECORDS[record_type]:
        parts, inner = match[1], match[3]
        holder = _chosen(record_type, record, parts, match[2])
        part_id = holder[SUB_RECORDS[record_type][parts]]
    entries = holder.get("customData", {})
    whole = _ENTRY.fullmatch(inner)
    if whole:
        return RecordPlace(parts, part_id, None, _entry(entries, whole[1], text))
    several = _WHOLE_PART.fullmatch(inner)
    if parts is None and several and several[1] in SUB_RECORDS[record_type]:
        raise ConfigError(
            f"{text!r} is no single value; say one field of one of the {several[1]}: {several[1]}[0].FIELD"
        )
    try:
        find_field(record_type, inner if parts is None else f"{parts}[].{inner}")
    except UnknownFieldError as error:
        key = _key(entries, inner)
        if key is not None:
            return RecordPlace(parts, part_id, None, key)
        meant = closest(inner, {entry["key"] for entry in entries.values()}) if "." in inner else None
        hint = f"there is an entry {meant!r}; was that meant?" if meant else str(error)
        raise ConfigError(f"{text!r} is neither a field nor an entry of this {record_type}: {hint}") from error
    return RecordPlace(parts, part_id, inner, None)


def _entry(entries: Working, name: str, text: str) -> str:
    """Complete the key of an entry; a whole one may be that of an entry that is not there any more."""
    if name.count(SEPARATOR) == 2:
        return name
    key = _key(entries, name)
    if key is None:
        known = {entry["key"] for entry in entries.values()}
        raise ConfigError(f"{text!r} names no entry{did_you_mean(name, known)}")
    return key


def _key(entries: Working, name: str) -> str | None:
    """Find the key of an entry by its last part."""
    keys = [key for key, entry in entries.items() if name in (key, entry["key"])]
    if len(keys) > 1:
        raise ConfigError(f"several entries are called {name!r}; say which: {', '.join(keys)}")
    return keys[0] if keys else None


def _chosen(record_type: str, record: Working, parts: str, text: str) -> Working:
    there: list[Working] = record.get(parts, [])
    is_number = text.isdecimal() and len(text) < 32
    if is_number and int(text) < len(there):
        return there[int(text)]
    id_field = SUB_RECORDS[record_type][parts]
    found = [part for part in there if part[id_field].startswith(text)]  # an id may begin with digits only
    if is_number and not found:
        raise ConfigError(f"there are {len(there)} {parts}, so there is none with the number {text} (from 0)")
    if not found:
        raise ConfigError(f"none of the {len(there)} {parts} has an id that begins with {text!r}; or count from 0")
    if len(found) != 1:
        raise ConfigError(f"{len(found)} of the {parts} have an id that begins with {text!r}; give the whole id")
    return found[0]
