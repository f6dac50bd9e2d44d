"""How an operation of the API is described: one place for the document, the reference and the tests that execute it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from starlette.responses import Response

from crossdock.api.problem import MEDIA_TYPE
from crossdock.api.problem_types import PROBLEM_TYPES

Schema: TypeAlias = dict[str, Any]

JSON = "application/json"
_WITH_TOKEN = ("no-token", "another-connection", "too-many-requests", "busy")
_WITH_BODY = ("malformed", "duplicate-name", "too-deep", "too-slow", "too-large", "not-json")


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request and its answer: shown in the reference, and sent by the tests to a prepared store.

    Args:
        name: short, unique in its operation.
        status: what is answered.
        parameters: of the path and the query, by name; a value of a header too, by the header's name.
        body: the JSON that is sent.
        answer: the JSON that is answered; the tests compare its names, since ids and times differ.
        caller: who sends it: ``shop``, ``erp`` or ``wms``, ``operator``, or ``nobody`` without a token.
    """

    name: str
    status: int = 200
    parameters: Mapping[str, str] = field(default_factory=dict)
    body: Any = None
    answer: Any = None
    caller: str = "erp"


@dataclass(frozen=True, slots=True)
class Answer:
    """A success that an operation can end with."""

    description: str
    schema: Schema | None = None
    status: int = 200
    media_type: str = JSON
    headers: Mapping[str, str] = field(default_factory=dict)


def ref(name: str) -> Schema:
    """Refer to a schema among the document's components."""
    return {"$ref": f"#/components/schemas/{name}"}


def operation(
    summary: str,
    *answers: Answer,
    problems: Iterable[str] = (),
    body: Schema | None = None,
    token: bool = True,
    exchanges: Sequence[Exchange] = (),
    name: str | None = None,
) -> dict[str, Any]:
    """Describe an operation: keyword arguments for a router's ``get``, ``put``, ...

    Args:
        summary: what it does, for people.
        answers: how it can succeed, the usual way first.
        problems: names of further problems; those that any request with a token or a body can meet are added.
        body: the schema of the body that it takes.
        token: whether it needs a token.
        exchanges: examples.
        name: the operation's id in the document, such as ``readOrder``.
    """
    kinds = [*problems, *(_WITH_TOKEN if token else ()), *(_WITH_BODY if body is not None else ())]
    responses = {answer.status: _success(answer) for answer in answers} | failures(kinds)
    for exchange in exchanges:
        _show(responses[exchange.status], exchange)
    extra: dict[str, Any] = {"security": [{"token": []}] if token else []}
    if body is not None:
        shown = {one.name: {"value": one.body} for one in exchanges if one.body is not None}
        extra["requestBody"] = {"required": True, "content": {JSON: {"schema": body, "examples": shown}}}
    if exchanges:
        extra["x-exchanges"] = [_exchange(one) for one in exchanges]
    return {
        "summary": summary,
        "responses": responses,
        "status_code": answers[0].status,
        "response_class": Response,
        "response_model": None,
        "operation_id": name,
        "openapi_extra": extra,
    }


def _success(answer: Answer) -> dict[str, Any]:
    described: dict[str, Any] = {"description": answer.description}
    if answer.schema is not None:
        described["content"] = {answer.media_type: {"schema": answer.schema}}
    if answer.headers:
        described["headers"] = {
            name: {"description": text, "schema": {"type": "string"}} for name, text in answer.headers.items()
        }
    return described


def failures(kinds: Iterable[str]) -> dict[int, dict[str, Any]]:
    """Describe the answers that problems of these kinds are, by status."""
    by_status: dict[int, list[str]] = {}
    for kind in sorted(set(kinds)):
        by_status.setdefault(PROBLEM_TYPES[kind].status, []).append(kind)
    return {
        status: {
            "description": "; ".join(f"{PROBLEM_TYPES[kind].title} (`{kind}`)" for kind in found),
            "content": {MEDIA_TYPE: {"schema": ref("Problem")}},
        }
        for status, found in sorted(by_status.items())
    }


def _show(response: dict[str, Any], exchange: Exchange) -> None:
    if exchange.answer is not None:
        [content] = response["content"].values()
        content.setdefault("examples", {})[exchange.name] = {"value": exchange.answer}


def _exchange(exchange: Exchange) -> dict[str, Any]:
    return {
        "name": exchange.name,
        "status": exchange.status,
        "parameters": dict(exchange.parameters),
        "caller": exchange.caller,
    }
