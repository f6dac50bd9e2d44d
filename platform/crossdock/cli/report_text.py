"""The digest as plain text, for a terminal or a mail."""

from __future__ import annotations

import shutil
import textwrap
from collections.abc import Iterator

from crossdock.cli.output import Redact, plain
from crossdock.cli.report_view import Block, Case, Heading, Overview, Sentence, blocks, is_command
from crossdock.cli.stdout import stdout
from crossdock.pipeline.reporting.digest import Digest

_WIDTH = 80
_MARKS = {"critical": "!!", "error": "!", "warning": "?", "info": "-"}


def report_as_text(digest: Digest, redact: Redact) -> str:
    """Write the digest, broken between words; commands stay whole, so that they can be copied."""
    width = max(40, min(shutil.get_terminal_size().columns, 120)) if stdout().isatty() else _WIDTH
    writer = _Writer(redact, width)
    lines = [line for block in blocks(digest) for line in writer.lines(block)]
    return "\n".join(lines) + "\n"


class _Writer:
    def __init__(self, redact: Redact, width: int) -> None:
        self._redact = redact
        self._width = width

    def lines(self, block: Block) -> Iterator[str]:
        """Write one block."""
        match block:
            case Heading(text, whole):
                title = self._clean(text)
                yield from ([title, "=" * len(title)] if whole else ["", title, "-" * len(title)])
            case Sentence(text):
                yield from self._wrapped(text)
            case Overview(columns, rows):
                yield ""
                yield from self._table(columns, rows)
            case Case():
                yield ""
                yield from self._case(block)

    def _case(self, case: Case) -> Iterator[str]:
        mark = _MARKS[case.severity]
        yield from self._wrapped(case.title, f"{mark:2} ", "   ")
        for name, fact in case.facts:
            yield from self._wrapped(f"{name}: {fact}", "   ", "     ")
        for step in case.todo:
            if is_command(step):
                yield f"   > {self._clean(step)}"
            else:
                yield from self._wrapped(step, "   > ", "     ")

    def _table(self, columns: tuple[str, ...], rows: tuple[tuple[str, ...], ...]) -> Iterator[str]:
        """Write a table; columns of nothing but 0 are left out."""
        table = [columns, *(tuple(map(self._clean, row)) for row in rows)]
        kept = [place for place in range(len(columns)) if place < 2 or any(row[place] != "0" for row in table[1:])]
        widths = {place: max(len(row[place]) for row in table) for place in kept}
        for row in table:
            cells = (row[place].rjust(widths[place]) if place else row[0].ljust(widths[0]) for place in kept)
            yield "  ".join(cells).rstrip()

    def _wrapped(self, text: str, first: str = "", further: str = "") -> list[str]:
        return textwrap.wrap(
            self._clean(text),
            self._width,
            initial_indent=first,
            subsequent_indent=further,
            break_long_words=False,
            break_on_hyphens=False,
        )

    def _clean(self, text: str) -> str:
        return plain(self._redact(text))
