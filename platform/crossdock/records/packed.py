"""The packed form: how records lie in the store.

Custom data repeats its owner, module and key in every entry, which makes three quarters of a wire document. Packed,
entries stand grouped under ``owner|module`` as ``key: value``, and the type of each follows from the value: a string, a
bool and a whole number are themselves; ``{"d": "1.10"}`` is a decimal, ``{"i": "..."}`` a whole number too large for
most readers, ``{"j": ...}`` anything of type ``json``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

import msgspec

from crossdock.customdata.entry import entry_of
from crossdock.customdata.key import dictionary_key, split_dictionary_key
from crossdock.records.wire import Working, dump_json, encode_plain, parse_json

_LARGEST = 1 << 53
_PLAIN = frozenset({str, bool})


class Stash(dict[str, Any]):
    """What a mapping stashed for one record or part, not yet written out as entries: ``{key: value}``.

    All of it belongs to one connection and one module. Whatever wants entries calls ``expand``.
    """

    __slots__ = ("connection_id", "module_id")

    def __init__(self, connection_id: str, module_id: str) -> None:
        super().__init__()
        self.connection_id = connection_id
        self.module_id = module_id

    @property
    def lead(self) -> str:
        """The beginning of all its dictionary keys."""
        return f"{self.connection_id}|{self.module_id}|"

    def expand(self) -> dict[str, dict[str, Any]]:
        """Write it out as custom data entries."""
        owner, module, lead = self.connection_id, self.module_id, self.lead
        return {lead + key: entry_of(owner, module, key, value) for key, value in self.items()}


def expand_in_place(record: Working) -> None:
    """Write out every stash of a record and its parts as entries."""
    for holder in _holders(record):
        if type(stash := holder.get("customData")) is Stash:
            holder["customData"] = stash.expand()


def _holders(record: Working) -> Iterator[Working]:
    """The record, and every part that may carry custom data."""
    yield record
    for value in record.values():
        if type(value) is list:
            yield from (part for part in value if type(part) is dict)


def pack_record(record: Working) -> bytes:
    """Write a record (working form or wire-level, with entries or stashes) in packed form."""
    packed = record.copy()
    for name, value in record.items():
        if type(value) is list:
            packed[name] = [_packed(part) if type(part) is dict else part for part in value]
    return encode_plain(_packed(packed))


def unpack_record(document: bytes | str) -> Working:
    """Read a packed record as a wire-level dict: decimals and whole numbers of entries are strings."""
    record: Working = parse_json(document)
    for holder in _holders(record):
        if groups := holder.get("customData"):
            holder["customData"] = dict(_unpack(groups))
    return record


def _packed(holder: Working) -> Working:
    if "customData" not in holder:
        return holder
    copy = holder.copy()
    entries = copy["customData"]
    copy["customData"] = _pack_stash(entries) if type(entries) is Stash else _pack_entries(entries)
    return copy


def _pack_stash(stash: Stash) -> dict[str, dict[str, Any]]:
    plain = _PLAIN
    values = {key: value if type(value) in plain else _pack_value(value) for key, value in stash.items()}
    return {f"{stash.connection_id}|{stash.module_id}": values}


def _pack_entries(entries: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    groups: dict[str, dict[str, Any]] = {}
    for name, entry in entries.items():
        owner, module, key = split_dictionary_key(name)
        groups.setdefault(f"{owner or ''}|{module}", {})[key] = _pack_entry(entry["type"], entry["value"])
    return groups


def _pack_value(value: Any) -> Any:
    kind = type(value)
    if kind is bool:
        return value
    if kind is int:
        return value if -_LARGEST < value < _LARGEST else {"i": str(value)}
    if kind is Decimal:
        return {"d": value}
    return {"j": msgspec.Raw(dump_json(value))}


def _pack_entry(kind: str, value: Any) -> Any:
    if kind == "json":
        return {"j": msgspec.Raw(dump_json(value))}
    if kind == "integer":
        return _pack_value(int(value))
    return {"d": value} if kind == "decimal" else value


def _unpack(groups: dict[str, dict[str, Any]]) -> Iterator[tuple[str, dict[str, Any]]]:
    for lead, group in groups.items():
        owner, module = lead.split("|")
        for key, value in group.items():
            kind, plain = _unpack_value(value)
            entry = {"connectionId": owner} if owner else {}
            yield (
                dictionary_key(owner, module, key),
                entry
                | {
                    "moduleId": module,
                    "key": key,
                    "type": kind,
                    "value": plain,
                },
            )


def _unpack_value(value: Any) -> tuple[str, Any]:
    kind = type(value)
    if kind is str:
        return "string", value
    if kind is bool:
        return "bool", value
    if kind is int:
        return "integer", str(value)
    ((letter, inner),) = value.items()
    return {"d": "decimal", "i": "integer", "j": "json"}[letter], inner
