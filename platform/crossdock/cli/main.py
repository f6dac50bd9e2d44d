"""Entry point: runs the command and turns errors into messages and exit codes."""

from __future__ import annotations

import atexit
import gc
import io
import sys
import traceback

from crossdock.cli.app import app
from crossdock.cli.exit_code import ExitCode
from crossdock.cli.output import complain
from crossdock.cli.place import Place
from crossdock.cli.stdout import NO_ROOM, open_streams, release_stdout
from crossdock.errors import ConfigError, CrossdockError, OwnershipError, RecordError
from crossdock.fault import said, tell

# More objects than the payloads of a page consist of. They are trees, freed with their page; looking for cycles in them
# again and again finds nothing and costs up to a tenth of an import.
_OBJECTS_BETWEEN_COLLECTIONS = 200_000


def main() -> None:
    """Run ``crossdock``; an error is a message on stderr and an exit code, never a bare traceback."""
    gc.set_threshold(_OBJECTS_BETWEEN_COLLECTIONS)
    atexit.register(gc.freeze)  # nor is there anything to look for in what ends with the process
    open_streams()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a terminal that lacks a letter is no reason to fail
    place = Place()
    try:
        app(obj=place)
    except CrossdockError as error:
        complain(place.redact_known(said(error) or tell(error)))
        sys.exit(_code_of(error))
    except Exception as error:  # noqa: BLE001 - the last one who can tell it to a person
        complain(place.redact_known(_unforeseen(error, verbose=place.verbose)))
        sys.exit(ExitCode.UNFINISHED)
    finally:
        release_stdout()


def _code_of(error: CrossdockError) -> ExitCode:
    if isinstance(error, OwnershipError):
        return ExitCode.NOT_OWNED
    if isinstance(error, RecordError):
        return ExitCode.RECORDS_FAILED
    return ExitCode.CONFIGURATION if isinstance(error, ConfigError) else ExitCode.UNFINISHED


def _unforeseen(error: Exception, *, verbose: bool) -> str:
    if isinstance(error, OSError) and error.errno in NO_ROOM:
        return f"there is no room left for what is written ({error.strerror}); free some space, and do it again"
    summary = "".join(traceback.format_exception_only(error)).strip()
    if verbose:
        details = "".join(traceback.format_exception(error)).strip()
        return f"{details}\nthis is a fault of Crossdock or of a plugin; please report it with the lines above"
    return (
        f"this was not foreseen, so it is a fault of Crossdock or of a plugin: {summary}\n"
        "crossdock -v COMMAND ... shows the details; please report it together with them"
    )
