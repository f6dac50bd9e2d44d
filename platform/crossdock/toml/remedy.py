"""What to do about a syntax error in a TOML file: the mistakes that people really make."""

from __future__ import annotations

import re

_WORD = re.compile(r"[^\s,\]}#]*")
_EQUALS = re.compile(r"\s*=")
_NAME_NEEDS_QUOTES = "a name with other characters than A-Z a-z 0-9 _ - needs quotes"
_FIXED = {
    "Expected newline or end of document after a statement": (
        "one entry a line, a text in quotes; if a text holds quotation marks, write it in the other kind: '...\"...'"
    ),
    "Unterminated string": "the closing quotation mark is missing",
    "Unclosed array": "the closing ']' is missing",
    "Unclosed inline table": "the closing '}' is missing",
    "Unescaped '\\' in a string": "write '...' instead of \"...\" to have backslashes taken as they are, or double it",
    "Expected ']' at the end of a table declaration": _NAME_NEEDS_QUOTES,
    "Expected ']]' at the end of an array declaration": "a list of tables has two brackets: [[connection]]",
    "Expected '=' after a key in a key/value pair": "write: key = value; a key with a space, ':' or '[' needs quotes",
    "Invalid statement": _NAME_NEEDS_QUOTES,
}


def remedy_for(text: str, position: int, reason: str) -> str | None:
    """Name the remedy of a syntax error, where it is obvious.

    Args:
        text: the document.
        position: where the parser stopped, in characters.
        reason: the parser's complaint.
    """
    if reason == "Illegal character '\\n'":
        return "the closing quotation mark is missing in this line"
    if reason == "Invalid value":
        return _remedy_for_value(text, position)
    if reason == "Invalid initial character for a key part":
        return _remedy_for_key(text, position)
    return _FIXED.get(reason)


def _remedy_for_value(text: str, position: int) -> str:
    word = _WORD.match(text, position)
    found = word[0] if word else ""
    in_list = text[:position].rstrip().endswith(("[", ","))
    if in_list and (not found or _EQUALS.match(text, position + len(found))):
        return "the closing ']' of the list is missing"
    if not found:
        return "the value is missing after '='"
    if found.lower() in ("true", "false"):
        return f"write {found.lower()}"
    if found.lower() in ("null", "none", "nil"):
        return "TOML has no empty value; leave the line out"
    if found[0] in "“”„‘’‚«»`":
        return "use straight quotation marks: \"...\" or '...'"
    return f"a text needs quotes: {_quoted(found)}"


def _quoted(word: str) -> str:
    return f"'{word}'" if '"' in word or "\\" in word else f'"{word}"'


def _remedy_for_key(text: str, position: int) -> str | None:
    before = text[:position].rstrip()
    if text[position : position + 1] in ("\r", "\n", "#"):
        return "an inline table { ... } stands on one line; use a [table] header for more"
    if before.endswith(","):
        return "an inline table { ... } has no comma after the last entry"
    return _NAME_NEEDS_QUOTES
