"""``POST /api/log/event``: an outside program tells the operator about errors in its own system."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any, TypeAlias

from fastapi import APIRouter
from pydantic import Field, StringConstraints
from starlette.responses import Response

from crossdock.api.body import JsonBody, validated
from crossdock.api.caller import Calling
from crossdock.api.openapi import component
from crossdock.api.operation import JSON, Answer, Exchange, Schema, operation, ref
from crossdock.records import WireModel, dump_json
from crossdock.records.values import RecordTypeName, Timestamp
from crossdock.store.events.log_events import LogEvent, ReceivedEvent, Related, Severity
from crossdock.store.imports.runs import Direction
from crossdock.store.sql.moment import to_text

if TYPE_CHECKING:
    from crossdock.api.services import Services

_Text: TypeAlias = Annotated[str, StringConstraints(max_length=10_000)]
_Short: TypeAlias = Annotated[str, StringConstraints(min_length=1, max_length=500)]


class RelatedIdMsg(WireModel):
    """One record that an event is about."""

    id: _Short | None = Field(default=None, description="its id in the outside system")
    display_id: _Short | None = Field(default=None, description="what people call it")
    message: _Text | None = Field(default=None, description="what is wrong with it")


class LogEventBody(WireModel):
    """What an outside program tells."""

    severity: Severity = Field(description="how bad it is")
    summary: _Short = Field(description="in one sentence, for the list")
    related_record_type: RecordTypeName | None = Field(default=None, description="the type of records it concerns")
    direction: Direction | None = Field(default=None, description="as the platform sees it")
    body: list[_Text] = Field(default=[], max_length=100, description="further lines")
    related_id_msgs: list[RelatedIdMsg] = Field(default=[], max_length=1000, description="the records it concerns")
    time: Timestamp | None = Field(default=None, description="when it happened there; absent: now")


class ReceivedLogEvent(LogEventBody):
    """An event as it was kept."""

    event_id: int = Field(description="its number")
    connection_id: str = Field(description="who told it")
    received: Timestamp = Field(description="when it came")


def router(services: Services) -> APIRouter:
    """Serve ``/api/log/event``."""
    routes = APIRouter(tags=["Log events"])

    @routes.post("/api/log/event", **_DESCRIBED)
    def tell(caller: Calling, body: JsonBody) -> Response:
        told = validated(LogEventBody, body)
        event = LogEvent(
            told.severity,
            told.summary,
            to_text(told.time or services.clock()),
            told.related_record_type,
            told.direction,
            tuple(told.body),
            tuple(Related(one.id, one.display_id, one.message) for one in told.related_id_msgs),
        )
        received = services.store.log_events.add(caller.connection.id, event)
        return Response(dump_json(_as_wire(received)), 201, media_type=JSON)

    return routes


def schemas() -> Mapping[str, Schema]:
    """Give the schemas of events."""
    return component("LogEvent", LogEventBody) | component("ReceivedLogEvent", ReceivedLogEvent)


def _as_wire(received: ReceivedEvent) -> dict[str, Any]:
    event = received.event
    wire = {
        "eventId": received.event_id,
        "connectionId": received.connection_id,
        "received": received.received,
        "time": event.occurred,
        "severity": event.severity,
        "summary": event.summary,
        "relatedRecordType": event.record_type,
        "direction": event.direction,
        "body": list(event.body),
        "relatedIdMsgs": [
            _without_none({"id": one.id, "displayId": one.display_id, "message": one.message}) for one in event.related
        ],
    }
    return _without_none(wire)


def _without_none(wire: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in wire.items() if value is not None}


_EXAMPLE = {
    "severity": "error",
    "relatedRecordType": "order",
    "direction": "export",
    "summary": "3 invoices were refused by the tax office",
    "body": ["The office answered: VAT number unknown", "They are sent again at 18:00"],
    "relatedIdMsgs": [{"id": "INV-881", "displayId": "2024-0881", "message": "VAT number unknown"}],
    "time": "2024-03-03T14:09:27Z",
}
_RECEIVED = {
    "eventId": 17,
    "connectionId": "5377568eb7e165e3b38af6eece4a0002",
    "received": "2024-03-03T14:09:28Z",
    **_EXAMPLE,
}
_DESCRIBED = operation(
    "Tell the operator about an error in the caller's own system",
    Answer("The event is kept; `crossdock log list` shows it.", ref("ReceivedLogEvent"), 201),
    problems=["invalid"],
    body=ref("LogEvent"),
    exchanges=[
        Exchange("an error", 201, body=_EXAMPLE, answer=_RECEIVED),
        Exchange("the least", 201, body={"severity": "info", "summary": "the nightly job is through"}),
        Exchange("no summary", 422, body={"severity": "error"}),
    ],
    name="tellLogEvent",
)
