"""Moments as the store writes them: UTC text in the one spelling of the wire."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import TypeAlias

Clock: TypeAlias = Callable[[], datetime]


def utc_now() -> datetime:
    """Tell the time."""
    return datetime.now(UTC)


def to_text(moment: datetime) -> str:
    """Write a moment: whole seconds, or six digits of one."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def to_lower_bound(moment: datetime) -> str:
    """Write a moment for comparisons in the database: no text of a moment that is not before it is less.

    A whole second, which is written without digits, counts as the end of that second.
    """
    return moment.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def from_text(text: str) -> datetime:
    """Read a moment back."""
    return datetime.fromisoformat(text)
