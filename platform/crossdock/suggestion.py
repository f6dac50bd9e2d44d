"""Guesses what somebody meant who wrote a name that does not exist."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


def closest(word: str, known: Iterable[str]) -> str | None:
    """Return the known name that ``word`` was probably meant to be, or ``None``."""
    names = {_plain(name): name for name in sorted(known, reverse=True)}
    found = difflib.get_close_matches(_plain(word), names, n=1, cutoff=0.6)
    return names[found[0]] if found else None


def did_you_mean(word: str, known: Iterable[str], *, none: str = "there are none") -> str:
    """Return ``"; did you mean 'x'?"`` if some known name is close, or else all of them, or else ``none``."""
    names = sorted(known)
    match = closest(word, names)
    if match is not None:
        return f"; did you mean {match!r}?"
    return f"; known: {', '.join(names)}" if names else f"; {none}"


def _plain(name: str) -> str:
    return name.lower().replace("-", "").replace("_", "").replace(".", "")
