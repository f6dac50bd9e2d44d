"""Which entry a request is about, and who sends it: found out in one go, since each dependency of a route costs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, TypeAlias

from fastapi import Depends, Request

from crossdock.api.caller import Caller, current_caller
from crossdock.api.entry_place import Place, place_of
from crossdock.api.path_key import KeyStep, path_key
from crossdock.api.records import LocalId


@dataclass(frozen=True, slots=True)
class EntryAddress:
    """One entry: where it stands, its dictionary key, and who asks for it."""

    caller: Caller
    place: Place
    key: str


async def address_of(request: Request, local_id: str) -> EntryAddress:
    """Read the address of an entry.

    Raises:
        Problem: as for any caller; 404 if there is no key in the path.
    """
    caller = await current_caller(request)
    return EntryAddress(caller, await place_of(request, local_id), path_key(request))


async def entry_address(request: Request, local_id: LocalId, key: KeyStep) -> EntryAddress:
    """Read the address of an entry, as FastAPI passes it."""
    del key  # its slashes are decoded already
    return await address_of(request, local_id)


Addressed: TypeAlias = Annotated[EntryAddress, Depends(entry_address)]
