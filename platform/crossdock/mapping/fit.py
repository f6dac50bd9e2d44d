"""Whether a value fits a target: its kind is checked while mapping, its meaning (a country, a status) at the end.

A value that is text of the right kind but not yet right, such as the country ``UK``, passes here, so that a
manipulator may mend it; the validation at the end of the chain has the last word.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from crossdock.records.fields import RecordField

_ACCEPTS: dict[str, frozenset[type]] = {
    "decimal": frozenset({Decimal}),
    "integer": frozenset({int}),
    "bool": frozenset({bool}),
    "list": frozenset({list}),
}
_TEXT = frozenset({str})
_WANTS = {"decimal": "a number", "integer": "a whole number", "bool": "true or false", "list": "a list"}


@dataclass(frozen=True, slots=True)
class Misfit:
    """Why a value cannot stand in a target."""

    reason: str


def fit(field: RecordField, value: Any, connection_id: str) -> Any:  # noqa: ANN401 - any JSON value
    """Bring a mapped value into the working form of its target, or say why that is impossible.

    A text field takes a number as its digits; a map of ids takes an id under the connection's own key.
    """
    kind = field.kind
    if kind in _TEXT_KINDS:
        if type(value) is str:
            # "2024-03-03T14:09:27Z", as utc() writes it, needs no second look
            return field.coerce(value) if kind == "timestamp" and len(value) != 20 else value
        if kind == "string" and type(value) in _NUMBERS:
            return str(value)
        return Misfit("it wants text")
    if kind == "map":
        if type(value) in _IDS:
            return {connection_id: str(value)}
        return Misfit("it wants an id: a text or a whole number")
    fitted = field.coerce(value)
    if type(fitted) in _ACCEPTS[kind]:
        return fitted
    return Misfit(f"it wants {_WANTS[kind]}")


_TEXT_KINDS = frozenset({"string", "timestamp", "country", "currency", "language", "choice"})
_NUMBERS = frozenset({int, Decimal})
_IDS = frozenset({str, int})
