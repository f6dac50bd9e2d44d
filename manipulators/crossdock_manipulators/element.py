"""The innermost list elements that a field stands in; for a field outside every list, the record itself."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from crossdock import ELEMENT, RecordField, SettingError, Working
from crossdock_manipulators.access import Holders, holders


def list_steps(field: RecordField) -> tuple[str, ...]:
    """The steps up to the innermost list element: ``("rows", "[]")`` of ``rows[].sku``, none outside every list."""
    steps = field.steps
    return steps[: len(steps) - steps[::-1].index(ELEMENT)] if ELEMENT in steps else ()


def elements_of(field: RecordField, *, where: str | None = None) -> Holders:
    """Compile the function that lists the elements that a field stands in.

    Raises:
        SettingError: ``where`` is wrong, or the field stands in no list.
    """
    head = list_steps(field)
    if head:
        return holders(replace(field, steps=(*head, "")), where=where)
    if where is not None:
        raise SettingError("where", f"chooses among list elements, but {field.text!r} stands in no list; use 'when'")
    return _record_alone


def inside(field: RecordField) -> RecordField:
    """The same field, but seen from its list element instead of from the record."""
    return replace(field, steps=field.steps[len(list_steps(field)) :])


def _record_alone(record: Working) -> Iterable[Working]:
    return (record,)
