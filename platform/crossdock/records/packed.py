"""The packed form: how records lie in the store.

Custom data repeats its owner, module and key in every entry, which makes three quarters of a wire document. Packed,
entries stand grouped under ``owner|module`` as ``key: value``, and the type of each follows from the value: a string, a
bool and a whole number are themselves; ``{"d": "1.10"}`` is a decimal, ``{"j": ...}`` anything of type ``json``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any, TypeAlias, final

import msgspec

from crossdock.customdata.entry import entry_of
from crossdock.customdata.key import split_dictionary_key
from crossdock.errors import RecordError
from crossdock.records.wire import Working, dump_stored, parse_stored

_PLAIN = frozenset({str, bool, int})


@final
class Stash:
    """What a mapping stashed for one record or part, not yet written out as entries: ``values`` by key.

    All of it belongs to one connection and one module. Whatever wants entries calls ``expand``.
    """

    __slots__ = ("connection_id", "module_id", "values")

    def __init__(self, connection_id: str, module_id: str, values: dict[str, Any]) -> None:
        self.connection_id = connection_id
        self.module_id = module_id
        self.values = values

    def __setitem__(self, key: str, value: object) -> None:
        """Refuse: whoever may write entries is given them written out.

        Raises:
            RecordError: always.
        """
        raise RecordError(
            f"custom data ({key!r}) is written neither by a connector's finish nor by a manipulator that says "
            "custom_data=False; this is a fault of the plugin"
        )

    def expand(self) -> dict[str, dict[str, Any]]:
        """Write it out as custom data entries."""
        owner, module = self.connection_id, self.module_id
        lead = f"{owner}|{module}|"
        return {lead + key: entry_of(owner, module, key, value) for key, value in self.values.items()}


# The custom data of one record or part: stashed, or entries by dictionary key.
Carried: TypeAlias = Stash | dict[str, Any]


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


def carried_by(record: Working) -> list[Carried]:
    """List what a record and its parts carry as custom data."""
    carried = [
        part["customData"]
        for value in record.values()
        if type(value) is list
        for part in value
        if type(part) is dict and "customData" in part
    ]
    if "customData" in record:
        carried.append(record["customData"])
    return carried


def pack_record(record: Working, carried: Sequence[Carried] | None = None) -> bytes:
    """Write a record (working form or wire-level, with entries or stashes) in packed form.

    ``carried`` is its custom data, where the caller has it at hand.
    """
    for entries in carried_by(record) if carried is None else carried:
        if type(entries) is dict:
            parts = {name: [_grouped(part) for part in value] for name, value in record.items() if type(value) is list}
            return _encode(_grouped(record | parts))
    return _encode(record)


def unpack_record(document: bytes | str) -> Working:
    """Read a packed record as a wire-level dict: decimals and whole numbers of entries are strings."""
    record: Working = parse_stored(document)
    for holder in _holders(record):
        if groups := holder.get("customData"):
            holder["customData"] = dict(_unpack(groups))
    return record


def unpack_beside(document: bytes, other: bytes | str, unpacked: Working) -> Working:
    """Read a packed record as :func:`unpack_record` does, but take from another what both have in the very same words.

    ``unpacked`` is the other one as it was read. What is taken is one object in both, so that it is neither read nor
    written out again, and whoever compares the two passes over it; neither may be changed in place.
    """
    fields, others = _split(document), _split(other)
    shared = {name: unpacked[name] for name, raw in fields.items() if name in unpacked and others.get(name) == raw}
    rest = b",".join(_encode(name) + b":" + bytes(raw) for name, raw in fields.items() if name not in shared)
    read = unpack_record(b"{" + rest + b"}") if rest else {}
    return {name: shared[name] if name in shared else read[name] for name in fields}


def unpack_differing(one: bytes | str, other: bytes | str) -> tuple[Working, Working]:
    """Read of two packed records only the fields, and of their own custom data only the entries, that differ.

    What is left out stands in both in the very same words. What both have may be the same all the same, in other words.
    """
    fields, others = _differing(one, other)
    if _ENTRIES in fields and _ENTRIES in others:
        groups, other_groups = _differing(fields[_ENTRIES], others[_ENTRIES])
        for lead in groups.keys() & other_groups.keys():
            groups[lead], other_groups[lead] = _differing(groups[lead], other_groups[lead])
        fields[_ENTRIES], others[_ENTRIES] = groups, other_groups
    return unpack_record(_encode(fields)), unpack_record(_encode(others))


def unpack_field(document: bytes | str, name: str) -> Any:
    """Read of a packed record only one field; ``None`` if it has none."""
    field = {one: raw for one, raw in _split(document).items() if one == name}
    return unpack_record(_encode(field)).get(name)


_ENTRIES = "customData"
_split = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode


def _differing(one: Any, other: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """Split two JSON objects into the fields that are not written alike."""
    fields, others = _split(one), _split(other)
    alike = {name for name, raw in fields.items() if others.get(name) == raw}
    return _without(fields, alike), _without(others, alike)


def _without(fields: dict[str, msgspec.Raw], names: set[str]) -> dict[str, Any]:
    return {name: raw for name, raw in fields.items() if name not in names}


def _grouped(holder: Any) -> Any:
    if type(holder) is not dict or type(entries := holder.get("customData")) is not dict:
        return holder
    return {**holder, "customData": _pack_entries(entries)}


def _pack_stash(stash: object) -> dict[str, dict[str, Any]]:
    """Tell the encoder what a stash is; the rest of a record it knows by itself."""
    if type(stash) is not Stash:
        raise TypeError(f"{type(stash).__name__} has no place in a record")
    plain, values = _PLAIN, stash.values.copy()
    for key, value in stash.values.items():
        if type(value) not in plain:
            values[key] = {"d": value} if type(value) is Decimal else {"j": msgspec.Raw(dump_stored(value))}
    return {f"{stash.connection_id}|{stash.module_id}": values}


_encode = msgspec.json.Encoder(decimal_format="string", enc_hook=_pack_stash).encode


def _pack_entries(entries: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    groups: dict[str, dict[str, Any]] = {}
    for name, entry in entries.items():
        lead, _separator, key = name.rpartition("|")
        if (group := groups.get(lead)) is None:
            split_dictionary_key(name)  # refuses what is no dictionary key
            group = groups[lead] = {}
        kind, value = entry["type"], entry["value"]
        group[key] = value if kind == "string" else _pack_entry(kind, value)
    return groups


def _pack_entry(kind: str, value: Any) -> Any:
    if kind == "json":
        return {"j": msgspec.Raw(dump_stored(value))}
    if kind == "integer":
        return int(value)
    return {"d": value} if kind == "decimal" else value


def _unpack(groups: dict[str, dict[str, Any]]) -> Iterator[tuple[str, dict[str, Any]]]:
    for lead, group in groups.items():
        owner, module = lead.split("|")
        whose = {"connectionId": owner, "moduleId": module} if owner else {"moduleId": module}
        for key, value in group.items():
            kind, plain = _unpack_value(value)
            yield f"{lead}|{key}", {**whose, "key": key, "type": kind, "value": plain}


def _unpack_value(value: Any) -> tuple[str, Any]:
    kind = type(value)
    if kind is str:
        return "string", value
    if kind is bool:
        return "bool", value
    if kind is int:
        return "integer", str(value)
    ((letter, inner),) = value.items()
    return {"d": "decimal", "j": "json"}[letter], inner
