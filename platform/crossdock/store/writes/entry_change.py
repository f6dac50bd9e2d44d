"""A direct write of entries and nothing else: the rest of the record is neither copied nor judged again."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from msgspec import Struct
from pydantic import ValidationError

from crossdock.records import SUB_RECORDS, Working
from crossdock.store.writes.validity import validated, validated_entries

_ENTRIES = "customData"


class EntryChange(Struct, frozen=True):
    """Changes the entries of a record or of one of its parts, inside the transaction.

    Args:
        holder: finds in the record what carries them, the record itself or a part; raises to keep all as it is.
        make: makes the entries anew from those that are there, which it must not change in place.
    """

    holder: Callable[[Working], Working]
    make: Callable[[Mapping[str, Working]], Mapping[str, Working]]

    def apply(self, record_type: str, record: Working) -> Working:
        """Make the record as it shall be, in wire form; it shares with ``record`` whatever stays.

        Raises:
            RecordError: the result is no valid record of this type.
        """
        holder = self.holder(record)
        before = holder.get(_ENTRIES, {})
        after = self.make(before)
        try:
            return _exchanged(record_type, record, holder, validated_entries(before, after))
        except (ValidationError, UnicodeEncodeError):
            # The whole record's model says where in it the fault is, in its own words.
            return validated(record_type, _exchanged(record_type, record, holder, after))


def _exchanged(record_type: str, record: Working, holder: Working, entries: Mapping[str, Working]) -> Working:
    """Copy a record so far that one holder has other entries."""
    if holder is record:
        return _with(record, entries)
    for name in SUB_RECORDS[record_type]:
        parts = record.get(name, ())
        if any(part is holder for part in parts):
            return {**record, name: [_with(part, entries) if part is holder else part for part in parts]}
    raise ValueError("the holder of the entries is not in its record")


def _with(holder: Working, entries: Mapping[str, Working]) -> Working:
    if entries:
        return {**holder, _ENTRIES: entries}
    return {name: value for name, value in holder.items() if name != _ENTRIES}
