"""Logging to stderr, with secrets taken out."""

from __future__ import annotations

import logging
import sys

from crossdock.config import Redactor


def start_logging(redactor: Redactor, *, verbose: bool) -> None:
    """Send log records to stderr: warnings, or with ``verbose`` everything Crossdock does."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    handler.addFilter(redactor)
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.INFO if verbose else logging.WARNING)
