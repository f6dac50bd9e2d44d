"""What people call a remote record, read off its payload when it could not become a record."""

from __future__ import annotations

import msgspec

from crossdock.expressions.expression import ExpressionError
from crossdock.mapping.definition import Mapping
from crossdock.records.wire import parse_json

_LONGEST = 100


def reference_of(mapping: Mapping, payload: bytes) -> str | None:
    """Find the name, such as the order number; ``None`` if the mapping knows none, or the payload is too damaged."""
    if mapping.reference is None:
        return None
    try:
        found = mapping.reference.search(parse_json(payload))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, ExpressionError):
        return None
    return str(found)[:_LONGEST] if isinstance(found, str | int) and found != "" else None
