r"""Text for database columns: any string that JSON can hold survives, U+0000 included.

Not every database takes U+0000 in a text column, so it is written as ``\0`` and a backslash as two.
"""

from __future__ import annotations

import re

from sqlalchemy import Text
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator

# In characters; an index of PostgreSQL takes some 2,700 bytes.
LONGEST_ID = 500
_ESCAPED = re.compile(r"\\([\\0])")


def to_column(text: str) -> str:
    """Write a string so that every database keeps it."""
    if "\\" in text or "\0" in text:
        return text.replace("\\", "\\\\").replace("\0", "\\0")
    return text


def is_storable(text: str) -> bool:
    """Say whether a string is valid Unicode: half a surrogate pair has no bytes that a database could keep."""
    if text.isascii():
        return True
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def may_be_id(text: str) -> bool:
    """Say whether a text from outside can be looked for among our own ids."""
    return "\0" not in text and is_storable(text)


def make_storable(text: str) -> str:
    """Keep even what is no valid Unicode readable, in column form."""
    return to_column(text if is_storable(text) else text.encode("utf-8", "backslashreplace").decode())


def from_column(text: str) -> str:
    """Read a string back; the inverse of :func:`to_column`."""
    return _ESCAPED.sub(lambda match: "\0" if match[1] == "0" else "\\", text) if "\\" in text else text


class AnyText(TypeDecorator[str]):
    """A text column for strings that come from outside."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:  # noqa: ARG002 - SQLAlchemy's
        """Escape on the way in."""
        return None if value is None else to_column(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> str | None:  # noqa: ARG002 - SQLAlchemy's
        """Unescape on the way out."""
        return None if value is None else from_column(value)
