"""Regular expressions of operators: RE2, which takes linear time whatever the pattern and the text."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING, Any, TypeAlias

from crossdock import SettingError

if TYPE_CHECKING:
    from types import ModuleType

Substitute: TypeAlias = Callable[[str], str]

_UNSUPPORTED = (
    ("(?=", "look-ahead: write what follows as a group and put it back with \\1"),
    ("(?!", "look-ahead: replace the wanted cases one by one, or choose records with 'when'"),
    ("(?<=", "look-behind: write what precedes as a group and put it back with \\1"),
    ("(?<!", "look-behind: replace the wanted cases one by one, or choose records with 'when'"),
    ("(?>", "atomic groups: leave out '?>', a pattern cannot run away here"),
    ("\\Z", "\\Z: write \\z for the end of the text"),
)
_BACKREFERENCE = re.compile(r"\\[1-9]")
_POSSESSIVE = re.compile(r"[*+?}]\+")
_GROUP = re.compile(r"\\(?:(\d{1,2})|g<(\w+)>|(.)|\Z)", re.DOTALL)
_ESCAPES = {"n": "\n", "r": "\r", "t": "\t", "\\": "\\"}


def compile_substitution(search: str, replacement: str, *, ignore_case: bool) -> Substitute:
    r"""Compile a pattern and its replacement (with ``\1`` and ``\g<name>``) to a function from text to text.

    Raises:
        SettingError: in ``search`` or ``replace``, with the remedy where RE2 lacks what was meant.
    """
    pattern = compile_pattern("search", search, ignore_case=ignore_case)
    pieces = _pieces(replacement, pattern.groups, dict(pattern.groupindex))

    def replaced(match: Any) -> str:
        return "".join([piece if type(piece) is str else match.group(piece) or "" for piece in pieces])

    def substitute(text: str) -> str:
        result: str = pattern.sub(replaced, text)
        return result

    return substitute


def compile_pattern(setting: str, text: str, *, ignore_case: bool = False) -> Any:
    """Compile a pattern; what comes back has ``search`` and ``sub`` as in ``re``.

    Raises:
        SettingError: the pattern is wrong, or needs what RE2 does not offer.
    """
    engine = _engine()
    options = engine.Options()
    options.log_errors = False
    options.case_sensitive = not ignore_case
    try:
        return engine.compile(text, options)
    except UnicodeEncodeError as error:
        raise SettingError(setting, f"{text!r} contains half of a character", error.start) from error
    except engine.error as error:
        reason = error.args[0].decode() if error.args and isinstance(error.args[0], bytes) else str(error)
        raise SettingError(setting, f"{text!r} cannot be used: {_remedy(text) or reason}") from error


@cache
def _engine() -> ModuleType:
    import re2  # noqa: PLC0415 - a shared library that only this needs

    module: ModuleType = re2
    return module


def _remedy(text: str) -> str | None:
    for sign, remedy in _UNSUPPORTED:
        if sign in text:
            return f"there is no {remedy}"
    if _BACKREFERENCE.search(text):
        return "there are no back-references inside a pattern: write the repeated part out, or split the step in two"
    if _POSSESSIVE.search(text):
        return "there are no possessive quantifiers: leave out the second '+', a pattern cannot run away here"
    return None


def _pieces(replacement: str, groups: int, names: dict[str, int]) -> list[str | int]:
    pieces: list[str | int] = []
    end = 0
    for match in _GROUP.finditer(replacement):
        pieces.append(replacement[end : match.start()])
        pieces.append(_piece(match, groups, names))
        end = match.end()
    return [piece for piece in (*pieces, replacement[end:]) if piece != ""]


def _piece(match: re.Match[str], groups: int, names: dict[str, int]) -> str | int:
    number, name, escaped = match.groups()
    if escaped is not None:
        if escaped not in _ESCAPES:
            raise SettingError("replace", f"'{match[0]}' means nothing here; write \\\\ for a backslash", match.start())
        return _ESCAPES[escaped]
    if number is None and name is None:
        raise SettingError("replace", "it ends in a lone backslash; write \\\\ for one", match.start())
    group = names.get(name, -1) if name and not name.isdecimal() else int(number or name)
    if not 0 <= group <= groups:
        known = f"; it has {groups}" + (f", named {', '.join(names)}" if names else "") if groups else ""
        raise SettingError(
            "replace", f"'{match[0]}' names a group that the pattern does not have{known}", match.start()
        )
    return group
