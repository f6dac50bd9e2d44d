"""A file that appears under its name whole, or not at all, whatever happens to the process that writes it."""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from crossdock.errors import PermanentError

_BESIDE = ("-journal", "-wal", "-shm")
_PRIVATE = 0o600


@contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """Give the name under which to write a database; when the block has ended well, it takes the place of ``path``.

    It is for its owner's eyes only, unless it replaces a file that is not. A process that is killed leaves
    ``NAME.….partial``, which nobody needs.

    Raises:
        PermanentError: it cannot be written.
    """
    partial = path.with_name(f"{path.name}.{secrets.token_hex(4)}.partial")
    try:
        with _told(path):
            os.close(os.open(partial, os.O_CREAT | os.O_EXCL | os.O_WRONLY, _PRIVATE))
        yield partial
        with _told(path):
            if path.exists():
                shutil.copymode(path, partial)
            _sync(partial)
            _remove(path, _BESIDE)  # a log of the file that stood there would be taken for one of this
            partial.replace(path)
            _sync(path.parent)
    finally:
        with suppress(OSError):
            _remove(partial, ("", *_BESIDE))


def _remove(path: Path, endings: Sequence[str]) -> None:
    for ending in endings:
        path.with_name(path.name + ending).unlink(missing_ok=True)


@contextmanager
def _told(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise PermanentError(f"{str(path)!r} cannot be written: {error.strerror}; name another file") from error


def _sync(path: Path) -> None:
    """See that a power failure leaves what was written; folders cannot be synced everywhere."""
    with suppress(PermissionError):
        handle = os.open(path, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
