"""Finds the route of a request: by the first steps of its path, then among the few that begin like that."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from starlette.routing import BaseRoute, Match, Route
from starlette.types import Receive, Scope, Send

from crossdock.api.path_key import KEY
from crossdock.api.problem import Problem, not_found

_STEPS = 2


class Tree(BaseRoute):
    """All routes of the API, as one.

    There are hundreds, one set a record type; trying them one after the other would cost more than many a request.
    """

    def __init__(self, routes: Iterable[Route]) -> None:
        self._branches: dict[tuple[str, ...], list[Route]] = defaultdict(list)
        for route in routes:
            self._branches[_fixed(route.path)].append(route)

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Take every request; one that no route is for is refused in words of ours."""
        return (Match.FULL if scope["type"] == "http" else Match.NONE), {}

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand the request to its route.

        Raises:
            Problem: 404 if there is nothing at its path, 405 if that does not know its method.
        """
        near: list[Route] = []
        # An encoded slash belongs to a key; whoever decides about requests in front of us must see the same steps.
        slashed = b"%2f" in scope["raw_path"].partition(b"?")[0].lower()
        for route in self._candidates(scope["path"]):
            match, found = route.matches(scope)
            if match is not Match.NONE and slashed and not route.path.endswith(KEY):
                continue
            if match is Match.FULL:
                scope.update(found)
                await route.handle(scope, receive, send)
                return
            if match is Match.PARTIAL:
                near.append(route)
        raise _not_allowed(near) if near else not_found()

    def _candidates(self, path: str) -> Iterator[Route]:
        steps = tuple(path.split("/", _STEPS + 1)[1 : _STEPS + 1])
        for length in range(len(steps), 0, -1):
            yield from self._branches.get(steps[:length], ())


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
        headers={"Allow": ", ".join(sorted(set().union(*alike)))},
    )
