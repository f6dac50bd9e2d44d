"""What can happen to a store's database, as errors that say what to do."""

from __future__ import annotations

import re

from crossdock.errors import ConfigError, RetryableError

BUSY_SECONDS = 30

_NAMED = re.compile("the store '(sqlite|postgresql)")


def is_of_a_store(message: str) -> bool:
    """Whether a message tells what happened to a store: all that do begin with its url."""
    return _NAMED.match(message) is not None


class StoreBusyError(RetryableError):
    """Another process kept the store locked for longer than a writer waits."""

    def __init__(self, store: str) -> None:
        super().__init__(
            f"the store {store!r} has been locked by another process for {BUSY_SECONDS} s; "
            "try again when that process is done"
        )


class StoreLostError(RetryableError):
    """The database server does not answer, or has ended the connection; it may be back soon.

    If that came with a commit, nobody knows whether what was written is there.
    """

    def __init__(self, store: str, text: str) -> None:
        self.what = f"the store {store!r} cannot be reached ({text})"
        super().__init__(f"{self.what}; see that its server runs and try again")


class NoStoreError(ConfigError):
    """There is no store yet, and this is not the occasion to make one."""

    def __init__(self, store: str) -> None:
        super().__init__(f"there is no store {store!r} yet; `crossdock import` makes it, or `crossdock migrate`")
