"""Makes numbers and nouns agree."""

from __future__ import annotations


def plural(noun: str) -> str:
    """Return the plural of a noun, regular ones only: ``"entry"`` gives ``"entries"``."""
    if noun.endswith("y") and noun[-2:-1] not in "aeiou":
        return f"{noun[:-1]}ies"
    return f"{noun}es" if noun.endswith("s") else f"{noun}s"


def counted(count: int, noun: str) -> str:
    """Return how many there are of something: ``"1 entry"``, ``"2,000 entries"``."""
    return f"{count:,} {noun if count == 1 else plural(noun)}"
