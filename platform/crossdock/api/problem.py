"""What went wrong with a request, as RFC 9457 problem details."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from http import HTTPStatus
from typing import Any

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response

from crossdock.errors import CrossdockError, OwnershipError, RecordError, RetryableError
from crossdock.limits.error import LimitError
from crossdock.limits.excess import Excess
from crossdock.mistake import in_json
from crossdock.records import dump_json
from crossdock.store import RemoteIdTakenError, UnknownRecordError, VersionConflictError

MEDIA_TYPE = "application/problem+json"
SECONDS_TO_WAIT = 5

_log = logging.getLogger("crossdock.api")


class Problem(Exception):  # noqa: N818 - the word of RFC 9457
    """A request is refused.

    Args:
        status: the HTTP status.
        kind: the name of the problem's type; `/problems/KIND` is a page about it.
        title: what is wrong in general, the same whenever it happens.
        detail: what is wrong this time.
        errors: the offending places, each with `pointer` (a JSON pointer into the body, or `""`) and `detail`.
        remedy: what to do about it.
        headers: further headers of the response.
    """

    def __init__(
        self,
        status: int,
        kind: str,
        title: str,
        detail: str,
        *,
        errors: Sequence[Mapping[str, Any]] = (),
        remedy: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.kind = kind
        self.title = title
        self.detail = detail
        self.errors = tuple(errors)
        self.remedy = remedy
        self.headers = dict(headers or {})

    def body(self, request_id: str) -> dict[str, Any]:
        """Return the problem details."""
        body: dict[str, Any] = {
            "type": f"/problems/{self.kind}",
            "title": self.title,
            "status": self.status,
            "detail": self.detail,
            "instance": f"urn:crossdock:request:{request_id}",
        }
        if self.errors:
            body["errors"] = list(self.errors)
        if self.remedy:
            body["remedy"] = self.remedy
        return body

    def encoded(self, request_id: str) -> bytes:
        """Return the problem details as JSON."""
        return dump_json(self.body(request_id))


def problem_of(error: Exception) -> Problem:
    """Say what an error of the store or the platform means to a caller; anything unforeseen tells nothing."""
    for kind, meaning in _MEANINGS:
        if isinstance(error, kind):
            return meaning(error)
    return unforeseen()


def not_found() -> Problem:
    """There is nothing here; the same for whatever a caller may not know of."""
    return Problem(404, "not-found", "There is nothing here", "there is nothing at this address")


def unforeseen() -> Problem:
    """A fault of ours; the log has the details under the request's id."""
    return Problem(
        500,
        "fault",
        "Crossdock failed",
        "this was not foreseen, so it is a fault of Crossdock or of a plugin",
        remedy="the operator finds the details in the log under the id of this request (instance)",
    )


def respond(request: Request, error: Exception) -> Response:
    """Answer a request with what went wrong."""
    problem = problem_of(error)
    if isinstance(error, CrossdockError) and problem.status == HTTPStatus.INTERNAL_SERVER_ERROR:
        raise error  # to the log, and then to the caller as a fault
    if isinstance(error, RetryableError):
        _log.warning("request %s has to come again: %s", request.state.request_id, error)
    body = problem.encoded(request.state.request_id)
    return Response(body, problem.status, problem.headers, MEDIA_TYPE)


def _bad_parameters(error: RequestValidationError) -> Problem:
    errors = []
    for one in error.errors():
        place, *steps = (str(step) for step in one["loc"])
        errors.append({"pointer": "", "parameter": ".".join(steps), "in": place, "detail": in_json(one)})
    return bad_parameters(errors)


def bad_parameters(errors: Sequence[Mapping[str, str]]) -> Problem:
    """Refuse parameters; ``errors`` names each with where it was sent and what is wrong with it."""
    detail = "; ".join(f"{one['parameter']}: {one['detail']}" for one in errors)
    remedy = "correct the parameters that errors names; /docs shows what each may be"
    return Problem(422, "bad-parameter", "A parameter is not as it must be", detail, errors=errors, remedy=remedy)


def _of_http(error: HTTPException) -> Problem:
    if error.status_code == HTTPStatus.NOT_FOUND:
        return not_found()
    return Problem(400, "refused", "The request was refused", str(error.detail))


def _not_owned(error: OwnershipError) -> Problem:
    errors = [
        {"pointer": "", "detail": str(one), "place": one.place, "owner": one.owner, "attempt": one.attempt}
        for one in error.offences
    ]
    return Problem(
        403,
        "not-owned",
        "The write touches what the caller does not own",
        str(error),
        errors=errors,
        remedy="leave these keys out, or as they are; their owner or an operator can change them",
    )


def _version_conflict(error: VersionConflictError) -> Problem:
    return Problem(
        412,
        "version-conflict",
        "The record was changed meanwhile",
        str(error),
        remedy="read the record again, apply the change to what it is now, and send that with its new ETag",
    )


def _remote_id_taken(error: RemoteIdTakenError) -> Problem:
    return Problem(
        409,
        "remote-id-taken",
        "Another record has this remote id",
        str(error),
        errors=[{"pointer": error.pointer or "", "detail": str(error)}],
        remedy="read the record that has it (by-remote-id), and write to that one",
    )


def over_limits(broken: Iterable[tuple[str, Excess]]) -> Problem:
    """Say which limits a write breaks, each with the pointer of the place, and by how much."""
    errors = [
        {
            "pointer": pointer,
            "detail": excess.said,
            "key": excess.key,
            "limit": excess.limit,
            "rule": excess.rule,
            "by": excess.by,
        }
        for pointer, excess in broken
    ]
    return Problem(
        422,
        "over-limit",
        "Custom data breaks a limit",
        "; ".join(f"{one['pointer'] or 'the body'}: {one['detail']} (limit {one['limit']!r})" for one in errors),
        errors=errors,
        remedy="change what is named; crossdock limits show explains each limit",
    )


def _invalid(error: RecordError) -> Problem:
    errors = [{"pointer": error.pointer or "", "detail": str(error)}]
    remedy = "correct what is named; /docs shows what may stand there"
    return Problem(422, "invalid", "The content is not valid", str(error), errors=errors, remedy=remedy)


def _busy(error: RetryableError) -> Problem:
    seconds = max(1, round(error.retry_after or SECONDS_TO_WAIT))
    return Problem(
        503,
        "busy",
        "Try again later",
        "the store is busy, or cannot be reached at the moment",  # where it is concerns no caller
        remedy="send the same request again later",
        headers={"Retry-After": str(seconds)},
    )


# The first class that an error belongs to says what it means.
_MEANINGS: tuple[tuple[type[Exception], Callable[[Any], Problem]], ...] = (
    (Problem, lambda problem: problem),
    (OwnershipError, _not_owned),
    (VersionConflictError, _version_conflict),
    (RemoteIdTakenError, _remote_id_taken),
    (UnknownRecordError, lambda _error: not_found()),
    (LimitError, lambda error: over_limits((one.pointer, one.excess) for one in error.refused)),
    (RecordError, _invalid),
    (RetryableError, _busy),
    (RequestValidationError, _bad_parameters),
    (HTTPException, _of_http),
)
