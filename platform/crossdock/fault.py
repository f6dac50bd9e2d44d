"""What a stranger's code is to blame for when it raises it, and how that is told."""

from __future__ import annotations

from typing import Final

FAULTS: Final = (Exception, SystemExit, GeneratorExit)
"""Whatever a plugin raises is its own fault, whether it means to end the program or not; only a
``KeyboardInterrupt`` is not, since the operator raises it, whoever is at work."""


def said(error: BaseException) -> str:
    """What an error says of itself; empty if it says nothing, or raises something once more when it is asked."""
    try:
        return str(error)
    except FAULTS:
        return ""


def tell(error: BaseException) -> str:
    """Name an error by its class, and say what it says: ``ValueError: no such colour``."""
    kind, words = type(error).__name__, said(error).strip()
    return f"{kind}: {words}" if words else kind
