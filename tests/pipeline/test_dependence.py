"""What a value depends on where code has a hand in it: found by taking away what it does without."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, strategies as st

from crossdock.mapping.leaves import Path, list_leaves
from crossdock.pipeline.explaining import dependence
from crossdock.pipeline.explaining.dependence import Dependence, depends_on
from crossdock.pipeline.explaining.place import RecordPlace
from crossdock.pipeline.job import ImportJob
from crossdock.records import parse_json
from tests.pipeline.making import job_of, order, step

LINE = {"id": 1, "name": "Mug", "quantity": 2, "subtotal": "10.00", "total": "10.00", "total_tax": "0.00", "taxes": []}


def of(job: ImportJob, place: RecordPlace, **fields: Any) -> Dependence:
    return depends_on(job, parse_json(order(**fields)), place, ())


def field(name: str) -> RecordPlace:
    return RecordPlace(None, None, name, None)


def test_a_sum_depends_on_what_it_is_worked_out_from() -> None:
    found = of(job_of(), field("totals.totalExclVat"), line_items=[LINE], total="10.00")
    assert found == Dependence(frozenset({("total",), ("total_tax",)}))


def test_a_value_that_stands_there_twice_is_found_once() -> None:
    dates = {"date_paid": "2024-03-01T13:00:00", "date_paid_gmt": "2024-03-01T12:00:00"}
    assert len(of(job_of(), field("paymentStatus"), **dates).leaves) == 1


def test_a_constant_depends_on_nothing() -> None:
    def fill(record: dict[str, Any]) -> dict[str, Any]:
        record["channel"] = "web"
        return record

    assert of(job_of(steps=step(fill)), field("channel"), created_via="checkout").leaves == frozenset()


def test_a_manipulators_value_leads_to_the_field_that_it_took() -> None:
    def copy(record: dict[str, Any]) -> dict[str, Any]:
        record["channel"] = record["billingAddress"]["city"]
        return record

    billing = {"city": "Malmö", "country": "SE"}
    assert of(job_of(steps=step(copy)), field("channel"), billing=billing).leaves == {("billing", "city")}


def test_what_a_part_is_known_by_says_nothing_about_its_values() -> None:
    job = job_of()
    payload = parse_json(order(line_items=[LINE], total="10.00"))
    [row] = job.mapper.map(payload).record["rows"]
    place = RecordPlace("rows", row["rowId"], "pricePerUnitExclVat", None)
    assert depends_on(job, payload, place, ()).leaves == {("line_items", 0, "quantity"), ("line_items", 0, "total")}


def test_code_that_fails_whatever_else_stands_there_tells_nothing_of_it() -> None:
    def strict(record: dict[str, Any]) -> dict[str, Any]:
        if record.get("currency") != "EUR":
            raise ValueError
        record["channel"] = record["currency"]
        return record

    assert of(job_of(steps=step(strict)), field("channel")).leaves == frozenset()


@pytest.mark.parametrize("bound", [{"MOST_TRIES": 5}, {"MOST_SECONDS": 0.0}])
def test_a_payload_with_too_many_values_is_not_tried_to_its_end(
    bound: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in bound.items():
        monkeypatch.setattr(dependence, name, value)
    assert not of(job_of(), field("totals.totalExclVat"), line_items=[LINE], total="10.00").whole


def test_nothing_can_be_said_of_a_payload_that_makes_no_record() -> None:
    assert of(job_of(), field("totals.totalExclVat"), line_items=[LINE], total="99.00").leaves == frozenset()


leaves = st.one_of(st.integers(1, 9), st.text("ab", min_size=1), st.booleans(), st.decimals(1, 9, places=2))
payloads = st.dictionaries(
    st.sampled_from(["note", "extra", "more"]),
    st.recursive(leaves, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("xy"), inner, max_size=3)),
)


@given(payloads, st.data())
def test_what_a_value_is_read_from_is_what_is_found(extra: dict[str, Any], data: st.DataObject) -> None:
    known = {"currency": "EUR", **extra}
    path: Path = data.draw(st.sampled_from([path for path, value in list_leaves(known) if value not in ([], {})]))

    def read(_record: object, payload: dict[str, Any], _warn: object) -> None:
        found: Any = payload
        for name in path:
            try:
                found = found[name]
            except (KeyError, IndexError, TypeError):
                found = None
        _record["channel"] = repr(found)  # type: ignore[index]

    payload = {"id": 7, **known}
    found = depends_on(job_of(finish=read), payload, field("channel"), ())
    assert found == Dependence(frozenset({path}))
