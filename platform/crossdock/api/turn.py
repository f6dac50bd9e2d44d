"""Whose turn it is to write: requests wait for the store in order, and not in a thread each."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TypeVar

from starlette.concurrency import run_in_threadpool

from crossdock.errors import RetryableError
from crossdock.store.sql.failure import BUSY_SECONDS

AT_ONCE = 2
"""One that the store works on, and one that gets ready meanwhile."""

T = TypeVar("T")


class Turn:
    """Lets a few writes at a time go to the store, which takes them one after the other.

    Threads that waited for it would be missing to readers, and take turns at the processor for nothing.

    Args:
        patience: seconds that a write waits at most until it is let go.
    """

    def __init__(self, patience: float = BUSY_SECONDS) -> None:
        self._patience = patience
        self._free = asyncio.Semaphore(AT_ONCE)

    async def take(self, write: Callable[..., T], *given: object) -> T:
        """Do a write in a thread, when its turn has come.

        Raises:
            RetryableError: it did not come.
        """
        if self._free.locked():
            await self._wait()
        else:
            await self._free.acquire()
        try:
            return await run_in_threadpool(write, *given)
        finally:
            self._free.release()

    async def _wait(self) -> None:
        try:
            async with asyncio.timeout(self._patience):
                await self._free.acquire()
        except TimeoutError:
            raise RetryableError(f"others that write have kept the store busy for {self._patience:g} s") from None
