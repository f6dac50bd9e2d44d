"""The application: routers, problems and the edge, put together."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from importlib.metadata import version
from typing import TypeAlias

from anyio.to_thread import current_default_thread_limiter
from fastapi import APIRouter, FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.routing import BaseRoute, Route

from crossdock.api import (
    connections,
    customdata,
    customdata_descriptions,
    customdata_history,
    health,
    hooks,
    log_events,
    pages,
    record_descriptions,
    record_schemas,
    records,
)
from crossdock.api.caller import Gate
from crossdock.api.edge import Edge, Limits
from crossdock.api.openapi import Document, MakeSchemas, make_document
from crossdock.api.problem import Problem, respond
from crossdock.api.services import Services
from crossdock.api.tree import Tree
from crossdock.api.turn import Turn
from crossdock.errors import CrossdockError

THREADS = 12
"""Requests that are worked on at once: fewer than the store has connections, so that none has to wait for one."""

MakeRouter: TypeAlias = Callable[[Services], APIRouter]

ROUTERS: tuple[MakeRouter, ...] = (
    health.router,
    pages.router,
    connections.router,
    log_events.router,
    hooks.router,
    record_schemas.router,
    records.router,
    customdata.router,
    customdata_history.router,
)
COMPONENTS: tuple[MakeSchemas, ...] = (
    connections.schemas,
    log_events.schemas,
    record_descriptions.components,
    customdata_descriptions.components,
    customdata_history.components,
)
"""Give the schemas that the descriptions of operations refer to by ``ref``."""


def build_app(services: Services, limits: Limits | None = None) -> FastAPI:
    """Build the API over an open store.

    Args:
        services: what it works with.
        limits: what clients may send.
    """
    app = _Application(
        title="Crossdock",
        version=version("crossdock"),
        lifespan=_lifespan,
        redirect_slashes=False,
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
    )
    app.state.services = services
    app.state.gate = Gate(services)
    app.state.turn = Turn()
    app.every_route = [_plain(route) for make_router in ROUTERS for route in make_router(services).routes]
    app.router.routes[:] = [Tree(app.every_route)]
    for error in (Problem, CrossdockError, HTTPException, RequestValidationError):
        app.add_exception_handler(error, respond)
    app.add_middleware(Edge, limits=limits or Limits(), listener=services.listener)
    return app


def _plain(route: BaseRoute) -> Route:
    if not isinstance(route, Route):
        raise TypeError(f"{route!r} is no plain route; let a router take over the routes of another, not include it")
    return route


class _Application(FastAPI):
    """Knows all its routes, and makes its document when it is first asked for."""

    every_route: Sequence[Route] = ()

    def openapi(self) -> Document:
        if self.openapi_schema is None:
            self.openapi_schema = make_document(self, self.every_route, COMPONENTS)
        return self.openapi_schema


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    """Run the background work as long as requests are taken."""
    current_default_thread_limiter().total_tokens = THREADS
    started = []
    try:
        for background in app.state.services.background:
            background.start()
            started.append(background)
        yield
    finally:
        for background in reversed(started):
            await run_in_threadpool(background.stop)
