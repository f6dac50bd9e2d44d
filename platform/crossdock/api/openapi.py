"""The OpenAPI document, made from the routes and the descriptions that stand beside them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, TypeAlias

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic import BaseModel
from starlette.routing import BaseRoute

from crossdock.api.operation import Schema, failures

Document: TypeAlias = dict[str, Any]
MakeSchemas: TypeAlias = Callable[[], Mapping[str, Schema]]

_SUMMARY = "Programs work with orders, products and customers, each as one connection among several."
_VERBS = ("get", "put", "post", "patch", "delete")

PROBLEM: Schema = {
    "type": "object",
    "title": "Problem",
    "description": "Problem details, RFC 9457.",
    "required": ["type", "title", "status", "detail", "instance"],
    "properties": {
        "type": {"type": "string", "description": "a page that explains this type of problem"},
        "title": {"type": "string", "description": "what is wrong in general"},
        "status": {"type": "integer", "description": "the status of the answer"},
        "detail": {"type": "string", "description": "what is wrong this time"},
        "instance": {"type": "string", "description": "the id of the request, which stands in the log too"},
        "remedy": {"type": "string", "description": "what to do about it"},
        "errors": {
            "type": "array",
            "description": "every offending place",
            "items": {
                "type": "object",
                "required": ["pointer", "detail"],
                "properties": {
                    "pointer": {"type": "string", "description": 'JSON pointer into the body, or ""'},
                    "detail": {"type": "string"},
                },
            },
        },
    },
}


def component(name: str, model: type[BaseModel]) -> dict[str, Schema]:
    """Make the schema of a model, and those of its parts, by name."""
    schema = model.model_json_schema(ref_template="#/components/schemas/{model}")
    return {**schema.pop("$defs", {}), name: schema}


def make_document(app: FastAPI, routes: Sequence[BaseRoute], components: Iterable[MakeSchemas]) -> Document:
    """Make the document.

    Args:
        app: the application.
        routes: all its routes.
        components: give the schemas that operations refer to.
    """
    document = get_openapi(
        title=app.title, version=app.version, openapi_version="3.1.0", summary=_SUMMARY, routes=routes
    )
    schemas: dict[str, Schema] = {"Problem": PROBLEM}
    for make in components:
        schemas |= make()
    document["components"] = {
        "schemas": dict(sorted(schemas.items())),
        "securitySchemes": {"token": {"type": "http", "scheme": "bearer", "bearerFormat": "cdk_ID_SECRET"}},
    }
    for item in document["paths"].values():
        for verb in _VERBS:
            if verb in item:
                _complete(item[verb])
    return document


def _complete(operation: dict[str, Any]) -> None:
    """Put the values of the exchanges beside the parameters that they are for, and leave out what cannot happen."""
    for parameter in operation.get("parameters", ()):
        if "anyOf" in parameter["schema"]:  # what may be left out is no null: there is none in an address or a header
            [parameter["schema"]] = [one for one in parameter["schema"]["anyOf"] if one != {"type": "null"}]
        shown = {
            one["name"]: {"value": one["parameters"][parameter["name"]]}
            for one in operation.get("x-exchanges", ())
            if parameter["name"] in one["parameters"]
        }
        if shown:
            parameter["examples"] = shown
    if "HTTPValidationError" in str(operation["responses"].get("422")):  # the framework's own guess
        del operation["responses"]["422"]
        if not all(_takes_any_text(parameter["schema"]) for parameter in operation["parameters"]):
            described = failures(["bad-parameter"])
            operation["responses"] |= {str(status): found for status, found in described.items()}


def _takes_any_text(schema: Schema) -> bool:
    return schema.get("type") == "string" and not schema.keys() & {"minLength", "maxLength", "pattern", "enum"}
