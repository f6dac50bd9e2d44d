"""Finds the route of a request: by its method and the first steps of its path, then among the few of these."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from starlette.routing import BaseRoute, Match, Route
from starlette.types import Receive, Scope, Send

from crossdock.api.path_key import KEY
from crossdock.api.problem import Problem, not_found

_STEPS = 2
_ANY_METHOD = ""


class Tree(BaseRoute):
    """All routes of the API, as one.

    There are hundreds, one set a record type; trying them one after the other would cost more than many a request.
    """

    def __init__(self, routes: Iterable[Route]) -> None:
        self._branches: dict[tuple[str, ...], list[Route]] = defaultdict(list)
        for route in routes:
            for method in (_ANY_METHOD, *(route.methods or ())):
                self._branches[method, *_fixed(route.path)].append(route)

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Take every request; one that no route is for is refused in words of ours."""
        return (Match.FULL if scope["type"] == "http" else Match.NONE), {}

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand the request to its route.

        Raises:
            Problem: 404 if there is nothing at its path, 405 if that does not know its method.
        """
        # An encoded slash belongs to a key; whoever decides about requests in front of us must see the same steps.
        slashed = b"%2f" in scope["raw_path"].partition(b"?")[0].lower()
        for route in self._candidates(scope["method"], scope["path"]):
            match, found = route.matches(scope)
            if match is Match.FULL and (not slashed or route.path.endswith(KEY)):
                scope.update(found)
                await route.handle(scope, receive, send)
                return
        near = [
            route
            for route in self._candidates(_ANY_METHOD, scope["path"])
            if route.matches(scope)[0] is Match.PARTIAL and (not slashed or route.path.endswith(KEY))
        ]
        raise _not_allowed(near) if near else not_found()

    def _candidates(self, method: str, path: str) -> Iterator[Route]:
        steps = tuple(path.split("/", _STEPS + 1)[1 : _STEPS + 1])
        for length in range(len(steps), 0, -1):
            yield from self._branches.get((method, *steps[:length]), ())


def _fixed(path: str) -> tuple[str, ...]:
    """Return the first steps of a path, as far as they are no parameters."""
    fixed: list[str] = []
    for step in path.split("/")[1 : _STEPS + 1]:
        if "{" in step:
            break
        fixed.append(step)
    return tuple(fixed)


def _not_allowed(routes: Sequence[Route]) -> Problem:
    alike = (route.methods or set() for route in routes if route.path == routes[0].path)
    return Problem(
        405,
        "method-not-allowed",
        "The address does not know this method",
        "the header Allow lists the methods that it knows",
        remedy="send one of them; /docs shows what each does",
        headers={"Allow": ", ".join(sorted(set().union(*alike)))},
    )
