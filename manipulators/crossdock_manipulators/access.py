"""Compiled access to a field: where it stands in a record, and what may stand in it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, TypeAlias

from crossdock import ELEMENT, RecordField, SettingError, Working, condition

Holders: TypeAlias = Callable[[Working], Iterable[Working]]
Change: TypeAlias = Callable[[Any], Any]
Fit: TypeAlias = Callable[[Any], Any]

_LONGEST_SHOWN = 60


class MisfitError(ValueError):
    """A value that its field does not take; the message quotes it and says why."""

    def __init__(self, field: RecordField, value: object, problem: str) -> None:
        super().__init__(f"{field.text!r} does not take {shown(value)}: {problem[:1].lower()}{problem[1:]}")


def shown(value: object) -> str:
    """Quote a value for a message, cut short if it is long."""
    text = str(value) if isinstance(value, (Decimal, int)) and not isinstance(value, bool) else repr(value)
    return text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]}..."


def holders(field: RecordField, *, where: str | None = None, create: bool = False) -> Holders:
    """Compile the function that lists the objects that directly hold a field: one, or one per list element.

    Args:
        field: the field; of ``tags[]`` the object that holds the whole list is meant.
        where: JMESPath over one list element; the others are left out.
        create: make objects that are missing on the way (never list elements).

    Raises:
        SettingError: ``where`` is wrong, or the field stands in no list.
    """
    steps = leaf_steps(field)[:-1]
    found = _unconditional(field, steps, create=create)
    if where is None:
        return found
    if ELEMENT not in steps:
        raise SettingError("where", f"chooses among list elements, but {field.text!r} stands in no list; use 'when'")
    element = steps[: len(steps) - steps[::-1].index(ELEMENT)]
    chosen = condition("where", where, record_type=field.record_type, at=element)
    return lambda record: [holder for holder in found(record) if chosen(holder)]


def leaf_steps(field: RecordField) -> tuple[str, ...]:
    """The steps to a field; of ``tags[]`` those to the list, which is what stands in an object."""
    return field.steps[:-1] if field.steps[-1] == ELEMENT else field.steps


def places(field: RecordField, record: Working) -> Iterable[tuple[str, Working]]:
    """List the objects that directly hold a field, each with what the field is called there: ``rows[2].sku``."""
    *steps, last = leaf_steps(field)
    found: list[tuple[str, Any]] = [("", record)]
    for step in steps:
        if step == ELEMENT:
            found = [(f"{name[:-1]}[{number}].", item) for name, items in found for number, item in enumerate(items)]
        else:
            found = [(f"{name}{step}.", parent[step]) for name, parent in found if parent.get(step) is not None]
    return [(f"{name}{last}", holder) for name, holder in found]


def _unconditional(field: RecordField, steps: tuple[str, ...], *, create: bool) -> Holders:
    match steps:
        case ():
            return lambda record: (record,)
        case (name,) if create:
            return lambda record: (record.setdefault(name, {}),)
        case (name,):
            return lambda record: (record[name],) if name in record else ()
        case (name, "[]"):
            return lambda record: record.get(name, ())
    return lambda record: field.parents(record, create=create)


def updater(field: RecordField, *, where: str | None = None) -> Callable[[Working, Change], None]:
    """Compile the function that changes every present value of a field; a change to ``None`` removes the value."""
    find = holders(field, where=where)
    name = leaf_steps(field)[-1]
    update = _update_list if field.steps[-1] == ELEMENT else _update_value

    def run(record: Working, change: Change) -> None:
        for holder in find(record):
            if name in holder:
                update(holder, name, change)

    return run


def _update_value(holder: Working, name: str, change: Change) -> None:
    old = holder[name]
    new = change(old)
    if new is None:
        del holder[name]
    elif new is not old:
        holder[name] = new


def _update_list(holder: Working, name: str, change: Change) -> None:
    items = [new for old in holder[name] if (new := change(old)) is not None]
    if items:
        holder[name] = items
    else:
        del holder[name]


def fitter(field: RecordField) -> Fit:
    """Compile the function that brings a value into the working form of a field.

    Numbers become text where the field holds text; text becomes a number or a time where it is one. The function
    raises :class:`MisfitError` if the field does not take the value.
    """
    if field.kind == "string" and field.annotation is str:
        return lambda value: value if type(value) is str else _fit(field, value)
    return lambda value: _fit(field, value)


def constant(field: RecordField, setting: str, value: object) -> Any:
    """Bring a value from the configuration into the working form of a field.

    Raises:
        SettingError: the field does not take it.
    """
    try:
        return _fit(field, value)
    except MisfitError as error:
        raise SettingError(setting, str(error)) from error


def _fit(field: RecordField, value: Any) -> Any:
    if isinstance(value, datetime):
        value = value.isoformat()
    if field.kind == "string" and type(value) in (int, Decimal):
        value = f"{value:f}" if type(value) is Decimal else str(value)
    fitting = list(value) if type(value) is list else field.coerce(value)
    problem = field.problem(fitting)
    if problem is not None:
        allowed = f" (one of {', '.join(field.choices)})" if field.choices else ""
        raise MisfitError(field, value, problem if not allowed else f"not one of its values{allowed}")
    return fitting


def is_empty(value: object) -> bool:
    """Tell whether a value counts as "nothing there yet": absent, ``""`` or an empty list."""
    return value is None or value in ("", [])


def names_of(field: str | Sequence[str]) -> list[tuple[str, str]]:
    """Pair each field that a ``field`` setting names with where it stands: ``field``, or ``field[0]`` of a list."""
    if isinstance(field, str):
        return [("field", field)]
    return [(f"field[{index}]", name) for index, name in enumerate(field)]
