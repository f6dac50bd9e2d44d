"""Whether the process lives, and whether it can do its work; for load balancers and supervisors."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fastapi import APIRouter
from starlette.responses import Response

from crossdock.api.operation import JSON, Answer, Exchange, operation
from crossdock.api.problem import Problem
from crossdock.errors import CrossdockError

if TYPE_CHECKING:
    from crossdock.api.services import Services


def router(services: Services) -> APIRouter:
    """Serve ``/health`` and ``/ready``; neither needs a token, neither tells anything but yes or no.

    Monitors often ask by HEAD.
    """
    routes = APIRouter(tags=["Health"])

    @routes.head("/health", include_in_schema=False)
    @routes.get("/health", **_described("Say whether the process lives", "readHealth", "alive"))
    async def health() -> Response:
        return _said("alive")

    @routes.head("/ready", include_in_schema=False)
    @routes.get("/ready", **_described("Say whether the store answers", "readReadiness", "ready", "not-ready"))
    def ready() -> Response:
        try:
            services.store.cursors()
        except CrossdockError:
            raise _not_ready() from None
        return _said("ready")

    return routes


def _described(summary: str, name: str, word: str, *problems: str) -> dict[str, Any]:
    schema = {"type": "object", "required": ["status"], "properties": {"status": {"const": word}}}
    exchange = Exchange(word, answer={"status": word}, caller="nobody")
    answer = Answer(summary.replace("Say whether", "Yes:"), schema)
    return operation(summary, answer, problems=problems, token=False, exchanges=[exchange], name=name)


def _said(word: str) -> Response:
    return Response(f'{{"status":"{word}"}}', media_type=JSON)


def _not_ready() -> Problem:
    return Problem(503, "not-ready", "Not ready", "the store does not answer", headers={"Retry-After": "5"})
