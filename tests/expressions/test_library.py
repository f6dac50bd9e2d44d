"""Expressions equal the `jmespath` library wherever no decimals are involved, refusals included."""

import json
import warnings
from typing import Any

import jmespath
import pytest
from hypothesis import example, given, settings, strategies as st
from jmespath.parser import ParsedResult
from jmespath.visitor import TreeInterpreter

from crossdock.expressions.expression import ExpressionError, ExpressionSyntaxError, Json, compile_expression
from tests.expressions.grammar import documents, expressions

REFUSED = "refused"


class Reference(TreeInterpreter):
    """The library, with the one answer that is specified otherwise: a string and a number have no order, so null."""

    def visit_comparator(self, node: Any, value: Json) -> object:
        try:
            return super().visit_comparator(node, value)
        except TypeError:
            left, right = (self.visit(child, value) for child in node["children"])
            if isinstance(left, str) is isinstance(right, str):
                raise
            return None


def parsed_by_library(text: str) -> ParsedResult:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", PendingDeprecationWarning)  # of `bare` strings in backticks
        return jmespath.compile(text)


def answer_of_library(text: str, data: Json) -> str:
    parsed = parsed_by_library(text)
    try:
        return json.dumps(Reference().visit(parsed.parsed, data))
    except (ValueError, TypeError, AttributeError):  # the last two are the library's own stumbling
        return REFUSED


def our_answer(text: str, data: Json) -> str:
    try:
        return json.dumps(compile_expression(text).search(data))
    except ExpressionError:
        return REFUSED


@settings(max_examples=1000, deadline=None)
@given(expressions, documents)
@example("a[?b < `1`].c", {"a": [{"b": "x", "c": 1}, {"b": 0, "c": 2}]})
@example("a == b", {"a": [True], "b": [1]})
@example("contains(@, `1`)", [True])
@example("merge(@, `[]`)", {"a": 1})
@example("to_number('1_000')", None)
@example("to_string(@)", ["é", True, None, {"a": "\n"}])
@example("!a", {"a": 0})
@example("sort_by(@, &a)", [{"a": 1}, {"a": "x"}])
@example("max_by(@, &a)", [{"a": 1}, {"a": "x"}])
@example("max_by(@, &a)", [{"a": "x"}, {"a": "y"}])
@example("join(a, @)", [])
def test_an_expression_gives_what_the_library_gives(text: str, data: Json) -> None:
    assert our_answer(text, data) == answer_of_library(text, data)


TOKENS = [*"abc", "@", "*", ".", "[", "]", "[]", "[?", "(", ")", "{", "}", ",", ":", "|", "||", "&", "&&", "!", "=="]
TOKENS += ["<", ">=", "=", "'x'", "`1`", "`", '"q"', '"', "1", "-1", "-", " ", "length", "\\", "#", "é"]


@settings(max_examples=600, deadline=None)
@given(st.lists(st.sampled_from(TOKENS), max_size=9).map("".join))
@example("f(a b)")
@example("length(a,)")
def test_what_the_library_cannot_parse_is_a_syntax_error(text: str) -> None:
    try:
        parsed_by_library(text)
    except ValueError:
        with pytest.raises(ExpressionSyntaxError) as caught:
            compile_expression(text)
        assert 0 <= caught.value.offset <= len(text)
        return
    # What the library only finds at run time, or never, is a mistake about a function.
    assert our_refusal(text) is None or "function" in str(our_refusal(text))


def our_refusal(text: str) -> ExpressionSyntaxError | None:
    try:
        compile_expression(text)
    except ExpressionSyntaxError as error:
        return error
    return None


@pytest.mark.parametrize("text", ["avg(@)", "avg(a) || avg(@)", "[avg(@), `1`] | [0]"])
@given(numbers=st.lists(st.integers(-(10**9), 10**9), min_size=1, max_size=20))
def test_a_mean_of_integers_is_the_library_s_up_to_its_rounding(text: str, numbers: list[int]) -> None:
    data: Json = {"a": [*numbers]} if "(a)" in text else [*numbers]
    ours = compile_expression("avg(a)" if "(a)" in text else text).search(data)
    theirs = jmespath.search("avg(a)" if "(a)" in text else text, data)
    assert float(str(ours)) == pytest.approx(theirs, rel=1e-12, abs=1e-12)
