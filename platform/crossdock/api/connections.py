"""``/api/connection`` and ``/api/transfer-report/{runId}``: which connections there are, and how their runs went."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Path
from starlette.responses import Response

from crossdock.api.caller import Calling
from crossdock.api.operation import JSON, Answer, Exchange, Schema, operation, ref
from crossdock.api.problem import not_found
from crossdock.config import Redactor
from crossdock.pipeline.reporting.run_wire import run_as_wire
from crossdock.records import dump_json
from crossdock.store import RunEntry
from crossdock.store.sql.column_text import may_be_id
from crossdock.store.writes.actor import IMPORT_KINDS

if TYPE_CHECKING:
    from crossdock.api.services import Services
    from crossdock.config import Connection
    from crossdock.store.imports.transfers import Transfer

EXAMPLE_RUN = "0b7e165e3b38af6eece4a00015377568"
_COUNTS = ("considered", "created", "updated", "unchanged", "ignored", "failed")


def router(services: Services) -> APIRouter:
    """Serve connections and transfer reports; whoever has a token may read them all."""
    routes = APIRouter(tags=["Connections and reports"])
    redact = Redactor(services.config.secrets).text
    names = {connection.id: connection.name for connection in services.config.connections}

    @routes.get("/api/connection", **_LIST)
    def connections(_caller: Calling) -> Response:
        transfers = services.store.transfers.latest()
        found = [_as_wire(one, transfers) for one in services.config.connections]
        return _answer({"connections": found}, redact)

    @routes.get("/api/transfer-report/{runId}", **_REPORT)
    def report(
        _caller: Calling, run_id: Annotated[str, Path(alias="runId", description="the id of the run")]
    ) -> Response:
        run = services.store.run(run_id) if may_be_id(run_id) else None
        if run is None:
            raise not_found()
        return _answer(run_as_wire(run, names), redact)

    return routes


def _answer(value: object, redact: Callable[[str], str]) -> Response:
    """Answer with JSON; no secret stands in a report, and should one, it does not leave the house."""
    return Response(redact(dump_json(value).decode()), media_type=JSON)


def _as_wire(connection: Connection, transfers: Iterable[Transfer]) -> dict[str, Any]:
    return {
        "connectionId": connection.id,
        "name": connection.name,
        "connector": connection.connector.name,
        "transfers": [
            {
                "direction": transfer.direction,
                "recordType": transfer.record_type,
                "latest": _summary(transfer.latest),
                "latestSuccessful": transfer.latest_successful and _summary(transfer.latest_successful),
            }
            for transfer in transfers
            if transfer.connection_id == connection.id
        ],
    }


def _summary(run: RunEntry) -> dict[str, Any]:
    counts = {name: run.report[name] for name in _COUNTS if name in run.report} if run.report else {}
    return {
        "runId": run.run_id,
        "startTime": run.started,
        "endTime": run.ended,
        "outcome": run.outcome,
        **counts,
    }


def schemas() -> Mapping[str, Schema]:
    """Give the schemas of connections and reports."""
    summary = _object(
        _RUN | {name: {"type": "integer", "description": f"records {name}"} for name in _COUNTS}, required=_RUN
    )
    transfer = _object(
        {
            "direction": {"enum": ["import", "export"], "description": "as the platform sees it"},
            "recordType": {"type": "string"},
            "latest": ref("TransferSummary"),
            "latestSuccessful": {"anyOf": [ref("TransferSummary"), {"type": "null"}]},
        }
    )
    connection = _object(
        {
            "connectionId": {"type": "string"},
            "name": {"type": "string", "description": "what people call it"},
            "connector": {"type": "string", "description": "the kind of remote system"},
            "transfers": {"type": "array", "items": ref("Transfer")},
        }
    )
    report = _object(
        _RUN
        | {
            "connectionId": {"type": "string"},
            "connection": {"type": ["string", "null"], "description": "its name, if it is configured still"},
            "recordType": {"type": "string"},
            "direction": {"enum": ["import", "export"]},
            "kind": {"enum": [*IMPORT_KINDS, "export"], "description": "what goes the way of an import told apart"},
        },
        required=(*_RUN, "connectionId", "recordType", "direction", "kind"),
    )
    return {
        "Connections": _object({"connections": {"type": "array", "items": ref("Connection")}}),
        "Connection": connection,
        "Transfer": transfer,
        "TransferSummary": summary,
        "TransferReport": report | {"description": "The transfer report of a run, as `crossdock runs show` has it."},
    }


def _object(properties: Mapping[str, Schema], required: Iterable[str] | None = None) -> Schema:
    names = list(properties if required is None else required)
    return {"type": "object", "required": names, "properties": dict(properties)}


_RUN: dict[str, Schema] = {
    "runId": {"type": "string"},
    "startTime": {"type": "string"},
    "endTime": {"type": ["string", "null"], "description": "null while it is going on"},
    "outcome": {"enum": ["succeeded", "failed", "interrupted", "running"]},
}
_EXAMPLE = {
    "runId": EXAMPLE_RUN,
    "startTime": "2024-03-03T14:09:27Z",
    "endTime": "2024-03-03T14:09:59Z",
    "outcome": "succeeded",
    "considered": 519,
    "created": 519,
    "updated": 0,
    "unchanged": 0,
    "ignored": 0,
    "failed": 0,
}
_LIST = operation(
    "List the connections, each with its latest and latest successful transfer per direction and record type",
    Answer("All connections of the configuration.", ref("Connections")),
    exchanges=[
        Exchange(
            "all",
            answer={
                "connections": [
                    {
                        "connectionId": "5377568eb7e165e3b38af6eece4a0001",
                        "name": "shop",
                        "connector": "woocommerce",
                        "transfers": [
                            {
                                "direction": "import",
                                "recordType": "order",
                                "latest": _EXAMPLE,
                                "latestSuccessful": _EXAMPLE,
                            }
                        ],
                    }
                ]
            },
        )
    ],
    name="listConnections",
)
_REPORT = operation(
    "Read the transfer report of a run",
    Answer("The report, or as much of one as a run without an end has.", ref("TransferReport")),
    problems=["not-found"],
    exchanges=[
        Exchange("a run", parameters={"runId": EXAMPLE_RUN}),
        Exchange("unknown", 404, parameters={"runId": "0" * 32}),
    ],
    name="readTransferReport",
)
