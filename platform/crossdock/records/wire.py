"""The wire format: JSON with camelCase names, decimals as strings, absent for ``None``.

Inside the pipeline a record is in *working form*: a plain dict with wire names whose values are what the parser
gave (``str``, ``int``, ``bool``, ``Decimal``, lists and dicts). Validation looks at it once and changes nothing, so
what was validated is what is stored.
"""

from __future__ import annotations

from contextlib import suppress
from decimal import Decimal, InvalidOperation
from typing import Any, TypeAlias

import msgspec

from crossdock.records.base import Record
from crossdock.records.surrogates import may_hold_mark, shelter, unshelter

Working: TypeAlias = dict[str, Any]

_strings = msgspec.json.Encoder(decimal_format="string")
_numbers = msgspec.json.Encoder(decimal_format="number")
_decoder = msgspec.json.Decoder(float_hook=Decimal)


def parse_json(text: bytes | str | msgspec.Raw) -> Any:
    """Parse JSON with every digit of every number: whole numbers are ``int``, others ``Decimal``.

    Raises:
        msgspec.DecodeError: the text is no JSON.
    """
    raw = text.encode() if isinstance(text, str) else bytes(text)
    return _decode(shelter(raw)) if may_hold_mark(raw) else parse_unmarked(raw)


def parse_unmarked(raw: bytes) -> Any:
    """Parse as :func:`parse_json` does, unless the text holds the noncharacter that shelters surrogates.

    If it does, or if there was anything to shelter, the result holds it.
    """
    with suppress(msgspec.DecodeError):  # of half a pair, or it comes again
        return _decode(raw)
    return _decode(shelter(raw))


def _decode(raw: bytes) -> Any:
    try:
        return _decoder.decode(raw)
    except InvalidOperation:
        message = "a number has an exponent that no decimal has"
        raise msgspec.DecodeError(message) from None


def dump_json(value: object) -> bytes:
    """Write any parsed JSON value back; decimals are numbers again, with the same digits."""
    return unshelter(_numbers.encode(value))


def parse_stored(text: bytes | str) -> Any:
    """Parse what :func:`dump_stored` wrote for the store."""
    return _decoder.decode(text)


def dump_stored(value: object) -> bytes:
    """Write a value for the store, in valid Unicode throughout; decimals are numbers with the same digits."""
    return _numbers.encode(value)


def encode_record(working: Working) -> bytes:
    """Write a record's working form as wire JSON."""
    document = {name: _part(value) if type(value) is list else value for name, value in working.items()}
    if entries := working.get("customData"):
        document["customData"] = _entries(entries)
    return unshelter(encode_plain(document))


def encode_plain(document: Working) -> bytes:
    """Write a dict as JSON for the store, with decimals as strings, as it stands."""
    return _strings.encode(document)


def decode_record(document: bytes | str) -> Working:
    """Read wire JSON into a dict with wire names (decimals stay the strings that they are on the wire)."""
    working: Working = parse_json(document)
    return working


def to_wire(record: Record) -> bytes:
    """Write a record model as wire JSON."""
    # Absent is every default; excluding None as well would take the null out of a json entry.
    return encode_record(record.model_dump(by_alias=True, exclude_defaults=True))


def _part(items: list[Any]) -> list[Any]:
    return [
        {**item, "customData": _entries(item["customData"])} if type(item) is dict and item.get("customData") else item
        for item in items
    ]


def _entries(entries: dict[str, dict[str, Any]]) -> dict[str, Any]:
    # Numbers inside a json entry are numbers on the wire; everywhere else decimals and integers are strings.
    return {key: _entry(entry) for key, entry in entries.items()}


def _entry(entry: dict[str, Any]) -> dict[str, Any]:
    kind = entry["type"]
    if kind == "json":
        return {**entry, "value": msgspec.Raw(_numbers.encode(entry["value"]))}
    if kind == "integer":
        return {**entry, "value": str(entry["value"])}
    return entry
