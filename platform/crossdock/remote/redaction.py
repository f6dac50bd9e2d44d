"""Keeping credentials out of everything that is written for people: by the parameter's name, and by the value."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable
from urllib.parse import quote, quote_plus, urlsplit

MASK = "***"
_SENSITIVE = re.compile(r"(?i)^oauth_|key|secret|token|passw|signature|auth|^sig$|^code$")
_PAIR = re.compile(r"(?<=[?&])([^=&\s\"']+)=([^&\s\"']*)")
_SHORTEST = 4  # a shorter "secret" would mask half of every sentence


def redact_url(url: str) -> str:
    """Return an address without user and password, and with the values of credential parameters masked."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return MASK
    pairs = (pair.partition("=") for pair in parts.query.split("&") if pair)
    query = "&".join(
        f"{name}={MASK}" if _SENSITIVE.search(name) else name + sign + value for name, sign, value in pairs
    )
    host = parts.netloc.rpartition("@")[2]
    return f"{parts.scheme}://{host}{parts.path}" + (f"?{query}" if query else "")


class Scrubber:
    """Masks known secrets wherever their values stand, plain or percent-encoded."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        known = {form for secret in secrets for form in (secret, quote(secret, safe=""), quote_plus(secret))}
        found = sorted((form for form in known if len(form) >= _SHORTEST), key=len, reverse=True)
        self._pattern = re.compile("|".join(map(re.escape, found))) if found else None

    def __call__(self, text: str) -> str:
        """Return the text with every secret masked."""
        return self._pattern.sub(MASK, text) if self._pattern else text


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
