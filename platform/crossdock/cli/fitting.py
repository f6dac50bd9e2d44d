"""Which columns of a table a terminal has room for, and how wide they are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

GAP = 2
_DECENT = 30  # for a sentence, which may break between words
_LONGEST_WORDS = (10_000, 24, 16, 10, 1)


@dataclass(frozen=True, slots=True)
class Fit:
    """The places of the columns that are shown, their widths, and the titles of those that are not."""

    kept: tuple[int, ...]
    widths: tuple[int, ...]
    left_out: tuple[str, ...]


def fit(columns: Sequence[str], cells: Sequence[Sequence[str]], room: int, spare: Sequence[str] = ()) -> Fit:
    """Fit a table into so many cells of a terminal.

    Spare columns go first, until sentences have a decent width and all else is whole. Then the widest columns become
    narrower: down to their longest words, and only if that does not do, words break, the longest first.
    """
    from rich.cells import cell_len

    texts = [[name, *(row[place] for row in cells)] for place, name in enumerate(columns)]
    natural = [max(map(cell_len, column)) for column in texts]
    kept = list(range(len(columns)))
    for name in spare:
        if name in columns and sum(min(natural[place], _DECENT) + GAP for place in kept) > room + GAP:
            kept.remove(columns.index(name))
    words = [max(cell_len(word) for text in texts[place] for word in text.split() or ("",)) for place in kept]
    widths = _narrowed([natural[place] for place in kept], words, room - GAP * (len(kept) - 1))
    left_out = (name for place, name in enumerate(columns) if place not in kept)
    return Fit(tuple(kept), tuple(widths), tuple(left_out))


def _narrowed(natural: Sequence[int], words: Sequence[int], room: int) -> list[int]:
    for longest in _LONGEST_WORDS:
        least = [min(word, longest) for word in words]
        for most in range(max(natural, default=0), 0, -1):
            found = [min(width, max(most, word)) for width, word in zip(natural, least, strict=True)]
            if sum(found) <= room:
                return found
    return [1] * len(natural)
