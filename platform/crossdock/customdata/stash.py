"""Keys of stashed values: injective, and readable back to the place in the payload they came from.

A value without a field is stashed under its dotted path (``billing.phone``, ``taxes[0].id``); an entry of a
key/value list under the list's prefix and its own key (``meta._vat_number``), the second of one key as
``meta._vat_number#2``. Whatever in a remote's own names could be mistaken for that syntax is percent-encoded.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from functools import lru_cache
from typing import TypeAlias
from urllib.parse import unquote

from msgspec import Struct

Path: TypeAlias = tuple[str | int, ...]

_SYNTAX = re.compile(r"[%|.\[]")
_OCCURRENCE = re.compile(r"#(\d+)\Z", re.ASCII)


class StashPlace(Struct, frozen=True):
    """Where a stashed value stands in its payload.

    ``path`` leads to the value or, for an entry of a key/value list, to the object that holds the list; then
    ``prefix`` names the list, ``key`` the entry and ``occurrence`` (from 1) which of those with the same key.
    """

    path: Path
    prefix: str | None = None
    key: str | None = None
    occurrence: int = 1


def stash_key(place: StashPlace, reserved: Collection[str] = ("meta",)) -> str:
    """Write the key of a stashed value.

    Args:
        place: where the value stands.
        reserved: the prefixes of key/value lists; an ordinary name that equals one is encoded.
    """
    text = _write_path(place.path, frozenset(reserved))
    if place.prefix is None:
        return text
    entry = f"{place.prefix}.{escape_entry_key(place.key or '', place.occurrence)}"
    return f"{text}.{entry}" if place.path else entry


def read_stash_key(text: str, reserved: Collection[str] = ("meta",)) -> StashPlace:
    """Read a stash key back to its place; the inverse of :func:`stash_key` with the same ``reserved``."""
    path: list[str | int] = []
    rest = text
    while True:
        segment, dot, tail = rest.partition(".")
        if dot and segment in reserved:
            return StashPlace(tuple(path), segment, *_read_entry_key(tail))
        name, *indexes = segment.split("[")
        path.append(unquote(name))
        path.extend(int(index[:-1]) for index in indexes)
        if not dot:
            return StashPlace(tuple(path))
        rest = tail


@lru_cache(maxsize=4096)
def escape_name(name: str, reserved: frozenset[str]) -> str:
    """Write one name of a dotted path; a name that equals a reserved prefix gets its first letter encoded."""
    if name in reserved:
        return f"%{ord(name[0]):02X}{name[1:]}"
    return _SYNTAX.sub(lambda match: f"%{ord(match[0]):02X}", name)


@lru_cache(maxsize=4096)
def escape_entry_key(key: str, occurrence: int) -> str:
    """Write the key of an entry of a key/value list: dots stay, only ``%``, ``|`` and a trailing ``#digits`` change."""
    text = _OCCURRENCE.sub(r"%23\1", key.replace("%", "%25").replace("|", "%7C"))
    return text if occurrence == 1 else f"{text}#{occurrence}"


def _write_path(path: Path, reserved: frozenset[str]) -> str:
    parts: list[str] = []
    for step in path:
        if isinstance(step, int):
            parts.append(f"[{step}]")
        else:
            parts.append(f".{escape_name(step, reserved)}" if parts else escape_name(step, reserved))
    return "".join(parts)


def _read_entry_key(text: str) -> tuple[str, int]:
    match = _OCCURRENCE.search(text)
    if match:
        return unquote(text[: match.start()]), int(match[1])
    return unquote(text), 1
