"""Text from outside, made harmless for a log."""

from __future__ import annotations

import re

_ACTING = re.compile("[^\x21-\x7e]|\\\\")


def printable(text: str) -> str:
    """Escape whatever is no printable ASCII: nobody writes a second line into the log, or moves a terminal's cursor."""
    return _ACTING.sub(lambda found: found[0].encode("unicode_escape").decode() if found[0] != " " else "\\x20", text)
