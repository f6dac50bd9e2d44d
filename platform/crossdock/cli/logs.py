"""Logging to stderr, with secrets taken out."""

from __future__ import annotations

import logging
import sys

from crossdock.cli.output import plain
from crossdock.config import Redactor


class OneLine(logging.Formatter):
    """One line a record, and indented ones for a traceback; nothing from outside can look like another record."""

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - the name is logging's
        """Write the line."""
        return plain(super().formatMessage(record))

    def format(self, record: logging.LogRecord) -> str:
        """Write the line, and the traceback below it."""
        if record.exc_info and not record.exc_text:
            record.exc_text = self.formatException(record.exc_info)
        if record.exc_text:
            record.exc_text = "\n".join(f"  {plain(line)}" for line in record.exc_text.splitlines())
        return super().format(record)


def start_logging(redactor: Redactor, *, verbose: bool) -> None:
    """Send log records to stderr: warnings, or with ``verbose`` everything Crossdock does."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(OneLine("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    handler.addFilter(redactor)
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.INFO if verbose else logging.WARNING)
