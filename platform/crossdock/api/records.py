"""Records over HTTP: one implementation for every record type."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from hashlib import blake2b
from types import MappingProxyType
from typing import TYPE_CHECKING, Annotated, Any, TypeAlias
from urllib.parse import urlencode

from fastapi import APIRouter, Header, Path, Query, Request
from starlette.responses import Response

from crossdock.api import record_descriptions as describe
from crossdock.api.body import JsonBody
from crossdock.api.caller import Caller, Calling
from crossdock.api.customdata_refusal import Refusals
from crossdock.api.entity_tag import entity_tag, is_known, require_version
from crossdock.api.feed_cursor import bad_cursor, write_cursor
from crossdock.api.operation import JSON
from crossdock.api.problem import Problem, bad_parameters, not_found
from crossdock.api.record_query import read_query
from crossdock.api.record_write import RecordWrite
from crossdock.api.renderings import Renderings
from crossdock.pattern import REQUEST_KEY
from crossdock.plural import counted
from crossdock.records import RECORD_TYPES, SUB_RECORDS, Working, dump_json, encode_record
from crossdock.records.pointer import json_pointer
from crossdock.store import Written
from crossdock.store.access.answers import KeyReusedError, Request as Asked
from crossdock.store.reads.feed import ChangePage, UnknownPositionError
from crossdock.store.reads.search import EntryIndex

if TYPE_CHECKING:
    from crossdock.api.services import Services

_ID = re.compile(r"[0-9a-f]{32}")

LocalId: TypeAlias = Annotated[str, Path(alias="localId", description="platform id of the record")]
IfMatch: TypeAlias = Annotated[
    str | None,
    Header(alias="If-Match", min_length=1, description="the ETag of the state to write to; another one is a 412"),
]
IfNoneMatch: TypeAlias = Annotated[
    str | None,
    Header(alias="If-None-Match", min_length=1, description="the ETag that the caller has; 304 if it is that still"),
]
IdempotencyKey: TypeAlias = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        pattern=REQUEST_KEY,
        description="the same key with the same request gets the same answer, for 24 hours",
    ),
]
RemoteId: TypeAlias = Annotated[str, Query(alias="remoteId", description="what the record is called there")]
Owner: TypeAlias = Annotated[
    str | None,
    Query(alias="connectionId", description="whose remote id it is; the caller's own unless said, operators must say"),
]
Force: TypeAlias = Annotated[bool, Query(description="delete what connections have written to the record, too")]


def router(services: Services) -> APIRouter:
    """Serve ``/api/{recordType}`` for every type of record."""
    routes = APIRouter()
    index, renderings = EntryIndex(services.config.store.searchable), Renderings()
    for record_type in RECORD_TYPES:
        resource = _Resource(services, record_type, index, renderings)
        own = APIRouter(prefix=f"/api/{record_type}", tags=[RECORD_TYPES[record_type].__name__])
        own.get("", **describe.changes(record_type))(resource.changes)
        own.post("", **describe.creation(record_type))(resource.create)
        own.get("/by-remote-id", **describe.by_remote_id(record_type))(resource.by_remote_id)
        own.get("/{localId}", **describe.reading(record_type))(resource.read)
        own.put("/{localId}", **describe.writing(record_type))(resource.write)
        own.delete("/{localId}", **describe.deletion(record_type))(resource.delete)
        routes.routes.extend(own.routes)
    return routes


class _Resource:
    """The records of one type."""

    def __init__(self, services: Services, record_type: str, index: EntryIndex, renderings: Renderings) -> None:
        self._store = services.store
        self._type = record_type
        self._index = index
        self._renderings = renderings
        self._refusals = Refusals(services.config)

    def changes(self, request: Request, caller: Calling) -> Response:
        query = read_query(self._type, request.query_params.multi_items(), caller, self._index)
        try:
            page = self._store.feed.page(query.wanted, query.position, query.limit)
        except UnknownPositionError as error:
            raise bad_cursor("it is ahead of everything that was ever changed here") from error
        cursor = write_cursor(self._type, page.position, query.filters)
        headers = {}
        if page.more:
            again = urlencode({"cursor": cursor, "limit": query.limit})
            headers["Link"] = f'</api/{self._type}?{again}>; rel="next"'
        return Response(self._encoded(page, cursor), headers=headers, media_type=JSON)

    def read(self, caller: Calling, local_id: LocalId, if_none_match: IfNoneMatch = None) -> Response:
        del caller  # whoever has a token may read everything
        return self._found(local_id, if_none_match)

    def by_remote_id(
        self, caller: Calling, remote_id: RemoteId, owner: Owner = None, if_none_match: IfNoneMatch = None
    ) -> Response:
        owner = owner or caller.actor.connection_id
        if owner is None:
            raise _nobodys_remote_id()
        known = self._store.known(owner, self._type, [remote_id]).get(remote_id) if _ID.fullmatch(owner) else None
        if known is None or known.local_id is None:
            raise not_found()
        return self._found(known.local_id, if_none_match, {"Content-Location": self._address(known.local_id)})

    def create(self, caller: Calling, body: JsonBody, key: IdempotencyKey = None) -> Response:
        write = RecordWrite(self._type, body, caller, self._refusals)
        if key is None:
            written = write.run(lambda after: self._store.write_record(caller.actor, self._type, None, after))
        else:
            asked = self._asked(caller, key, body)
            try:
                written = write.run(lambda after: self._store.answers.create(caller.actor, self._type, after, asked))
            except KeyReusedError as error:
                raise _reused(str(error)) from error
        return _written(written, {"Location": self._address(written.local_id)}, status=201)

    def write(self, caller: Calling, local_id: LocalId, body: JsonBody, if_match: IfMatch = None) -> Response:
        if not _ID.fullmatch(local_id):
            raise not_found()
        write = RecordWrite(self._type, body, caller, self._refusals, if_match)
        written = write.run(lambda after: self._store.write_record(caller.actor, self._type, local_id, after))
        return _written(written)

    def delete(self, caller: Calling, local_id: LocalId, if_match: IfMatch = None, force: Force = False) -> Response:  # noqa: FBT002 - FastAPI passes it by name
        caller.require_operator("deleting a record")
        if not _ID.fullmatch(local_id):
            raise not_found()

        def check(record: Working) -> None:
            require_version(if_match, record["version"])
            if not force:
                _refuse_with_entries(self._type, record)

        self._store.delete_record(caller.actor, self._type, local_id, check)
        return Response(status_code=204)

    def _found(
        self, local_id: str, if_none_match: str | None, headers: Mapping[str, str] = MappingProxyType({})
    ) -> Response:
        found = self._store.packed(self._type, local_id)
        if found is None:
            raise not_found()
        headers = {"ETag": entity_tag(found.version), **headers}
        if is_known(if_none_match, found.version):
            return Response(status_code=304, headers=headers)
        return Response(self._renderings.of(found.document), headers=headers, media_type=JSON)

    def _encoded(self, page: ChangePage, cursor: str) -> bytes:
        gone = [
            {
                "localId": one.local_id,
                "version": one.version,
                "deleted": one.deleted,
                "remoteIdMap": one.remote_id_map,
            }
            for one in page.deleted
        ]
        records = b",".join(map(self._renderings.of, page.documents))
        return b'{"records":[%b],"deleted":%b,"cursor":"%b"}' % (records, dump_json(gone), cursor.encode())

    def _address(self, local_id: str) -> str:
        return f"/api/{self._type}/{local_id}"

    def _asked(self, caller: Caller, key: str, body: Any) -> Asked:
        digest = blake2b(dump_json([self._type, body]), digest_size=16).digest()
        return Asked(caller.token_id, key, digest)


def _written(written: Written, headers: Mapping[str, str] = MappingProxyType({}), *, status: int = 200) -> Response:
    return Response(encode_record(written.record), status, {"ETag": entity_tag(written.version), **headers}, JSON)


def _refuse_with_entries(record_type: str, record: Working) -> None:
    """Keep a record on which entries of connections stand.

    Raises:
        Problem: 409 with every entry and its owner.
    """
    errors = [
        {"pointer": pointer, "detail": f"owned by connection {entry['connectionId']}", "owner": entry["connectionId"]}
        for pointer, entry in _entries(record_type, record)
        if "connectionId" in entry
    ]
    if errors:
        raise Problem(
            409,
            "entries-stand",
            "Entries of connections stand on the record",
            f"{counted(len(errors), 'entry')} would be lost with the record",
            errors=errors,
            remedy="let their owners delete them, or repeat the request with ?force=true",
        )


def _entries(record_type: str, record: Working) -> Iterator[tuple[str, Working]]:
    """Walk the entries of a record and its parts, with the pointer of each."""
    parts = [
        ((name, place), part) for name in SUB_RECORDS[record_type] for place, part in enumerate(record.get(name, ()))
    ]
    for steps, holder in [((), record), *parts]:
        for key, entry in holder.get("customData", {}).items():
            yield json_pointer((*steps, "customData", key)), entry


def _nobodys_remote_id() -> Problem:
    detail = "an operator has no remote ids: say whose it is"
    return bad_parameters([{"pointer": "", "parameter": "connectionId", "in": "query", "detail": detail}])


def _reused(detail: str) -> Problem:
    return Problem(
        422,
        "key-reused",
        "The Idempotency-Key belongs to another request",
        detail,
        remedy="send a new key with a new request, and the same key only with the very same one",
    )
