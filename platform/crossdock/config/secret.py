"""Keeps secrets out of everything that people or programs read."""

from __future__ import annotations

import logging
from collections.abc import Iterable

from crossdock.config.secret_forms import pattern_of

REDACTED = "[redacted]"


class Redactor(logging.Filter):
    """Replaces secret values wherever they appear, plain or as addresses, HTML, JSON and base64 write them.

    As a ``logging.Filter`` it cleans a record's message, arguments and traceback; add it to *handlers*, so that
    records of every logger pass it.

    Args:
        secrets: the values; those that are too short to be secrets are ignored.
    """

    def __init__(self, secrets: Iterable[str]) -> None:
        super().__init__()
        self._pattern = pattern_of(secrets)

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
