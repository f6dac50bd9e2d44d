"""Pages for people and the document for programs: ``/docs``, ``/problems/NAME``, ``/openapi.json``."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import msgspec
from fastapi import APIRouter, Request
from starlette.responses import Response

from crossdock.api import reference
from crossdock.api.problem import not_found
from crossdock.api.problem_types import PROBLEM_TYPES

if TYPE_CHECKING:
    from crossdock.api.services import Services

# The pages are whole in themselves: they load nothing, from here or from anywhere else, and run nothing.
_SELF_CONTAINED = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
}


def router(_services: Services) -> APIRouter:
    """Serve the reference; no token is needed, and nothing in it is a secret."""
    routes = APIRouter(include_in_schema=False)
    # Made once: anybody may ask for them, as often as they like.
    document = cache(lambda app: msgspec.json.encode(app.openapi()))
    page = cache(lambda app: reference.page_of(app.openapi()))

    @routes.get("/openapi.json")
    def openapi(request: Request) -> Response:
        return Response(document(request.app), media_type="application/json")

    @routes.get("/")
    def home() -> Response:
        return Response(status_code=303, headers={"Location": "/docs"})

    @routes.get("/docs")
    def docs(request: Request) -> Response:
        return _page(page(request.app))

    @routes.get("/problems/{kind}")
    def problem(kind: str) -> Response:
        if kind not in PROBLEM_TYPES:
            raise not_found()
        return _page(reference.problem_page(kind, PROBLEM_TYPES[kind]))

    return routes


def _page(html: str) -> Response:
    return Response(html, headers=_SELF_CONTAINED, media_type="text/html")
