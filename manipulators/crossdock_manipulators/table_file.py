"""A translation table in a CSV file."""

from __future__ import annotations

import csv
from pathlib import Path

from crossdock import SettingError


def read_table(folder: Path, name: str, columns: list[str] | None, separator: str) -> dict[str, str]:
    """Read two columns of a CSV file as a table from old to new value; the first line names the columns.

    Args:
        folder: where ``plugins.toml`` lies.
        name: the file, as written in ``file``.
        columns: names of the columns with the old and the new value; ``None`` for the first two.
        separator: what parts the columns.

    Raises:
        SettingError: the file cannot be read, lacks a column, or gives one value two translations; with its line.
    """
    lines = _lines(folder / name, name, separator)
    if not lines:
        raise SettingError("file", f"{name!r} is empty; its first line names the columns")
    old, new = _positions(lines[0][1], columns, name)
    table: dict[str, str] = {}
    for number, cells in lines[1:]:
        if len(cells) <= max(old, new):
            raise SettingError("file", f"{name}:{number}: {len(cells)} column(s) where {max(old, new) + 1} are needed")
        if table.setdefault(cells[old], cells[new]) != cells[new]:
            raise SettingError(
                "file", f"{name}:{number}: {cells[old]!r} is already {table[cells[old]]!r}, now {cells[new]!r}"
            )
    return table


def _lines(path: Path, name: str, separator: str) -> list[tuple[int, list[str]]]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.reader(file, delimiter=separator, strict=True)
            return [(reader.line_num, cells) for cells in reader if cells]
    except OSError as error:
        raise SettingError("file", f"{name!r} cannot be read ({error.strerror}); it is looked for in {path}") from error
    except UnicodeDecodeError as error:
        raise SettingError("file", f"{name!r} is not UTF-8; save it as UTF-8") from error
    except (csv.Error, ValueError, TypeError) as error:
        raise SettingError("file", f"{name!r} is no CSV file: {error}") from error


def _positions(header: list[str], columns: list[str] | None, name: str) -> tuple[int, int]:
    if columns is None:
        if len(header) < 2:
            raise SettingError("file", f"{name!r} has one column; it needs two, parted by 'separator'")
        return 0, 1
    for index, column in enumerate(columns):
        if column not in header:
            raise SettingError(f"columns[{index}]", f"{name!r} has no column {column!r}, only {', '.join(header)}")
    return header.index(columns[0]), header.index(columns[1])
