"""Moments as the store writes them: UTC text in the one spelling of the wire."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import TypeAlias

from sqlalchemy import ColumnElement, and_

Clock: TypeAlias = Callable[[], datetime]


def utc_now() -> datetime:
    """Tell the time."""
    return datetime.now(UTC)


def to_text(moment: datetime) -> str:
    """Write a moment: whole seconds, or six digits of one."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def not_before(column: ColumnElement[str | None], moment: datetime) -> ColumnElement[bool]:
    """Make the condition that a column's moment is not before another one.

    As text, a whole second, which is written without digits, stands behind every fraction of itself.
    """
    bound = moment.astimezone(UTC)
    later = column >= bound.isoformat(timespec="microseconds").replace("+00:00", "Z")
    return and_(later, column != to_text(bound.replace(microsecond=0))) if bound.microsecond else later


def from_text(text: str) -> datetime:
    """Read a moment back."""
    return datetime.fromisoformat(text)
