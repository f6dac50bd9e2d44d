"""Logging to stderr, with secrets taken out."""

from __future__ import annotations

import json
import logging
import sys
from datetime import UTC, datetime
from typing import Any

from crossdock.cli.output import plain, redacted
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


class JsonLine(logging.Formatter):
    """One JSON object a line: ``time``, ``level``, ``logger``, ``message``, and ``exception`` with its traceback.

    What a record carries as ``fields`` (``extra={"fields": {...}}``) becomes further keys; ``event`` says what it is.
    """

    def __init__(self, redactor: Redactor) -> None:
        super().__init__()
        self._redactor = redactor

    def format(self, record: logging.LogRecord) -> str:
        """Write the line; everything outside of ASCII is escaped, so that nothing in it acts on a terminal."""
        line: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")[:-6] + "Z",
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            **redacted(getattr(record, "fields", {}), self._redactor.text),
        }
        if record.exc_info or record.exc_text:
            line["exception"] = record.exc_text or self.formatException(record.exc_info or (None, None, None))
        return json.dumps(line).replace("\x7f", "\\u007f")


def complain_as_json(text: str) -> None:
    """Write a message of the program itself, in which secrets are masked already, as a record on stderr."""
    record = logging.LogRecord("crossdock.cli", logging.ERROR, __file__, 0, text, None, None)
    record.__dict__["fields"] = {"event": "complained"}
    sys.stderr.write(JsonLine(Redactor([])).format(record) + "\n")


def leave_out(logger: str) -> None:
    """Drop what a logger says: the command tells it to people in words of its own, on stdout."""
    for handler in logging.getLogger().handlers:
        handler.addFilter(lambda record: record.name != logger)


def start_logging(redactor: Redactor, *, verbose: bool, as_json: bool = False) -> None:
    """Send log records to stderr: warnings, or with ``verbose`` everything Crossdock does."""
    handler = logging.StreamHandler(sys.stderr)
    text = OneLine("%(asctime)s %(levelname)s %(name)s: %(message)s")
    handler.setFormatter(JsonLine(redactor) if as_json else text)
    handler.addFilter(redactor)
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.INFO if verbose else logging.WARNING)
