"""The JSON Schemas of records, for programs: ``/api/schema/{recordType}.json``."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import msgspec
from fastapi import APIRouter
from starlette.responses import Response

from crossdock.api.operation import Answer, Exchange, operation
from crossdock.records import RECORD_TYPES
from crossdock.records.json_schema import custom_data_schema, record_schema

if TYPE_CHECKING:
    from crossdock.api.services import Services

MEDIA_TYPE = "application/schema+json"


def router(_services: Services) -> APIRouter:
    """Serve the schema of each record type, and that of custom data; no token is needed."""
    routes = APIRouter(prefix="/api/schema", tags=["Schemas"])
    for name in (*RECORD_TYPES, "customdata"):
        described = operation(
            f"Read the JSON Schema of {name}",
            Answer("JSON Schema 2020-12", {"type": "object"}, media_type=MEDIA_TYPE),
            token=False,
            name=f"read{name[0].upper()}{name[1:]}Schema",
            exchanges=[Exchange("schema", caller="nobody")],
        )
        routes.get(f"/{name}.json", **described)(_schema_of(name))
    return routes


def _schema_of(name: str) -> Callable[[], Response]:
    def schema() -> Response:
        made = record_schema(name) if name in RECORD_TYPES else custom_data_schema()
        return Response(msgspec.json.encode(made), media_type=MEDIA_TYPE)

    return schema
