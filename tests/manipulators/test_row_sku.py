"""``row-sku`` gives rows a SKU by their type."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from .bench import SPECS, after, run

BEFORE = {"rows": [{"type": "shipping", "sku": "OLD"}, {"type": "shipping", "sku": ""}, {"type": "product"}]}


@pytest.mark.parametrize(("more", "first"), [("", "OLD"), ("overwrite = true", "NEW")])
def test_a_sku_that_is_there_stays_unless_told_otherwise(more: str, first: str) -> None:
    assert after("row-sku", f'skus = {{ shipping = "NEW" }}\n{more}', BEFORE) == {
        "rows": [{"type": "shipping", "sku": first}, {"type": "shipping", "sku": "NEW"}, {"type": "product"}]
    }


def test_an_unknown_type_of_row_is_refused_with_those_there_are() -> None:
    with pytest.raises(ValidationError, match="'product', 'shipping', 'fee', 'discount', 'giftCard' or 'rounding'"):
        run("row-sku", 'skus = { freight = "NEW" }', {})


def test_only_orders_have_rows() -> None:
    assert SPECS["row-sku"].record_types == frozenset({"order"})
