"""Standard output belongs to the command; what plugins print, while they are loaded or at work, goes to stderr."""

from __future__ import annotations

import errno
import os
import sys
from typing import TextIO

NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
"""The numbers of errors that say: there is no room, on the disk that the output goes to, say."""

_kept: TextIO | None = None


def open_streams() -> None:
    """Give a process that was started with closed streams some: what it says then goes to stderr, or nowhere."""
    found: tuple[TextIO | None, TextIO | None] = sys.stdout, sys.stderr
    if found[1] is None:
        sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115, PTH123 - as long as the process
    if found[0] is None:
        sys.stdout = sys.stderr


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


def silence_stdout() -> None:
    """Let what is still to be written go nowhere: nobody takes it."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), stdout().fileno())
