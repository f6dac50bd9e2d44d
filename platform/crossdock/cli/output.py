"""Output for people and for programs: tables on a terminal, plain aligned text in a pipe, JSON when asked.

What came from a remote system is data and never acts: control characters, which could move the cursor or recolour
the terminal, are shown as a replacement character, in JSON as escapes.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from typing import Any, Literal, TextIO, TypeAlias

from crossdock.cli.stdout import stdout

Redact: TypeAlias = Callable[[str], str]

_LONGEST_CELL = 100
_WIDEST_COLUMN = 60
_SPACES = re.compile(r"[\t\r\n\v\f\x85\u2028\u2029]+")
# C0, DEL and C1; marks that turn the direction of text around; halves of surrogate pairs.
_CONTROLS = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
_complaining: Callable[[str], None] | None = None
_ESCAPED_IN_JSON = re.compile("[\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069]")


def plain(text: str) -> str:
    """Take everything out of a text that would act on a terminal; it becomes one line."""
    return _CONTROLS.sub("\ufffd", _SPACES.sub(" ", text))


def shortened(text: str, longest: int = _LONGEST_CELL) -> str:
    """Cut a text that is too long for a cell."""
    return text if len(text) <= longest else f"{text[: longest - 1]}…"


def print_line(text: str = "", redact: Redact = str) -> None:
    """Print one line of text on stdout."""
    stdout().write(f"{plain(redact(text))}\n")


def print_folded(text: str, redact: Redact = str) -> None:
    """Print one line of text on stdout; on a terminal that is too narrow for it, what follows is indented."""
    _write_folded(stdout(), "", plain(redact(text)), len(text) - len(text.lstrip()) + 2)


def _write_folded(stream: TextIO, lead: str, text: str, indent: int) -> None:
    """Write a text after what leads it; what does not fit on a line of a terminal follows under it, indented."""
    import shutil
    import textwrap

    width = shutil.get_terminal_size().columns
    if not stream.isatty() or len(lead) + len(text) <= width:
        stream.write(f"{lead}{text}\n")
        return
    parts = textwrap.wrap(
        lead + text, width, subsequent_indent=" " * indent, break_long_words=False, break_on_hyphens=False
    )
    stream.writelines(f"{part}\n" for part in parts)


def complain_in_records(complaining: Callable[[str], None] | None) -> None:
    """Let messages become records of a log, so that stderr holds nothing else; without one, they are printed again."""
    global _complaining  # noqa: PLW0603 - as stderr is, whose format it is
    _complaining = complaining


def complains_in_records() -> bool:
    """Whether stderr holds records of a log, and nothing else."""
    return _complaining is not None


def shows_progress() -> bool:
    """Whether stderr is a terminal on which a person looks, and not records of a log."""
    return sys.stderr.isatty() and not complains_in_records()


def complain(text: str) -> None:
    """Print a message on stderr, with the program's name in front; it may have several lines."""
    with suppress(OSError):  # nobody is left to be told that stderr takes nothing; the exit code still says how it went
        if _complaining is not None:
            _complaining(text)
            return
        for number, line in enumerate(text.split("\n")):
            _write_folded(sys.stderr, "" if number else "crossdock: ", plain(line), 2)


def print_json(value: Any, redact: Redact = str) -> None:
    """Print a value as indented JSON on stdout."""
    stdout().write(json_text(value, redact))


def json_text(value: Any, redact: Redact = str) -> str:
    """Write a value as indented JSON, with a line break at its end; a decimal is a number with all its digits."""
    import msgspec

    from crossdock.records.surrogates import unshelter
    from crossdock.records.wire import dump_stored

    text = unshelter(msgspec.json.format(dump_stored(redacted(value, redact)), indent=1)).decode()
    return _ESCAPED_IN_JSON.sub(lambda found: f"\\u{ord(found[0]):04x}", text) + "\n"


def redacted(value: Any, redact: Redact) -> Any:
    """Redact every text in a JSON value, names included; numbers stay what they are."""
    if isinstance(value, str):
        return redact(value)
    if isinstance(value, dict):
        return {redact(key): redacted(item, redact) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [redacted(item, redact) for item in value]
    return value


def print_table(
    columns: Sequence[str],
    rows: Iterable[Sequence[object]],
    *,
    right: Sequence[str] = (),
    spare: Sequence[str] = (),
    redact: Redact = str,
    indent: int = 0,
) -> None:
    """Print rows under column titles on stdout.

    What is too wide for a terminal loses its spare columns, and says so; then the widest cells break between words. In
    a pipe nothing is left out, and a cell that is very long moves what follows on its own line only.

    Args:
        columns: the titles.
        rows: the cells; ``None`` is shown empty.
        right: the titles of columns that hold numbers.
        spare: the titles of columns that may be left out where there is no room, the first to go first.
        redact: takes secret values out of the cells.
        indent: spaces in front of each line.
    """
    cells = [["" if cell is None else plain(redact(str(cell))) for cell in row] for row in rows]
    if stdout().isatty():
        _print_rich(columns, cells, right, spare, indent)
        return
    widths = [_width(column) for column in zip(columns, *cells, strict=True)]
    for line in (columns, *cells):
        parts = (
            cell.rjust(width) if name in right else cell.ljust(width)
            for name, cell, width in zip(columns, line, widths, strict=True)
        )
        stdout().write(" " * indent + "  ".join(parts).rstrip() + "\n")


def _width(column: Sequence[str]) -> int:
    """Return how wide a column of plain text is, without what is so long that all other lines would be blanks."""
    return max((len(cell) for cell in column if len(cell) <= _WIDEST_COLUMN), default=0)


def print_fields(fields: Iterable[tuple[str, object]], *, redact: Redact = str) -> None:
    """Print names and values in two columns; a ``None`` is left out."""
    known = [(name, plain(redact(str(value)))) for name, value in fields if value is not None]
    width = max((len(name) for name, _value in known), default=0)
    for name, value in known:
        _write_folded(stdout(), f"  {name.ljust(width)}  ", value, width + 4)


def print_heading(title: str) -> None:
    """Print the title of a section, after an empty line; bold on a terminal."""
    title = plain(title)
    stdout().write(f"\n\x1b[1m{title}\x1b[0m\n" if stdout().isatty() and _coloured() else f"\n{title}\n")


def _coloured() -> bool:
    import os

    return "NO_COLOR" not in os.environ and os.environ.get("TERM") != "dumb"


def _print_rich(
    columns: Sequence[str], cells: Sequence[Sequence[str]], right: Sequence[str], spare: Sequence[str], indent: int
) -> None:
    import shutil

    from rich.console import Console
    from rich.padding import Padding
    from rich.table import Table
    from rich.text import Text

    from crossdock.cli.fitting import GAP, fit

    size = shutil.get_terminal_size()
    console = Console(file=stdout(), width=size.columns, height=size.lines)  # of a dumb terminal rich would not ask
    fitted = fit(columns, cells, console.width - indent, spare)
    table = Table(box=None, header_style="bold", pad_edge=False, padding=(0, GAP, 0, 0))
    for place, width in zip(fitted.kept, fitted.widths, strict=True):
        justify: Literal["left", "right"] = "right" if columns[place] in right else "left"
        table.add_column(columns[place], justify=justify, overflow="fold", width=width)
    for row in cells:
        table.add_row(*(Text(row[place]) for place in fitted.kept))  # a Text, so that remote data cannot act as markup
    console.print(Padding(table, (0, 0, 0, indent), expand=False) if indent else table)
    if fitted.left_out:
        print_folded(f"{' ' * indent}(a wider terminal also shows: {', '.join(fitted.left_out)})")
