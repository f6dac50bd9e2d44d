"""What a record has may be expected of it, and anything else may not."""

from __future__ import annotations

from typing import Any

from hypothesis import given, strategies as st

from crossdock.config.expectation import Expectation, ExpectationReader, Owner
from crossdock.config.scope import Scope
from crossdock.errors import Problem
from crossdock.records import SUB_RECORDS, Working, pack_record, unpack_record
from crossdock.records.fields import SCALARS, all_fields, find_field
from crossdock.toml import TomlDocument
from tests.records.working import any_working_record

OWNER = Owner("5377568eb7e165e3b38af6eece4a0001", "connector.woocommerce")


def expected(record_type: str, table: dict[str, Any]) -> list[Expectation]:
    problems: list[Problem] = []
    scope = Scope(TomlDocument("a.test.toml", {}, ""), (), problems)
    found = list(ExpectationReader(scope, record_type, OWNER).expected(table))
    assert problems == []
    return found


def scalars(record_type: str, record: Working) -> dict[str, Any]:
    """Every single value of a record, by the name that a test has for it."""
    found: dict[str, Any] = {}
    for field in all_fields(record_type):
        if field.kind not in SCALARS:
            continue
        if "[]" not in field.text:
            found[field.text] = field.values(record)[0][1] if field.values(record) else None
            continue
        parts, _, inner = field.text.partition("[].")
        if parts in SUB_RECORDS[record_type] and "[]" not in inner and "." not in inner:
            for position, part in enumerate(record.get(parts, ())):
                found[f"{parts}[{position}].{inner}"] = part.get(inner)
    return {name: value for name, value in found.items() if value is not None}


@given(any_working_record())
def test_whatever_a_record_has_may_be_expected(made: tuple[str, Working]) -> None:
    record_type, record = made
    stored = unpack_record(pack_record(record))
    for one in expected(record_type, scalars(record_type, record)):
        assert one.is_met(one.actual(stored)), (one.name, one.value, one.actual(stored))


@given(any_working_record(), st.data())
def test_another_value_is_not_met(made: tuple[str, Working], data: st.DataObject) -> None:
    record_type, record = made
    texts = {name: value for name, value in scalars(record_type, record).items() if _is_free_text(record_type, name)}
    if texts:
        name = data.draw(st.sampled_from(sorted(texts)))
        [one] = expected(record_type, {name: f"{texts[name]}x"})
        assert not one.is_met(one.actual(unpack_record(pack_record(record))))


def _is_free_text(record_type: str, name: str) -> bool:
    field = find_field(record_type, name.partition("[")[0] + "[]" + name.partition("]")[2] if "[" in name else name)
    return field.kind == "string" and field.problem("any x") is None


def test_what_is_not_there_is_met_by_nothing() -> None:
    [one] = expected("order", {"rows[3].sku": "A"})
    assert one.actual({}) is None
    assert not one.is_met(None)
