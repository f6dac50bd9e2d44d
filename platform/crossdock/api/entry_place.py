"""Where entries of custom data stand: a record, or one of its parts, as the path of a request says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, TypeAlias

from fastapi import Depends, Request

from crossdock.api.problem import not_found
from crossdock.api.records import LocalId
from crossdock.records import SUB_RECORDS, Working


@dataclass(frozen=True, slots=True)
class Place:
    """What carries the entries: a record, or the part of a list of it with an id."""

    record_type: str
    local_id: str
    part: str | None = None
    part_id: str | None = None

    def holder(self, record: Working) -> Working:
        """Find it in its record.

        Raises:
            Problem: 404, there is no such part.
        """
        if self.part is None:
            return record
        id_name = SUB_RECORDS[self.record_type][self.part]
        for part in record.get(self.part, ()):
            if part[id_name] == self.part_id:
                found: Working = part
                return found
        raise not_found()

    @property
    def path(self) -> str:
        """The address of its entries."""
        inside = f"/{self.part}/{self.part_id}" if self.part else ""
        return f"/api/{self.record_type}/{self.local_id}{inside}/customdata"


async def place_of(request: Request, local_id: LocalId) -> Place:  # a thread of its own would cost more than it does
    """Read from the path whose entries are meant."""
    _root, _api, record_type, _local_id, *inside = request.scope["route"].path_format.split("/")
    part_id = request.path_params.get("partId")
    return Place(record_type, local_id, inside[0] if part_id is not None else None, part_id)


Where: TypeAlias = Annotated[Place, Depends(place_of)]
