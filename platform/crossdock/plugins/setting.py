"""From the text of a manipulator's setting to what its step works with, checked when the step is built.

For authors of manipulators: each function raises :class:`SettingError` with the setting's name, the place inside its
text and the remedy, so that ``crossdock check`` can point at it in ``plugins.toml``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from crossdock.expressions.asked import Steps
from crossdock.expressions.expression import ExpressionSyntaxError, Json, compile_expression
from crossdock.expressions.values import Search, is_true
from crossdock.mistake import shortened
from crossdock.plugins.asking import unknown_field
from crossdock.plugins.manipulator import SettingError, Setup
from crossdock.records.fields import ELEMENT, SCALARS, RecordField, UnknownFieldError, find_field, required
from crossdock.records.registry import SUB_RECORDS

__all__ = ["Json", "Search", "compiled", "condition", "known_field", "readable_field", "required", "writable_field"]

FieldPath: TypeAlias = str

_PLATFORM_OWN = frozenset({"localId", "created", "lastModified", "version"})
# The amount of an order that agrees with nothing else, so that anyone may write it.
_FREE_AMOUNT = "rows[].discountAmount"
# What else of an order its amounts have to agree with, and what to do instead of writing it.
_BOUND = {
    "rows[].vatRatePercent": "must agree with the VAT of its row, which no manipulator sets; where the remote system "
    "says another rate, give it in a mapping line",
    "rows[].type": "says in which of the order's totals the row counts, such as those of shipping; give the mapping "
    "line of the type another expression",
}


def compiled(setting: str, text: str, *, record_type: str | None = None, at: Steps = ()) -> Search:
    """Compile a JMESPath expression that stands in a setting.

    Args:
        setting: its name.
        text: the expression.
        record_type: of the records that it is asked of; then it may only ask for fields that such a record has.
        at: the steps from the record to the part that it is asked of, such as ``("rows", "[]")``.

    Raises:
        SettingError: the expression is wrong, with the place inside it.
    """
    try:
        search = compile_expression(text).search
        unknown = unknown_field(record_type, text, at) if record_type is not None else None
    except ExpressionSyntaxError as error:
        unknown = error.message, error.offset
    if unknown is not None:
        message, offset = unknown
        raise SettingError(setting, f"{message} (in the expression {shortened(text, 300)})", offset)
    return search


def condition(setting: str, text: str, *, record_type: str | None = None, at: Steps = ()) -> Callable[[Json], bool]:
    """Compile a JMESPath condition that stands in a setting; null, false, ``""``, ``[]`` and ``{}`` count as false.

    What it is asked of is said as for :func:`compiled`.

    Raises:
        SettingError: the expression is wrong, with the place inside it.
    """
    search = compiled(setting, text, record_type=record_type, at=at)
    return lambda value: is_true(search(value))


def known_field(setup: Setup, setting: str, text: FieldPath) -> RecordField:
    """Find any field by its dotted wire name.

    Raises:
        SettingError: there is no such field, with the likely one.
    """
    try:
        return find_field(setup.record_type, text)
    except UnknownFieldError as error:
        raise SettingError(setting, str(error), error.offset) from error


def readable_field(setup: Setup, setting: str, text: FieldPath) -> RecordField:
    """Find a field that holds one value: text, number, time, true or false, or a list of texts.

    Raises:
        SettingError: there is no such field, or it has parts of its own.
    """
    field = known_field(setup, setting, text)
    if field.kind in SCALARS or _is_text_list(field):
        return field
    raise SettingError(setting, f"{text!r} is no single value but has parts of its own; name one of its parts")


def writable_field(
    setup: Setup, setting: str, text: FieldPath, *, elements: bool = False, parts: bool = False
) -> RecordField:
    """Find a field that a manipulator may write: one value, not an identity, not the money of an order.

    Amounts of orders are refused because a single new amount would make rows and totals disagree, and so are the VAT
    rates and types of rows, which say what the amounts mean.

    Args:
        setup: what the step is built for.
        setting: where the name stands.
        text: the field's dotted wire name.
        elements: give each text of a list, for ``tags[]`` and for ``tags``, instead of the whole list.
        parts: allow a whole object such as ``billingAddress``.

    Raises:
        SettingError: there is no such field, or it is not for manipulators, with the remedy.
    """
    field = known_field(setup, setting, text)
    reason = _why_not(field)
    if reason is None and text.endswith(ELEMENT) and not elements:
        reason = "names each element of a list; leave out the last '[]' for the whole list"
    if reason is None and not (field.kind in SCALARS or _is_text_list(field) or (parts and field.kind == "object")):
        reason = "has parts of its own; name one of its parts"
    if reason is not None:
        raise SettingError(setting, f"{text!r} {reason}")
    return find_field(setup.record_type, text + ELEMENT) if elements and field.kind == "list" else field


def is_money(field: RecordField) -> bool:
    """Tell whether a field is an amount of an order that has to agree with the others, or says what they mean."""
    return field.record_type == "order" and (
        field.text == "totals" or field.text in _BOUND or (field.kind == "decimal" and field.text != _FREE_AMOUNT)
    )


def identity_of(field: RecordField) -> str | None:
    """Say why a field is not for manipulators at all, or ``None`` if it may be."""
    name = field.text.rpartition(".")[2]
    if field.text in _PLATFORM_OWN or name in SUB_RECORDS[field.record_type].values():
        return "is set by the platform alone; no manipulator writes it"
    if field.kind == "customData":
        return "holds custom data; use 'custom-data-set'"
    if field.kind == "map":
        return "holds ids by connection, which come from the connector's mapping; no manipulator writes it"
    if name == "removed":
        return "is kept by imports; use 'row-filter' to leave rows out"
    if field.kind in ("object", "list") and field.text == "links":
        return "refers to other records; no manipulator writes it"
    return None


def _why_not(field: RecordField) -> str | None:
    if is_money(field):
        return _BOUND.get(
            field.text,
            "is an amount that must agree with the order's other amounts; use 'round', 'add-discount-row' or "
            "'row-filter', which keep rows and totals consistent",
        )
    return identity_of(field)


def _is_text_list(field: RecordField) -> bool:
    return field.kind == "list" and find_field(field.record_type, field.text + ELEMENT).kind == "string"
