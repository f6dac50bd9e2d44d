"""What is wrong with a text that is no TOML, in our words: where the mistake is, and what to do about it.

The parser says where it could not go on, and what it had hoped for. After ``{ at = 2024-13-45 }`` that is the ``}``
of the table, since it has read the number 2024 and nothing that could go on behind it. What people meant is looked
for here, around that place; all before it is TOML as far as it goes.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TypeAlias

from msgspec import Struct

Fault: TypeAlias = tuple[int, str]

_BARE = re.compile(r"""[^\s,;\[\]{}="'#]*\Z""")
_WORD = re.compile(r"""[^\s,;\[\]{}="'#]*""")
_UNQUOTED = re.compile(r"[^\s,\]}]*")
_REST = re.compile(r"[^\s,\]}#](?:(?! #)[^=,\n])*(?<! )")
_TOKEN = re.compile(
    r'"""(?:\\.|[^\\])*?"{3,5}|\'\'\'.*?\'{3,5}|"""|\'\'\''  # what has no end is taken as its quotation marks
    r'|"(?:\\.|[^"\\\n])*"|\'[^\'\n]*\'|["\']|#[^\n]*|[\[\]{}]',
    re.DOTALL,
)
_NEXT_ENTRY = re.compile(r"""[ \t]*(?:\[\[?\s*[A-Za-z_]|(?:"[^"\n]*"|'[^'\n]*'|[\w.-])+\s*=)""")
_HEADER = re.compile(r"\s*\[[^=]*\]\s*\Z")
_VARIABLE = re.compile(r"""\$\{?(\w+)|env\(\W*(\w+)""")
_DATE = re.compile(r"\d{4}-\d\d-\d\d([Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)?)?")
_NUMBER = re.compile(r"[+-]*\.?\d")
_DECIMALS = re.compile(r",\d")
_COMMA_IN_NUMBER = re.compile(r"=\s*[+-]?\d+,\d+\s*\Z")
_LONGEST = 60
_COMMENTS = ("//", "--", "/*", ";")
_CONFLICTS = ("<<<<<<<", "=======", ">>>>>>>")
_CURLY = frozenset("“”„‘’‚«»`")
_YES_AND_NO = {"true": "true", "yes": "true", "on": "true", "false": "false", "no": "false", "off": "false"}
_ENTRY = "one entry a line, a text in quotes"
GIVEN_TWICE = "what stands before this is given twice; keep one of the two"
_OTHER_KIND = "if a text holds quotation marks, write it in the other kind: '...\"...'"
_HASH = "a comment begins with '#'"
_POINT = "a decimal number is written with a point"
_NAME_NEEDS_QUOTES = "a name with other characters than A-Z a-z 0-9 _ - needs quotes"
_STRAIGHT = "use straight quotation marks: \"...\" or '...'"
_ONE_LINE = "an inline table { ... } stands on one line; close it with '}', or use a [table] header for more"
_AS_IT_IS = "write '...' instead of \"...\" to have backslashes taken as they are, or double it"


def fault_in(text: str, position: int, reason: str) -> Fault:
    """Say where the mistake is, in characters, and what to do about it.

    Args:
        text: the document, its lines ended by a line feed.
        position: where the parser stopped, in characters.
        reason: the parser's complaint.
    """
    spot = _Spot(text, position)
    if spot.character in _CURLY:
        return position, _STRAIGHT
    if spot.character not in {"", "\n", " ", "\t"} and not spot.character.isprintable():
        code = f"U+{ord(spot.character):04X}"
        return position, f"the invisible character {code} cannot stand here; delete it, or write a space or line break"
    if spot.line.startswith(_CONFLICTS):
        return spot.line_start, "a conflict of versions was left here; decide for one of the two"
    return _LOOKS.get(reason, _given_twice)(spot)


class _Spot(Struct):
    """Where the parser stopped."""

    text: str
    position: int

    @property
    def character(self) -> str:
        return self.text[self.position : self.position + 1]

    @property
    def before(self) -> str:
        """What stands before it in its line."""
        return self.text[self.line_start : self.position]

    @property
    def line_start(self) -> int:
        return self.text.rfind("\n", 0, self.position) + 1

    @property
    def line(self) -> str:
        return self.text[self.line_start :].partition("\n")[0]

    @property
    def at_end(self) -> bool:
        """Whether nothing more stands in the line."""
        return self.character in {"", "\n", "#"}

    @property
    def opened(self) -> int | None:
        """The bracket around it that is not closed."""
        found: list[int] = []
        for token in _TOKEN.finditer(self.text, 0, self.position):
            if token[0] in {"[", "{"}:
                found.append(token.start())
            elif token[0] in {"]", "}"} and found:
                found.pop()
        return found[-1] if found else None

    @property
    def in_list(self) -> bool:
        return self.opened is not None and self.text[self.opened] == "["

    @property
    def list_ends(self) -> bool:
        """Whether a list should have ended before it: nothing, a header or another entry follows."""
        begins = not self.before.strip() and _NEXT_ENTRY.match(self.text, self.line_start)
        return not self.character or bool(begins)

    def missing_bracket(self) -> Fault:
        line = self.text.count("\n", 0, self.opened or 0) + 1
        return self.position, f"the closing ']' of the list that begins in line {line} is missing"

    def broken_literal(self) -> Fault | None:
        """A number, date or word of which the parser has taken only the beginning."""
        found = _BARE.search(self.text, self.line_start, self.position)
        start = found.start() if found else self.position
        whole = _WORD.match(self.text, start)
        if whole is None or start == self.position or whole.end() == self.position:
            return None
        return start, _no_literal(whole[0])


def _no_literal(word: str) -> str:
    word = word if len(word) <= _LONGEST else f"{word[:_LONGEST]}..."
    if _DATE.fullmatch(word):
        return f"{word} is a date that does not exist"
    if not _NUMBER.match(word):
        return f"a text needs quotes: {_quoted(word)}"
    if re.match(r"\d{4}[-./]|\d\d?[./]\d\d?[./]\d{4}", word):
        return f"{word} is no date, which is written 2024-03-31 or 2024-03-31T09:30:00Z; a text needs quotes"
    if re.match(r"\d+:\d", word):
        return f"{word} is no time, which is written 09:30:00; a text needs quotes: {_quoted(word)}"
    zero = " (none begins with 0)" if re.match(r"[+-]?0\d", word) else ""
    return f"{word} is no number{zero}; a text needs quotes: {_quoted(word)}"


def _quoted(word: str) -> str:
    return f"'{word}'" if '"' in word or "\\" in word else f'"{word}"'


def _first(*cases: tuple[object, str]) -> str:
    """Return the words of the first case that holds."""
    return next(words for holds, words in cases if holds)


def _after_entry(spot: _Spot) -> Fault:
    behind_digit = spot.before.rstrip()[-1:].isdigit()
    quotes = {'"', "'"} & {spot.character, spot.before.rstrip()[-1:]}
    return spot.broken_literal() or (
        spot.position,
        _first(
            (spot.character in {"]", "}"}, f"{spot.character!r} closes nothing here"),
            (_HEADER.match(spot.before), "a [header] has a line of its own; what follows belongs into the next one"),
            (behind_digit and _DECIMALS.match(spot.text, spot.position), _POINT),
            (behind_digit and spot.character.isdigit(), "a number has no space in it; a text needs quotes"),
            (spot.character in {",", ";"}, f"an entry ends with its line, without {spot.character!r}"),
            (spot.text.startswith(_COMMENTS, spot.position), _HASH),
            (quotes, f"{_ENTRY}; {_OTHER_KIND}"),
            (True, _ENTRY),
        ),
    )


def _in_list(spot: _Spot) -> Fault:
    return spot.broken_literal() or (
        spot.missing_bracket() if spot.list_ends else (spot.position, _no_comma(spot, "the elements of a list", "]"))
    )


def _in_table(spot: _Spot) -> Fault:
    return spot.broken_literal() or (
        spot.position,
        _ONE_LINE if spot.at_end else _no_comma(spot, "the entries of an inline table", "}"),
    )


def _no_comma(spot: _Spot, what: str, closing: str) -> str:
    quoted = spot.before.endswith(('"', "'"))
    return _first(
        (spot.character in {"]", "}"}, f"{spot.character!r} closes nothing here; {closing!r} does"),
        (spot.character == ";", f"{what} are separated by ','"),
        (quoted, f"a quotation mark or a ',' is missing before this; {_OTHER_KIND}"),
        (True, f"a ',' is missing before this; {what} are separated by it"),
    )


def _no_value(spot: _Spot) -> Fault:
    if spot.in_list and spot.list_ends:
        return spot.missing_bracket()
    variable = _VARIABLE.match(spot.text, spot.position)
    found = (_UNQUOTED if spot.opened is not None else _REST).match(spot.text, spot.position)
    word = found[0] if found else spot.character
    missing = spot.at_end or spot.character in {",", "}", "]"}
    return spot.position, _first(
        (missing and spot.in_list, f"a value is missing before {spot.character!r}"),
        (missing, "the value is missing after '='"),
        (spot.character == "=", "one '=' is enough"),
        (spot.character == "(", "a list is written [1, 2]"),
        (variable, f'a value from the environment is written {{ env = "{_name_in(variable)}" }}'),
        (word.lower() in _YES_AND_NO, f"write {_YES_AND_NO.get(word.lower())}"),
        (word.lower() in {"null", "none", "nil"}, "TOML has no empty value; leave the line out"),
        (True, _no_literal(word)),
    )


def _name_in(variable: re.Match[str] | None) -> str | None:
    return variable and (variable[1] or variable[2])


def _no_name(spot: _Spot) -> Fault:
    before = spot.before.rstrip()
    in_table = spot.opened is not None and not _HEADER.match(f"{before}]")
    return spot.position, _first(
        (spot.at_end and in_table, _ONE_LINE),
        (spot.character == "}" and before.endswith(","), "an inline table { ... } has no comma after the last entry"),
        (spot.character == ",", "an entry is missing before ','"),
        (before.endswith(".") or spot.character == ".", "a part of the name is missing beside '.'"),
        (spot.character == "=", "the name before '=' is missing"),
        (spot.character == "]", "the name between the brackets is missing"),
        (spot.text.startswith(_COMMENTS, spot.position), _HASH),
        (True, _NAME_NEEDS_QUOTES),
    )


def _no_equals(spot: _Spot) -> Fault:
    if spot.line.lstrip().startswith(_COMMENTS):
        return spot.position - len(spot.before.lstrip()), _HASH
    if _COMMA_IN_NUMBER.search(spot.before):
        return spot.text.rfind(",", 0, spot.position), _POINT
    start = max(spot.line_start, *(spot.text.rfind(mark, 0, spot.position) + 1 for mark in "{,"))
    if spot.at_end or spot.character in {",", "}"}:
        blanks = len(spot.text[start:]) - len(spot.text[start:].lstrip())
        return start + blanks, "a name needs a value: NAME = VALUE"
    name, equals, _rest = spot.text[start:].partition("\n")[0].partition("=")
    return spot.position, _first(
        (spot.character == ":", "write '=' in place of ':'"),
        (not equals or {"}", ","} & set(name), "the '=' between name and value is missing"),
        ({'"', "'"} & set(name), _NAME_NEEDS_QUOTES),
        (True, f'{_NAME_NEEDS_QUOTES}: "{name.strip()}" = ...'),
    )


def _given_twice(spot: _Spot) -> Fault:
    """Of a header that goes wrong behind its name, the parser says first that there is such a table already."""
    closing = "]]" if spot.before.lstrip().startswith("[[") else "]"
    if spot.before.lstrip().startswith("[") and not spot.text.startswith(closing, spot.position):
        return _no_header(closing)(spot)
    return spot.position, GIVEN_TWICE


def _no_header(brackets: str) -> Callable[[_Spot], Fault]:
    def look(spot: _Spot) -> Fault:
        if spot.at_end or spot.character == "]":
            return spot.position, f"the closing {brackets!r} of the header is missing"
        return spot.position, _NAME_NEEDS_QUOTES

    return look


def _open_text(spot: _Spot) -> Fault:
    tokens = _TOKEN.finditer(spot.text, 0, spot.position)
    start, quote = next(
        ((token.start(), token[0]) for token in tokens if token[0] in {'"""', "'''", '"', "'"}), (spot.position, "")
    )
    if len(quote) == len('"""'):
        return start, f"the closing {quote} of the text that begins here is missing"
    end = spot.text.find("\n", start)
    return end if end >= 0 else len(spot.text), "the closing quotation mark is missing in this line"


def _escape(spot: _Spot) -> Fault:
    start = spot.text.rfind("\\", 0, spot.position)
    written = spot.text[start : start + 2].rstrip()
    digits = {"\\u": 4, "\\U": 8}.get(written)
    if digits is None:
        return start, f"{written} means nothing in a text; {_AS_IT_IS}"
    return start, f"{written} takes the {digits} hexadecimal digits of a character; {_AS_IT_IS}"


_LOOKS: dict[str, Callable[[_Spot], Fault]] = {
    "Expected newline or end of document after a statement": _after_entry,
    "Unclosed array": _in_list,
    "Unclosed inline table": _in_table,
    "Invalid value": _no_value,
    "Invalid date or datetime": _no_value,
    "Invalid statement": _no_name,
    "Invalid initial character for a key part": _no_name,
    "Expected '=' after a key in a key/value pair": _no_equals,
    "Expected ']' at the end of a table declaration": _no_header("]"),
    "Expected ']]' at the end of an array declaration": _no_header("]]"),
    "Unterminated string": _open_text,
    "Illegal character '\\n'": _open_text,
    "Found invalid character '\\n'": _open_text,
    'Expected "\'"': _open_text,
    "Expected \"'''\"": _open_text,
    "Unescaped '\\' in a string": _escape,
    "Invalid hex value": _escape,
    "Escaped character is not a Unicode scalar value": _escape,
}
