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
def whole_file(path: Path, mode: int = _PRIVATE) -> Iterator[Path]:
    """Give the name under which to write a database; when the block has ended well, it takes the place of ``path``.

    It is for its owner's eyes only, unless ``mode`` says otherwise; who might use a file that it replaces may use it.
    A process that is killed leaves ``NAME.….partial``, which nobody needs.

    Raises:
        PermanentError: it cannot be written.
    """
    partial = path.with_name(f"{path.name}.{secrets.token_hex(4)}.partial")
    try:
        with _told(path):
            os.close(os.open(partial, os.O_CREAT | os.O_EXCL | os.O_WRONLY, mode))
        yield partial
        with _told(path):
            if path.exists():
                _give_to_owner_of(path, partial)
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


def _give_to_owner_of(path: Path, partial: Path) -> None:
    shutil.copymode(path, partial)
    was = path.stat()
    with suppress(PermissionError):  # somebody else may be able to write it, but not to give it away
        os.chown(partial, was.st_uid, was.st_gid)


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
