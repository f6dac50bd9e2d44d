"""Whether a value fits a target: its kind is checked while mapping, its meaning (a country, a status) at the end.

A value that is text of the right kind but not yet right, such as the country ``UK``, passes here, so that a
manipulator may mend it; the validation at the end of the chain has the last word.
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

from msgspec import Struct

from crossdock.records.fields import RecordField

_ACCEPTS: dict[str, frozenset[type]] = {
    "decimal": frozenset({Decimal}),
    "integer": frozenset({int}),
    "bool": frozenset({bool}),
    "list": frozenset({list}),
}
_TEXT = frozenset({str})
_WANTS = {"decimal": "a number", "integer": "a whole number", "bool": "true or false", "list": "a list"}


class Misfit(Struct, frozen=True):
    """Why a value cannot stand in a target."""

    reason: str


def fit(field: RecordField, value: Any, connection_id: str) -> Any:  # noqa: PLR0911 - one answer a kind
    """Bring a mapped value into the working form of its target, or say why that is impossible.

    A text field takes a number as its digits; a map of ids takes an id under the connection's own key, and a link that
    has only a remote id is one to a record of the same connection.
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
    if field.text == "links" and type(value) is list:
        return [_own_link(item, connection_id) for item in value if not _is_nowhere(item)]
    if kind == "list" and type(value) is list:
        # A copy, so that whoever changes the record changes neither the payload nor the mapping.
        return [{**item} if type(item) is dict else item for item in value]
    fitted = field.coerce(value)
    if type(fitted) in _ACCEPTS[kind]:
        return fitted
    return Misfit(f"it wants {_WANTS[kind]}")


def _is_nowhere(link: Any) -> bool:
    """Whether a link has neither end, because what it was made of is absent from the payload."""
    return type(link) is dict and link.get("remoteId") in (None, "") and link.get("localId") is None


def _own_link(link: Any, connection_id: str) -> Any:
    if type(link) is not dict or link.get("localId") is not None:
        return link
    remote_id = link.get("remoteId")
    return {"connectionId": connection_id, **link, "remoteId": str(remote_id) if type(remote_id) is int else remote_id}


def constant_problem(field: RecordField, value: Any) -> str | None:
    """Say why a target can never hold a value that stands in the mapping itself, or ``None`` if it can."""
    if value is None or field.kind == "map":
        return None
    fitted = fit(field, value, "")
    return fitted.reason if type(fitted) is Misfit else field.problem(fitted)


def gives_back(value: Any, fitted: Any) -> bool:
    """Whether a value can be told from what stands in its target.

    A text such as ``+5.0`` or ``1e3`` that became an amount cannot, nor can a time with more than six digits of a
    second; such a value fills its target and stays in the stash as well. (The offset of a time is not kept: what
    counts is the instant.)
    """
    if type(value) is not str or fitted is value:
        return True
    if type(fitted) is Decimal:
        return str(fitted) == value
    return type(fitted) is not str or fitted == value or _fraction(fitted) == _fraction(value)


def _fraction(time: str) -> str:
    found = _FRACTION.search(time)
    return found[1].rstrip("0") if found else ""


_FRACTION = re.compile(r"[.,](\d+)", re.ASCII)
_TEXT_KINDS = frozenset({"string", "timestamp", "country", "currency", "language", "choice"})
_NUMBERS = frozenset({int, Decimal})
_IDS = frozenset({str, int})
