"""SIGINT and SIGTERM end a run after the page in work; a second one ends the program at once."""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import FrameType


@contextmanager
def stopping() -> Iterator[threading.Event]:
    """Give an event that is set by the first signal."""
    stop = threading.Event()

    def ask_to_stop(number: int, _frame: FrameType | None) -> None:
        if stop.is_set():
            raise KeyboardInterrupt
        stop.set()
        _tell(f"{signal.Signals(number).name}: stopping after the page in work")

    previous = {number: signal.signal(number, ask_to_stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stop
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)


def _tell(text: str) -> None:
    """Say on stderr, on a line after the ``^C`` of a terminal, what a signal does; or as a record of the log."""
    from crossdock.cli.output import complains_in_records

    if complains_in_records():
        import logging

        logging.getLogger("crossdock.cli").warning(text, extra={"fields": {"event": "stopping"}})
    else:
        with suppress(OSError):  # that nobody reads it is no reason to end a page in the middle
            sys.stderr.write(f"\ncrossdock: {text}\n")


@contextmanager
def ending_at_once(doing: str) -> Iterator[None]:
    """Let a signal end what is only preparation.

    Args:
        doing: what that is, for the message: "the store was opened".

    Raises:
        PermanentError: a signal came.
    """
    from crossdock.errors import PermanentError

    previous = {number: signal.signal(number, signal.default_int_handler) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    except KeyboardInterrupt as interrupt:
        raise PermanentError(f"stopped while {doing}; nothing was done") from interrupt
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)


@contextmanager
def until_stopped() -> Iterator[threading.Event]:
    """Give an event that is set by a signal to end, for what serves until then."""
    stopped = threading.Event()

    def stop(_number: int, _frame: FrameType | None) -> None:
        stopped.set()

    previous = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stopped
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)
