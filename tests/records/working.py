"""Records of every type in working form, as hypothesis makes them from the models themselves."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from crossdock.codes import COUNTRIES, CURRENCIES
from crossdock.customdata import dictionary_key, entry_of, escape_key
from crossdock.records import RECORD_TYPES, Working
from crossdock.records.fields import RecordField, all_fields
from crossdock.store.sql.moment import to_text

HEX_IDS = st.integers(0, 16**32 - 1).map(lambda number: f"{number:032x}")
# Without the noncharacter that shelters halves of pairs: read from outside it is written as itself twice.
TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\ufdd0"), max_size=5)
# Any digits and any exponent that the rules allow; what a shop sends is among them.
DECIMALS = st.one_of(
    st.decimals(allow_nan=False, allow_infinity=False, places=2),
    st.builds(lambda digits, exponent: Decimal(digits).scaleb(exponent), st.integers(), st.integers(-30, 30)),
    st.sampled_from([Decimal("12.335999999999999"), Decimal("1.10"), Decimal("-0.0"), Decimal("1E+2"), Decimal(0)]),
)
MOMENTS = st.one_of(
    st.integers(0, 4_000_000_000).map(lambda second: datetime.fromtimestamp(second, UTC)),
    st.builds(
        lambda second, micro: datetime(2024, 3, 3, tzinfo=UTC) + timedelta(seconds=second, microseconds=micro),
        st.integers(0, 86400),
        st.integers(0, 999_999),
    ),
).map(to_text)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | DECIMALS | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=5,
)
OWNERS = st.sampled_from(["5377568eb7e165e3b38af6eece4a0001", "0e0e0e0e0e0e0e0e0e0e0e0e0e0e0e0e", None])
MODULES = st.sampled_from(["connector.woocommerce", "x-crm", "x-å"])


@st.composite
def custom_data(draw: st.DrawFn) -> Working:
    """Entries of several owners and modules, of all types."""
    found: Working = {}
    for owner, module, name, value in draw(st.lists(st.tuples(OWNERS, MODULES, TEXT, JSON), max_size=3)):
        key = escape_key(name)
        found[dictionary_key(owner, module, key)] = entry_of(owner, module, key, value)
    return found


_SCALARS: dict[str, SearchStrategy[Any]] = {
    "string": TEXT,
    "decimal": DECIMALS,
    "integer": st.integers(1, 10**6),
    "bool": st.booleans(),
    "timestamp": MOMENTS,
    "country": st.sampled_from(sorted(COUNTRIES)),
    "currency": st.sampled_from(sorted(CURRENCIES)),
    "language": st.sampled_from(["sv", "pt-BR", "zh-Hant"]),
    "customData": custom_data(),
    "map": st.dictionaries(HEX_IDS, TEXT, max_size=2),
}


_RECORD_TYPES = st.sampled_from(sorted(RECORD_TYPES))
# A link names its record in exactly one of two ways.
LINKS = st.one_of(
    st.fixed_dictionaries({"recordType": _RECORD_TYPES, "localId": HEX_IDS}),
    st.fixed_dictionaries({"recordType": _RECORD_TYPES, "connectionId": HEX_IDS, "remoteId": TEXT}),
)


def values(field: RecordField) -> SearchStrategy[Any]:
    """Anything that may stand in a field, in working form."""
    if field.text == "links":
        return st.lists(LINKS, max_size=2)
    inside = [one for one in all_fields(field.record_type) if one.steps[:-1] in (field.steps, (*field.steps, "[]"))]
    if field.steps[-1] in {"localId", "rowId", "paymentId", "shipmentId", "refundId"}:
        return HEX_IDS
    if field.kind == "choice":
        return st.sampled_from(field.choices)
    if field.kind == "object":
        return _object(inside)
    if field.kind == "list":
        return st.lists(_object(inside) if inside else TEXT, max_size=2)
    return _SCALARS[field.kind]


def _object(fields: list[RecordField]) -> SearchStrategy[Working]:
    needed = {field.steps[-1]: values(field) for field in fields if _is_needed(field)}
    others = {field.steps[-1]: values(field) for field in fields if not _is_needed(field)}
    return st.fixed_dictionaries(needed, optional=others)


def _is_needed(field: RecordField) -> bool:
    return field.steps[-1] in {"rowId", "paymentId", "shipmentId", "refundId"} or field.text in {
        "rows[].type",
        "variantOptions[].name",
    }


def working_records(record_type: str) -> SearchStrategy[Working]:
    """Records of one type with any of their fields."""
    return _object([field for field in all_fields(record_type) if len(field.steps) == 1])


def any_working_record() -> SearchStrategy[tuple[str, Working]]:
    """A record type and a record of it."""
    kinds = [st.tuples(st.just(record_type), working_records(record_type)) for record_type in RECORD_TYPES]
    return st.one_of(kinds)


def decimal_fields() -> list[RecordField]:
    """Every field of every record type that holds an amount."""
    return [field for record_type in RECORD_TYPES for field in all_fields(record_type) if field.kind == "decimal"]
