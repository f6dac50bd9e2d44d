"""What the exit codes mean, for scripts and schedulers."""

from __future__ import annotations

from enum import IntEnum


class ExitCode(IntEnum):
    """The contract of every command."""

    FINE = 0
    RECORDS_FAILED = 1
    CONFIGURATION = 2
    UNFINISHED = 3
    NOT_OWNED = 4
