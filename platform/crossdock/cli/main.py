"""Entry point: runs the command and turns errors into messages and exit codes."""

from __future__ import annotations

import os
import sys

from crossdock.cli.app import app
from crossdock.cli.exit_code import ExitCode
from crossdock.errors import ConfigError, CrossdockError, OwnershipError, RecordError


def main() -> None:
    """Run ``crossdock``; every error that was foreseen is a message on stderr, never a traceback."""
    try:
        app()
    except CrossdockError as error:
        print(f"crossdock: {error}", file=sys.stderr)  # noqa: T201 - the program's own voice
        sys.exit(_code_of(error))
    except KeyboardInterrupt:
        print("crossdock: interrupted", file=sys.stderr)  # noqa: T201 - the program's own voice
        sys.exit(ExitCode.UNFINISHED)
    except BrokenPipeError:
        # The reader of our output (head, less) has gone; that is its good right and no error.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(ExitCode.FINE)


def _code_of(error: CrossdockError) -> ExitCode:
    if isinstance(error, OwnershipError):
        return ExitCode.NOT_OWNED
    if isinstance(error, RecordError):
        return ExitCode.RECORDS_FAILED
    return ExitCode.CONFIGURATION if isinstance(error, ConfigError) else ExitCode.UNFINISHED
