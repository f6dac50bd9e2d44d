"""The one place where what goes wrong over HTTP becomes one of Crossdock's errors."""

from __future__ import annotations

import errno
import socket
import ssl
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http.client import RemoteDisconnected
from typing import Any

import msgspec
import requests
from requests import exceptions as foreign
from urllib3 import exceptions as urllib

from crossdock.errors import CrossdockError, PermanentError, RetryableError, SlowError
from crossdock.remote.page import excerpt

RETRYABLE = frozenset({408, 423, 425, 429, 500, 502, 503, 504, 509, *range(520, 531)})  # 52x, 530: Cloudflare's own

SLOW = frozenset({502, 504, 524})  # a gateway got no answer in time, or the process behind it was ended

_REMEDIES = {
    400: "the remote system does not understand the request; see the message, and the connection's settings",
    401: "check the credentials of the connection",
    403: "the credentials may not do this, or a firewall in front of the remote system refuses this client",
    404: "check the connection's address",
    407: "the proxy wants credentials; set proxy_auth in [connection.remote]",
    429: "the remote system limits the rate; set rate_limit in [connection.remote] to stay below its limit",
    503: "the remote system is overloaded or under maintenance",
}
_SERVER_REMEDY = "the remote system failed; its own error log tells why"
_CLIENT_REMEDY = "the remote system refuses the request; see the message"


class RefusedError(PermanentError):
    """The remote system answered, and refused; asking again would not help.

    Args:
        message: what was asked, what came back, and the remedy.
        status: HTTP status code.
        code: the remote system's own error code, if it gave one.
        explanation: the remote system's own words, if it gave any.
    """

    def __init__(self, message: str, *, status: int, code: str | None = None, explanation: str | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.explanation = explanation


def from_status(where: str, status: int, headers: Mapping[str, str], body: bytes, now: float) -> CrossdockError:
    """Make the error for an answer that is no success; ``where`` names method and address, ``now`` is epoch seconds."""
    code, explanation = remote_words(body)
    said = f", {code}" if code else ""
    said += f": {explanation!r}" if explanation else ""
    remedy = _REMEDIES.get(status, _SERVER_REMEDY if status >= 500 else _CLIENT_REMEDY)
    message = f"{where} gave {status}{said}; {remedy}"
    if status in RETRYABLE:
        wait = retry_after(headers.get("Retry-After"), now)
        kind = SlowError if status in SLOW else RetryableError
        return kind(message, retry_after=wait, cause=f"status {status}")
    return RefusedError(message, status=status, code=code, explanation=explanation)


def remote_words(body: bytes) -> tuple[str | None, str | None]:
    """Find the remote system's own code and message in the body of an error."""
    try:
        found: Any = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        text = excerpt(body)
        return None, None if text == "''" else text[1:-1]
    if isinstance(found, dict) and isinstance(found.get("error"), dict):
        found = found["error"]
    if not isinstance(found, dict):
        return None, None
    code = _first(found, "code", "error", "type")
    return code, _first(found, "message", "error_description", "detail", "title", "errors")


def _first(found: dict[str, Any], *names: str) -> str | None:
    value = next((found[name] for name in names if found.get(name)), None)
    return None if value is None else str(value)[:500]


def retry_after(value: str | None, now: float) -> float | None:
    """Read a ``Retry-After`` header, seconds or a date, as seconds from now; ``None`` if it says nothing."""
    if value is None:
        return None
    text = value.strip()
    if text.isascii() and text.isdigit():
        return float(text[:9])
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return max(0.0, (moment - datetime.fromtimestamp(now, UTC)).total_seconds())


def from_exception(where: str, error: Exception) -> CrossdockError:
    """Make the error for a request that got no usable answer.

    The foreign error's text is not repeated, for it names the whole address; raise the result outside the ``except``
    block, so that no traceback shows it either.
    """
    causes = list(_causes(error))
    numbers = {cause.errno for cause in causes if isinstance(cause, OSError)}
    for number, text in _NUMBERS.items():
        if number in numbers:
            return RetryableError(f"{where}: {text}", cause=_short(text))
    if any("Tunnel connection failed: 407" in str(cause) for cause in causes if isinstance(cause, OSError)):
        return PermanentError(f"{where}: {_REMEDIES[407]}")
    for kind, (permanent, text) in _MEANINGS.items():
        if any(isinstance(cause, kind) for cause in causes):
            message = f"{where}: {text}"
            slow = kind is _READ_TIMEOUT
            if permanent:
                return PermanentError(message)
            return (SlowError if slow else RetryableError)(message, cause=_short(text))
    return RetryableError(
        f"{where}: the connection failed ({type(causes[-1]).__name__})", cause="the connection failed"
    )


def _short(text: str) -> str:
    """Leave the remedy out."""
    return text.partition(";")[0]


_READ_TIMEOUT = (foreign.ReadTimeout, urllib.ReadTimeoutError)
_MEANINGS: dict[type[BaseException] | tuple[type[BaseException], ...], tuple[bool, str]] = {
    ssl.SSLCertVerificationError: (
        True,
        "its TLS certificate is not trusted; have it renewed, or name a private authority's certificate in ca_bundle",
    ),
    (foreign.ProxyError, urllib.ProxyError): (
        False,
        "the proxy cannot be used; check proxy in [connection.remote], or HTTPS_PROXY in the environment",
    ),
    (foreign.SSLError, ssl.SSLError): (False, "no TLS connection comes about; is it https at that port?"),
    RemoteDisconnected: (False, "the connection was closed without an answer"),
    (foreign.InvalidURL, foreign.MissingSchema, foreign.InvalidSchema, urllib.LocationParseError, UnicodeError): (
        True,
        "this is no address; write it as https://host/path",
    ),
    (urllib.NameResolutionError, socket.gaierror): (
        False,
        "the host's name is not known; check the address and this machine's DNS",
    ),
    (foreign.ConnectTimeout, urllib.ConnectTimeoutError): (
        False,
        "the host does not answer in time; check address, port and firewall, or raise connect_timeout",
    ),
    _READ_TIMEOUT: (
        False,
        "no answer in time; the remote system is slow, or raise read_timeout in [connection.remote]",
    ),
    (foreign.ContentDecodingError, urllib.DecodeError): (False, "the answer cannot be unpacked"),
    (foreign.ChunkedEncodingError, urllib.IncompleteRead): (False, "the answer ends too early"),
}

_NUMBERS = {
    errno.ECONNREFUSED: "the host refuses the connection; check address and port, and that the remote system runs",
    errno.EHOSTUNREACH: "the host cannot be reached; check address and network",
    errno.ENETUNREACH: "the host cannot be reached; check address and network",
    errno.ECONNRESET: "the connection was closed in the middle",
    errno.EPIPE: "the connection was closed in the middle",
}


def _causes(error: BaseException) -> Iterator[BaseException]:
    """Yield an error and everything behind it: causes, reasons, and errors that it carries as arguments."""
    waiting, met = [error], set[int]()
    while waiting:
        found = waiting.pop(0)
        if id(found) in met:
            continue
        met.add(id(found))
        yield found
        behind = (found.__cause__, found.__context__, getattr(found, "reason", None), *found.args)
        waiting.extend(cause for cause in behind if isinstance(cause, BaseException))


FOREIGN_ERRORS: tuple[type[Exception], ...] = (
    requests.RequestException,
    urllib.HTTPError,
    OSError,
    UnicodeError,
)
"""What may come out of the HTTP library."""
