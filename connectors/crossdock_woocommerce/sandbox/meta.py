"""Meta data as the shop keeps and shows it."""

from __future__ import annotations

from typing import Any

from .wire import encode


def shown_order(key: str, value: Any) -> tuple[list[tuple[int, str]], str]:
    """Sort by this: the database's order of key, then value (signs before digits before letters, case ignored)."""
    return _collation(key), value if isinstance(value, str) else encode(value).decode()


def _collation(text: str) -> list[tuple[int, str]]:
    return [(2 if char.isalpha() else 1 if char.isdigit() else 0, char.casefold()) for char in text]
