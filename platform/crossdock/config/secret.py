"""Keeps secrets out of everything that people or programs read."""

from __future__ import annotations

import base64
import json
import logging
import re
from collections.abc import Iterable, Iterator
from urllib.parse import quote, quote_plus

REDACTED = "[redacted]"
SHORTEST = 4
"""Values with fewer characters are left alone: they are no secrets worth the name, and replacing every ``a`` or ``12``
of an output would destroy it and tell the value by its gaps."""

_ERRORS = "surrogateescape"  # the environment may hold bytes that are no UTF-8
_PERCENT = re.compile("%[0-9A-F]{2}")


class Redactor(logging.Filter):
    """Replaces secret values wherever they appear, plain, percent-encoded, in base64 or escaped as in JSON.

    As a ``logging.Filter`` it cleans a record's message, arguments and traceback; add it to *handlers*, so that
    records of every logger pass it.

    Args:
        secrets: the values; those shorter than ``SHORTEST`` characters are ignored.
    """

    def __init__(self, secrets: Iterable[str]) -> None:
        super().__init__()
        forms = {form for secret in secrets if len(secret) >= SHORTEST for form in _forms(secret)}
        longest_first = sorted(forms, key=lambda form: (-len(form), form))
        self._pattern = re.compile("|".join(map(re.escape, longest_first))) if longest_first else None

    def text(self, text: str) -> str:
        """Return the text with every form of every secret replaced."""
        return self._pattern.sub(REDACTED, text) if self._pattern else text

    def filter(self, record: logging.LogRecord) -> bool:
        """Clean a log record in place; it is always let through."""
        if self._pattern is None:
            return True
        record.msg, record.args = self.text(record.getMessage()), None
        if record.exc_info:
            record.exc_text = logging.Formatter().formatException(record.exc_info)
        if record.exc_text:
            record.exc_text = self.text(record.exc_text)
        if record.stack_info:
            record.stack_info = self.text(record.stack_info)
        return True


def _forms(secret: str) -> Iterator[str]:
    yield secret
    for coded in (
        quote(secret, safe="", errors=_ERRORS),
        quote(secret, errors=_ERRORS),
        quote_plus(secret, errors=_ERRORS),
    ):
        yield coded
        yield _PERCENT.sub(lambda match: match[0].lower(), coded)
    yield json.dumps(secret)[1:-1]
    yield json.dumps(secret, ensure_ascii=False)[1:-1]
    yield repr(secret)[1:-1]
    yield from _base64_forms(secret.encode(errors=_ERRORS))


def _base64_forms(raw: bytes) -> Iterator[str]:
    """Yield what a secret looks like inside a longer text that was put into base64, such as ``user:secret``.

    Three bytes make four characters, so there are three ways to fall; characters that also depend on what stands
    before or behind are left away.
    """
    for lead in range(3):
        coded = base64.b64encode(b"\0" * lead + raw).decode()
        first = (0, 2, 3)[lead]
        last = len(coded) - (0, 3, 2)[(len(raw) + lead) % 3]
        inner = coded[first:last]
        if len(inner) >= SHORTEST:
            yield inner
            yield inner.replace("+", "-").replace("/", "_")
