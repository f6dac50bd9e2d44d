"""A failure budget as people write it in plugins.toml: ``max_failed = 50`` or ``max_failed = "1%"``."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated, TypeAlias

from pydantic import BeforeValidator, PlainSerializer, WithJsonSchema

from crossdock.config.complaint import shown

SPENT = "records failed and max_failed in "  # by this a run that was stopped by its budget is known later
FEWEST = 100  # records that a share needs before it says anything
_SHARE = re.compile(r"(\d{1,3}(?:\.\d{1,4})?)%", re.ASCII)


@dataclass(frozen=True, slots=True)
class FailureBudget:
    """How many records of a run may fail before it is stopped: a count, or a share (0 to 1) of those considered."""

    count: int | None = None
    share: Decimal | None = None

    def is_spent(self, failed: int, considered: int) -> bool:
        """Tell whether more have failed than may; a share is not judged by fewer than a hundred records."""
        if self.count is not None:
            return failed > self.count
        return self.share is not None and considered >= FEWEST and failed > self.share * considered

    def __str__(self) -> str:
        return str(self.count) if self.share is None else f"{(self.share * 100).normalize():f}%"


def parse_budget(value: object) -> FailureBudget:
    """Read a count or a percentage; a budget passes as it is.

    Raises:
        ValueError: it is neither.
    """
    if isinstance(value, FailureBudget):
        return value
    if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
        return FailureBudget(count=value)
    found = _SHARE.fullmatch(value) if isinstance(value, str) else None
    if found is None or float(found[1]) > 100:
        message = f'{shown(value)} is neither a number of records, such as 50, nor a share of them, such as "1%"'
        raise ValueError(message)
    return FailureBudget(share=Decimal(found[1]) / 100)


Budget: TypeAlias = Annotated[
    FailureBudget,
    BeforeValidator(parse_budget),
    PlainSerializer(str, return_type=str),
    WithJsonSchema({"anyOf": [{"type": "integer", "minimum": 0}, {"type": "string", "examples": ["1%"]}]}),
]
"""A pydantic field type: a number or a text such as ``"1%"`` in the file, a ``FailureBudget`` in Python."""
