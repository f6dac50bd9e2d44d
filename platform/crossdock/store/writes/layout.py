"""Where ownership applies in a record type: the maps by connection id, on the record and on its sub-records."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any, TypeAlias

from msgspec import Struct

from crossdock.records import SUB_RECORDS, Working
from crossdock.records.fields import ELEMENT, all_fields

Steps: TypeAlias = tuple[str, ...]
Holder: TypeAlias = tuple[str, Working, tuple[Steps, ...]]


class PartsLayout(Struct, frozen=True):
    """One list of sub-records: its name, the field with their id, and their maps by connection id."""

    name: str
    id_field: str
    id_maps: tuple[Steps, ...]


class Layout(Struct, frozen=True):
    """The maps by connection id of a record, nested ones included, and its lists of sub-records."""

    id_maps: tuple[Steps, ...]
    parts: tuple[PartsLayout, ...]


@cache
def layout_of(record_type: str) -> Layout:
    """Read the layout from the models, so that a new field is guarded without a line here."""
    maps = [field.steps for field in all_fields(record_type) if field.kind == "map"]
    parts = tuple(
        PartsLayout(name, id_field, tuple(steps[2:] for steps in maps if steps[:2] == (name, ELEMENT)))
        for name, id_field in SUB_RECORDS[record_type].items()
    )
    return Layout(tuple(steps for steps in maps if ELEMENT not in steps), parts)


def holders(record_type: str, record: Working) -> Iterator[Holder]:
    """Walk what carries entries and remote ids: the record and each sub-record, with its place (``rows[id].``)."""
    layout = layout_of(record_type)
    yield "", record, layout.id_maps
    for parts in layout.parts:
        for part in record.get(parts.name, ()):
            yield f"{parts.name}[{part[parts.id_field]}].", part, parts.id_maps


def map_at(holder: Working, steps: Steps) -> dict[str, Any]:
    """Look up a nested map; an absent one is empty."""
    value: Any = holder
    for step in steps:
        value = value.get(step)
        if not value:
            return {}
    found: dict[str, Any] = value
    return found
