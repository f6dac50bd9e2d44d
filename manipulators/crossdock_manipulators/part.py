"""What carries custom data: the record itself, or its parts with an identity of their own."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeAlias

from crossdock import ELEMENT, SUB_RECORDS, SettingError, Setup, Working

Parts: TypeAlias = Callable[[Working], Iterable[Working]]


def parts_of(setup: Setup, setting: str, text: str | None) -> Parts:
    """Compile the function that lists the parts that ``rows[]`` and its kind name; ``None`` is the record itself.

    Raises:
        SettingError: the record type has no such parts.
    """
    if text is None:
        return lambda record: (record,)
    names = [f"{name}{ELEMENT}" for name in SUB_RECORDS[setup.record_type]]
    if text not in names:
        allowed = f"use one of {', '.join(names)}" if names else f"a {setup.record_type} has none; leave this out"
        raise SettingError(setting, f"{text!r} names no parts that carry custom data; {allowed}")
    name = text.removesuffix(ELEMENT)
    return lambda record: record.get(name, ())
