"""The route of a write of one entry, which is what programs ask for most."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import Request
from fastapi.routing import APIRoute
from starlette.responses import Response

from crossdock.api.body import json_body
from crossdock.api.entry_address import address_of


class EntryRoute(APIRoute):
    """Gives its endpoint what the signature asks for, ``at``, ``body`` and ``if_match``, with its own hands.

    FastAPI would find out anew with each request what that is, for a seventh of all that such a request costs. The
    signature stays what documents the operation.
    """

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Make what answers a request."""
        usual = super().get_route_handler()

        async def handle(request: Request) -> Response:
            if_match = request.headers.get("if-match")
            if if_match == "":
                return await usual(request)  # which refuses it, once it knows who asks
            at = await address_of(request, request.path_params["localId"])
            body = await json_body(request)
            response: Response = await request.app.state.turn.take(self.endpoint, at, body, if_match)
            return response

        return handle
