"""Who may do what: consumer keys over https by Basic or in the query, OAuth 1.0a everywhere."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import quote, unquote

from crossdock.testing import Request

from .refusal import Refusal

WINDOW = 15 * 60  # seconds that a timestamp may be off, and that a nonce is remembered
OAUTH_NAMES = ("oauth_consumer_key", "oauth_timestamp", "oauth_nonce", "oauth_signature", "oauth_signature_method")
DIGESTS = {"HMAC-SHA1": hashlib.sha1, "HMAC-SHA256": hashlib.sha256}
READING = frozenset({"GET", "HEAD"})
OAUTH_PAIR = re.compile(r'(oauth_[a-z_-]*)=(?:"([^"]*)"|([^,]*))')


@dataclass(frozen=True, slots=True)
class Key:
    """A consumer key of the shop; `permissions` is `read`, `write` or `read_write`."""

    key: str
    secret: str
    permissions: str = "read_write"


class Gate:
    """Lets requests in by their key.

    Args:
        keys: the shop's keys.
        clock: returns the seconds since the epoch.
    """

    def __init__(self, keys: tuple[Key, ...], clock: Callable[[], float]) -> None:
        self._keys = {key.key: key for key in keys}
        self._clock = clock
        self._nonces: dict[tuple[str, str], float] = {}
        self._lock = threading.Lock()

    def admit(self, request: Request) -> Key | None:
        """Return the key that signed the request, or None for a stranger.

        Raises:
            Refusal: the request tries to prove who it is, and fails.
        """
        key = self._basic(request) if request.secure else None
        return key or self._oauth(request)

    def _basic(self, request: Request) -> Key | None:
        query = dict(request.query)
        name, secret = query.get("consumer_key", ""), query.get("consumer_secret", "")
        if not (name and secret):
            name, secret = _basic_pair(request.headers.get("authorization", ""))
        key = self._keys.get(name)
        if not secret or key is None:
            return None
        if not hmac.compare_digest(key.secret.encode(), secret.encode()):
            raise _failed("Consumer secret is invalid.")
        return key

    def _oauth(self, request: Request) -> Key | None:
        parameters = {**dict(request.query), **_oauth_header(request.headers.get("authorization", ""))}
        missing = [name for name in OAUTH_NAMES if not parameters.get(name)]
        if len(missing) == len(OAUTH_NAMES):
            return None
        if missing:
            plural = "s" if len(missing) > 1 else ""
            message = f"Missing OAuth parameter{plural} {', '.join(missing)}"
            raise Refusal("woocommerce_rest_authentication_missing_parameter", message, 401)
        key = self._keys.get(parameters["oauth_consumer_key"])
        if key is None:
            raise _failed("Consumer key is invalid.")
        _check_signature(request, parameters, key)
        self._check_freshness(parameters["oauth_timestamp"], (key.key, parameters["oauth_nonce"]))
        return key

    def _check_freshness(self, timestamp: str, nonce: tuple[str, str]) -> None:
        now = self._clock()
        if not timestamp.isdecimal() or abs(int(timestamp) - now) > WINDOW:
            raise _failed("Invalid timestamp.")
        with self._lock:
            if nonce in self._nonces:
                raise _failed("Invalid nonce - nonce has already been used.")
            self._nonces[nonce] = now
            while self._nonces and self._nonces[oldest := next(iter(self._nonces))] < now - 2 * WINDOW:
                del self._nonces[oldest]


def check_permission(key: Key, method: str) -> None:
    """Refuse a method that the key's permissions do not cover."""
    need = "read" if method in READING else "write"
    if need not in key.permissions.split("_"):
        raise _failed(f"The API key provided does not have {need} permissions.")


def check_login(request: Request) -> None:
    """Refuse a key where WordPress itself answers: once it has application passwords, it takes Basic for a login."""
    if request.secure and any(_basic_pair(request.headers.get("authorization", ""))):
        raise Refusal("invalid_username", "Unknown username. Check again or try your email address.", 401)


def _failed(message: str) -> Refusal:
    return Refusal("woocommerce_rest_authentication_error", message, 401)


def _basic_pair(header: str) -> tuple[str, str]:
    scheme, _, token = header.partition(" ")
    if scheme.lower() != "basic":
        return "", ""
    try:
        name, _, secret = base64.b64decode(token, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return "", ""
    return name, secret


def _oauth_header(header: str) -> dict[str, str]:
    if not header.strip().startswith("OAuth "):
        return {}
    return {name: unquote(quoted or bare) for name, quoted, bare in OAUTH_PAIR.findall(header)}


def _check_signature(request: Request, parameters: Mapping[str, str], key: Key) -> None:
    digest = DIGESTS.get(parameters["oauth_signature_method"])
    if digest is None:
        raise _failed("Invalid signature - signature method is invalid.")
    scheme = "https" if request.secure else "http"
    address = f"{scheme}://{request.headers.get('host', '')}{request.path}"
    pairs = sorted((_escape(name), _escape(value)) for name, value in parameters.items() if name != "oauth_signature")
    text = "&".join((request.method, _escape(address), _escape("&".join(f"{name}={value}" for name, value in pairs))))
    expected = base64.b64encode(hmac.new(f"{key.secret}&".encode(), text.encode(), digest).digest()).decode()
    given = unquote(parameters["oauth_signature"].replace(" ", "+"))
    # PHP reads `status[]=a` as a list under `status`, so what the shop signs never equals what the client signed
    lists = any("[" in name for name in parameters)
    if lists or not hmac.compare_digest(expected.encode(), given.encode()):
        raise _failed("Invalid signature - provided signature does not match.")


def _escape(text: str) -> str:
    return quote(text, safe="-._~")
