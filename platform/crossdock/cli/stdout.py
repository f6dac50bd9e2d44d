"""Standard output belongs to the command; what plugins print, while they are loaded or at work, goes to stderr."""

from __future__ import annotations

import sys
from typing import TextIO

_kept: TextIO | None = None


def stdout() -> TextIO:
    """The stream that the command itself writes to."""
    return sys.stdout if _kept is None else _kept


def keep_stdout() -> None:
    """Keep standard output for the command: whatever else is printed in this process from now on goes to stderr."""
    global _kept  # as sys.stdout is, which it stands for
    if _kept is None:
        _kept, sys.stdout = sys.stdout, sys.stderr


def release_stdout() -> None:
    """Give standard output back."""
    global _kept  # as sys.stdout is, which it stands for
    if _kept is not None:
        sys.stdout, _kept = _kept, None
