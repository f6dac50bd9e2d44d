"""Whether the process lives, and whether it can do its work; for load balancers and supervisors."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi import APIRouter

from crossdock.api.problem import Problem
from crossdock.errors import CrossdockError

if TYPE_CHECKING:
    from crossdock.api.services import Services


def router(services: Services) -> APIRouter:
    """Serve ``/health`` and ``/ready``; neither needs a token, neither tells anything but yes or no."""
    routes = APIRouter(tags=["Health"])

    @routes.get("/health", summary="Whether the process lives")
    async def health() -> dict[str, str]:
        return {"status": "alive"}

    @routes.get("/ready", summary="Whether the store answers")
    def ready() -> dict[str, str]:
        try:
            services.store.cursors()
        except CrossdockError:
            raise _not_ready() from None
        return {"status": "ready"}

    return routes


def _not_ready() -> Problem:
    return Problem(503, "not-ready", "Not ready", "the store does not answer", headers={"Retry-After": "5"})
