"""The chain: strict order, conditions over the working record, and errors that name their step."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from crossdock.errors import RecordError
from crossdock.expressions.expression import compile_expression
from crossdock.pipeline.chain import Step, run_chain
from crossdock.plugins.manipulator import Context, Fail, Ignore

from .bench import OWN

CONTEXT = Context(OWN, "demo-shop", "order", "import", lambda _: None)


def append(letter: str) -> Any:
    def apply(record: dict[str, Any], _: Context) -> dict[str, Any]:
        record["seen"] = record.get("seen", "") + letter
        return record

    return apply


def steps(*applied: Any) -> list[Step]:
    return [Step(f"step-{index}", apply, None, f"plugins.toml:{index + 10}") for index, apply in enumerate(applied)]


def test_steps_run_in_order_each_on_the_result_of_the_one_before() -> None:
    assert run_chain(steps(append("a"), append("b"), append("c")), {}, CONTEXT) == {"seen": "abc"}


def test_the_record_is_changed_in_place() -> None:
    record: dict[str, Any] = {}
    assert run_chain(steps(append("a")), record, CONTEXT) is record


@pytest.mark.parametrize(
    ("condition", "runs"),
    [
        ("total > `9.99`", True),  # a decimal is a number
        ("total == `10`", True),  # 10.00 equals 10
        ("total > '9'", False),  # a number and a string have no order: null
        ("missing", False),
        ("empty", False),
        ("none", False),
        ("`{}`", False),
        ("zero", True),  # 0 is true in JMESPath
        ("rows[?sku == 'A']", True),
        ("rows[?sku == 'B']", False),
    ],
)
def test_a_condition_decides_over_the_working_record(condition: str, runs: bool) -> None:
    step = Step("mark", append("x"), compile_expression(condition).search)
    record = {"total": Decimal("10.00"), "empty": "", "none": [], "zero": Decimal(0), "rows": [{"sku": "A"}]}
    outcome = run_chain([step], record, CONTEXT)
    assert isinstance(outcome, dict)
    assert ("seen" in outcome) is runs


def test_a_condition_sees_what_earlier_steps_did() -> None:
    second = Step("second", append("b"), compile_expression("seen == 'a'").search)
    assert run_chain([*steps(append("a")), second], {}, CONTEXT) == {"seen": "ab"}


def test_ignore_ends_the_chain_and_comes_back_as_it_is() -> None:
    said = Ignore("a test order", "all")
    assert run_chain(steps(lambda *_: said, append("b")), {}, CONTEXT) is said


def test_fail_comes_back_with_its_step_and_place() -> None:
    outcome = run_chain(steps(append("a"), lambda *_: Fail("no customer")), {}, CONTEXT)
    assert outcome == Fail("no customer (manipulator 'step-1', step 2 of 2, plugins.toml:11)")


def boom(*_: Any) -> Any:
    raise KeyError("rows")


def test_a_step_that_raises_quarantines_the_record_and_is_named() -> None:
    with pytest.raises(RecordError) as caught:
        run_chain(steps(append("a"), boom), {}, CONTEXT)
    assert str(caught.value) == "manipulator 'step-1', step 2 of 2, plugins.toml:11 raised KeyError: 'rows'"
    assert caught.value.stage == "manipulate"
    assert isinstance(caught.value.__cause__, KeyError)


def test_a_condition_that_raises_is_named_too() -> None:
    step = Step("mark", append("x"), compile_expression("length(total) > `1`").search, "plugins.toml:4")
    told = r"^the condition of manipulator 'mark', step 1 of 1, plugins.toml:4 raised .*length\(\)"
    with pytest.raises(RecordError, match=told):
        run_chain([step], {"total": Decimal(1)}, CONTEXT)


@pytest.mark.parametrize("returned", [None, [], "record", True])
def test_a_step_that_returns_something_else_is_named(returned: object) -> None:
    with pytest.raises(RecordError, match=r"'step-0', step 1 of 1, plugins.toml:10 returned .*; a manipulator returns"):
        run_chain(steps(lambda *_: returned), {}, CONTEXT)
