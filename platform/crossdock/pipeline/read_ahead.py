"""Reads the next page while this one is worked on."""

from __future__ import annotations

import queue
import threading
from collections.abc import Generator, Iterable, Iterator
from contextlib import suppress
from types import TracebackType
from typing import Self

from crossdock.plugins.connector import Page

_POLL_SECONDS = 0.1
_GRACE_SECONDS = 1.0


class ReadAhead:
    """An iterator over pages that are fetched by a thread of their own.

    While one is worked on, one lies ready and one is on its way. An error of the reading side comes out where its page
    would have come. Leaving the context ends the thread after the request under way, and waits for it, since whatever
    comes next may use the same session. Once ``stop`` is set, the iteration ends, and nothing is waited for longer than
    a moment; ``at_end`` tells whether everything was read.
    """

    def __init__(self, pages: Iterable[Page], stop: threading.Event) -> None:
        self._pages = pages
        self._stop = stop
        self._ready: queue.Queue[Page | BaseException | None] = queue.Queue(maxsize=1)
        self._stopped = threading.Event()
        self.at_end = False
        self._thread = threading.Thread(target=self._read, name="read ahead", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stopped.set()
        while self._thread.is_alive() and not self._stop.is_set():
            self._thread.join(_POLL_SECONDS)
        self._thread.join(_GRACE_SECONDS)

    def __iter__(self) -> Iterator[Page]:
        while not self._stop.is_set():
            try:
                item = self._ready.get(timeout=_POLL_SECONDS)
            except queue.Empty:
                continue
            if item is None:
                self.at_end = True
                return
            if isinstance(item, BaseException):
                raise item
            yield item

    def _read(self) -> None:
        last: BaseException | None = None
        try:
            for page in self._pages:
                if not self._hand_over(page):
                    return
        except BaseException as error:  # noqa: BLE001 - every error is handed to the working side
            last = error
        finally:
            if isinstance(self._pages, Generator):
                self._pages.close()
            self._hand_over(last)

    def _hand_over(self, item: Page | BaseException | None) -> bool:
        """Put something where the working side takes it; ``False`` if it takes no more."""
        while not self._stopped.is_set():
            with suppress(queue.Full):
                self._ready.put(item, timeout=_POLL_SECONDS)
                return not self._stopped.is_set()
        return False
