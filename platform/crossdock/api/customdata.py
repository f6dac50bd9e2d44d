"""Custom data over HTTP: the entries of a record or of one of its parts, with one meaning for each verb."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import TYPE_CHECKING, Annotated, TypeAlias

from fastapi import APIRouter, Query
from starlette.responses import Response

from crossdock.api.body import JsonBody
from crossdock.api.caller import Caller, Calling
from crossdock.api.customdata_descriptions import Described
from crossdock.api.customdata_refusal import Refusals
from crossdock.api.entity_tag import entity_tag, is_known, require_version
from crossdock.api.entry_address import Addressed
from crossdock.api.entry_body import entries_by_key, exists_already, key_of, named_entry, whole_entry
from crossdock.api.entry_place import Place, Where
from crossdock.api.entry_route import EntryRoute
from crossdock.api.operation import JSON
from crossdock.api.path_key import KEY, key_segment
from crossdock.api.problem import not_found
from crossdock.api.records import IfMatch, IfNoneMatch
from crossdock.customdata import replace_own, split_dictionary_key
from crossdock.records import RECORD_TYPES, SUB_RECORDS, Working, encode_record
from crossdock.store import Written
from crossdock.store.writes.direct import Replacement
from crossdock.store.writes.entry_change import EntryChange

if TYPE_CHECKING:
    from crossdock.api.services import Services

Entries: TypeAlias = dict[str, Working]
Change: TypeAlias = Callable[[Mapping[str, Working]], Entries]
ChangeAll: TypeAlias = Callable[[Entries, Collection[str]], Entries]  # and the keys of what flows brought
OfConnection: TypeAlias = Annotated[
    str | None, Query(alias="connectionId", description="only this owner's entries; empty: the unowned ones")
]
OfModule: TypeAlias = Annotated[str | None, Query(alias="moduleId", description="only entries of this module")]

_ENTRIES = "customData"


def router(services: Services) -> APIRouter:
    """Serve ``customdata`` of every record type, and of every kind of part that carries entries."""
    routes = APIRouter()
    resource = _Resource(services)
    for record_type in RECORD_TYPES:
        own = APIRouter(
            prefix=f"/api/{record_type}/{{localId}}", tags=[f"{RECORD_TYPES[record_type].__name__} entries"]
        )
        for part in (None, *SUB_RECORDS[record_type]):
            described = Described(record_type, part)
            entries = f"/{part}/{{partId}}/customdata" if part else "/customdata"
            one = f"{entries}/{KEY}"
            own.get(entries, **described.listing())(resource.read_all)
            own.post(entries, **described.creation())(resource.create)
            own.patch(entries, **described.merging())(resource.merge)
            own.put(entries, **described.replacing())(resource.replace)
            own.get(one, **described.reading())(resource.read)
            own.add_api_route(
                one, resource.write, methods=["PUT"], route_class_override=EntryRoute, **described.writing()
            )
            own.delete(one, **described.deletion())(resource.delete)
        routes.routes.extend(own.routes)
    return routes


class _Resource:
    """The entries of records and their parts."""

    def __init__(self, services: Services) -> None:
        self._store = services.store
        self._refusals = Refusals(services.config)

    def read_all(
        self,
        caller: Calling,
        place: Where,
        owner: OfConnection = None,
        module: OfModule = None,
        if_none_match: IfNoneMatch = None,
    ) -> Response:
        del caller  # whoever has a token may read everything
        version, entries = self._find(place)
        wanted = {key: entry for key, entry in entries.items() if _is_wanted(key, owner, module)}
        return _answer(_encoded(wanted), version, if_none_match)

    def read(self, at: Addressed, if_none_match: IfNoneMatch = None) -> Response:
        version, entries = self._find(at.place)
        if at.key not in entries:
            raise not_found()
        return _answer(_encoded_one(entries[at.key]), version, if_none_match)

    def create(self, caller: Calling, place: Where, body: JsonBody, if_match: IfMatch = None) -> Response:
        entry = whole_entry(body)
        key = key_of(entry)
        address = f"{place.path}/{key_segment(key)}"

        def change(entries: Mapping[str, Working]) -> Entries:
            if key in entries:
                raise exists_already(key, address)
            return {**entries, key: entry}

        written = self._change(caller, place, change, if_match, key)
        return _one_of(written, place, key, created_at=address)

    def write(self, at: Addressed, body: JsonBody, if_match: IfMatch = None) -> Response:
        place, key = at.place, at.key
        entry = named_entry(key, body)
        created = False

        def change(entries: Mapping[str, Working]) -> Entries:
            nonlocal created
            created = key not in entries
            return {**entries, key: entry}

        written = self._change(at.caller, place, change, if_match, key)
        return _one_of(written, place, key, created_at=f"{place.path}/{key_segment(key)}" if created else None)

    def delete(self, at: Addressed, if_match: IfMatch = None) -> Response:
        def change(entries: Mapping[str, Working]) -> Entries:
            if at.key not in entries:
                raise not_found()
            return {name: entry for name, entry in entries.items() if name != at.key}

        written = self._change(at.caller, at.place, change, if_match, at.key)
        return Response(status_code=204, headers={"ETag": entity_tag(written.version)})

    def merge(self, caller: Calling, place: Where, body: JsonBody, if_match: IfMatch = None) -> Response:
        given = entries_by_key(body)

        def change(entries: Mapping[str, Working]) -> Entries:
            return {key: entry for key, entry in {**entries, **given}.items() if entry is not None}

        return _all_of(self._change(caller, place, change, if_match), place)

    def replace(self, caller: Calling, place: Where, body: JsonBody, if_match: IfMatch = None) -> Response:
        given = entries_by_key(body)

        def change(entries: Entries, flowed: Collection[str]) -> Entries:
            return replace_own(entries, given, caller.actor.connection_id, flowed)

        return _all_of(self._change_all(caller, place, change, if_match), place)

    def _find(self, place: Place) -> tuple[int, Entries]:
        record = self._store.record(place.record_type, place.local_id)
        if record is None:
            raise not_found()
        return record["version"], place.holder(record).get(_ENTRIES, {})

    def _change(
        self, caller: Caller, place: Place, change: Change, if_match: str | None, key: str | None = None
    ) -> Written:
        """Change the entries of one place, inside the store's transaction: two writers never meet half-way."""

        def holder(record: Working) -> Working:
            require_version(if_match, record["version"])
            return place.holder(record)

        with self._refusals.explained(key):
            return self._store.write_record(
                caller.actor, place.record_type, place.local_id, EntryChange(holder, change)
            )

    def _change_all(self, caller: Caller, place: Place, change: ChangeAll, if_match: str | None) -> Written:
        """Change the entries of one place, knowing which of them flows brought."""

        def make(record: Working, flowed: Mapping[str, Collection[str]]) -> Working:
            here = flowed.get("", ()) if place.part is None else ()  # nothing flows to parts
            require_version(if_match, record["version"])
            holder = place.holder(record)
            holder[_ENTRIES] = change(holder.get(_ENTRIES, {}), here)
            return record

        with self._refusals.explained():
            return self._store.write_record(caller.actor, place.record_type, place.local_id, Replacement(make))


def _is_wanted(key: str, owner: str | None, module: str | None) -> bool:
    its_owner, its_module, _name = split_dictionary_key(key)
    return (owner is None or (owner or None) == its_owner) and module in (None, its_module)


def _all_of(written: Written, place: Place) -> Response:
    return _answer(_encoded(place.holder(written.record).get(_ENTRIES, {})), written.version)


def _one_of(written: Written, place: Place, key: str, *, created_at: str | None) -> Response:
    body = _encoded_one(place.holder(written.record)[_ENTRIES][key])
    headers = {} if created_at is None else {"Location": created_at}
    return _answer(body, written.version, headers=headers, status=200 if created_at is None else 201)


def _encoded(entries: Entries) -> bytes:
    """Write entries as JSON, as they stand in a record."""
    return encode_record({_ENTRIES: entries}).removeprefix(b'{"customData":')[:-1]


def _encoded_one(entry: Working) -> bytes:
    return _encoded({"": entry}).removeprefix(b'{"":')[:-1]


def _answer(
    body: bytes,
    version: int,
    if_none_match: str | None = None,
    *,
    headers: Mapping[str, str] | None = None,
    status: int = 200,
) -> Response:
    sent = {"ETag": entity_tag(version), **(headers or {})}
    if is_known(if_none_match, version):
        return Response(status_code=304, headers=sent)
    return Response(body, status, sent, JSON)
