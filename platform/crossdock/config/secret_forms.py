"""The forms that a secret takes in texts: as it is, and as addresses, HTML, JSON and base64 write it."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable, Iterator
from functools import cache
from html.entities import codepoint2name

SHORTEST = 4
"""Values with fewer characters are left alone: they are no secrets worth the name, and replacing every ``a`` or ``12``
of an output would destroy it and tell the value by its gaps."""

_ERRORS = "surrogateescape"  # the environment may hold bytes that are no UTF-8
_PERCENT = "%(?:25)*"  # encoded again, a percent sign becomes %25
_AMPERSAND = "&(?:amp;)*"  # likewise
_BACKSLASH = rf"(?:\\|{_PERCENT}5[cC])+"
_CONTROLS = {"\n": "n", "\r": "r", "\t": "t", "\b": "b", "\f": "f"}
_NAMES = {**codepoint2name, ord("'"): "apos"}


def pattern_of(secrets: Iterable[str]) -> re.Pattern[str] | None:
    """Return what finds each form of each secret, the longest first; ``None`` if no secret is worth the name."""
    forms = {form for secret in secrets if len(secret) >= SHORTEST for form in _forms(secret)}
    longest_first = sorted(forms, key=lambda form: (-len(form), form))
    return re.compile("|".join("".join(map(_written, form)) for form in longest_first)) if longest_first else None


def _forms(secret: str) -> Iterator[str]:
    yield secret
    yield from _base64_forms(secret.encode(errors=_ERRORS))


def _base64_forms(raw: bytes) -> Iterator[str]:
    """Yield what a secret looks like inside a longer text that was put into base64, such as ``user:secret``.

    Three bytes make four characters, so there are three ways to fall; characters that also depend on what stands
    before or behind are left away.
    """
    for lead in range(3):
        coded = base64.b64encode(b"\0" * lead + raw).decode()
        first = (0, 2, 3)[lead]
        last = len(coded) - (0, 3, 2)[(len(raw) + lead) % 3]
        inner = coded[first:last]
        if len(inner) >= SHORTEST:
            yield inner
            yield inner.replace("+", "-").replace("/", "_")


@cache
def _written(character: str) -> str:
    """Return the pattern of a character in whatever way it is written; each may have been applied more than once.

    Encoders differ in which characters they leave alone, and what one made is given to the next. So each character
    stands for itself, instead of each encoder's form of the whole.
    """
    if character.isascii() and character.isalnum():
        return character
    plain = {"&": _AMPERSAND, "%": _PERCENT, "\\": _BACKSLASH}.get(character) or re.escape(character)
    if character == " ":
        plain += rf"|\+|{_PERCENT}2[bB]"
    percent = "".join(f"{_PERCENT}{_hex(byte, 2)}" for byte in character.encode(errors=_ERRORS))
    ways = f"{_in_html(character)}|{percent}|{plain}"
    if character in "\"'/":
        ways = f"(?:{_BACKSLASH})?(?:{ways})"
    return f"(?:{ways}|{_BACKSLASH}(?:{'|'.join(_behind_backslash(character))}))"


def _in_html(character: str) -> str:
    number = ord(character)
    name = f"|{_NAMES[number]}" if number in _NAMES else ""
    return f"{_AMPERSAND}(?:#0*{number}|#[xX]0*{_hex(number)}{name});"


def _behind_backslash(character: str) -> Iterator[str]:
    """Yield how JSON goes on behind a backslash, and how Python does."""
    units = character.encode("utf-16-be", "surrogatepass")
    yield _BACKSLASH.join(f"u{_hex(units[at] << 8 | units[at + 1], 4)}" for at in range(0, len(units), 2))
    yield f"U{_hex(ord(character), 8)}"
    if ord(character) < 0x100:
        yield f"x{_hex(ord(character), 2)}"
    if character in _CONTROLS:
        yield _CONTROLS[character]


def _hex(number: int, digits: int = 1) -> str:
    """Return the pattern of a number in hexadecimal digits, large and small ones."""
    return "".join(f"[{digit}{digit.upper()}]" if digit.isalpha() else digit for digit in f"{number:0{digits}x}")
