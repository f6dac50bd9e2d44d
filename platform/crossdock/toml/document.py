"""A parsed TOML file and the places in it.

Values come from the standard library's ``tomllib`` (numbers with a point as exact decimals), positions from
tree-sitter, and only once somebody asks for one.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from typing import Any, TypeAlias

from msgspec import Struct

from crossdock.errors import ConfigError, Problem
from crossdock.toml.position import Repeat, TomlIndex, index_toml

TomlPath: TypeAlias = Sequence[str | int]

_HUGE = re.compile(r"\d(?:_?\d){4299,}")
_AT = re.compile(r"(?s)(.*) \(at (?:line (\d+), column (\d+)|end of document)\)")


class Place(Struct, frozen=True):
    """One place in a text file; line and column count from 1, columns in characters."""

    file: str
    line: int
    column: int

    def problem(self, message: str) -> Problem:
        """Make a problem that points here."""
        return Problem(self.file, self.line, self.column, message)

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


@dataclass(frozen=True)
class TomlDocument:
    """A parsed TOML file: its data, and the place of each key and value in it.

    A path leads from the top inwards by keys and list positions: ``("connection", 0, "settings", "url")``.
    """

    file: str
    data: dict[str, Any]
    text: str = field(repr=False)

    def place(self, path: TomlPath, offset: int | None = None) -> Place:
        """Say where the value at ``path`` begins; of a table that is its header.

        Args:
            path: the value; if nothing stands there, the nearest table around it is meant.
            offset: characters into the *value* of a string; quotes and escapes are accounted for.
                ``None`` is the literal as a whole, so its opening quote.
        """
        return self._place_of(self._index.value_at(path, offset))

    def key_place(self, path: TomlPath) -> Place:
        """Say where the key of ``path`` stands, in a header or before ``=``, or else the nearest one around it."""
        return self._place_of(self._index.key_at(path))

    @cached_property
    def _index(self) -> TomlIndex:
        return index_toml(self.text)

    def _place_of(self, position: int) -> Place:
        return _place_in(self.file, self.text, position)


def parse_toml(text: str, file: str) -> TomlDocument:
    """Parse TOML text.

    Args:
        text: the document.
        file: how messages call it.

    Raises:
        ConfigError: with place, reason and, where it is obvious, the remedy of the syntax error.
    """
    try:
        data = tomllib.loads(text, parse_float=Decimal)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError([_syntax_problem(text, file, str(error))]) from error
    except ValueError as error:  # tomllib hands on what int() says
        number = _HUGE.search(text)
        place = _place_in(file, text, number.start() if number else 0)
        raise ConfigError([place.problem("a number has thousands of digits; write it as a text, in quotes")]) from error
    except RecursionError as error:
        message = "lists or inline tables are nested too deeply; use [table] headers instead"
        raise ConfigError([Problem(file, 1, 1, message)]) from error
    return TomlDocument(file, data, text)


def read_toml(path: Path) -> TomlDocument:
    """Read and parse a TOML file.

    Raises:
        ConfigError: the file is missing, no file, not readable, not UTF-8, or not TOML.
    """
    file = str(path)
    try:
        raw = path.read_bytes()
    except FileNotFoundError as error:
        raise ConfigError(f"{file}: there is no such file") from error
    except IsADirectoryError as error:
        raise ConfigError(f"{file}: this is a folder; name the TOML file in it") from error
    except OSError as error:
        raise ConfigError(f"{file}: cannot be read ({error.strerror}); check its permissions") from error
    return parse_toml(_decode(raw, file), file)


def _decode(raw: bytes, file: str) -> str:
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise ConfigError([Problem(file, 1, 1, "the file is UTF-16; save it as UTF-8")])
    if raw.startswith(b"\xef\xbb\xbf"):
        message = "the file begins with a byte order mark, which TOML does not allow; save it as UTF-8 without BOM"
        raise ConfigError([Problem(file, 1, 1, message)])
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError as error:
        before = raw[: error.start].decode("utf-8")
        place = _place_in(file, before, len(before))
        message = f"byte 0x{raw[error.start]:02x} is no UTF-8; save the file as UTF-8"
        raise ConfigError([place.problem(message)]) from error


def _place_in(file: str, text: str, position: int) -> Place:
    position = min(position, len(text))
    start = text.rfind("\n", 0, position) + 1
    return Place(file, text.count("\n", 0, start) + 1, position - start + 1)


def _syntax_problem(text: str, file: str, complaint: str) -> Problem:
    from crossdock.toml.fault import GIVEN_TWICE, fault_in  # noqa: PLC0415 - many patterns, and most files are TOML

    match = _AT.fullmatch(complaint)
    reason, line, column = match.groups() if match else (complaint, None, None)
    text = text.replace("\r\n", "\n")  # as the parser counts
    stopped = _position(text, int(line), int(column)) if line and column else len(text)
    position, message = fault_in(text, stopped, reason)
    if message == GIVEN_TWICE and (twice := index_toml(text).first_repeat):
        position, message = twice.again, _told(twice, _place_in(file, text, twice.first).line)
    return _place_in(file, text, position).problem(message)


def _told(twice: Repeat, line: int) -> str:
    if twice.mixed:
        forms = f"[{twice.name}] is one table, [[{twice.name}]] each of a list"
        return f"{twice.name!r} is written with one bracket and with two, first in line {line}; {forms}"
    return f"{twice.name!r} is given twice, first in line {line}; keep one of the two"


def _position(text: str, line: int, column: int) -> int:
    return sum(len(row) + 1 for row in text.split("\n")[: line - 1]) + column - 1
