"""Keeping credentials out of everything that is written for people: by the parameter's name, and by the value."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable, Mapping
from urllib.parse import urlsplit

from crossdock.config.secret_forms import pattern_of

MASK = "***"
_SENSITIVE = re.compile(r"(?i)^oauth_|key|secret|token|passw|signature|auth|^sig$|^code$")
_PAIR = re.compile(r"(?<=[?&])([^=&\s\"']+)=([^&\s\"']*)")


def redact_url(url: str, params: Mapping[str, str] | None = None) -> str:
    """Return an address without user and password, and with the values of credential parameters masked.

    ``params`` are told with it, numbers among them as well: how they will be encoded does not matter to who reads it.
    """
    try:
        parts = urlsplit(url)
    except ValueError:
        return MASK
    pairs = [pair.partition("=") for pair in parts.query.split("&") if pair]
    pairs.extend((name, "=", value) for name, value in (params or {}).items())
    query = "&".join(
        f"{name}={MASK}" if _SENSITIVE.search(name) else f"{name}{sign}{value}" for name, sign, value in pairs
    )
    host = parts.netloc.rpartition("@")[2]
    return f"{parts.scheme}://{host}{parts.path}" + (f"?{query}" if query else "")


class Scrubber:
    """Masks known secrets wherever their values stand, plain or as addresses, HTML, JSON and base64 write them."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        self._pattern = pattern_of(secrets)

    def __call__(self, text: str) -> str:
        """Return the text with every secret masked."""
        return self._pattern.sub(MASK, text) if self._pattern else text

    def body(self, body: bytes) -> bytes:
        """Return an answer's body with every secret masked, so that an excerpt of it cannot begin or end in one."""
        return self(body.decode(errors="surrogateescape")).encode(errors="surrogateescape") if self._pattern else body


class ScrubFilter(logging.Filter):
    """Masks secrets in the log lines of the HTTP library, which names whole addresses when asked to be talkative."""

    def __init__(self, scrub: Scrubber) -> None:
        super().__init__()
        self._scrub = scrub

    def filter(self, record: logging.LogRecord) -> bool:
        """Let every line through, masked."""
        record.msg, record.args = _PAIR.sub(_masked, self._scrub(record.getMessage())), ()
        return True


def _masked(pair: re.Match[str]) -> str:
    return f"{pair[1]}={MASK}" if _SENSITIVE.search(pair[1]) else pair[0]
