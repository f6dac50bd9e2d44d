"""Clearance: new records that the door would surely let pass, known in a tenth of the time that the guard takes."""

from __future__ import annotations

from collections.abc import Sequence

from crossdock.records import Carried, Stash, Working
from crossdock.store.writes.actor import Actor
from crossdock.store.writes.guard import own_entries
from crossdock.store.writes.layout import Steps, layout_of, map_at


class Clearance:
    """Looks at new records of one type and one writer.

    A record that is clear carries nothing but what its writer owns, and each of its parts has an id of its own. Of one
    that is not, nothing is known: the door looks at it again.
    """

    def __init__(self, actor: Actor, record_type: str) -> None:
        self._own = own_entries(actor)
        self._connection_id = actor.connection_id
        self._module_id = f"connector.{actor.connector}" if actor.imports and actor.connector else None
        layout = layout_of(record_type)
        self._id_maps = layout.id_maps
        self._parts = tuple((parts.name, parts.id_field, parts.id_maps) for parts in layout.parts)

    def is_clear(self, record: Working, carried: Sequence[Carried]) -> bool:
        """Say whether a record is clear; ``carried`` is its custom data, which may be stashed."""
        for entries in carried:
            if type(entries) is Stash:
                if entries.connection_id != self._connection_id or entries.module_id != self._module_id:
                    return False
            elif not all(key.startswith(self._own) for key in entries):
                return False
        for steps in self._id_maps:
            for key in map_at(record, steps):
                if key != self._connection_id:
                    return False
        for name, id_field, id_maps in self._parts:
            if (parts := record.get(name)) and not self._are_clear(parts, id_field, id_maps):
                return False
        return True

    def _are_clear(self, parts: Sequence[Working], id_field: str, id_maps: tuple[Steps, ...]) -> bool:
        for part in parts:
            for steps in id_maps:
                if ids := part.get(steps[0]):
                    for key in ids if len(steps) == 1 else map_at(ids, steps[1:]):
                        if key != self._connection_id:
                            return False
        return len(parts) == 1 or len({part[id_field] for part in parts}) == len(parts)
