"""Settings that several manipulators share, so that they read the same everywhere."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Annotated, TypeAlias

from pydantic import Field

FieldNames: TypeAlias = str | Annotated[list[str], Field(min_length=1)]
Constant: TypeAlias = str | bool | int | Decimal | datetime | list[str]

NO_MONEY = "; of an order no amount but `rows[].discountAmount`, nor the VAT rate or type of a row"
FIELD = f"the field, by its dotted wire name (`rows[].sku` means the SKU of each row), or a list of fields{NO_MONEY}"
WHERE = "for a field of list elements: a JMESPath condition over one element; the others are left alone"
OVERWRITE = 'also replace a value that is already there; `false` fills only fields that are absent or `""`'
