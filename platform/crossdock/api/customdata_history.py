"""What happened to the entries of a record, over HTTP."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any, TypeAlias
from urllib.parse import quote

from fastapi import APIRouter, Query
from starlette.responses import Response

from crossdock.api.caller import Calling
from crossdock.api.entry_place import Where
from crossdock.api.operation import JSON, Answer, Exchange, Schema, operation, ref
from crossdock.api.path_key import QueryKey, key_segment
from crossdock.api.problem import not_found
from crossdock.api.record_descriptions import ERP, FIRST
from crossdock.records import RECORD_TYPES, dump_json
from crossdock.store.writes.actor import IMPORT_KINDS

if TYPE_CHECKING:
    from crossdock.api.services import Services

_USUAL, _MOST = 100, 1000
Limit: TypeAlias = Annotated[int, Query(ge=1, le=_MOST, description="how many acts a page has")]
Position: TypeAlias = Annotated[int, Query(ge=0, le=2**63 - 1, description="where the page before ended: from Link")]


def router(services: Services) -> APIRouter:
    """Serve ``customdata-history`` of every record type."""
    routes = APIRouter()
    history = _History(services)
    for record_type, model in RECORD_TYPES.items():
        own = APIRouter(prefix=f"/api/{record_type}/{{localId}}", tags=[f"{model.__name__} entries"])
        own.get("/customdata-history", **_described(record_type))(history.read)
        routes.routes.extend(own.routes)
    return routes


def components() -> Mapping[str, Schema]:
    """Make the schemas of the answer."""
    text: Schema = {"type": "string"}
    change: Schema = {
        "type": "object",
        "title": "EntryChange",
        "description": "One change of an entry, or the creation or deletion of the record with all that stood on it.",
        "required": ["changed", "version", "event", "place"],
        "properties": {
            "changed": {**text, "description": "when"},
            "version": {"type": "integer", "description": "of the record, after it"},
            "event": {"enum": ["created", "changed", "deleted"], "description": "created and deleted: of the record"},
            "actor": {"enum": ["connection", "operator", "flow"]},
            "actorName": text,
            "connectionId": {**text, "description": "the writing connection"},
            "through": {"enum": [*IMPORT_KINDS, "api", "cli", "flow"]},
            "runId": {**text, "description": "the run of an import; what it made of the rest, its payload tells"},
            "place": {**text, "description": 'where the entry stands: "" on the record, else such as rows[ID]'},
            "key": {**text, "description": "the dictionary key"},
            "old": {**ref("Entry"), "description": "absent: there was none"},
            "new": {**ref("Entry"), "description": "absent: there is none"},
        },
    }
    page: Schema = {
        "type": "object",
        "title": "EntryHistory",
        "required": ["changes"],
        "properties": {"changes": {"type": "array", "items": ref("EntryChange")}},
    }
    return {"EntryChange": change, "EntryHistory": page}


class _History:
    """The history of entries."""

    def __init__(self, services: Services) -> None:
        self._store = services.store
        self._names = {connection.id: connection.name for connection in services.config.connections}

    def read(
        self, caller: Calling, place: Where, key: QueryKey, limit: Limit = _USUAL, position: Position = 0
    ) -> Response:
        del caller  # whoever has a token may read everything
        page = self._store.entry_history.page(place.record_type, place.local_id, key=key, after=position, limit=limit)
        if page is None:
            raise not_found()
        headers = {}
        if page.more:
            path = f"/api/{place.record_type}/{quote(place.local_id)}/customdata-history"
            asked = f"limit={limit}&position={page.position}" + ("" if key is None else f"&key={key_segment(key)}")
            headers["Link"] = f'<{path}?{asked}>; rel="next"'
        changes = [change.as_wire(self._names) for change in page.changes]
        return Response(dump_json({"changes": changes}), headers=headers, media_type=JSON)


def _described(record_type: str) -> dict[str, Any]:
    name = RECORD_TYPES[record_type].__name__
    created = {"changed": "2024-03-03T14:09:27Z", "version": 1, "event": "created", "actor": "connection"}
    shown = {**created, "actorName": "erp", "connectionId": ERP, "through": "api", "place": ""}
    record = f"{'an' if record_type[0] in 'aeiou' else 'a'} {record_type}"
    return operation(
        f"List what happened to the entries of {record} and its parts",
        Answer(
            "A page of changes, oldest first",
            ref("EntryHistory"),
            headers={"Link": 'the next page, `rel="next"`, if there is one'},
        ),
        problems=("not-found", "bad-parameter"),
        name=f"list{name}EntryHistory",
        exchanges=[
            Exchange("history", parameters={"localId": FIRST, "limit": "1"}, answer={"changes": [shown]}),
            Exchange("one entry", parameters={"localId": FIRST, "key": f"{ERP}|x-erp|tier"}),
        ],
    )
