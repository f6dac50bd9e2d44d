"""Finds the line of a plugin that is to blame for an exception."""

from __future__ import annotations

import traceback

_OURS = frozenset({"crossdock", "importlib", "pluggy"})


def culprit(error: BaseException, package: str) -> str | None:
    """Return file and line to blame: the innermost frame of the plugin itself, or else of whatever it called.

    Args:
        error: what was raised.
        package: the plugin's module or package, or the beginning of its dotted name.
    """
    if isinstance(error, SyntaxError) and error.filename:
        return f"{error.filename}:{error.lineno}"
    own = foreign = None
    for frame, line in traceback.walk_tb(error.__traceback__):
        place = f"{frame.f_code.co_filename}:{line}"
        module = str(frame.f_globals.get("__name__", ""))
        if module == package or module.startswith(f"{package}."):
            own = place
        elif module.partition(".")[0] not in _OURS:
            foreign = place
    return own or foreign
