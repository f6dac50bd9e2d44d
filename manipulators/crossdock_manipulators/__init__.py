"""Built-in manipulators."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from crossdock import ManipulatorSpec, hookimpl
from crossdock_manipulators import (
    add_discount_row,
    address_switch,
    custom_data_set,
    custom_data_to_field,
    email_set,
    fail,
    field_build,
    field_clear,
    field_copy,
    field_set,
    ignore,
    round as rounding,
    row_filter,
    row_sku,
    search_replace,
    strip_html,
    value_map,
)


@hookimpl
def crossdock_manipulators() -> Iterable[ManipulatorSpec[Any]]:
    """Return the built-in manipulators, in the order of the documentation."""
    return (
        field_set.SPEC,
        field_copy.SPEC,
        field_build.SPEC,
        field_clear.SPEC,
        search_replace.SPEC,
        strip_html.SPEC,
        value_map.SPEC,
        address_switch.SPEC,
        email_set.SPEC,
        row_sku.SPEC,
        row_filter.SPEC,
        add_discount_row.SPEC,
        rounding.SPEC,
        custom_data_set.SPEC,
        custom_data_to_field.SPEC,
        ignore.SPEC,
        fail.SPEC,
    )
