r"""Halves of surrogate pairs, which JSON can write (``"\ud83d"``) and no valid Unicode text can hold.

Neither the parser nor a database takes them, and they must neither fail nor change. So JSON text from outside is
*sheltered* before it is parsed: a lone half becomes a noncharacter, which is meant for such internal use, followed by
its four hexadecimal digits; the noncharacter itself is written the same way, which keeps it injective. Text that goes
outside is turned back.
"""

from __future__ import annotations

import re

_MARK = "\ufdd0"
_MARK_BYTES = _MARK.encode()
# One escape, or the mark itself; pairs are taken together, so what is left of halves is alone.
_ESCAPE = re.compile(
    rb"\\u([dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2})"
    rb"|\\u([dD][89a-fA-F][0-9a-fA-F]{2}|[fF][dD][dD]0)"
    rb"|\\.|" + _MARK_BYTES,
    re.DOTALL,
)
_ESCAPED_MARK = re.compile(rb"\\u[fF][dD][dD]0")
_SHELTERED = re.compile(_MARK_BYTES + rb"([0-9a-f]{4})")


def shelter(text: bytes) -> bytes:
    """Write JSON text so that it can be parsed; nearly always that is the text itself."""
    return _ESCAPE.sub(_sheltered, text)


def unshelter(text: bytes) -> bytes:
    """Write JSON text as the outside knows it; the inverse of :func:`shelter`."""
    return _SHELTERED.sub(_original, text) if has_mark(text) else text


def has_mark(text: bytes | bytearray) -> bool:
    """Say whether the noncharacter itself stands in a text."""
    return _MARK_BYTES[0] in text and _MARK_BYTES in text  # looking for one byte takes a twentieth of the time


def may_hold_mark(text: bytes) -> bool:
    """Say whether JSON text may hold the noncharacter itself; without it, all that parses is its own sheltered form."""
    return has_mark(text) or _ESCAPED_MARK.search(text) is not None


def _sheltered(match: re.Match[bytes]) -> bytes:
    if match[2]:
        return _MARK_BYTES + match[2].lower()
    return _MARK_BYTES + b"fdd0" if match[0] == _MARK_BYTES else match[0]


def _original(match: re.Match[bytes]) -> bytes:
    return _MARK_BYTES if match[1] == b"fdd0" else b"\\u" + match[1]
