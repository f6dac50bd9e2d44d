"""The shop's error answers: a code, a sentence and a status, as WordPress sends them."""

from __future__ import annotations

from typing import Any

from crossdock.testing import Response

from .wire import Document


class Refusal(Exception):  # noqa: N818 - the shop refuses; nothing is wrong with the sandbox
    """Ends a request with an error answer.

    Args:
        code: WordPress' error code, such as `rest_no_route`.
        message: the sentence for people.
        status: the HTTP status.
        data: what else stands beside the status in `data`.
    """

    def __init__(self, code: str, message: str, status: int, **data: Any) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.status = status
        self.data = data

    def document(self) -> Document:
        """Return the body of the error answer."""
        return {"code": self.code, "message": self.message, "data": {"status": self.status, **self.data}}

    def response(self) -> Response:
        """Return the error answer."""
        return Response.json(self.document(), self.status)


def invalid_parameter(name: str, message: str, reason: str) -> Refusal:
    """A parameter has a value that the shop does not take; `reason` is WordPress' code for why."""
    return Refusal(
        "rest_invalid_param",
        f"Invalid parameter(s): {name}",
        400,
        params={name: message},
        details={name: {"code": reason, "message": message, "data": None}},
    )


def no_route() -> Refusal:
    """Nothing lives at this address."""
    return Refusal("rest_no_route", "No route was found matching the URL and request method.", 404)
